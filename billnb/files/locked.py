"""Files written under a lock, and what killed processes left of them removed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from billnb.errors import ArgumentError, StorageError
from billnb.files.atomic import advice, replace, temporary
from billnb.files.trusted import folder_objection

_LONGEST_WAIT = 30  # seconds: a keyring may be asking its owner for a password meanwhile
_PRIVATE = 0o600
_OLD = re.compile(r"\.billnb-[a-z0-9_]{8}")  # as older versions called what they had not finished


@contextmanager
def write_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, once no other process holds it.

    Inside, read the file again before changing it, so that no change is lost. What a killed process
    left of the file is removed first.

    Raises
    ------
    StorageError
        When another process holds it for long, when the folder cannot be written, or when others
        can write it too.
    """
    from filelock import FileLock, Timeout  # loads asyncio, which loading does without

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = path.resolve()
        place = Path(f"{target}.lock")
        problem = folder_objection(target.parent) or _lock_objection(place)
        # without locks, newer versions would take a file for one, which a killed process leaves
        lock = FileLock(place, _LONGEST_WAIT, mode=_PRIVATE, fallback_to_soft=False)
        if problem is None:
            lock.acquire()
    except Timeout:
        problem = "another process is writing it; try again"
    except NotImplementedError:
        problem = _UNLOCKABLE
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links
        problem = f"{advice(error) or _UNLOCKABLE}"
    if problem is not None:
        raise StorageError(f"cannot write {str(path)!r}: {problem}")
    try:
        sweep(path)
        yield
    finally:
        lock.release()


_UNLOCKABLE = (
    "its file system supports no locks; let BILLNB_CONFIG name a folder on another file system"
)


def _lock_objection(place: Path) -> str | None:
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(place.lstat().st_mode):
            return f"its lock, {str(place)!r}, is not a regular file; move it away"
    return None


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; only its owner may read or write a new one.

    Raises
    ------
    StorageError
        When it cannot be written; what was there is untouched.
    """
    try:
        replace(path, content, mode=_PRIVATE)
    except ArgumentError as error:
        problem = str(error)
    else:
        return
    raise StorageError(problem)


def leftovers(path: Path) -> list[Path]:
    """Return the unfinished files that killed processes left beside a file."""
    with suppress(OSError, RuntimeError, ValueError):  # a loop of links
        folder, begins = temporary(path.resolve())
        is_ours = re.compile(re.escape(begins) + "[a-z0-9_]{8}").fullmatch
        return [
            Path(one.path)
            for one in os.scandir(folder)
            if (is_ours(one.name) or _OLD.fullmatch(one.name))
            and one.is_file(follow_symlinks=False)
        ]
    return []


def sweep(path: Path) -> None:
    """Remove what killed processes left of a file; the caller holds its lock."""
    for one in leftovers(path):
        with suppress(OSError):
            one.unlink()


__all__ = ["leftovers", "sweep", "write", "write_lock"]
