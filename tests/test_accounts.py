"""Accounts by name: the file that lists them, what they are called, and what is known of them."""

from __future__ import annotations

import cProfile
import json
import os
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
import vendors
from faulty import FaultyServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyrings_for_tests import MemoryKeyring
from vendors import Case

import billnb
from billnb import accounts, errors
from billnb.accounts import paths, states
from billnb.accounts.config import configuration, editing
from billnb.accounts.config.configuration import ConfiguredAccount


@pytest.fixture(autouse=True)
def memory() -> MemoryKeyring:
    found = MemoryKeyring()
    keyring.set_keyring(found)
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def details(case: Case, url: str, key: str = vendors.KEY) -> dict[str, Any]:
    if case.name == "bytio":
        return {"api_key": key, "base_url": url}
    return {"token": key, "org_handle": vendors.ORGANIZATION, "base_url": url}


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "accounts.toml"
    path.write_bytes(text.encode())
    return path


def named(name: str, **changed: Any) -> ConfiguredAccount:
    return ConfiguredAccount(name, **{"provider": "bytio", **changed})


# in, about and out


def test_a_file_as_some_editors_write_it_is_read(folder: Path) -> None:
    write(folder, '\ufeff[accounts.x]\nprovider = "bytio"\n')
    assert [one.name for one in accounts.list()] == ["x"]


def test_coming_and_going_leaves_no_trace_in_the_layout(folder: Path) -> None:
    text = '# mine\n[accounts.x]\nprovider = "bytio"\n'
    path = write(folder, text)
    for _ in range(3):
        editing.insert(named("y"))
        editing.without("y")()
    assert path.read_text() == text


def test_a_comment_on_an_account_that_goes_is_not_the_next_ones(folder: Path) -> None:
    tables = "[accounts.{}]\nprovider = 'bytio'\n"
    path = write(folder, f"# about x\n{tables.format('x')}{tables.format('y')}")
    editing.without("x")()
    assert path.read_text() == f"# about x\n\n{tables.format('y')}"


def test_folders_of_accounts_have_keyrings_of_their_own(
    folder: Path, memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place in ("one", "two"):
        monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / place))
        accounts.add("production", "bytio", api_key=f"key-{place}", verify=False)
    host = "https://api.bytio.com"
    assert sorted(memory.kept.values()) == [host, host, "key-one", "key-two"]
    accounts.remove("production")
    assert sorted(memory.kept.values()) == [host, "key-one"]


def test_what_the_vendor_does_not_say_is_said_of_the_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYTIO_CURRENCY", "INR")  # of another account
    with FaultyServer(vendors.case("bytio").answer) as server:
        mine = {"api_key": vendors.KEY, "base_url": server.url}
        accounts.add("euros", "bytio", currency="EUR", **mine)
        accounts.add("dollars", "bytio", **mine)
        with pytest.raises(errors.ArgumentError, match="currency must be a code"):
            accounts.add("broken", "bytio", currency="a lot", **mine)
        assert set(billnb.load("euros")["currency"]) == {"EUR"}
        assert set(billnb.load("dollars")["currency"]) == {"USD"}
        monkeypatch.setenv("BILLNB_EUROS_CURRENCY", "GBP")
        assert set(billnb.load("euros")["currency"]) == {"GBP"}
    assert [one.name for one in accounts.list()] == ["dollars", "euros"]
    assert accounts.list()[1].options["currency"] == "EUR"


