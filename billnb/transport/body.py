"""Bodies of answers: read whole and within a limit, decompressed, decoded as strict JSON."""

from __future__ import annotations

import re
import zlib
from typing import TypeVar

import msgspec
from urllib3.response import BaseHTTPResponse

from billnb.errors import (
    ContractError,
    MalformedBodyError,
    ResponseTooLargeError,
    contract_error,
)

_CHUNK = 64 * 1024
_MOST_MEMBERS = 100  # of one gzip body
_MISSING = re.compile(r"required field `([^`]*)`")

T = TypeVar("T")


def read_body(raw: BaseHTTPResponse, max_body: int) -> bytes:
    """Return the whole body, decompressed.

    Raises
    ------
    ResponseTooLargeError
        Past `max_body` bytes, compressed or not; no more than that is held.
    MalformedBodyError
        When a compressed body is incomplete or damaged.
    ContractError
        When the body has a compression that was not asked for.
    """
    packed = _read(raw, max_body)
    encoding = (raw.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding in ("identity", ""):
        return packed
    if encoding not in ("gzip", "x-gzip"):
        raise ContractError("the body has a compression that was not asked for; expected gzip")
    return _unpacked(packed, max_body)


def strict_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what a body says, checked against the contract's types.

    Numbers of a ``Decimal`` field keep every digit of the text.

    Parameters
    ----------
    body : bytes
        What was answered.
    decoder : msgspec.json.Decoder
        The decoder of the contract's type.

    Returns
    -------
    T
        A value of that type.

    Raises
    ------
    MalformedBodyError
        When the body is not strict JSON in UTF-8.
    ContractError
        When it is, but a field is missing or of another type; the error names the field and
        never its value.
    """
    try:
        # msgspec checks the encoding of the fields it reads; this checks the others too
        return decoder.decode(str(body, "utf-8"))
    except msgspec.ValidationError as error:
        broken = str(error)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        broken = ""
    # raised out here, because the errors above hold the body
    if broken:
        raise _broken_contract(broken)
    raise MalformedBodyError(
        "the body is not complete, strict JSON; if it stays so, check base_url and any proxy"
    )


def _broken_contract(message: str) -> ContractError:
    """Return our error for one of msgspec, which holds a path and types but no value."""
    problem, _, path = message.partition(" - at `")
    field = path.rstrip("`").replace("[...]", "[]").removeprefix("$").lstrip(".")
    missing = _MISSING.search(problem)
    if missing:
        field = f"{field}.{missing[1]}".lstrip(".")
        problem = "required, and missing"
    return contract_error(f"{problem[:1].lower()}{problem[1:]}", field or "(the whole body)")


def _read(raw: BaseHTTPResponse, max_body: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := raw.read(_CHUNK, decode_content=False):
        size += len(chunk)
        if size > max_body:
            raise _too_large(max_body)
        chunks.append(chunk)
    return b"".join(chunks)


def _unpacked(packed: bytes, max_body: int) -> bytes:
    body = b""
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            body += unpacker.decompress(packed, max_body + 1 - len(body))
        except zlib.error:
            break
        if len(body) > max_body:
            raise _too_large(max_body)
        if not unpacker.eof:
            break
        packed = unpacker.unused_data
        if not packed:
            return body
    raise MalformedBodyError("the compressed body is incomplete or damaged")


def _too_large(max_body: int) -> ResponseTooLargeError:
    return ResponseTooLargeError(
        f"the body is larger than {max_body:,} bytes, more than the rows asked for should take; "
        "larger Limits(max_row=…, max_body=…) allow it"
    )
