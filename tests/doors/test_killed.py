"""A process killed while it changes accounts leaves nothing torn, lost, or in the clear."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from support.folders import TESTS
from support.keyrings import FolderKeyring, LockableKeyring

from billnb import accounts, errors
from billnb.accounts import paths, states
from billnb.accounts.secrets import secret_file

KEPT = "k3y-of-one-that-stays"
LOST = "k3y-CANARY-of-one-that-is-killed"

# Each child is killed at its n-th event on a file of the folder, until one lives to its end.
FORKING = """
import os, signal, sys
from billnb.cli import main
import billnb.accounts, filelock, keyring, support.keyrings, tomlkit  # as they would be

folder, words, key = sys.argv[1], sys.argv[2].split(), sys.argv[3]
EVENTS = ("open", "os.", "shutil.", "tempfile.", "fcntl.")

def killed_at(number):
    seen = 0
    def audit(event, args):
        nonlocal seen
        if event.startswith(EVENTS) and any(folder in str(one) for one in args):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(audit)

for number in range(1, 500):
    print(number, flush=True)
    sys.stdin.readline()  # until what the last one left has been looked at
    read, write = os.pipe()
    os.write(write, key.encode() + b"\\n")
    os.close(write)
    child = os.fork()
    if child == 0:
        os.dup2(read, 0)
        sys.stdin = open(0, closefd=False)
        killed_at(number)
        main(words, standalone_mode=False)
        os._exit(0)
    os.close(read)
    status = os.waitpid(child, 0)[1]
    print(os.waitstatus_to_exitcode(status), flush=True)
    if os.WIFEXITED(status):
        break
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BILLNB_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("KEYRING_FOLDER", str(tmp_path / "keyring"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "support.keyrings.FolderKeyring")
    keyring.set_keyring(FolderKeyring())
    return tmp_path / "config"


def holding(folder: Path, text: str) -> list[str]:
    """Return which files of accounts, and of the keyring, hold a text."""
    files = [*folder.iterdir(), *Path(os.environ["KEYRING_FOLDER"]).glob("*")]
    return [one.name for one in files if text.encode() in one.read_bytes()]


def names() -> set[str]:
    return {one.name for one in accounts.list()}


def connect(name: str, key: str, store: Any) -> None:
    accounts.add(name, "bytio", api_key=key, store=store, verify=False)


def look_after_adding(folder: Path) -> None:
    for name, account in accounts.resolve(sorted(names())).items():  # there, with its secret
        assert account.credential("api_key").reveal() == (KEPT if name == "stays" else LOST)
    if "killed" in names():
        accounts.remove("killed")


def look_after_removing(folder: Path) -> None:
    if "killed" in names() and accounts.test("killed").state == "incomplete":
        accounts.remove("killed")  # going, the secret is first


def look(folder: Path) -> None:
    """See that nothing is torn or lost, and what the next change leaves of what was killed."""
    for path in folder.glob("*.toml"):
        tomllib.loads(path.read_text())
    for path in folder.glob("*.json"):
        json.loads(path.read_text())
    connect("next", "another", "file")
    accounts.remove("next")
    assert (holding(folder, LOST) != []) == ("killed" in names())
    assert [one.name for one in folder.iterdir() if one.name.startswith(".billnb")] == []
    assert not (folder / "pending.json").exists()
    (stays,) = accounts.resolve(["stays"]).values()
    assert stays.credential("api_key").reveal() == KEPT


def kills(
    folder: Path, words: list[str], prepare: Callable[[], None], after: Callable[[Path], None]
) -> int:
    """Kill a command at each of its events, until one lives to its end; return how often."""
    command = [sys.executable, "-c", FORKING, str(folder.parent), " ".join(words), LOST]
    killed = 0
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while process.stdout.readline():
            prepare()
            process.stdin.write("\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            if code == 0:
                return killed
            assert code == -signal.SIGKILL
            killed += 1
            after(folder)
            look(folder)
    raise AssertionError("the command did not come to its end")


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="it is forked to be killed"),
]


@pytest.mark.parametrize("store", ["keyring", "file"])
def test_an_account_whose_adding_is_killed_is_there_with_its_key_or_not_at_all(
    folder: Path, store: str
) -> None:
    connect("stays", KEPT, store)
    words = ["accounts", "add", "killed", "--provider", "bytio", "--no-test", "--store", store]
    number = kills(folder, words, lambda: None, look_after_adding)
    assert number >= 15, number
    assert names() == {"stays", "killed"}


@pytest.mark.parametrize("store", ["keyring", "file"])
def test_an_account_whose_removal_is_killed_goes_at_the_next_and_takes_its_key_along(
    folder: Path, store: str
) -> None:
    connect("stays", KEPT, store)

    def prepare() -> None:
        if "killed" not in names():
            connect("killed", LOST, store)

    words = ["accounts", "remove", "killed", "--yes"]
    number = kills(folder, words, prepare, look_after_removing)
    assert number >= 15, number
    assert names() == {"stays"}
    assert holding(folder, LOST) == []


# what nobody was killed for


def test_what_an_older_version_left_is_swept(folder: Path) -> None:
    connect("stays", KEPT, "file")
    ours = [folder / ".billnb-ab_cd3fg", folder / ".billnb-secrets.toml-ab_cd3fg"]
    others = [folder / ".billnb-notes", folder / ".billnb-report.html-ab_cd3fg", folder / "x"]
    for path in ours + others:
        path.write_text(LOST)
    with (folder / "secrets.toml").open("a") as file:
        file.write(f'\n[gone]\napi_key = "{LOST}"\n')
    connect("next", "another", "keyring")
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)  # which others may be writing
    assert secret_file.read().keys() == {"stays"}


def test_a_key_left_in_a_locked_keyring_goes_when_it_is_open(folder: Path) -> None:
    ring = LockableKeyring()
    keyring.set_keyring(ring)
    ring.locked = False
    connect("production", LOST, "keyring")
    ring.locked = True
    with pytest.raises(errors.StorageError, match="is locked"):
        accounts.remove("production")
    accounts.remove("production", force=True)
    assert LOST in ring.kept.values()
    connect("other", KEPT, "file")  # nothing can be done yet
    assert LOST in ring.kept.values()
    ring.locked = False
    connect("another", KEPT, "file")
    assert ring.kept == {}
    assert not paths.pending_file().exists()


def test_removing_an_account_removes_all_of_it(folder: Path) -> None:
    connect("production", LOST, "file")
    text = (folder / "accounts.toml").read_text()
    accounts.remove("production")
    connect("production", LOST, "keyring")
    # as somebody may have edited it: the key is in both stores then
    (folder / "accounts.toml").write_text(text)
    with (folder / "secrets.toml").open("a") as file:
        file.write(f'[production]\napi_key = "{LOST}"\nbound-to = "https://api.bytio.com"\n')
    states.note_test("production", "ok")
    accounts.remove("production")
    assert holding(folder, LOST) == []
    assert holding(folder, "bound-to") == []
    assert states.read() == {}


def test_what_is_known_of_accounts_that_are_gone_is_forgotten(folder: Path) -> None:
    connect("stays", KEPT, "file")
    states.note_test("gone", "ok")
    states.note_test("bytio", "ok")  # an account of the environment, which no file lists
    connect("next", "another", "file")
    assert states.read().keys() == {"bytio"}
