"""A key goes to the host that it was connected for, and nowhere else until that is confirmed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support import vendors
from support.faulty import FaultyServer
from support.keyrings import LockableKeyring, MemoryKeyring
from support.vendors import Case

import billnb
from billnb import accounts, cli, errors
from billnb.accounts import binding, paths
from billnb.accounts.binding import Address, Key
from billnb.accounts.secrets import secret_file

KEY = vendors.KEY


@pytest.fixture
def memory() -> MemoryKeyring:
    found = MemoryKeyring()
    keyring.set_keyring(found)
    return found


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: MemoryKeyring) -> Path:
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def elsewhere(case: Case) -> Iterator[FaultyServer]:
    """A host that takes whatever key it is sent."""
    with FaultyServer(case.answer) as serving:
        yield serving


@pytest.fixture(params=["keyring", "file"])
def store(request: pytest.FixtureRequest) -> Any:
    return request.param


def argument(case: Case) -> str:
    return "api_key" if case.name == "bytio" else "token"


def variable(case: Case) -> str:
    return "API_KEY" if case.name == "bytio" else "API_TOKEN"


def details(case: Case, url: str | None = None, *, key: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {argument(case): KEY} if key else {}
    if case.name == "unpod":
        found["org_handle"] = vendors.ORGANIZATION
    return found if url is None else {**found, "base_url": url}


def edit(folder: Path, before: str, after: str) -> None:
    path = folder / "accounts.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def host(server: FaultyServer) -> str:
    return server.url.removeprefix("http://")


def refused(*uses: Callable[[], object], host: str) -> None:
    for use in uses:
        with pytest.raises(errors.UnconfirmedHostError, match="nothing was sent") as caught:
            use()
        assert caught.value.host == host
        assert host in str(caught.value)
        assert KEY not in str(caught.value)


# an address that is edited


def test_an_edited_address_gets_no_kept_key_until_it_is_confirmed(
    case: Case, server: FaultyServer, elsewhere: FaultyServer, folder: Path, store: Any
) -> None:
    accounts.add("production", case.name, store=store, verify=False, **details(case, server.url))
    edit(folder, server.url, elsewhere.url)
    tested = accounts.test("production")
    assert (tested.state, elsewhere.requests) == ("unconfirmed", 0)
    assert f"billnb accounts confirm production --host {host(elsewhere)}" in (tested.message or "")
    assert f"it was connected for {host(server)}" in (tested.message or "")
    assert accounts.list() == [tested]
    refused(
        lambda: billnb.load("production"),
        billnb.load,
        lambda: accounts.resolve(["production"]),
        accounts.configured,
        lambda: accounts.confirm("production", "api.example.com"),
        lambda: accounts.confirm("production", host(server)),
        host=host(elsewhere),
    )
    assert elsewhere.requests == server.requests == 0
    confirmed = accounts.confirm("production", host(elsewhere))
    assert confirmed.state == "untried"
    assert len(billnb.load("production")) == 250
    assert server.requests == 0
    edit(folder, elsewhere.url, server.url)  # and back is another host as well
    refused(lambda: billnb.load("production"), host=host(server))


def test_an_address_taken_away_is_another_host_too(
    case: Case, server: FaultyServer, folder: Path, store: Any
) -> None:
    accounts.add("production", case.name, store=store, verify=False, **details(case, server.url))
    edit(folder, f'base_url = "{server.url}"\n', "")
    own = "api.bytio.com" if case.name == "bytio" else "unpod.ai"
    refused(lambda: accounts.resolve(["production"]), host=own)
    accounts.confirm("production", own.upper())
    (account,) = accounts.resolve(["production"]).values()
    assert account.base_url == f"https://{own}"


def test_a_variable_sends_no_kept_key_elsewhere(
    case: Case,
    server: FaultyServer,
    elsewhere: FaultyServer,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, named in (
        ("eu-1", "BILLNB_EU_1_BASE_URL"),
        (case.name, f"{case.name.upper()}_BASE_URL"),
    ):
        accounts.add(name, case.name, store=store, verify=False, **details(case, server.url))
        monkeypatch.setenv(named, elsewhere.url)
        assert accounts.test(name).state == "unconfirmed"
        refused(lambda name=name: billnb.load(name), host=host(elsewhere))  # type: ignore[misc]
        monkeypatch.delenv(named)
        assert accounts.test(name).state == "ok"
    assert elsewhere.requests == 0


def test_an_account_of_the_same_name_elsewhere_gets_no_key(
    folder: Path, memory: MemoryKeyring, store: Any
) -> None:
    """Another provider, or another host, under a name whose key is still kept."""
    accounts.add("production", "bytio", api_key=KEY, store=store, verify=False)
    with FaultyServer(vendors.case("unpod").answer) as there:
        table = (
            f'[accounts.production]\nprovider = "bytio"\nbase_url = "{there.url}"\n'
            f'kept = "{store}"\nkeeps = ["api_key"]\n'
        )
        (folder / "accounts.toml").write_text(table)
        refused(lambda: billnb.load("production"), host=host(there))
        assert there.requests == 0
    # a provider whose key is called the same
    (folder / "accounts.toml").write_text(table.replace(there.url, "https://evil.example"))
    refused(lambda: billnb.load("production"), host="evil.example")


def test_the_file_of_accounts_cannot_say_that_a_host_is_confirmed(
    case: Case, server: FaultyServer, elsewhere: FaultyServer, folder: Path, store: Any
) -> None:
    accounts.add("production", case.name, store=store, verify=False, **details(case, server.url))
    edit(folder, f'base_url = "{server.url}"', f'base_url = "{elsewhere.url}"')
    for word in (binding.KEPT, binding.ENVIRONMENT):
        path = folder / "accounts.toml"
        text = path.read_text()
        path.write_text(f'{text}"{word}" = "{elsewhere.url}"\n')
        with pytest.raises(errors.BillnbError):
            billnb.load("production")
        path.write_text(text)
    # nor does a store that the key is not in
    other = "file" if store == "keyring" else "keyring"
    edit(folder, f'kept = "{store}"', f'kept = "{other}"')
    assert accounts.test("production").state == "incomplete"
    assert elsewhere.requests == 0


# a key from the environment


def test_a_key_of_the_environment_goes_where_the_environment_says(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BILLNB_CI_{variable(case)}", KEY)
    monkeypatch.setenv("BILLNB_CI_BASE_URL", server.url)
    added = accounts.add("ci", case.name, **details(case, key=False))
    assert (added.state, added.kept) == ("ok", "environment")
    assert len(billnb.load("ci")) == 250


def test_a_key_of_the_environment_goes_to_its_providers_own_host(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BILLNB_CI_{variable(case)}", KEY)
    own = {"bytio": "https://API.bytio.com:443/", "unpod": "https://unpod.ai"}[case.name]
    accounts.add("ci", case.name, verify=False, **details(case, own, key=False))
    (account,) = accounts.resolve(["ci"]).values()
    assert account.base_url == type(account).default_base_url


def test_a_key_of_the_environment_goes_to_no_host_of_the_file_until_that_is_confirmed(
    case: Case,
    server: FaultyServer,
    elsewhere: FaultyServer,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"BILLNB_CI_{variable(case)}", KEY)
    given = details(case, server.url, key=False)
    refused(
        lambda: accounts.add("ci", case.name, **given),
        lambda: accounts.add("ci", case.name, confirmed_host="vendor.example", **given),
        host=host(server),
    )
    assert server.requests == 0
    assert accounts.list() == []
    accounts.add("ci", case.name, confirmed_host=host(server), **given)
    assert secret_file.read()["ci"][binding.ENVIRONMENT].reveal() == server.url
    assert len(billnb.load("ci")) == 250
    edit(folder, server.url, elsewhere.url)
    refused(lambda: billnb.load("ci"), host=host(elsewhere))
    (listed,) = accounts.list()
    assert listed.state == "unconfirmed"
    assert elsewhere.requests == 0
    accounts.confirm("ci", elsewhere.url)
    assert len(billnb.load("ci")) == 250
    accounts.remove("ci")
    assert secret_file.read() == {}


def test_a_key_of_the_environment_is_another_than_the_one_that_was_connected(
    case: Case, server: FaultyServer, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("production", case.name, store=store, verify=False, **details(case, server.url))
    monkeypatch.setenv(f"BILLNB_PRODUCTION_{variable(case)}", KEY)
    refused(lambda: billnb.load("production"), host=host(server))
    accounts.confirm("production", host(server))
    assert len(billnb.load("production")) == 250
    monkeypatch.delenv(f"BILLNB_PRODUCTION_{variable(case)}")
    assert len(billnb.load("production")) == 250


def test_a_key_that_is_typed_goes_to_no_host_of_the_environment(
    case: Case, elsewhere: FaultyServer, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLNB_EU_1_BASE_URL", elsewhere.url)
    for url in (None, server.url):
        refused(
            lambda url=url: accounts.add("eu-1", case.name, **details(case, url)),  # type: ignore[misc]
            host=host(elsewhere),
        )
    assert server.requests == elsewhere.requests == 0
    accounts.add("eu-1", case.name, confirmed_host=host(elsewhere), **details(case))
    monkeypatch.delenv("BILLNB_EU_1_BASE_URL")
    with pytest.raises(errors.UnconfirmedHostError):
        billnb.load("eu-1")


def test_what_is_only_in_the_environment_has_nothing_to_confirm(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{case.name.upper()}_{variable(case)}", KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    assert len(billnb.load(case.name)) == 250
    assert accounts.test(case.name).state == "ok"
    with pytest.raises(errors.ArgumentError, match="nothing to confirm"):
        accounts.confirm(case.name, host(server))
    with pytest.raises(errors.UnknownNameError):
        accounts.confirm("nope", host(server))


# what an older version kept


def test_a_key_without_a_host_is_for_its_providers_own(
    case: Case, server: FaultyServer, folder: Path, memory: MemoryKeyring, store: Any
) -> None:
    accounts.add("own", case.name, store=store, verify=False, **details(case))
    accounts.add("other", case.name, store=store, verify=False, **details(case, server.url))
    for place in [*memory.kept]:
        if place[1].endswith(binding.KEPT):
            del memory.kept[place]
    path = paths.secrets_file()
    if store == "file":
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(one for one in lines if not one.startswith(binding.KEPT)))
    accounts.resolve(["own"])
    refused(lambda: billnb.load("other"), host=host(server))
    assert server.requests == 0
    accounts.confirm("other", host(server))
    assert len(billnb.load("other")) == 250


def test_a_host_that_cannot_be_noted_is_not_confirmed(
    case: Case, server: FaultyServer, elsewhere: FaultyServer, folder: Path
) -> None:
    locked = LockableKeyring()
    locked.locked = False
    keyring.set_keyring(locked)
    accounts.add("production", case.name, verify=False, **details(case, server.url))
    edit(folder, server.url, elsewhere.url)
    locked.locked = True
    with pytest.raises(errors.StorageError, match="is locked"):
        accounts.confirm("production", host(elsewhere))
    locked.locked = False
    refused(lambda: billnb.load("production"), host=host(elsewhere))
    assert elsewhere.requests == 0


# the rule, in all its cases


URLS = st.sampled_from(
    ["https://own.example", "https://one.example", "https://two.example:8443", "http://[::1]:8080"]
)
SOURCES = st.sampled_from(["given", "file", "environment", "kept", "default"])


@given(SOURCES, SOURCES, URLS, st.none() | URLS, st.none() | URLS)
def test_a_key_goes_nowhere_that_nobody_put_it_or_confirmed(
    of_key: Any, of_address: Any, url: str, kept: str | None, environment: str | None
) -> None:
    own = "https://own.example"
    notes = {binding.KEPT: kept, binding.ENVIRONMENT: environment}
    address = Address(url, of_address)
    found = binding.refusal("x", [Key("key", of_key, "here")], address, own, notes.get)
    if of_key == "kept":
        assert (found is None) == (url == (kept or own))
    elif url == own or of_key == of_address:
        assert found is None
    else:
        assert (found is None) == (of_key == "environment" and url == environment)


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("API.example.com ", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("api.example.com:443", "https://api.example.com"),
        ("api.example.com:8443", "https://api.example.com:8443"),
        ("[::1]:80", "http://[::1]"),
        ("bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_host_may_be_written_as_people_write_it(words: str, url: str) -> None:
    assert binding.means(words, Address(binding.normal(url), "file"))


@pytest.mark.parametrize(
    "words",
    ["", "example.com", "api.example.com.evil.example", "http://api.example.com", "yes", "a b",
     "api.example.com:8443", "https://", "ápi.example.com", "\0", "[",
     "api.example.com@evil.example"],
)  # fmt: skip
def test_nothing_else_is_that_host(words: str) -> None:
    assert not binding.means(words, Address("https://api.example.com", "file"))


def test_a_host_that_looks_like_another_is_told_apart() -> None:
    address = Address(binding.normal("https://api.byti\u043e.com"), "file")  # a Cyrillic o
    assert address.host == "api.xn--byti-z9d.com" or address.host.startswith("api.xn--")
    assert not binding.means("api.bytio.com", address)


# in a shell


def test_a_shell_confirms_by_a_host_that_is_written(
    case: Case, server: FaultyServer, elsewhere: FaultyServer, folder: Path
) -> None:
    accounts.add("eu-1", case.name, store="file", verify=False, **details(case, server.url))
    edit(folder, server.url, elsewhere.url)

    def shell(*words: str) -> Any:
        return CliRunner().invoke(cli.main, ["accounts", *words], input="")

    tested = shell("test", "eu-1")
    assert (tested.exit_code, "eu-1: unconfirmed: " in tested.stdout) == (1, True)
    for words in (["confirm", "eu-1"], ["confirm", "eu-1", "--host", host(server)]):
        said = shell(*words)
        assert said.exit_code == 1
        assert host(elsewhere) in said.stderr
        assert said.stderr.count("\n") == 1
    assert elsewhere.requests == 0
    confirmed = shell("confirm", "eu-1", "--host", host(elsewhere))
    assert confirmed.exit_code == 0
    assert confirmed.stderr == "eu-1: confirmed. Try: billnb accounts test eu-1\n"
    assert shell("test", "eu-1").stdout == "eu-1: ok\n"
    assert "there is nothing to confirm" in shell("confirm", "eu-1").stderr


def test_a_shell_adds_with_a_key_of_the_environment_where_its_host_is_written(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BILLNB_CI_{variable(case)}", KEY)
    option = [] if case.name == "bytio" else ["--option", f"org_handle={vendors.ORGANIZATION}"]
    words = ["accounts", "add", "ci", "--provider", case.name, "--base-url", server.url, *option]
    said = CliRunner().invoke(cli.main, words, input="")
    assert said.exit_code == 1
    assert f"billnb accounts add ci --host {host(server)}" in said.stderr
    assert server.requests == 0
    done = CliRunner().invoke(cli.main, [*words, "--host", host(server)], input="")
    assert done.exit_code == 0, done.stderr
    assert "ci: tested, and connected" in done.stderr


def test_a_terminal_asks_for_the_host_to_be_written(
    case: Case, server: FaultyServer, elsewhere: FaultyServer, folder: Path
) -> None:
    import pty

    accounts.add("eu-1", case.name, store="file", verify=False, **details(case, server.url))
    edit(folder, server.url, elsewhere.url)

    def answered(answer: str) -> tuple[int, str]:
        near, far = pty.openpty()
        words = [sys.executable, "-m", "billnb", "accounts", "confirm", "eu-1"]
        process = subprocess.Popen(words, stdin=far, stdout=far, stderr=far, start_new_session=True)
        os.close(far)
        seen = ""
        while True:
            try:
                seen += os.read(near, 4096).decode()
            except OSError:  # the other end is closed
                break
            if seen.endswith("to send the key there: "):
                os.write(near, f"{answer}\n".encode())
        os.close(near)
        return process.wait(30), seen

    code, seen = answered("yes")
    assert code == 1
    assert f"Write {host(elsewhere)} to send the key there" in seen
    assert elsewhere.requests == 0
    assert accounts.test("eu-1").state == "unconfirmed"
    code, seen = answered(host(elsewhere))
    assert (code, "eu-1: confirmed" in seen) == (0, True)
    assert accounts.test("eu-1").state == "ok"
