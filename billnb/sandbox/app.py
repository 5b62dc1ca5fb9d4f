"""The sandbox's vendors as a WSGI application, with faults that can be switched on."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from billnb.errors import ArgumentError
from billnb.sandbox import bytio, unpod
from billnb.sandbox.wire import Request, Response, json_response

StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The faults of the sandbox, and how often they occur; none by default.

    Parameters
    ----------
    latency : float
        Seconds before each answer.
    fail_every : int
        Every nth request is answered with HTTP 503; 0 is never.
    limit_every : int
        Every nth request is answered with HTTP 429 and ``Retry-After: 1``.
    drift_every : int
        A new entry is added before every nth request.
    page_limit : int
        Rows a page at most, whatever is asked for.
    """

    latency: float = 0.0
    fail_every: int = 0
    limit_every: int = 0
    drift_every: int = 0
    page_limit: int = 100


class Sandbox:
    """Bytio and Unpod as one WSGI application.

    Parameters
    ----------
    today : datetime.date, optional
        The day for which the histories are made; today in UTC by default. The same day always
        gives the same histories.
    faults : Faults
        The faults that occur.

    Examples
    --------
    >>> sandbox = Sandbox(today=date(2026, 11, 1))
    >>> len(sandbox.bytio.entries), len(sandbox.unpod.organizations["acme.example"])
    (154, 123)
    """

    def __init__(self, *, today: date | None = None, faults: Faults | None = None) -> None:
        today = datetime.now(UTC).date() if today is None else today
        if not (isinstance(today, date) and 1990 <= today.year <= 2200):
            raise ArgumentError("today must be a datetime.date between 1990 and 2200")
        self.faults = faults or Faults()
        self.bytio = bytio.BytioVendor(bytio.entries(today))
        self.unpod = unpod.UnpodVendor(
            {handle: unpod.invoices(today, handle) for handle in unpod.ORGANIZATIONS}
        )
        self.bytio.page_limit = self.unpod.page_limit = self.faults.page_limit
        self._requests = itertools.count(1)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(
            path=environ.get("PATH_INFO", "/"),
            query=dict(parse_qsl(environ.get("QUERY_STRING", ""))),
            headers={
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
        )
        response = self.answer(request, environ.get("REQUEST_METHOD", "GET"))
        start_response(
            f"{response.status} {HTTPStatus(response.status).phrase}",
            [*response.headers.items(), ("Content-Length", str(len(response.body)))],
        )
        return [response.body]

    def answer(self, request: Request, method: str = "GET") -> Response:
        """Return the answer to a request, or the fault that is due."""
        number = next(self._requests)
        if self.faults.latency:
            time.sleep(self.faults.latency)
        if method != "GET":
            return json_response(405, {"message": "Method not allowed."}, Allow="GET")
        if _is_turn(number, self.faults.fail_every):
            return json_response(503, {"message": "Service unavailable."})
        if _is_turn(number, self.faults.limit_every):
            return json_response(429, {"message": "Too many requests."}, Retry_After="1")
        if _is_turn(number, self.faults.drift_every):
            self._drift()
        for vendor in (self.bytio, self.unpod):
            response = vendor.answer(request)
            if response is not None:
                return response
        return json_response(404, {"message": "Not found."})

    def _drift(self) -> None:
        now = datetime.now(UTC)
        self.bytio.entries.insert(0, bytio.new_entry(now))
        for invoices in self.unpod.organizations.values():
            invoices.insert(0, unpod.new_invoice(now))


def _is_turn(number: int, every: int) -> bool:
    return every > 0 and number % every == 0