def test_an_account_is_connected_once_and_named_from_then_on(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    added = accounts.add("production", case.name, **details(case, server.url))
    assert added.state == "ok"
    assert added.kept == "keyring"
    assert server.requests == 1
    assert "count=1" in str(server.heads[0]) or "page_size=1" in str(server.heads[0])
    history = billnb.load("production")
    assert len(history) == 250
    assert set(history["account"]) == {"production"}
    assert billnb.load().attrs["billnb"].keys() == {"production"}
    (listed,) = accounts.list()
    assert listed.last_sync is not None
    assert listed.options.get("base_url") == server.url
    accounts.remove("production")
    assert accounts.list() == []
    with pytest.raises(errors.UnknownNameError, match="known: bytio, unpod"):
        billnb.load("production")


def test_the_file_says_provider_and_options_and_no_secret(
    case: Case, server: FaultyServer, folder: Path, memory: MemoryKeyring
) -> None:
    given = details(case, server.url)
    accounts.add("production", case.name, **given)
    text = (folder / "accounts.toml").read_text()
    table = tomllib.loads(text)["accounts"]["production"]
    secret = "api_key" if case.name == "bytio" else "token"
    del given[secret]
    assert table == {"provider": case.name, **given, "kept": "keyring", "keeps": [secret]}
    assert memory.kept == {
        (paths.service(), f"production/{secret}"): vendors.KEY,
        (paths.service(), "production/bound-to"): server.url,
    }
    assert vendors.KEY not in "".join(
        path.read_text() for path in folder.rglob("*") if path.is_file()
    )


def test_a_test_tells_refused_from_unreachable_from_incomplete(
    case: Case, server: FaultyServer, folder: Path, memory: MemoryKeyring
) -> None:
    accounts.add("one", case.name, **details(case, server.url))
    place = next(one for one in memory.kept if not one[1].endswith("bound-to"))
    bound = {one: host for one, host in memory.kept.items() if one != place}
    memory.kept[place] = "wrong"
    refused = accounts.test("one")
    assert (refused.state, refused.tested_at is None) == ("refused", False)
    assert "401" in (refused.message or "")
    memory.kept.clear()
    incomplete = accounts.test("one")
    assert incomplete.state == "incomplete"
    assert "BILLNB_ONE_API_" in (incomplete.message or "")
    assert "billnb accounts add one" in (incomplete.message or "")
    memory.kept |= {place: vendors.KEY, **bound}
    server.behave = lambda exchange: exchange.reply_body(b"<html>", 200)
    unreachable = accounts.test("one")
    assert unreachable.state == "unreachable"
    assert accounts.list() == [unreachable]
    server.__exit__()
    closed = accounts.test("one")
    assert closed.state == "unreachable"
    assert "connection" in (closed.message or "")


def test_a_failed_test_keeps_nothing(
    case: Case, server: FaultyServer, folder: Path, memory: MemoryKeyring
) -> None:
    with pytest.raises(errors.AuthenticationError, match=r"^production: .*401"):
        accounts.add("production", case.name, **details(case, server.url, key="wr0ng"))
    with pytest.raises(errors.TransportError):
        accounts.add("production", case.name, **details(case, "http://127.0.0.1:9"))
    assert memory.kept == {}
    assert not (folder / "accounts.toml").exists()
    assert accounts.list() == []
    added = accounts.add(
        "production", case.name, verify=False, **details(case, "http://127.0.0.1:9")
    )
    assert (added.state, added.tested_at) == ("untried", None)


def test_nothing_is_sent_for_what_cannot_be_meant(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    good = details(case, server.url)
    accounts.add("taken", case.name, verify=False, **good)
    wrong: list[tuple[type[Exception], str, tuple[str, str], dict[str, Any]]] = [
        (errors.NameTakenError, "already", ("taken", case.name), good),
        (errors.UnknownNameError, "no provider", ("new", "nope"), good),
        (errors.ArgumentError, "is not an option of", ("new", case.name), {**good, "x": "y"}),
        (errors.ArgumentError, "a text", ("new", case.name), {**good, "base_url": 7}),
        (errors.ArgumentError, "is missing", ("new", case.name), {"base_url": server.url}),
        (errors.ArgumentError, "store must be", ("new", case.name), {**good, "store": "cloud"}),
        (errors.ArgumentError, "is http", ("new", case.name), {**good, "base_url": "http://x.y"}),
        (errors.AuthenticationError, "cannot be sent", ("new", case.name),
         details(case, server.url, key="a b")),
    ]  # fmt: skip
    for error, said, words, options in wrong:
        with pytest.raises(error, match=said):
            accounts.add(*words, **options)
    assert server.requests == 0
    assert [one.name for one in accounts.list()] == ["taken"]


# names


@pytest.mark.parametrize(
    "name", ["", "a/b", "a.b", "a b", "../a", "-a", "_a", "ä", "a" * 65, "a\n", "a\0", 7, None]
)
def test_names_that_are_none_are_refused(folder: Path, name: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="names are 1 to 64 letters"):
        accounts.add(name, "bytio", api_key="k", verify=False)


def test_names_that_would_share_a_variable_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("a-b", "bytio", api_key="k", verify=False)
    for name in ("A_B", "a_b", "A-b"):
        with pytest.raises(errors.NameTakenError, match="share environment variables"):
            accounts.add(name, "bytio", api_key="k", verify=False)
        with pytest.raises(errors.NameTakenError, match="share environment variables"):
            accounts.add(name, "unpod", token="t", org_handle="o", verify=False)
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "plugin"))
    with pytest.raises(errors.NameTakenError, match="are reserved"):
        accounts.add("redaction", "acme", key="k", verify=False)  # BILLNB_REDACTION_KEY


