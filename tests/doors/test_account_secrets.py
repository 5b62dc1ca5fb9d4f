"""Secrets of accounts: kept where that was said, or nowhere, and shown to nobody."""

from __future__ import annotations

import io
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyrings.alt.file
import pytest
from click.testing import CliRunner
from support import vendors
from support.faulty import FaultyServer
from support.folders import TESTS
from support.keyrings import (
    BrokenKeyring,
    ForgetfulKeyring,
    LockableKeyring,
    MemoryKeyring,
)
from support.leaks import found as leaked
from support.leaks import told
from support.vendors import Case

import billnb
from billnb import accounts, cli, errors
from billnb.accounts import paths
from billnb.accounts.secrets import keeping

KEY = vendors.KEY


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)
    assert KEY not in stream.getvalue()


def add(name: str = "production", **options: Any) -> accounts.Account:
    return accounts.add(name, "bytio", api_key=KEY, verify=False, **options)


def contents(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.name: path.read_text() for path in paths}


# keyrings that are none


class Chain(keyring.backends.chainer.ChainerBackend):
    """A chain of backends of our own."""

    backends: Any = ()


def chain(*backends: keyring.backend.KeyringBackend) -> keyring.backend.KeyringBackend:
    found = Chain()
    found.backends = backends
    return found


def plain(tmp: Path) -> keyrings.alt.file.PlaintextKeyring:
    found = keyrings.alt.file.PlaintextKeyring()
    found.file_path = str(tmp / "plain.cfg")
    return found


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda tmp: keyring.backends.fail.Keyring(), "fail.Keyring is a placeholder for none"),
        (lambda tmp: keyring.backends.null.Keyring(), "null.Keyring keeps nothing"),
        (plain, "PlaintextKeyring writes plain text"),
        (lambda tmp: chain(), "none is installed"),
        (lambda tmp: chain(plain(tmp), keyring.backends.null.Keyring()), "writes plain text and "),
    ],
)
def test_a_keyring_that_keeps_no_secrets_is_refused(
    make: Callable[[Path], keyring.backend.KeyringBackend],
    said: str,
    folder: Path,
    tmp_path: Path,
    case: Case,
    server: FaultyServer,
    log: io.StringIO,
) -> None:
    keyring.set_keyring(make(tmp_path))
    with pytest.raises(errors.StorageError, match=said) as caught:
        accounts.add("production", "bytio", api_key=KEY, base_url=server.url)
    assert 'the store "file"' in str(caught.value)
    assert server.requests == 0
    assert contents(tmp_path) == {}
    assert accounts.list() == []
    storage = keeping.storage()
    assert (storage.keyring, storage.backend) == (False, None)
    assert said in (storage.message or "")
    assert storage.file == str(folder / "secrets.toml")


def test_a_chain_keeps_in_what_is_a_keyring(tmp_path: Path) -> None:
    memory = MemoryKeyring()
    keyring.set_keyring(chain(plain(tmp_path), memory))
    add()
    assert memory.kept == {
        (paths.service(), "production/api_key"): KEY,
        (paths.service(), "production/bound-to"): "https://api.bytio.com",
    }
    assert not (tmp_path / "plain.cfg").exists()
    assert keeping.storage().backend == "support.keyrings.MemoryKeyring"


def test_a_keyring_that_cannot_be_started_is_said_to_be_so(folder: Path) -> None:
    code = "import billnb; billnb.accounts.add('x', 'bytio', api_key='k', verify=False)"
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": "no.such.Keyring"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    assert (
        "StorageError: there is no keyring that keeps secrets (it cannot be started" in done.stderr
    )
    assert not (folder / "accounts.toml").exists()


