"""Files of accounts and secrets, read only if no other user could have written them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from billnb.errors import StorageError

LARGEST = 4 * 1024 * 1024
"""Bytes of a file: some 30,000 accounts."""

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def content(path: Path, refusal: str, *, private: bool = False) -> bytes:
    """Return what a file holds; nothing if it does not exist.

    The file is the user's own (or root's, unless it is private) and a regular one, and others can
    neither write it nor put another in its place. A link is followed, and its target is checked;
    a private file must not be a link.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    refusal : str
        How the message begins when it is not read.
    private : bool
        Whether others must not even read it.

    Raises
    ------
    StorageError
        When the file is not such a one; raised at once, even for a pipe.
    """
    try:
        found, problem = _content(path, private=private)
    except FileNotFoundError:
        return b""
    except OSError as error:
        is_link = private and error.errno == errno.ELOOP
        problem = "it is a link; put the file itself there" if is_link else _message_of(error)
    except (RuntimeError, ValueError):  # a loop of links, a NUL in the name
        problem = "its links do not lead to a file"
    else:
        if problem is None:
            return found
    raise StorageError(f"{refusal}: {problem}")


def plain_content(path: Path) -> bytes:
    """Return what a file holds, without a check of who wrote it; nothing must depend on it.

    Raises
    ------
    OSError
        When it cannot be read, is not a regular file, or is too large.
    """
    handle = os.open(path, _READ)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise OSError(errno.EFBIG, "too large")
    return found


def _content(path: Path, *, private: bool) -> tuple[bytes, str | None]:
    """Return what the file holds, or why it is not used."""
    flags = _READ | (getattr(os, "O_NOFOLLOW", 0) if private else 0)
    handle = os.open(path, flags)
    with os.fdopen(_plain(handle), "rb") as file:
        problem = _objection(os.fstat(file.fileno()), path, private=private)
        if problem is None:
            folders = dict.fromkeys([path.parent, path.resolve().parent])
            problem = next(filter(None, map(folder_objection, folders)), None)
        if problem is not None:
            return b"", problem
        found = file.read(LARGEST + 1)
    return found, f"it is larger than {LARGEST // 1024**2} MiB" if len(found) > LARGEST else None


def _plain(handle: int) -> int:
    """Return a handle, if it is one of a regular file."""
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is not a regular file; move it away")


def _objection(status: os.stat_result, path: Path, *, private: bool) -> str | None:
    if not hasattr(os, "geteuid"):
        return None  # a system with other permissions, where a user's folder is the user's
    if status.st_uid not in ((os.geteuid(),) if private else (os.geteuid(), 0)):
        return f"it is another user's; {_yours(path)}"
    if private and status.st_mode & 0o077:
        return f"others may read it; run: chmod 600 {_shown(path)}"
    if status.st_mode & 0o022:
        return f"others may write it; look through it, and run: chmod go-w {_shown(path)}"
    return None


def folder_objection(folder: Path) -> str | None:
    """Return how others could replace a file in a folder; ``None`` if they cannot."""
    if not hasattr(os, "geteuid"):
        return None
    status = os.stat(folder)
    if status.st_uid not in (os.geteuid(), 0):
        return f"its folder is another user's; {_yours(folder)}"
    if status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
        return (
            "others may write its folder, and put another file there; run: chmod go-w "
            f"{_shown(folder)}"
        )
    return None


def _yours(path: Path) -> str:
    return f"if it is meant to be yours, run: chown {os.geteuid()} {_shown(path)}"


def _shown(path: Path) -> str:
    return repr(str(path))


def _message_of(error: OSError) -> str:
    """Return the system's message; for a socket, ours."""
    if error.errno in (errno.ENXIO, errno.ENODEV):
        return "it is not a regular file; move it away"
    return error.strerror or type(error).__name__


__all__ = ["LARGEST", "content", "folder_objection", "plain_content"]
