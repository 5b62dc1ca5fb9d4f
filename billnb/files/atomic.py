"""Writes a file whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from billnb.errors import ArgumentError

_LONGEST = 100  # bytes of a name to repeat: a name has 255 at most
_ADVICE = {
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EDQUOT: "free some space, or write elsewhere",
    errno.EFBIG: "allow larger files, or write elsewhere",
    errno.EROFS: "write elsewhere",
    errno.EACCES: "see who may write that folder, or write elsewhere",
    errno.EPERM: "see who may write that folder, or write elsewhere",
    errno.ENOTDIR: "name a folder that is one",
    errno.ENOENT: "make the folder first",
    errno.ENOLCK: "put the file on another file system, which supports locks",
    errno.ENOSYS: "put the file on another file system, which supports locks",
    errno.ENOTSUP: "put the file on another file system, which supports locks",
}


def replace(path: str | os.PathLike[str], content: bytes, *, mode: int | None = None) -> None:
    """Write a file, whole or not at all.

    A link is followed; a file that is there is replaced when the new one is complete, and keeps
    its permissions.

    Parameters
    ----------
    path : path-like
        The file.
    content : bytes
        What it is to hold.
    mode : int, optional
        The permissions of a new file; what the user's umask allows, unless given.

    Raises
    ------
    ArgumentError
        When the file cannot be written, or is not a regular file; what was there is untouched.

    Examples
    --------
    >>> folder = tempfile.mkdtemp()
    >>> replace(f"{folder}/note.txt", b"paid")
    >>> Path(folder, "note.txt").read_text()
    'paid'
    """
    target = Path(path)
    try:
        _replace(target.resolve(), content, mode)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
        problem = advice(error) or "a file cannot have that name"
    else:
        return
    raise ArgumentError(f"cannot write {str(target)!r}: {problem}")


def temporary(target: Path) -> tuple[Path, str]:
    """Return the folder and the beginning of the name of the file that is written first.

    Eight letters, digits and underscores follow.
    """
    name = target.name.encode(errors="ignore")[:_LONGEST].decode(errors="ignore")
    return target.parent, f".billnb-{name}-"


def advice(error: BaseException) -> str | None:
    """Return what the system says of a failure, and what to do; ``None`` if it says nothing."""
    message: str | None = getattr(error, "strerror", None)
    todo = _ADVICE.get(getattr(error, "errno", None) or 0)
    return f"{message}; {todo}" if message and todo else message


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    if target.exists() and not target.is_file():
        raise OSError(
            errno.EINVAL, "it exists, and is not a regular file; name another, or move it"
        )
    folder, begins = temporary(target)
    handle, name = tempfile.mkstemp(dir=folder, prefix=begins)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _permissions(target, mode))
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _settle(target.parent)


def _settle(folder: Path) -> None:
    """Make the new name of a file in a folder durable, before anything relies on it."""
    with suppress(OSError):  # not every system opens a folder, nor needs to
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _permissions(target: Path, mode: int | None) -> int:
    """Return the permissions of the existing file, else those for a new one."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    if mode is not None:
        return mode
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


__all__ = ["advice", "replace", "temporary"]