def test_a_locked_keyring_keeps_nothing_and_loses_nothing(folder: Path, log: io.StringIO) -> None:
    locked = LockableKeyring()
    keyring.set_keyring(locked)
    with pytest.raises(errors.StorageError, match="is locked, saying: Failed to unlock") as caught:
        add()
    assert leaked(told(caught.value)) == set()
    assert "unlock" in str(caught.value)
    assert accounts.list() == []
    locked.locked = False
    add()
    locked.locked = True
    (listed,) = accounts.list()
    assert (listed.kept, listed.state) == ("keyring", "untried")
    for use in (
        lambda: billnb.load("production"),
        billnb.load,
        lambda: accounts.remove("production"),
    ):
        with pytest.raises(errors.StorageError, match="is locked"):
            use()
    tested = accounts.test("production")
    assert tested.state == "locked"
    assert "is locked" in (tested.message or "")
    assert accounts.list() == [tested]
    with pytest.raises(errors.StorageError, match=r"still there.*by force"):
        accounts.remove("production")
    assert [one.name for one in accounts.list()] == ["production"]
    assert locked.kept
    accounts.remove("production", force=True)
    assert accounts.list() == []
    locked.locked = False
    add()  # what was left behind is in nobody's way
    accounts.remove("production")
    assert locked.kept == {}


def test_what_the_environment_holds_needs_no_keyring(
    monkeypatch: pytest.MonkeyPatch, server: FaultyServer, case: Case
) -> None:
    unlocked = LockableKeyring()
    keyring.set_keyring(unlocked)
    unlocked.locked = False
    details: dict[str, Any] = (
        {"api_key": KEY} if case.name == "bytio" else {"token": KEY, "org_handle": "x"}
    )
    accounts.add("production", case.name, base_url=server.url, verify=False, **details)
    unlocked.locked = True
    suffix = "API_KEY" if case.name == "bytio" else "API_TOKEN"
    monkeypatch.setenv(f"BILLNB_PRODUCTION_{suffix}", KEY)
    monkeypatch.setenv("BILLNB_PRODUCTION_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv("BILLNB_PRODUCTION_BASE_URL", server.url)
    assert len(billnb.load("production")) == 250


def test_what_a_keyring_forgets_is_not_called_kept(folder: Path) -> None:
    keyring.set_keyring(ForgetfulKeyring())
    with pytest.raises(errors.StorageError, match="did not keep the secret"):
        add()
    assert accounts.list() == []
    assert not (folder / "accounts.toml").exists()


def test_a_keyring_that_fails_half_way_is_left_without_the_secret(
    folder: Path, log: io.StringIO
) -> None:
    broken = BrokenKeyring()
    keyring.set_keyring(broken)
    with pytest.raises(errors.StorageError, match="failed, saying: cannot keep •••") as caught:
        add()
    assert leaked(told(caught.value)) == set()
    assert broken.kept == {}
    assert accounts.list() == []


def test_a_file_that_cannot_be_written_leaves_no_secret_behind(folder: Path) -> None:
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    folder.mkdir()
    (folder / "accounts.toml").write_text("accounts = {}\n")  # no place for a table
    with pytest.raises(errors.ConfigurationError):
        add()
    with pytest.raises(errors.ConfigurationError):
        add(store="file")
    assert memory.kept == {}
    assert KEY not in "".join(contents(folder).values())
    memory.kept[paths.service(), "production/api_key"] = "another's"
    with pytest.raises(errors.ConfigurationError):
        add()
    assert memory.kept == {(paths.service(), "production/api_key"): "another's"}


CRASH = """
import os, sys, keyring
from support.keyrings import MemoryKeyring
import billnb
from billnb import files
written = 0
real = os.replace
def crash(source, target):
    global written
    written += 1
    if written > int(sys.argv[1]):
        os._exit(9)
    real(source, target)
os.replace = crash
billnb.accounts.add("production", "bytio", api_key="k3y", store="file", verify=False)
"""


@pytest.mark.parametrize("writes", [0, 1])
def test_a_crash_leaves_no_account_without_its_secret(folder: Path, writes: int) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, str(writes)], cwd=TESTS)
    assert done.returncode == 9
    assert accounts.list() == []
    assert ("k3y" in contents(folder).get("secrets.toml", "")) == bool(writes)
    add(store="file")
    (account,) = accounts.configured()
    assert account.auth().secrets[0].reveal() == KEY


# the file of secrets


