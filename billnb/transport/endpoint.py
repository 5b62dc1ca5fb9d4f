"""Where a request may go, through which proxy, and how its credential travels."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Request, Session
from requests.auth import AuthBase
from requests.exceptions import RequestException

from billnb.errors import ArgumentError, AuthenticationError
from billnb.transport.certificates import trusted_locations
from billnb.values.secret import Secret

_SENDABLE = re.compile(r"[\x21-\x7e]+")


class HeaderAuth(AuthBase):
    """Credentials sent as headers.

    Given to requests as ``auth``, so that a ``.netrc`` entry for the host cannot replace them.

    Parameters
    ----------
    headers : mapping of str to Secret
        The secret part of each header.
    prefixes : mapping of str to str
        The text before it, ``"Token "`` for instance.
    """

    def __init__(self, headers: Mapping[str, Secret], prefixes: Mapping[str, str] = {}) -> None:
        self._headers = dict(headers)
        self._prefixes = dict(prefixes)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets, which must not be in any message."""
        return tuple(self._headers.values())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        for name, secret in self._headers.items():
            request.headers[name] = self._prefixes.get(name, "") + secret.reveal()
        return request


def checked_base_url(url: str, what: str = "base_url") -> str:
    """Return scheme and host of a vendor, without a slash at the end.

    Raises
    ------
    ArgumentError
        When it is not https (http is only for loopback), or more than scheme, host and port.

    Examples
    --------
    >>> checked_base_url("https://api.bytio.com/")
    'https://api.bytio.com'
    """
    problem = _problem(url)
    if problem:
        raise ArgumentError(f"{what} {problem}; expected something like 'https://api.example.com'")
    return url.rstrip("/")


def checked_credential(secret: Secret, what: str) -> Secret:
    """Return a credential that can travel in a header.

    Raises
    ------
    AuthenticationError
        When it is empty, not text, or holds a space, a line break or a character outside ASCII. The
        message does not repeat it.
    """
    if _SENDABLE.fullmatch(secret.reveal()):
        return secret
    raise AuthenticationError(
        f"{what} cannot be sent: it is empty, not text, or holds a space, a line break or a "
        "character outside ASCII; copy it from the vendor's site once more"
    )


def environment_settings(url: str) -> dict[str, Any]:
    """Return proxies and certificates as the environment sets them for `url`.

    Proxies are used only for https, where they see a tunnel; over http, which is loopback, a proxy
    would read the credential.
    """
    session = Session()
    settings: dict[str, Any] = dict(
        session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
    )
    settings["verify"] = (
        trusted_locations().place if settings["verify"] is True else settings["verify"]
    )
    if urlsplit(url).scheme != "https":
        settings |= {"proxies": {}, "verify": True}
    del settings["stream"]
    return settings


def _problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except (ValueError, TypeError, AttributeError):
        return "is not a URL"
    if not host or any(mark in url for mark in "\\ \t\r\n"):
        return "is not a URL"
    if parts.scheme not in ("https", "http"):
        return "is not https"
    if parts.scheme == "http" and not _is_loopback(host):
        return "is http, which would send the credential in clear text (http is only for loopback)"
    if parts.username is not None or parts.password is not None:
        return "holds a user name"
    if parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        return "is more than scheme and host (the path is the provider's)"
    try:
        Request("GET", url).prepare()
    except (RequestException, UnicodeError):
        return "is not a URL"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
