"""The demo: the sandbox in this process, loaded through the same transport as a vendor."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from billnb.errors import clear_frames_on_error
from billnb.loading.load import Verify, load
from billnb.providers.bytio import Bytio
from billnb.providers.unpod import Unpod
from billnb.sandbox import bytio, unpod
from billnb.sandbox.app import Sandbox
from billnb.values.moments import Moment

if TYPE_CHECKING:
    import pandas as pd


class WSGIAdapter(BaseAdapter):
    """An adapter of requests that calls a WSGI application in this process.

    Parameters
    ----------
    application : callable
        The WSGI application.
    """

    def __init__(self, application: Any) -> None:
        super().__init__()
        self._application = application

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        environ = {
            "REQUEST_METHOD": request.method or "GET",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": parts.hostname or "",
            "SERVER_PORT": str(parts.port or 443),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(),
        }
        for name, value in request.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(
            self._application(environ, lambda status, headers: started.append((status, headers)))
        )
        status, headers = started[0]
        response = requests.Response()
        response.status_code = int(status.split()[0])
        response.headers.update(headers)
        response.request = request
        response.url = request.url or ""
        response.raw = HTTPResponse(
            io.BytesIO(body),
            headers=dict(headers),
            status=response.status_code,
            preload_content=False,
            decode_content=False,
        )
        return response

    def close(self) -> None:
        """Do nothing: no connection is open."""


def accounts(sandbox: Sandbox) -> tuple[Bytio, Unpod]:
    """Return the sandbox's accounts, reached in this process."""
    adapter = WSGIAdapter(sandbox)
    return (
        Bytio(bytio.KEY, base_url="https://bytio.example", adapter=adapter),
        Unpod(
            unpod.TOKEN,
            unpod.ORGANIZATIONS[0],
            base_url="https://unpod.example",
            adapter=adapter,
        ),
    )


@clear_frames_on_error
def demo(
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    kind: str = "all",
    verify: Verify = "counts",
    today: date | None = None,
) -> pd.DataFrame:
    """Return the history of two made-up accounts: no key, no network, no vendor.

    Three years of Bytio and Unpod, with the seasons, a price change at each, failed and pending
    payments, identical top-ups and two currencies, read by the same code as a real history.

    Parameters
    ----------
    since, until, kind, verify
        As for :func:`billnb.load`.
    today : datetime.date, optional
        The day for which the histories are made; today in UTC by default. The same day always
        gives the same history.

    Returns
    -------
    pandas.DataFrame
        As for :func:`billnb.load`.

    Raises
    ------
    ArgumentError
        For an invalid argument.

    Examples
    --------
    >>> from datetime import date
    >>> history = demo(today=date(2026, 11, 1), since="2026-10")
    >>> history["kind"].value_counts().to_dict()
    {'invoice': 5, 'payment': 4}
    """
    return load(
        *accounts(Sandbox(today=today)),
        since=since,
        until=until,
        kind=kind,
        verify=verify,
        progress=False,
    )


__all__ = ["WSGIAdapter", "accounts", "demo"]