def test_a_providers_name_is_for_its_own_account_alone(folder: Path) -> None:
    for name in ("unpod", "UNPOD", "Bytio"):
        with pytest.raises(errors.ArgumentError, match="is the name of the provider"):
            accounts.add(name, "bytio", api_key="k", verify=False)
    added = accounts.add("bytio", "bytio", api_key="k", verify=False)
    assert added.removable


# the environment


def test_the_environment_wins_over_what_is_kept(
    case: Case, server: FaultyServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("eu-1", case.name, verify=False, **details(case, "http://127.0.0.1:9", key="old"))
    suffix = "API_KEY" if case.name == "bytio" else "API_TOKEN"
    monkeypatch.setenv(f"BILLNB_EU_1_{suffix}", vendors.KEY)
    monkeypatch.setenv("BILLNB_EU_1_BASE_URL", server.url)
    assert len(billnb.load("eu-1")) == 250
    (listed,) = accounts.list()
    assert listed.kept == "environment"
    assert listed.variables["base_url"] == "BILLNB_EU_1_BASE_URL"
    if case.name == "unpod":
        monkeypatch.setenv("BILLNB_EU_1_ORG_HANDLE", "another.example")
        with pytest.raises(errors.AccountNotFoundError):
            billnb.load("eu-1")
    monkeypatch.setenv("BILLNB_EU_1_BASE_URL", "http://user:s3cr3t@vendor.example")
    with pytest.raises(errors.ArgumentError, match="BILLNB_EU_1_BASE_URL") as caught:
        billnb.load("eu-1")
    assert "s3cr3t" not in str(caught.value)


def test_a_named_account_never_takes_its_providers_variables(
    case: Case,
    server: FaultyServer,
    folder: Path,
    memory: MemoryKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are of another account: neither its key nor its address may be mixed up with them."""
    given = details(case, "x")
    del given["base_url"]
    accounts.add("production", case.name, verify=False, **given)
    memory.kept.clear()
    monkeypatch.setenv("BYTIO_API_KEY", vendors.KEY)
    monkeypatch.setenv("UNPOD_API_TOKEN", vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    with pytest.raises(errors.AuthenticationError, match="BILLNB_PRODUCTION_API_"):
        billnb.load("production")
    argument = "api_key" if case.name == "bytio" else "token"
    memory.kept[paths.service(), f"production/{argument}"] = "k"
    (account,) = accounts.resolve(["production"]).values()
    assert account.base_url == type(account).default_base_url
    assert server.requests == 0


def test_an_account_called_like_its_provider_takes_its_variables(
    case: Case, server: FaultyServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = details(case, "http://127.0.0.1:9", key="old")
    accounts.add(case.name, case.name, verify=False, **given)
    variable = "BYTIO_API_KEY" if case.name == "bytio" else "UNPOD_API_TOKEN"
    monkeypatch.setenv(variable, vendors.KEY)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    assert len(billnb.load(case.name)) == 250
    assert list(billnb.load().attrs["billnb"]) == [case.name]
    assert [one.name for one in accounts.list()] == [case.name]


def test_an_account_of_the_environment_is_listed_and_not_counted_twice(
    case: Case, server: FaultyServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add("production", case.name, verify=False, **details(case, server.url))
    variable = "BYTIO_API_KEY" if case.name == "bytio" else "UNPOD_API_TOKEN"
    monkeypatch.setenv(variable, vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    assert list(billnb.load().attrs["billnb"]) == ["production"]
    listed = {one.name: one for one in accounts.list()}
    assert listed.keys() == {"production", case.name}
    of_environment = listed[case.name]
    assert (of_environment.kept, of_environment.removable) == ("environment", False)
    assert variable in of_environment.variables.values()
    assert accounts.test(case.name).state == "ok"
    with pytest.raises(errors.ArgumentError, match=f"only in the environment.*{variable}"):
        accounts.remove(case.name)
    monkeypatch.setenv(variable, "another-key")
    assert [one.name for one in accounts.configured()] == ["production", case.name]


def test_an_account_may_have_its_secret_in_the_environment_alone(
    case: Case,
    server: FaultyServer,
    folder: Path,
    memory: MemoryKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = details(case, server.url)
    key = given.pop("api_key" if case.name == "bytio" else "token")
    suffix = "API_KEY" if case.name == "bytio" else "API_TOKEN"
    monkeypatch.setenv(f"BILLNB_CI_{suffix}", key)
    with pytest.raises(errors.UnconfirmedHostError):
        accounts.add("ci", case.name, **given)
    assert server.requests == 0
    added = accounts.add("ci", case.name, confirmed_host=server.url, **given)
    assert (added.state, added.kept, memory.kept) == ("ok", "environment", {})
    monkeypatch.delenv(f"BILLNB_CI_{suffix}")
    (listed,) = accounts.list()
    assert (listed.state, listed.kept) == ("incomplete", None)


# many


def test_a_thousand_accounts_are_listed_without_asking_the_keyring(
    folder: Path, memory: MemoryKeyring
) -> None:
    tables = [
        f'[accounts.account-{n}]\nprovider = "bytio"\nkept = "keyring"\nkeeps = ["api_key"]\n'
        for n in range(1000)
    ]
    write(folder, "\n".join(tables))
    assert len(accounts.list()) == 1000
    assert memory.reads == 0
    with pytest.raises(errors.UnknownNameError, match=r"\(1,002 in all\)") as caught:
        billnb.load("nope")
    assert len(str(caught.value)) < 600
    assert memory.reads == 0


def calls(work: Callable[[], object]) -> int:
    """Count what a piece of work calls, which no busy machine changes."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(one.callcount for one in profile.getstats())


def many(folder: Path, store: str, count: int) -> None:
    """Write accounts as they come to be one by one."""
    write(folder, "\n".join(
        f'[accounts.account-{n}]\nprovider = "bytio"\nkept = "{store}"\nkeeps = ["api_key"]\n'
        for n in range(count)
    ))  # fmt: skip
    path = folder / "secrets.toml"
    path.write_text("\n".join(
        f'[account-{n}]\nbound-to = "https://api.bytio.com"\napi_key = "k{n}"\n'
        for n in range(count if store == "file" else 0)
    ))  # fmt: skip
    path.chmod(0o600)


@pytest.mark.parametrize("store", ["keyring", "file"])
def test_of_ten_thousand_accounts_one_comes_and_goes_quickly(folder: Path, store: Any) -> None:
    def come() -> None:
        accounts.add("new", "bytio", api_key="k", store=store, verify=False)

    def go() -> None:
        accounts.remove("account-77")

    many(folder, store, 10)
    come()  # so that all is loaded
    work = {}
    for count in (500, 1000):
        many(folder, store, count)
        work[count] = calls(come), calls(go)
    for less, more in zip(work[500], work[1000], strict=True):
        assert more < 2.3 * less  # twice the accounts, twice the work
    many(folder, store, 10_000)
    configuration.parse.cache_clear()
    for act in (come, go):
        parsed = configuration.parse.cache_info().misses
        begun = time.process_time()
        act()
        assert time.process_time() - begun < 4  # it takes less than one, undisturbed
        assert configuration.parse.cache_info().misses - parsed <= 2  # before, and after
    assert len(accounts.list()) == 10_000


ADD = """
import sys, billnb
for number in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}-{number}"
    billnb.accounts.add(name, "bytio", api_key=f"key-of-{name}", store="file", verify=False)
    if number % 2:
        billnb.accounts.remove(name)
"""


def test_two_writers_at_once_lose_nothing(folder: Path) -> None:
    write(folder, "# mine\n[other]\nx = 1\n")
    writers = [subprocess.Popen([sys.executable, "-c", ADD, f"writer{n}", "6"]) for n in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    wanted = {f"writer{n}-{number}" for n in range(4) for number in (0, 2, 4)}
    assert {one.name for one in accounts.list()} == wanted
    assert {one.state for one in accounts.list()} == {"untried"}
    assert (folder / "accounts.toml").read_text().startswith("# mine\n[other]\nx = 1\n")
    for name, account in accounts.resolve(sorted(wanted)).items():
        assert account.credential("api_key").reveal() == f"key-of-{name}"


SYNC = """
import sys
from billnb.accounts import states
for number in range(30):
    states.note_test(f"{sys.argv[1]}-{number}", "ok")
"""


def test_states_written_at_once_are_all_there(folder: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", SYNC, f"w{n}"]) for n in range(3)]
    assert [writer.wait(120) for writer in writers] == [0] * 3
    assert len(states.read()) == 90


# the file


def test_the_places_are_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: Case, server: FaultyServer
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    accounts.add("production", case.name, store="file", **details(case, server.url))
    folder = tmp_path / "config" / "billnb"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("accounts.toml", "secrets.toml"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert json.loads((tmp_path / "state" / "billnb" / "states.json").read_text()).keys() == {
        "production"
    }


def test_another_file_has_secrets_and_states_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("work.toml", "home.toml"):
        monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / name))
        accounts.add("main", "bytio", api_key=name, store="file", verify=False)
    for name in ("work.toml", "home.toml"):
        monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / name))
        (account,) = accounts.configured()
        assert account.auth().secrets[0].reveal() == name


def test_a_link_is_followed_and_permissions_are_kept(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("# kept elsewhere\n")
    real.chmod(0o640)
    folder.mkdir()
    (folder / "accounts.toml").symlink_to(real)
    accounts.add("production", "bytio", api_key="k", verify=False)
    accounts.add("other", "bytio", api_key="k", store="file", verify=False)
    accounts.remove("production")
    assert (folder / "accounts.toml").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_text().startswith("# kept elsewhere\n")
    assert "[accounts.other]" in real.read_text()
    assert (folder / "secrets.toml").exists()
    assert not (tmp_path / "secrets.toml").exists()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("[accounts.x]\nprovider = \n", 2, 12),
        ("[accounts.x]\nprovider = 's3cr3t", 2, 19),
        ("a = 1\na = 2\n", 2, 6),
        ("[accounts.x\n", 1, 12),
        ('x = "\n', 1, 6),
        ("x = [\n1,\n", 3, 1),
    ],
)
def test_a_broken_file_is_left_alone_and_says_where(
    folder: Path, text: str, line: int, column: int
) -> None:
    path = write(folder, text)
    for use in (
        accounts.list,
        accounts.names,
        billnb.load,
        lambda: billnb.load("x"),
        lambda: accounts.remove("x"),
        lambda: accounts.add("y", "bytio", api_key="k", verify=False),
    ):
        with pytest.raises(errors.ConfigurationError, match="correct the file") as caught:
            use()
        found = caught.value
        assert (found.path, found.line, found.column) == (str(path), line, column)
        assert f"{path}, line {line}, column {column}: " in str(found)
        assert "s3cr3t" not in str(found)
    assert path.read_bytes() == text.encode()


