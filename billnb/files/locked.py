"""Files that several processes write, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from billnb.errors import ArgumentError, StorageError
from billnb.files.atomic import replace

_PATIENCE = 30  # seconds: a keyring may be asking its owner for a password meanwhile
_PRIVATE = 0o600


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait until nobody else writes a file, and keep others from it.

    Whoever changes the file reads it anew inside, so that nothing is lost.

    Raises
    ------
    StorageError
        When somebody else is at it for long, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # loads asyncio, which loading does without

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(f"{path.resolve()}.lock", timeout=_PATIENCE, mode=_PRIVATE)
        lock.acquire()
    except Timeout:
        problem = "another process is writing it; try again"
    except (OSError, RuntimeError, NotImplementedError) as error:  # a loop of links; no locks
        problem = f"{getattr(error, 'strerror', None) or 'its folder does not take a lock'}"
    else:
        try:
            yield
        finally:
            lock.release()
        return
    raise StorageError(f"cannot write {str(path)!r}: {problem}")


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; a new one is its owner's alone.

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


__all__ = ["turn", "write"]
