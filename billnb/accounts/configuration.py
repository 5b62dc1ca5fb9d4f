"""Which accounts does the file of accounts name, and how is it changed without a loss?

People write in it too: what is changed is the one account that is added or removed, comments and
all the rest stay, and a file that cannot be understood is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from billnb.accounts import places
from billnb.accounts.fields import BASE_URL, Kinds, fields, kinds
from billnb.accounts.naming import clash, is_name
from billnb.accounts.toml import fault, parsed
from billnb.accounts.writing import turn, write
from billnb.errors import ArgumentError, StorageError
from billnb.secret import redact
from billnb.transport import checked_base_url

Store = Literal["keyring", "file"]

_TABLE = "accounts"


@dataclass(frozen=True, slots=True)
class Named:
    """An account as the file has it.

    Attributes
    ----------
    name, provider : str
        What it is called, and where it is.
    options : mapping of str to str
        What is no secret.
    kept : {"keyring", "file"} or None
        Where its secrets are kept, if they are.
    keeps : tuple of str
        Which secrets those are; so that they can be removed even when the provider is gone.
    listed : bool
        Whether it is in the file; else it is that of a provider's own environment variables.
    """

    name: str
    provider: str
    options: Mapping[str, str] = field(default_factory=dict)
    kept: Store | None = None
    keeps: tuple[str, ...] = ()
    listed: bool = True


def read() -> dict[str, Named]:
    """Return the accounts of the file, by name; none, where there is no file.

    Raises
    ------
    ConfigurationError
        When the file cannot be meant; it names the place, and never what stands there.
    StorageError
        When it cannot be read.
    """
    path = places.accounts_file()
    return _accounts(parsed(path, _content(path)), path, kinds())


@contextmanager
def changing() -> Iterator[None]:
    """Keep others from changing the file meanwhile."""
    with turn(places.accounts_file()):
        yield


def insert(account: Named) -> None:
    """Write an account into the file, at its end.

    Raises
    ------
    ConfigurationError
        When the file is written in a way that leaves no place for it; it is left as it is.
    StorageError
        When it cannot be written.
    """
    import tomlkit  # takes long to load, and loading never needs it

    path = places.accounts_file()
    before = _content(path)
    line = "\r\n" if b"\r\n" in before else "\n"
    table: dict[str, Any] = {"provider": account.provider, **account.options}
    table |= {"kept": account.kept, "keeps": [*account.keeps]} if account.kept else {}
    added = [f"[{_TABLE}.{account.name}]"]
    added += [
        f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}"
        for name, value in table.items()
    ]
    text = before.decode()
    gap = "" if not text else line if text.endswith("\n") else 2 * line
    after = f"{text}{gap}{line.join(added)}{line}".encode()
    expected = parsed(path, before)
    expected.setdefault(_TABLE, {})[account.name] = table
    _write(path, after, expected, "write the accounts as tables of their own, [accounts.NAME]")


def delete(name: str) -> None:
    """Take an account out of the file; comments that follow it stay.

    Raises
    ------
    ConfigurationError
        When the file is written in a way that it cannot be taken out of; it is left as it is.
    StorageError
        When it cannot be written.
    """
    import tomlkit

    path = places.accounts_file()
    before = _content(path).decode()
    document: Any = tomlkit.parse(before)
    del document[_TABLE][name]
    expected = parsed(path, before.encode())
    del expected[_TABLE][name]
    after = _with_what_follows(before, tomlkit.dumps(document))
    _write(path, after.encode(), expected, f"take {_TABLE}.{name} out of it by hand")


def _with_what_follows(before: str, after: str) -> str:
    """Return a file without a table, but with the comments between it and the next one.

    They are said of the next, as a rule; to a parser they are the end of the one removed.
    """
    same = next(
        (i for i, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), len(after)
    )
    start = before.rfind("\n", 0, same) + 1
    end = start + len(before) - len(after)
    if before[:start] + before[end:] != after:
        return after
    lines = before[start:end].splitlines(keepends=True)
    kept = len(lines)
    while kept and (not lines[kept - 1].strip() or lines[kept - 1].lstrip().startswith("#")):
        kept -= 1
    return after[:start] + "".join(lines[kept:]) + after[start:]


def _write(path: Path, content: bytes, expected: dict[str, Any], otherwise: str) -> None:
    """Write the file, if it says what it should."""
    try:
        says = parsed(path, content)
    except ValueError:
        says = None
    if says is not None:
        says.setdefault(_TABLE, {})
    if says != expected | {_TABLE: expected.get(_TABLE, {})}:
        raise fault(
            path, f"this cannot be changed without a loss, and is left as it is; {otherwise}"
        )
    write(path, content)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except (OSError, RuntimeError) as error:  # a loop of links
        problem = getattr(error, "strerror", None) or "its links lead nowhere"
    raise StorageError(f"cannot read {str(path)!r}: {problem}")


def _accounts(content: dict[str, Any], path: Path, known: Kinds) -> dict[str, Named]:
    tables = content.get(_TABLE, {})
    if not isinstance(tables, dict):
        raise fault(path, f"{_TABLE}: expected tables, [{_TABLE}.NAME]")
    found = {name: _account(name, table, path, known) for name, table in tables.items()}
    twins = clash(((one.name, one.provider) for one in found.values()), known)
    if twins is not None:
        raise fault(
            path,
            f"{_TABLE}.{twins[1]} and {_TABLE}.{twins[0]} would share environment "
            "variables; give one of them another name",
        )
    return found


def _account(name: str, table: object, path: Path, known: Kinds) -> Named:
    if not is_name(name):
        raise fault(
            path,
            f"{_TABLE}: {redact(name, limit=60)!r} is no name for an account; names are "
            "letters, digits, - and _",
        )
    here = f"{_TABLE}.{name}"
    if not isinstance(table, dict):
        raise fault(path, f"{here}: expected a table, [{here}]")
    provider = table.get("provider")
    if not isinstance(provider, str) or not provider:
        raise fault(path, f'{here}.provider: expected the name of a provider, such as "bytio"')
    kept = table.get("kept")
    if kept not in (None, *get_args(Store)):
        raise fault(path, f'{here}.kept: expected "keyring" or "file"')
    keeps = table.get("keeps", [])
    if not isinstance(keeps, list) or not all(
        isinstance(one, str) and one.isidentifier() for one in keeps
    ):
        raise fault(path, f"{here}.keeps: expected a list of names of secrets")
    options = {
        key: value for key, value in table.items() if key not in ("provider", "kept", "keeps")
    }
    _check_options(options, here, path, known.get(provider), name)
    return Named(name, provider, options, kept, tuple(keeps))


def _check_options(options: dict[str, Any], here: str, path: Path, kind: Any, name: str) -> None:
    taken = {} if kind is None else {one.name: one for one in fields(kind)}
    for key, value in options.items():
        shown = redact(key, limit=60)
        if key in taken and taken[key].secret:
            raise fault(
                path,
                f"{here}.{shown} is a secret, which this file must not hold; take the "
                f"table out, and run: billnb accounts add {name}",
            )
        if taken and key not in taken:
            options_taken = ", ".join(one.name for one in taken.values() if not one.secret)
            raise fault(
                path, f"{here}.{shown} is unknown; expected provider, kept, keeps, {options_taken}"
            )
        if not isinstance(value, str):
            raise fault(path, f"{here}.{shown}: expected a text, in quotation marks")
    if BASE_URL in options:
        try:
            checked_base_url(options[BASE_URL], f"{here}.{BASE_URL}")
        except ArgumentError as error:
            problem = str(error)
        else:
            return
        raise fault(path, problem)


__all__ = ["Named", "Store", "changing", "delete", "insert", "read"]
