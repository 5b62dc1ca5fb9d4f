"""How is a file written: whole, or not at all?"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from billnb.errors import ArgumentError


def replace(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file, whole or not at all.

    A link is followed; a file that is there is replaced when the new one is complete, and keeps
    its permissions.

    Parameters
    ----------
    path : path-like
        The file.
    content : bytes
        What it is to hold.

    Raises
    ------
    ArgumentError
        When the file cannot be written, or is no plain file; what was there is untouched.

    Examples
    --------
    >>> folder = tempfile.mkdtemp()
    >>> replace(f"{folder}/note.txt", b"paid")
    >>> Path(folder, "note.txt").read_text()
    'paid'
    """
    target = Path(path)
    try:
        _replace(target.resolve(), content)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
        problem = getattr(error, "strerror", None) or "that is no name a file can have"
    else:
        return
    raise ArgumentError(f"cannot write {str(target)!r}: {problem}")


def _replace(target: Path, content: bytes) -> None:
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is there, and is no plain file")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".billnb-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _permissions(target))
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _permissions(target: Path) -> int:
    """Return those of the file that is there, else what the user's umask allows a new one."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


__all__ = ["replace"]
