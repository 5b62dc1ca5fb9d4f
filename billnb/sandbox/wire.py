"""The requests and answers of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

# amounts are written as JSON numbers with every digit, as Bytio does
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Request:
    """A GET request. Names of headers are in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    def number(self, name: str, default: int, *, most: int | None = None) -> int | None:
        """Return a query's number from 1 to `most`; ``None`` if it is not one."""
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit()):
            return None
        number = int(text[:10])
        return number if number >= 1 and (most is None or number <= most) else None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: Any, **headers: str) -> Response:
    """Return an answer in JSON; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, _encoder.encode(content), {"Content-Type": "application/json", **named})