def test_the_file_is_its_owners_alone_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        add(store="file")
    finally:
        os.umask(before)
    path = folder / "secrets.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert KEY in path.read_text()
    assert KEY not in (folder / "accounts.toml").read_text()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_not_used(folder: Path, mode: int) -> None:
    add(store="file")
    path = folder / "secrets.toml"
    path.chmod(mode)
    (listed,) = accounts.list()
    assert listed.state == "locked"
    assert accounts.test("production").state == "locked"
    assert f"chmod 600 '{path}'" in (listed.message or "")
    before = path.read_bytes()
    for use in (
        lambda: billnb.load("production"),
        lambda: accounts.remove("production"),
        lambda: add("another", store="file"),
    ):
        with pytest.raises(errors.StorageError, match="others may read it; run: chmod 600"):
            use()
    assert path.read_bytes() == before
    accounts.remove("production", force=True)
    assert accounts.list() == []


def test_a_link_to_a_file_of_secrets_is_not_used(folder: Path, tmp_path: Path) -> None:
    add(store="file")
    path = folder / "secrets.toml"
    path.rename(tmp_path / "elsewhere.toml")
    path.symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(errors.StorageError, match="it is a link"):
        accounts.resolve(["production"])
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(errors.StorageError, match="not a regular file"):
        accounts.resolve(["production"])


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can be given a file")
def test_another_users_file_is_not_used(folder: Path) -> None:
    add(store="file")
    os.chown(folder / "secrets.toml", 12345, 12345)
    with pytest.raises(errors.StorageError, match="another user's"):
        accounts.resolve(["production"])


@pytest.mark.parametrize(
    "content", [f"[production]\napi_key = {KEY}", f"x = '{KEY}'", f"[p]\n{KEY} = 1"]
)
def test_a_broken_file_of_secrets_says_where_and_not_what(
    folder: Path, content: str, log: io.StringIO
) -> None:
    add(store="file")
    path = folder / "secrets.toml"
    path.write_text(content)
    with pytest.raises(errors.ConfigurationError) as caught:
        accounts.resolve(["production"])
    assert caught.value.path == str(path)
    assert leaked(told(caught.value)) == set()
    (listed,) = accounts.list()
    assert KEY not in str(listed)


# who sees them


def test_nothing_public_shows_a_secret(
    folder: Path, case: Case, server: FaultyServer, log: io.StringIO
) -> None:
    keyring.set_keyring(MemoryKeyring())
    details: dict[str, Any] = {"api_key": KEY}
    if case.name == "unpod":
        details = {"token": KEY, "org_handle": "example.com"}
    said = [
        str(
            accounts.add(
                "file", case.name, base_url=server.url, store="file", verify=False, **details
            )
        )
    ]
    said.append(str(accounts.add("ring", case.name, base_url=server.url, verify=False, **details)))
    said += map(str, accounts.list())
    said += map(str, [accounts.test("file"), accounts.test("ring"), accounts.resolve(["ring"])])
    said.append(str(keeping.storage()))
    assert KEY not in "".join(said)
    holding = {name for name, text in contents(folder).items() if KEY in text}
    assert holding == {"secrets.toml"}


def test_errors_of_adding_hold_no_secret(
    case: Case, server: FaultyServer, log: io.StringIO, folder: Path
) -> None:
    keyring.set_keyring(MemoryKeyring())
    server.behave = lambda exchange: exchange.reply_body(
        f'{{"message": "no such key: {KEY}"}}'.encode(), 401
    )
    name = "api_key" if case.name == "bytio" else "token"
    other = {} if case.name == "bytio" else {"org_handle": vendors.ORGANIZATION}
    wrong: list[dict[str, Any]] = [
        {name: KEY, **other, "base_url": server.url},
        {name: KEY, **other, "base_url": f"https://{KEY}@vendor.example"},
        {name: KEY + " ", **other, "base_url": server.url},
        {name: KEY, **other, KEY: "x"},
        {name: KEY, "base_url": KEY},
    ]
    for details in wrong:
        with pytest.raises(billnb.BillnbError) as caught:
            accounts.add("production", case.name, **details)
        assert leaked(told(caught.value)) == set()
    assert contents(folder) == {}


# in a shell


