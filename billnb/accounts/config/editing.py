"""Edits of the file of accounts that keep comments and layout.

Comments, layout and all other tables are not changed. What would be written is parsed first, and
must say the same as before, except for the one account.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from billnb.accounts import paths
from billnb.accounts.config import configuration
from billnb.accounts.config.configuration import TABLE, ConfiguredAccount
from billnb.accounts.config.toml import fault
from billnb.errors import ConfigurationError
from billnb.files.locked import write, write_lock

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@contextmanager
def changing() -> Iterator[None]:
    """Hold the lock of the file of accounts, and of the secrets beside it.

    What a killed process left of the file is removed.
    """
    with write_lock(paths.accounts_file()):
        yield


def insert(account: ConfiguredAccount) -> None:
    """Write an account into the file, at its end.

    Raises
    ------
    ConfigurationError
        When the file is written in a way that leaves no place for it; it is not changed.
    StorageError
        When it cannot be written.
    """
    import tomlkit  # takes long to load, and loading never needs it

    path = paths.accounts_file()
    before = configuration.content(path)
    line = "\r\n" if b"\r\n" in before else "\n"
    table: dict[str, Any] = {"provider": account.provider, **account.options}
    table |= {"kept": account.kept, "keeps": [*account.keeps]} if account.kept else {}
    added = [f"[{TABLE}.{account.name}]"]
    added += [
        f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}"
        for name, value in table.items()
    ]
    text = before.decode()
    is_apart = text.endswith((2 * line, f"{line}\n")) or not text
    gap = "" if is_apart else line if text.endswith("\n") else 2 * line
    after = f"{text}{gap}{line.join(added)}{line}".encode()
    parsed_file = configuration.parse(path, before)
    expected = {**parsed_file, TABLE: {**parsed_file.get(TABLE, {}), account.name: table}}
    if not _says(path, after, expected):
        raise _unchangeable(path, "write the accounts as tables of their own, [accounts.NAME]")
    write(path, after)


def without(name: str) -> Callable[[], None]:
    """Return a function that removes an account from the file; comments after it stay.

    Whether it can be removed is known when this returns.

    Raises
    ------
    ConfigurationError
        When the file is written in a way from which it cannot be removed; it is not changed.
    """
    path = paths.accounts_file()
    before = configuration.content(path)
    parsed_file = configuration.parse(path, before)
    expected = {
        **parsed_file,
        TABLE: {one: what for one, what in parsed_file[TABLE].items() if one != name},
    }
    candidates = (text.encode() for text in _without(before.decode(), name))
    after = next((one for one in candidates if _says(path, one, expected)), None)
    if after is None:
        raise _unchangeable(path, f"take {TABLE}.{name} out of it by hand")
    return partial(write, path, after)


def _without(text: str, name: str) -> Iterator[str]:
    """Yield the file without each part that looks like the table of an account.

    Such a part may be within a text: the caller checks what the file then says. Comments between
    the table and the next one stay, because they are usually about the next one. (tomlkit removes
    them with the table, and may move tables that stand between accounts.)
    """
    lines = _LINE.findall(text)
    for start, line in enumerate(lines):
        is_near = name in line or "\\" in line  # names can be written with escapes
        if not is_near or _header(line) != {TABLE: {name: {}}}:
            continue
        later = range(start + 1, len(lines))
        end = next((n for n in later if _header(lines[n]) is not None), len(lines))
        while end > start + 1 and lines[end - 1].strip()[:1] in ("", "#"):
            end -= 1
        yield "".join(_joined(lines[:start], lines[end:]))


def _joined(before: list[str], after: list[str]) -> list[str]:
    """Return the lines around a table, with a gap where comments would seem the next one's."""
    is_last_blank = bool(before) and not before[-1].strip()
    is_next_blank = not after or not after[0].strip()
    if is_last_blank and is_next_blank:  # one of them was the table's
        return before[:-1] + after
    if before and before[-1].lstrip().startswith("#") and not is_next_blank:
        return [*before, "\r\n" if before[-1].endswith("\r\n") else "\n", *after]
    return before + after


def _header(line: str) -> dict[str, Any] | None:
    """Return the table that a line begins; ``None`` if it begins none."""
    if not line.lstrip().startswith("["):
        return None
    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None


def _says(path: Path, content: bytes, expected: Mapping[str, Any]) -> bool:
    try:
        parsed_file = configuration.parse(path, content)
    except ConfigurationError:
        return False
    return {**parsed_file, TABLE: parsed_file.get(TABLE, {})} == expected


def _unchangeable(path: Path, otherwise: str) -> ConfigurationError:
    return fault(path, f"this cannot be changed without a loss, and is not changed; {otherwise}")


__all__ = ["changing", "insert", "without"]
