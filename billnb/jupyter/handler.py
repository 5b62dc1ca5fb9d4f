"""The base of the server's handlers: bodies read, work done in threads, errors answered.

No answer holds a secret, and none repeats what a body holds.
"""

from __future__ import annotations

import asyncio
import functools
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from billnb.errors import (
    ArgumentError,
    BillnbError,
    ConfigurationError,
    ContractError,
    NameTakenError,
    RequestError,
    StorageError,
    TransportError,
    UnconfirmedHostError,
    UnknownNameError,
)
from billnb.values.secret import redact

T = TypeVar("T")
Method = Callable[..., Awaitable[None]]

Cause = Literal[
    "invalid",
    "taken",
    "not_found",
    "refused",
    "unreachable",
    "storage",
    "configuration",
    "unconfirmed",
    "forbidden",
    "unexpected",
]

_LARGEST = 64 * 1024  # bytes of a body: a form with a few fields

# the first that fits, so the narrower before the wider
_CAUSES: tuple[tuple[type[BillnbError], HTTPStatus, Cause, str | None], ...] = (
    (NameTakenError, HTTPStatus.CONFLICT, "taken", None),
    (UnknownNameError, HTTPStatus.NOT_FOUND, "not_found", "Look at the list of accounts again."),
    (
        ConfigurationError,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "configuration",
        "Correct the file by hand, and try again; it is not changed.",
    ),
    (UnconfirmedHostError, HTTPStatus.PRECONDITION_REQUIRED, "unconfirmed", None),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE, "storage", None),
    (RequestError, HTTPStatus.UNPROCESSABLE_ENTITY, "refused", "Nothing was kept."),
    (TransportError, HTTPStatus.UNPROCESSABLE_ENTITY, "unreachable", "Nothing was kept."),
    (ContractError, HTTPStatus.UNPROCESSABLE_ENTITY, "unreachable", "Nothing was kept."),
    (ArgumentError, HTTPStatus.BAD_REQUEST, "invalid", None),
)
_ELSEWHERE: Mapping[int, tuple[Cause, str, str | None]] = {
    HTTPStatus.FORBIDDEN: (
        "forbidden",
        "The server refused this request.",
        "Log in to Jupyter, or give its token.",
    ),
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address.", None),
    HTTPStatus.METHOD_NOT_ALLOWED: ("invalid", "This address does not support that.", None),
}
_REPORT = "The server's log says where; please report it."
_ECHOED = re.compile(r"(unknown field|enum value) [`'].*[`'](?= - at|$)", re.DOTALL)


class Threads(NamedTuple):
    """Two pools of threads, so that lists are answered while vendors and keyrings are slow."""

    reading: ThreadPoolExecutor
    asking: ThreadPoolExecutor


class Handler(APIHandler):
    """The base of the handlers; its errors say what happened, and what to do next."""

    auth_resource = "billnb"
    _threads: Threads

    def initialize(self, threads: Threads) -> None:
        self._threads = threads

    async def run_fast(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """Return what a function returns, called in a thread because it reads files."""
        return await self._called(self._threads.reading, function, *given, **named)

    async def run_slow(self, function: Callable[..., T], *given: Any, **named: Any) -> T:
        """Return what a function returns, called in a thread because it may take long.

        Such are those that ask a vendor or a keyring.
        """
        return await self._called(self._threads.asking, function, *given, **named)

    async def _called(
        self, pool: ThreadPoolExecutor, function: Callable[..., T], *given: Any, **named: Any
    ) -> T:
        call = functools.partial(function, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(pool, call)

    def body(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the body, decoded; an error says what is wrong without repeating it."""
        problem = f"it is larger than {_LARGEST // 1024} KiB"
        if len(self.request.body) <= _LARGEST:
            try:
                return decoder.decode(self.request.body or b"{}")
            except UnicodeDecodeError:
                problem = "it is no UTF-8"
            except (msgspec.DecodeError, RecursionError) as error:
                problem = redact(_ECHOED.sub(r"\1", str(error)))
        raise ArgumentError(f"the body of the request cannot be read: {problem}")

    def respond(self, content: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer in JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(content))

    def fail(self, failure: Exception) -> None:
        """Answer that something went wrong."""
        for error, status, cause, hint in _CAUSES:
            if isinstance(failure, error):
                failure.account = None  # the client knows the account
                answer = _failure(str(failure), hint, cause)
                if isinstance(failure, UnconfirmedHostError):
                    answer |= unconfirmed(failure)
                self.respond(answer, status)
                return
        # neither the message nor the variables, which may hold a secret
        where = "".join(traceback.format_tb(failure.__traceback__))
        self.log.error("billnb: unexpected %s\n%s", type(failure).__name__, where)
        message = f"something unexpected happened: {type(failure).__name__}"
        self.respond(_failure(message, _REPORT, "unexpected"), HTTPStatus.INTERNAL_SERVER_ERROR)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer a request that is refused before a method is called, in the same form."""
        otherwise: tuple[Cause, str, str | None] = ("invalid", "That is not a valid request.", None)
        if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            otherwise = ("unexpected", "Something unexpected happened.", _REPORT)
        cause, message, hint = _ELSEWHERE.get(status_code, otherwise)
        self.respond(_failure(message, hint, cause), HTTPStatus(status_code))


def answering(method: Method) -> Callable[..., Awaitable[None] | None]:
    """Return a method that answers its errors, and serves authorized users only."""

    @web.authenticated
    @authorized
    @functools.wraps(method)
    async def answered(self: Handler, *words: str) -> None:
        try:
            await method(self, *words)
        except web.HTTPError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            failure = error
        else:
            return
        self.fail(failure)

    return answered


def unconfirmed(refused: UnconfirmedHostError) -> dict[str, str | None]:
    """Return the host that a person may confirm, and why it must be."""
    return {"host": refused.host, "message": _sentence(refused.reason or "")}


def _failure(message: str, hint: str | None, cause: Cause) -> dict[str, str | None]:
    """Return the answer for a failure, with its message as a sentence."""
    return {"message": _sentence(message), "hint": hint, "cause": cause}


def _sentence(message: str) -> str:
    sentence = message[:1].upper() + message[1:]
    return sentence + ("" if sentence.endswith((".", "!", "?")) else ".")


__all__ = ["Cause", "Handler", "Threads", "answering", "unconfirmed"]