def shell(*words: str, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "billnb", "accounts", *words]
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environ},
    )


@pytest.mark.slow
def test_a_shell_adds_lists_tests_and_removes(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    option = [] if case.name == "bytio" else ["--option", f"org_handle={vendors.ORGANIZATION}"]
    words = ["add", "eu-1", "--provider", case.name, "--base-url", server.url, "--store", "file"]
    wrong = shell(*words, *option, given="wr0ng-CANARY\n")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("Error: eu-1: ")
    assert wrong.stderr.count("\n") == 1
    assert shell("list").stderr == "No account is connected yet: billnb accounts add\n"
    done = shell(*words, *option, given=f"{KEY}\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "eu-1: tested, and connected. Try: billnb load eu-1\n"
    listed = shell("list")
    head, row = listed.stdout.splitlines()
    assert head.split("  ")[0] == "account"
    assert row.split()[:3] == ["eu-1", case.name, "ok"]
    assert row.split()[-2:] == ["never", "file"]
    assert shell("test").stdout == "eu-1: ok\n"
    tested = shell("test", "eu-1", "nope")
    assert tested.returncode == 1
    assert "nope: failed: no account is called 'nope'; known: eu-1" in tested.stdout
    server.__exit__()
    down = shell("test", "--debug")
    assert down.returncode == 1
    assert down.stdout.startswith("eu-1: unreachable: ")
    assert shell("remove", "eu-1", given="n\n").returncode == 1
    assert shell("remove", "eu-1").returncode == 1
    assert "eu-1" in shell("list").stdout
    assert shell("remove", "eu-1", "--yes").stderr == "eu-1: removed\n"
    assert shell("list").stdout == ""
    for output in (wrong, done, listed, tested, down):
        assert KEY not in output.stdout + output.stderr
    assert "CANARY" not in wrong.stderr


ADD = ["add", "x", "--store", "file", "--provider"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add"], "give its name, as the first argument"),
        (["add", "x"], "give --provider, one of bytio, unpod"),
        (["add", "a/b", "--provider", "bytio"], "not a valid account name"),
        (["add", "x", "--provider", "nope"], "known: bytio, unpod"),
        (["add", "x", "--provider", "bytio"], "there is no keyring that keeps secrets"),
        ([*ADD, "bytio"], "the API key is missing on standard input"),
        ([*ADD, "unpod"], "the API token is missing on standard input"),
        (["add", "x", "--provider", "bytio", "--option", f"api_key={KEY}"], "api_key is a secret"),
        (["add", "x", "--provider", "bytio", "--option", KEY], "--option takes NAME=VALUE"),
        (["test"], "no account is connected yet"),
        (["remove", "nope", "--yes"], "no account is called 'nope'"),
    ],
)
def test_what_a_shell_cannot_mean_is_one_line(words: list[str], said: str) -> None:
    result = CliRunner().invoke(cli.main, ["accounts", *words], input="")
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert KEY not in result.output


def test_a_terminal_asks_for_what_is_missing_and_echoes_no_secret(
    case: Case, server: FaultyServer, folder: Path
) -> None:
    import pty

    words = [sys.executable, "-m", "billnb", "accounts", "add", "--base-url", server.url,
             "--store", "file"]  # fmt: skip
    near, far = pty.openpty()
    process = subprocess.Popen(words, stdin=far, stdout=far, stderr=far, start_new_session=True)
    os.close(far)
    answers = {
        "Name of the account": "eu-1",
        "Provider (bytio, unpod)": case.name,
        "API": KEY,
        "Organization handle": vendors.ORGANIZATION,
    }
    seen = ""
    unread = ""
    while True:
        try:
            text = os.read(near, 4096).decode()
        except OSError:  # the other end is closed
            break
        seen, unread = seen + text, unread + text
        for question, answer in answers.items():
            if question in unread and unread.endswith(": "):
                unread = ""
                os.write(near, f"{answer}\n".encode())
                break
    assert process.wait(30) == 0, seen
    os.close(near)
    assert "connected. Try: billnb load eu-1" in seen
    assert KEY not in seen
    assert accounts.list()[0].state == "ok"
