"""The messages about requests that failed without an answer, and whether to try again."""

from __future__ import annotations

import ssl

from requests import exceptions
from urllib3.exceptions import LocationValueError, NameResolutionError

from billnb.transport.certificates import ADVICE

_EXPLANATIONS: tuple[tuple[type[Exception], str], ...] = (
    (NameResolutionError, "the name has no address; check base_url and the network"),
    (exceptions.ProxyError, "the proxy refused or failed; check HTTPS_PROXY"),
    (exceptions.SSLError, "no trusted TLS connection could be made"),
    (exceptions.ConnectTimeout, "no connection could be made in time"),
    (exceptions.Timeout, "no answer in time"),
)
# invalid addresses, for which another try is no use
_LASTING = (exceptions.InvalidURL, exceptions.InvalidSchema, LocationValueError)
_CLOCK = frozenset({9, 10})  # not valid yet, or no longer, as OpenSSL numbers it
_OTHER_HOST = frozenset({62, 64})


def explained(error: Exception) -> tuple[str, bool]:
    """Return what happened and what to do about it, and whether to try again.

    The text of an error is not repeated: it may hold the request.
    """
    chain = _chain(error)
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            return _of_certificate(one.verify_code), False
        if isinstance(one, _LASTING):
            return (
                "the address, or that of the proxy, is invalid; check base_url and HTTPS_PROXY",
                False,
            )
    for error_class, explanation in _EXPLANATIONS:
        if any(isinstance(one, error_class) for one in chain):
            return explanation, True
    return "the connection failed, or was cut before the answer was whole", True


def _of_certificate(code: int) -> str:
    if code in _CLOCK:
        return "its TLS certificate is out of date; check this machine's clock"
    if code in _OTHER_HOST:
        return "its TLS certificate is another host's; check base_url"
    return (
        "its TLS certificate is not from a trusted authority; where a company has its own, "
        f"{ADVICE}"
    )


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error with its causes, as requests and urllib3 hold them."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one in found:
            continue
        found.append(one)
        inner = [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
        waiting += [other for other in inner if isinstance(other, BaseException)]
    return found


__all__ = ["explained"]
