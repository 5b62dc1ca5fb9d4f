"""What stands in the place of a file: a typed error at once, and nothing read or written there."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support import vendors
from support.folders import TESTS

import billnb
from billnb import accounts, cli, errors, formats
from billnb.accounts import paths
from billnb.files import trusted
from billnb.files.atomic import replace

KEY = vendors.KEY

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can be given a file")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # no deeper: the address of a socket is short
    with tempfile.TemporaryDirectory(prefix="odd-") as place:
        monkeypatch.setenv("BILLNB_CONFIG", f"{place}/config")
        yield Path(place, "config")


def add(name: str = "production", **options: Any) -> accounts.Account:
    return accounts.add(name, "bytio", api_key=KEY, store="file", verify=False, **options)


def fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def folder_there(path: Path) -> None:
    path.mkdir()
    (path / "something").write_text("")


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def full_device(path: Path) -> None:
    path.symlink_to("/dev/full")


def endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def endless_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse
    path.chmod(0o600)


def loop(path: Path) -> None:
    path.symlink_to(path)


ODD = [fifo, folder_there, bound_socket, full_device, endless_device, endless_file, loop]


def at_once(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a process that must not hang."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=TESTS,
    )


@pytest.mark.parametrize("odd", ODD, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["accounts.toml", "secrets.toml"])
def test_what_is_no_plain_file_is_a_typed_error_and_stays(
    folder: Path, odd: Callable[[Path], None], name: str
) -> None:
    add()
    path = folder / name
    path.unlink()
    odd(path)
    before = path.lstat()
    uses: list[Callable[[], object]] = [
        lambda: billnb.load("production"), lambda: add("another"),
        lambda: accounts.resolve(["production"]),
    ]  # fmt: skip
    if name == "accounts.toml":
        uses += [accounts.list, lambda: accounts.remove("production"), accounts.configured]
    for use in uses:
        with pytest.raises(errors.StorageError) as caught:
            use()
        assert str(path) in str(caught.value)
        assert KEY not in str(caught.value)
    after = path.lstat()
    assert (after.st_mode, after.st_ino, after.st_size) == (
        before.st_mode, before.st_ino, before.st_size,
    )  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda one: one.__name__)
def test_odd_states_are_in_nobodys_way(folder: Path, odd: Callable[[Path], None]) -> None:
    add()
    odd(folder / "states.json")
    assert [one.state for one in accounts.list()] == ["untried"]
    add("another")
    accounts.remove("another")
    assert [one.name for one in accounts.list()] == ["production"]


@pytest.mark.parametrize("odd", ODD[:5] + ODD[6:], ids=lambda one: one.__name__)
def test_an_odd_lock_is_named(folder: Path, odd: Callable[[Path], None]) -> None:
    folder.mkdir()
    lock = folder / "accounts.toml.lock"
    odd(lock)
    with pytest.raises(errors.StorageError, match="is not a regular file; move it away") as caught:
        add()
    assert str(lock) in str(caught.value)
    assert not (folder / "secrets.toml").exists()


@pytest.mark.parametrize("odd", [*ODD[:5], loop], ids=lambda one: one.__name__)
def test_nothing_is_written_to_what_is_no_plain_file(
    folder: Path, odd: Callable[[Path], None]
) -> None:
    path = folder.parent / "out.html"
    odd(path)
    history = billnb.demo()
    writers: list[Callable[[], object]] = [
        lambda: replace(path, b"x"), lambda: billnb.report(history, path),
        lambda: formats.write(history, path, "csv"),
    ]  # fmt: skip
    for write in writers:
        with pytest.raises(errors.ArgumentError, match=r"cannot write .*out\.html"):
            write()
    said = CliRunner().invoke(cli.main, ["report", "--demo", "-o", str(path)])
    assert said.exit_code in (1, 2)
    assert "out.html" in said.stderr
    assert [one.name for one in folder.parent.iterdir() if one.name.startswith(".billnb")] == []


# full disks, and folders that cannot be written


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        done = None
    if done is None or done.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(folder.parent / "disk") as disk:
        monkeypatch.setenv("BILLNB_CONFIG", str(disk))
        add()
        report = disk / "report.html"
        report.write_text("before")
        with filled(disk / "filler") as filler:
            for use in (lambda: add("another"), lambda: add("third")):
                with pytest.raises(errors.StorageError, match="No space left on device; free some"):
                    use()
            with pytest.raises(errors.ArgumentError, match="No space left on device; free some"):
                billnb.report(billnb.demo(), report)
            filler.unlink()
        assert report.read_text() == "before"
        assert {one.name for one in disk.iterdir() if one.name.startswith(".billnb")} == set()
        (account,) = accounts.configured()
        assert account.auth().secrets[0].reveal() == KEY
        add("another")
        assert [one.name for one in accounts.list()] == ["another", "production"]


@contextmanager
def filled(filler: Path) -> Iterator[Path]:
    """Fill a disk to the last byte."""
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    yield filler


LIMITED = """
import resource, signal, sys, billnb
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
try:
    billnb.accounts.add("production", "bytio", api_key="k3y", store="file", verify=False)
except billnb.StorageError as error:
    print(error)