def test_what_is_no_utf8_says_where(folder: Path) -> None:
    folder.mkdir()
    (folder / "accounts.toml").write_bytes(b"# x\n# y \xff")
    with pytest.raises(errors.ConfigurationError, match=r"line 2, column 5: .*UTF-8"):
        accounts.list()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts = 1", "accounts: expected tables"),
        ("[[accounts]]\nx = 1", "accounts: expected tables"),
        ("accounts.production = 's3cr3t'", r"accounts\.production: expected a table"),
        ("[accounts.production]", r"accounts\.production\.provider: expected"),
        ("[accounts.production]\nprovider = 7", r"accounts\.production\.provider: expected"),
        ("[accounts.x]\nprovider='bytio'\nbase_url = 1", r"accounts\.x\.base_url: expected a text"),
        ("[accounts.x]\nprovider='bytio'\nbase_url = 'http://s3cr3t.y'", r"x\.base_url is http"),
        ("[accounts.x]\nprovider='bytio'\nurl = 's3cr3t'", r"accounts\.x\.url is unknown"),
        ("[accounts.x]\nprovider='bytio'\nkept = 's3cr3t'", r"accounts\.x\.kept: expected"),
        ("[accounts.x]\nprovider='bytio'\nkeeps = 's3cr3t'", r"accounts\.x\.keeps: expected"),
        ("[accounts.x]\nprovider='bytio'\nkeeps = ['s3 cr3t']", r"accounts\.x\.keeps: expected"),
        ("[accounts.x]\nprovider='bytio'\n[accounts.x.y]", r"accounts\.x\.y is unknown"),
        ("[accounts.'a/b']\nprovider='bytio'", "is not a valid account name"),
        ("[accounts.a-b]\nprovider='bytio'\n[accounts.a_b]\nprovider='bytio'", "would share"),
        (
            "[accounts.x]\nprovider='bytio'\napi_key = 's3cr3t'",
            r"accounts\.x\.api_key is a secret.* billnb accounts add x",
        ),
        (
            "[accounts.x]\nprovider='unpod'\ntoken = 's3cr3t'\norg_handle='o'",
            r"accounts\.x\.token is a secret.* billnb accounts add x",
        ),
    ],
)
def test_what_the_file_cannot_mean_names_the_key_and_never_the_value(
    folder: Path, text: str, said: str
) -> None:
    path = write(folder, text)
    with pytest.raises(errors.ConfigurationError, match=said) as caught:
        accounts.list()
    assert "s3cr3t" not in str(caught.value)
    assert str(path) in str(caught.value)
    with pytest.raises(errors.ConfigurationError, match=said):
        accounts.add("y", "bytio", api_key="k", store="file", verify=False)
    assert path.read_text() == text
    assert not (folder / "secrets.toml").exists()


