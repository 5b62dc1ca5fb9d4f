"""Canaries, and the search for them in what errors say."""

from __future__ import annotations

import base64
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from support import vendors
from support.folders import TESTS

EMAIL = "canary.person+bills@canary-mail.example"
LAST4 = "8642"
SIGNATURE = "canarySIGNATURE0123456789abcdef"
URL = f"https://files.example/reciepts/1.pdf?sig={SIGNATURE}&who={EMAIL}"
CANARIES = (vendors.KEY, vendors.ORGANIZATION, EMAIL, LAST4, SIGNATURE)
EVERYTHING = " ".join(CANARIES) + f" 4000 1234 5678 {LAST4} {URL}"


def spellings(canary: str) -> Iterator[str]:
    yield from {canary, quote(canary, safe=""), quote_plus(canary)}
    if canary != LAST4:  # four digits in base64 are too short to tell
        for padding in range(3):
            # base64 of a longer text in which the canary begins at any of three offsets
            coded = base64.b64encode(b"\0" * padding + canary.encode()).decode()
            yield coded[(0, 2, 3)[padding] : len(coded) // 4 * 4 - 4]


def found(text: str) -> set[str]:
    """Return the canaries in a text."""
    return {canary for canary in CANARIES if any(one in text for one in spellings(canary))}


def told(error: BaseException, *, tests_too: bool = False) -> str:
    """Return everything an error says: message, notes, pickle, and frames outside the tests."""
    lines = [str(error), repr(error), repr(error.args), repr(vars(error).keys())]
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        todo += [one.__cause__, one.__context__]
        lines += [str(one), repr(one), *getattr(one, "__notes__", ())]
        report = traceback.TracebackException.from_exception(one, capture_locals=True)
        for frame in report.stack:
            if tests_too or not Path(frame.filename).is_relative_to(TESTS):
                lines.append(f"{frame.filename} {frame.name} {frame.locals}")
    lines.append(pickle.dumps(error).decode("latin-1"))
    lines.append(repr(pickle.loads(pickle.dumps(error))))
    return "\n".join(lines)
