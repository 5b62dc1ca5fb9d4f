"""TOML files, parsed with line and column of what is invalid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from billnb.errors import ConfigurationError
from billnb.values.secret import redact

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parsed(path: Path, content: bytes) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    ConfigurationError
        When it is not TOML, with line and column; what stands there is not repeated.
    """
    try:
        text = content.decode().removeprefix("\ufeff")  # as some editors begin a file
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        what = "expected UTF-8"
    except tomllib.TOMLDecodeError as error:
        place, what = _place_and_problem(str(error), text)
    except RecursionError:
        place, what = (1, 1), "nested too deep"
    failure = fault(path, f"this is not TOML ({what}); correct the file, which is not changed")
    failure.line, failure.column = place
    raise failure


def fault(path: Path, problem: str) -> ConfigurationError:
    """Return the error for an invalid file."""
    error = ConfigurationError(problem)
    error.path = str(path)
    return error


def _place_and_problem(message: str, text: str) -> tuple[tuple[int, int], str]:
    found = _PLACE.search(message)
    lines = text.split("\n")
    place = len(lines), len(lines[-1]) + 1
    if found is None:
        return place, "it cannot be read"
    if found[1] is not None:
        place = int(found[1]), int(found[2])
    # a message may name a key or a character, which may be part of a secret
    problem = redact(message[: found.start()])
    return place, problem[:1].lower() + problem[1:]


__all__ = ["fault", "parsed"]