def test_accounts_given_as_objects_need_no_file(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    write(folder, "this is no TOML")
    assert len(billnb.load(case.account(server.url))) == 250


def test_a_file_written_in_a_way_that_has_no_place_is_left_alone(
    folder: Path, memory: MemoryKeyring
) -> None:
    text = "accounts = {x = {provider = 'bytio', kept = 'keyring'}}  # mine\n"
    path = write(folder, text)
    memory.kept[paths.service(), "x/api_key"] = "k"
    assert [one.name for one in accounts.list()] == ["x"]
    with pytest.raises(errors.ConfigurationError, match=r"\[accounts\.NAME\]"):
        accounts.add("y", "bytio", api_key="k", verify=False)
    with pytest.raises(errors.ConfigurationError, match=r"take accounts\.x out of it by hand"):
        accounts.remove("x")
    assert path.read_text() == text
    assert memory.kept == {(paths.service(), "x/api_key"): "k"}


def test_a_folder_that_cannot_be_written_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory: MemoryKeyring
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "file" / "folder"))
    with pytest.raises(errors.StorageError, match=r"cannot (read|write)"):
        accounts.add("production", "bytio", api_key="k", verify=False)
    assert memory.kept == {}


def test_lines_end_as_they_did(folder: Path) -> None:
    path = write(folder, "# a\r\n[other]\r\nx = 1")
    accounts.add("one", "bytio", api_key="k", verify=False)
    text = path.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") > 4
    accounts.remove("one")
    assert path.read_bytes().startswith(b"# a\r\n[other]\r\nx = 1\r\n")


NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
COMMENTS = st.from_regex(r"#[ -~]{0,20}", fullmatch=True)
UNRELATED = st.sampled_from(
    [
        '[colours]\nred = "#f00" # red\n',
        "[[list]]\nx = 1\n\n[[list]]\nx = 2\n",
        "[deep.er]\ntext = '''\n[accounts.alpha]\n# no comment\n'''\n",
        "[accounting]\naccounts = ['[accounts.alpha]']\n",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A file as people write it, and the accounts in it."""
    listed = draw(st.lists(NAMES, unique=True))
    blocks = [
        f'[accounts.{name}]{draw(st.sampled_from(["", " # why"]))}\nprovider = "bytio"\n'
        for name in listed
    ]
    blocks += draw(st.lists(UNRELATED, unique=True))
    blocks = draw(st.permutations(blocks))
    text = draw(st.sampled_from(["", 'title = "mine"\n\n']))
    for block in blocks:
        for comment in draw(st.lists(COMMENTS, max_size=2)):
            text += f"{comment} ({draw(st.integers(0, 999))})\n"
        text += block + draw(st.sampled_from(["", "\n", "\n\n"]))
    return text + draw(st.sampled_from(["", "# end\n"])), listed


def lone_comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


@given(files(), NAMES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_comments_and_unrelated_tables_survive(
    folder: Path, file: tuple[str, list[str]], name: str
) -> None:
    text, listed = file
    path = write(folder, text)
    if name in listed:
        editing.without(name)()
    else:
        editing.insert(named(name, options={"base_url": "https://x.example"}))
    after = path.read_text()
    assert lone_comments(after) == lone_comments(text)
    before, now = tomllib.loads(text), tomllib.loads(after)
    others, others_now = before.pop("accounts", {}), now.pop("accounts", {})
    assert now == before
    others.pop(name, None)
    added = others_now.pop(name, None)
    assert others_now == others
    assert (added is None) == (name in listed)
    if name not in listed:
        assert after.startswith(text)
        editing.without(name)()
        assert path.read_text().rstrip() == text.rstrip()  # as if nothing had been


# what is known


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"production": 7}', b"\xff", b"[" * 9999])
def test_a_broken_file_of_states_is_begun_anew(
    folder: Path, content: bytes, case: Case, server: FaultyServer
) -> None:
    accounts.add("production", case.name, verify=False, **details(case, server.url))
    (folder / "states.json").write_bytes(content)
    assert [one.state for one in accounts.list()] == ["untried"]
    assert accounts.test("production").state == "ok"
    assert [one.state for one in accounts.list()] == ["ok"]


def test_states_that_cannot_be_written_fail_no_load(
    folder: Path, case: Case, server: FaultyServer
) -> None:
    accounts.add("production", case.name, verify=False, **details(case, server.url))
    (folder / "states.json").mkdir()
    assert len(billnb.load("production")) == 250
    assert accounts.test("production").state == "untried"


def test_only_what_was_loaded_whole_by_name_is_noted(
    folder: Path, case: Case, server: FaultyServer
) -> None:
    for name in ("good", "bad", "unnamed"):
        accounts.add(name, case.name, verify=False, **details(case, server.url))
    suffix = "API_KEY" if case.name == "bytio" else "API_TOKEN"

    def synced() -> set[str]:
        return {one.name for one in accounts.list() if one.last_sync is not None}

    billnb.load(case.account(server.url, name="unnamed"))
    billnb.load("good", kind="invoice")
    assert synced() == set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"BILLNB_BAD_{suffix}", "wrong")
        patch.setenv("BILLNB_BAD_BASE_URL", server.url)
        with pytest.raises(errors.AuthenticationError, match="bad: "):
            billnb.load(case.account(server.url, name="unnamed"), "bad", "good")
    assert synced() == {"good"}


def test_an_account_whose_provider_is_gone_stays_and_can_be_removed(
    folder: Path, memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent / "plugin"))
        accounts.add("bills", "acme", key="k3y", verify=False)
        accounts.add("other", "bytio", api_key="k", verify=False)
    assert (paths.service(), "bills/key") in memory.kept
    bills, other = accounts.list()
    assert (bills.state, bills.known, bills.provider) == ("unknown", False, "acme")
    assert "not installed" in (bills.message or "")
    assert bills.options == {}
    assert other.known
    assert accounts.test("bills").state == "unknown"
    for load in (lambda: billnb.load("bills"), billnb.load):
        with pytest.raises(errors.UnknownNameError, match=r"^bills: its provider, 'acme'"):
            load()
    accounts.remove("bills")
    assert [one.name for one in accounts.list()] == ["other"]
    assert sorted(memory.kept) == [
        (paths.service(), "other/api_key"), (paths.service(), "other/bound-to"),
    ]  # fmt: skip


def test_what_is_no_account_is_neither_tested_nor_removed(folder: Path) -> None:
    for name in ("nope", "bytio"):
        for use in (accounts.test, accounts.remove):
            with pytest.raises(errors.UnknownNameError, match="known: none"):
                use(name)
    assert states.read() == {}


def test_a_provider_that_cannot_be_loaded_hides_no_account(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, '[accounts.x]\nprovider = "wrong"\n[accounts.y]\nprovider = "bytio"\n')
    info = tmp_path / "site" / "wrong-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[billnb.providers]\nwrong = wrong_provider:Wrong\n")
    (tmp_path / "site" / "wrong_provider.py").write_text("raise SystemError('s3cr3t')\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert [one.state for one in accounts.list()] == ["unknown", "incomplete"]


def test_explore_shows_the_demo_only_where_there_is_no_account(
    folder: Path, case: Case, server: FaultyServer, memory: MemoryKeyring
) -> None:
    assert set(billnb.explore().selection["account"]) == {"bytio", "unpod"}
    accounts.add("production", case.name, verify=False, **details(case, server.url))
    assert set(billnb.explore().selection["account"]) == {"production"}
    memory.kept.clear()
    with pytest.raises(errors.AuthenticationError):
        billnb.explore()


def test_nothing_is_left_where_nobody_looks(folder: Path) -> None:
    accounts.add("production", "bytio", api_key="k3y-CANARY", store="file", verify=False)
    accounts.remove("production")
    assert "k3y-CANARY" not in "".join(
        path.read_text() for path in folder.rglob("*") if path.is_file()
    )
    assert {path.name for path in folder.iterdir()} <= {
        "accounts.toml", "accounts.toml.lock", "secrets.toml", "states.json", "states.json.lock",
    }  # fmt: skip
    assert os.path.getsize(folder / "accounts.toml") == 0