"""


def test_a_file_that_may_not_grow_is_a_typed_error(folder: Path) -> None:
    done = at_once(LIMITED)
    assert "File too large; allow larger files" in done.stdout, done.stderr
    assert {one.name for one in folder.iterdir()} <= {"accounts.toml.lock"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device is full here")
def test_a_full_stream_is_one_line(folder: Path) -> None:
    add()
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "billnb", "accounts", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: cannot write to standard output: No space left on device")
    assert done.stderr.count("\n") == 1


def test_a_folder_that_takes_no_files_is_a_typed_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("/proc/billnb", "/dev/null/billnb"):
        monkeypatch.setenv("BILLNB_CONFIG", place)
        with pytest.raises(errors.StorageError, match=r"cannot (read|write) ") as caught:
            add()
        assert place in str(caught.value)


def test_a_read_only_disk_is_read_and_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(folder.parent / "disk") as disk:
        monkeypatch.setenv("BILLNB_CONFIG", str(disk))
        add()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        (account,) = accounts.configured()
        assert account.auth().secrets[0].reveal() == KEY
        for use in (lambda: add("another"), lambda: accounts.remove("production")):
            with pytest.raises(errors.StorageError, match="Read-only file system; write elsewhere"):
                use()
        with pytest.raises(errors.ArgumentError, match="Read-only file system; write elsewhere"):
            billnb.report(billnb.demo(), disk / "report.html")
        assert [one.name for one in accounts.list()] == ["production"]


NO_LOCKS = """
import errno, fcntl, sys, warnings
warnings.simplefilter("error")
code = int(sys.argv[1])
def flock(handle, what):
    raise OSError(code, "no such thing here")
fcntl.flock = flock
import billnb
try:
    billnb.accounts.add("production", "bytio", api_key="k3y", store="file", verify=False)
except billnb.StorageError as error:
    print(error)
"""


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_a_typed_error(folder: Path, code: int) -> None:
    done = at_once(NO_LOCKS, str(code))
    assert "supports locks" in done.stdout or "supports no locks" in done.stdout, done.stderr
    assert not (folder / "accounts.toml").exists()
    assert not (folder / "secrets.toml").exists()


# who may have written them


def refused(said: str, name: str = "production") -> None:
    uses: list[Callable[[], object]] = [
        accounts.list, lambda: billnb.load(name), accounts.configured,
        lambda: accounts.test(name), lambda: accounts.remove(name), lambda: add("another"),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(errors.StorageError, match=said):
            use()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o664])
def test_a_file_of_accounts_that_others_may_write_is_not_used(folder: Path, mode: int) -> None:
    add()
    path = folder / "accounts.toml"
    path.chmod(mode)
    refused(f"others may write it; look through it, and run: chmod go-w '{path}'")
    path.chmod(mode & ~0o022)
    assert [one.name for one in accounts.list()] == ["production"]


@needs_root
@pytest.mark.parametrize("name", ["accounts.toml", "secrets.toml"])
def test_another_users_file_is_not_used(folder: Path, name: str) -> None:
    add()
    os.chown(folder / name, 12345, 12345)
    with pytest.raises(errors.StorageError, match=r"another user's; .* run: chown 0 "):
        accounts.resolve(["production"])
    if name == "accounts.toml":
        refused("it is another user's")


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_file_that_others_could_replace_is_not_used(folder: Path, mode: int) -> None:
    add()
    folder.chmod(mode)
    refused(f"others may write its folder.*chmod go-w '{folder}'")
    folder.chmod(mode | stat.S_ISVTX)  # where others replace nothing of ours, as in /tmp
    assert [one.name for one in accounts.list()] == ["production"]


@needs_root
def test_a_folder_of_another_user_is_not_used(folder: Path) -> None:
    add()
    os.chown(folder, 12345, 12345)
    refused("its folder is another user's")


def test_nothing_is_put_where_others_could_replace_it(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(errors.StorageError, match="others may write its folder"):
        add()
    assert list(folder.iterdir()) == []


def test_a_link_is_followed_and_what_it_leads_to_is_judged(folder: Path) -> None:
    add()
    dotfiles = folder.parent / "dotfiles"
    dotfiles.mkdir()
    real = dotfiles / "billnb.toml"
    (folder / "accounts.toml").rename(real)
    (folder / "accounts.toml").symlink_to(real)
    assert [one.name for one in accounts.list()] == ["production"]
    for place, mode, said in (
        (real, 0o666, "others may write it"),
        (dotfiles, 0o777, f"others may write its folder.*'{dotfiles}'"),
        (folder, 0o777, f"others may write its folder.*'{folder}'"),
    ):
        before = stat.S_IMODE(place.stat().st_mode)
        place.chmod(mode)
        refused(said)
        place.chmod(before)
    assert [one.name for one in accounts.list()] == ["production"]


@needs_root
def test_a_link_to_another_users_file_is_not_used(folder: Path) -> None:
    add()
    real = folder.parent / "theirs.toml"
    shutil.move(folder / "accounts.toml", real)
    os.chown(real, 12345, 12345)
    (folder / "accounts.toml").symlink_to(real)
    refused("it is another user's")


def test_a_large_file_is_refused_before_it_is_read(folder: Path) -> None:
    add()
    path = folder / "accounts.toml"
    with path.open("ab") as file:
        file.write(b"#" * trusted.LARGEST)
    refused("larger than 4 MiB")
    assert paths.accounts_file() == path
