"""A client for one URL: the tries, waits and refusals of every request.

One retry loop covers sending, reading and parsing: a connection can be cut after the headers, and
a body can be short without an error of HTTP. Anything but a 200 with the body that the contract
describes is an error; nothing is followed, guessed or patched.

Only :class:`requests.adapters.HTTPAdapter` is used of requests, not its session: no cookies, no
redirects, no ``.netrc``, and half the time.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from typing import Generic, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError

from billnb.errors import (
    AccessDeniedError,
    AccountNotFoundError,
    AuthenticationError,
    BillnbError,
    ContractError,
    DeadlineExceededError,
    MalformedBodyError,
    RateLimitedError,
    RedirectRefusedError,
    RequestError,
    TransportError,
)
from billnb.transport.body import read_body
from billnb.transport.connector import Resolve, resolve
from billnb.transport.endpoint import HeaderAuth, environment_settings
from billnb.transport.failures import explained
from billnb.transport.limits import Limits
from billnb.transport.sockets import BudgetAdapter
from billnb.transport.waits import backoff, seconds_asked, seconds_to_reset
from billnb.values.secret import redact

logger = logging.getLogger("billnb.transport")

T = TypeVar("T")

_REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})
_PASSING = frozenset({408, 425})  # a later try may do better, as after any 5xx
_ERROR_BODY = 64 * 1024


class Refusal(Exception):
    """The body says that the request failed, although the HTTP status does not.

    Raised by the function that parses a body. `status` is the status the body states, or
    ``None``; `message` is the vendor's, not yet redacted.
    """

    def __init__(self, status: int | None, message: str | None) -> None:
        super().__init__("the body states a failure")
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BillnbError
    passing: bool = False
    wait: float | None = None


class Client:
    """Asks one URL of one vendor, from any number of threads.

    Parameters
    ----------
    url : str
        Scheme, host and path.
    auth : HeaderAuth
        The credentials.
    limits : Limits
        What one answer may cost.
    connections : int
        How many threads will use it at once.
    adapter : requests.adapters.BaseAdapter, optional
        Sends requests in another way than over the network.
    explain : callable, optional
        Finds the vendor's message in the body of an error.
    statuses : mapping of int to type, optional
        Errors for statuses that mean something special at this vendor.
    resolve : callable, optional
        Finds the addresses of a host and a port, as :func:`socket.getaddrinfo` lists them.
    """

    def __init__(
        self,
        url: str,
        auth: HeaderAuth,
        *,
        limits: Limits,
        connections: int = 1,
        adapter: BaseAdapter | None = None,
        explain: Callable[[bytes], str | None] | None = None,
        statuses: Mapping[int, type[RequestError]] = {},
        resolve: Resolve = resolve,
    ) -> None:
        self._limits = limits
        self._own = BudgetAdapter(
            connections=connections,
            connect=limits.connect,
            silence=limits.silence,
            resolve=resolve,
        )
        self._adapter = adapter or self._own
        self._explain = explain
        self._statuses: dict[int, type[RequestError]] = {
            401: AuthenticationError,
            403: AccessDeniedError,
            404: AccountNotFoundError,
            **statuses,
        }
        self._secrets = auth.secrets
        self._host = urlsplit(url).netloc
        self._request = requests.Request(
            "GET",
            url,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"billnb/{version('billnb')}",
            },
            auth=auth,
        ).prepare()
        self._settings = environment_settings(url)
        self._sent = 0
        self._counting = threading.Lock()
        self._stopped = threading.Event()
        self._held_until = 0.0

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._sent

    def close(self) -> None:
        """End all requests, in every thread, and close every connection."""
        self._stopped.set()
        self._own.close()

    def pause(self, seconds: float) -> None:
        """Wait, unless the client is closed meanwhile.

        Raises
        ------
        TransportError
            When the client is closed, or was.
        """
        if self._stopped.wait(max(seconds, 0)):
            raise TransportError("given up, because another part of the load failed")

    def get(self, parameters: Mapping[str, str | int], parse: Callable[[bytes], T]) -> T:
        """Return what `parse` makes of the answer.

        Parameters
        ----------
        parameters : mapping of str to str or int
            The query. It holds no secret.
        parse : callable
            Takes the body; raises ContractError for one that breaks the contract, and Refusal for
            one that states a failure.

        Raises
        ------
        TransportError, RequestError, ContractError
            One of their kinds: see :mod:`billnb.errors`.
        """
        limits = self._limits
        deadline = time.monotonic() + limits.total
        request = self._request.copy()
        request.url = f"{self._request.url}?{urlencode(parameters)}"
        for tries in itertools.count(1):
            self._wait(self._held_until - time.monotonic(), deadline)
            outcome = self._try(request, parse, deadline)
            if isinstance(outcome, _Answer):
                return outcome.value
            if not outcome.passing:
                raise outcome.error
            if tries >= limits.tries:
                raise _after(outcome.error, tries)
            wait = outcome.wait or backoff(tries, limits.backoff)
            logger.debug("%s: try %d failed, next in %.2f s", self._host, tries, wait)
            if time.monotonic() + wait >= deadline:
                raise _after(outcome.error, tries, deadline=limits.total)
            self._wait(wait, deadline)
        raise AssertionError("unreachable")

    def _try(
        self, request: requests.PreparedRequest, parse: Callable[[bytes], T], deadline: float
    ) -> _Answer[T] | _Failure:
        left = deadline - time.monotonic()
        if left <= 0:
            return _Failure(self._late())
        with self._counting:
            self._sent += 1
        began = time.monotonic()
        try:
            response = self._adapter.send(
                request,
                stream=True,
                timeout=(min(self._limits.connect, left), left),
                **self._settings,
            )
            try:
                return self._judge(response, parse)
            finally:
                response.raw.close()
                logger.debug(
                    "%s: HTTP %d after %.0f ms",
                    self._host,
                    response.status_code,
                    1000 * (time.monotonic() - began),
                )
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            if time.monotonic() >= deadline:
                return _Failure(self._late())
            explanation, passing = explained(error)
            return _Failure(TransportError(f"{self._host}: {explanation}"), passing=passing)
        except Refusal as refusal:
            return self._refused(refusal.status, refusal.message, {}, "a body under HTTP 200")
        except MalformedBodyError as error:
            return _Failure(error, passing=True)
        except BillnbError as error:
            return _Failure(error)

    def _judge(
        self, response: requests.Response, parse: Callable[[bytes], T]
    ) -> _Answer[T] | _Failure:
        status = response.status_code
        if status == 200:
            return _Answer(parse(read_body(response.raw, self._limits.max_body)))
        if status in _REDIRECTS:
            raise RedirectRefusedError(
                f"{self._host} answered HTTP {status}, a redirect; it is not followed, because "
                "it would send the credential elsewhere. Check base_url"
            )
        try:
            body = read_body(response.raw, _ERROR_BODY)
            message = self._explain(body) if self._explain else None
        except (BillnbError, HTTPError, HTTPException, OSError):
            message = None  # the status says enough
        return self._refused(status, message, response.headers, self._host)

    def _refused(
        self, status: int | None, message: str | None, headers: Mapping[str, str], where: str
    ) -> _Failure:
        quoted = f", saying: {redact(message, self._secrets).rstrip('.')}" if message else ""
        if status is None:
            return _Failure(RequestError(f"{where} states a failure{quoted}"))
        shown = status if 100 <= status <= 999 else "an unknown status"
        text = f"{where} says {shown}{quoted}"
        if status == 429:
            return self._rate_limited(text, headers)
        if status >= 500 or status in _PASSING:
            wait = seconds_asked(headers) or seconds_to_reset(headers, limited=False)
            return _Failure(TransportError(text), passing=True, wait=self._allowed(wait))
        if status >= 400 or status in self._statuses:
            error_class = self._statuses.get(status, RequestError)
            refused = error_class(
                f"{text}. {_ADVICE.get(error_class, 'Check the arguments of the account')}"
            )
            refused.status = status
            return _Failure(refused)
        return _Failure(ContractError(f"{text}; expected 200 and a page of the history"))

    def _rate_limited(self, text: str, headers: Mapping[str, str]) -> _Failure:
        asked = seconds_asked(headers)
        if asked is None:
            # a reset is no request to wait: past the limit, our own backoff is used
            asked = self._allowed(seconds_to_reset(headers, limited=True))
        error = RateLimitedError(
            f"{text}; "
            + ("wait" if asked is None else f"it asks to wait {asked:.0f} s")
            + " and load again, or use fewer workers"
        )
        error.retry_after = asked
        if asked is None:
            return _Failure(error, passing=True)
        if asked > self._limits.max_wait:
            return _Failure(error)
        self._held_until = max(self._held_until, time.monotonic() + asked)
        return _Failure(error, passing=True, wait=asked)

    def _allowed(self, asked: float | None) -> float | None:
        return asked if asked is not None and asked <= self._limits.max_wait else None

    def _wait(self, seconds: float, deadline: float) -> None:
        if seconds > 0 and time.monotonic() + seconds >= deadline:
            raise self._late()
        self.pause(seconds)

    def _late(self) -> DeadlineExceededError:
        return DeadlineExceededError(
            f"{self._host} gave no whole answer within {self._limits.total:g} s; try again, or "
            "allow more with Limits(total=…)"
        )


_ADVICE: dict[type[RequestError], str] = {
    AuthenticationError: "Check that the credential is right and has not been revoked",
    AccessDeniedError: "Check that the credential may read billing, and of this organization",
    AccountNotFoundError: "Check the organization handle and base_url",
}


def _after(error: BillnbError, tries: int, *, deadline: float | None = None) -> BillnbError:
    """Return an error that says how often it was tried."""
    late = deadline is not None and type(error) is TransportError
    error_class = DeadlineExceededError if late else type(error)
    within = f" within {deadline:g} s" if deadline is not None else ""
    counted = error_class(f"{error.args[0]} (tried {tries} times{within})")
    vars(counted).update(vars(error))
    return counted
