"""The certificates that TLS trusts, as the environment names them."""

from __future__ import annotations

import functools
import os
import re
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from billnb.errors import TransportError

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # a file or a folder each; the first counts
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # as OpenSSL finds a certificate in a folder

ADVICE = "set SSL_CERT_FILE, or REQUESTS_CA_BUNDLE, to the file of your authority's certificates"
"""What to do if a company has its own authority."""


@dataclass(frozen=True, slots=True)
class CertificateLocations:
    """Where the certificates of trusted authorities are.

    Attributes
    ----------
    file, folders : str or None
        A file of certificates; folders of hashed ones, put together as OpenSSL has them.
    named_by : str
        The name of the variable that names them, or the names of several.
    """

    file: str | None
    folders: str | None
    named_by: str

    @property
    def place(self) -> str | None:
        """The one path that requests takes."""
        return self.file or self.folders


def trusted_locations() -> CertificateLocations:
    """Return the locations that the environment names; by default, requests' own bundle."""
    for variable in _BUNDLES:
        if place := os.environ.get(variable):
            is_folder = Path(place).is_dir()
            return CertificateLocations(
                None if is_folder else place, place if is_folder else None, variable
            )
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folders:
        variables = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
        return CertificateLocations(file or None, folders or None, " and ".join(variables))
    return CertificateLocations(DEFAULT_CA_BUNDLE_PATH, None, "the package certifi")


def context(locations: CertificateLocations) -> ssl.SSLContext:
    """Return the TLS context that trusts these certificates.

    Raises
    ------
    TransportError
        When there are no certificates there.
    """
    return _context(locations, _state(locations.file), _state(locations.folders))


@functools.lru_cache(maxsize=4)  # reading a bundle takes as long as reading a page
def _context(locations: CertificateLocations, *state: object) -> ssl.SSLContext:
    problem = _problem(locations)
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):  # as in ssl.create_default_context
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if problem is None:
        try:
            made.load_verify_locations(locations.file, locations.folders)
        except OSError:  # ssl.SSLError is one
            problem = "a file that cannot be read as certificates"
        else:
            if locations.folders is None and not made.cert_store_stats()["x509"]:
                problem = "a file without a certificate"
    if problem is None:
        return made
    raise TransportError(
        f"no TLS connection can be made: {locations.named_by} names {problem}; expected the "
        "certificates to trust, in PEM. Correct the variable, or unset it"
    )


def _problem(locations: CertificateLocations) -> str | None:
    if locations.file is not None:
        file = Path(locations.file)
        if not file.exists():
            return "a file that does not exist"
        if not file.is_file():  # reading a pipe would block
            return "what is not a file"
    if locations.folders is not None:
        folders = [Path(one) for one in locations.folders.split(os.pathsep)]
        if not any(folder.is_dir() for folder in folders):
            return "a folder that does not exist"
        if not any(_HASHED.fullmatch(name) for one in folders for name in _names(one)):
            return "a folder without hashed certificates (openssl rehash makes them)"
    return None


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _state(place: str | None) -> object:
    """Return a value that changes when a path changes, so that it is read again."""
    try:
        found = os.stat(place) if place is not None else None
    except (OSError, ValueError):
        return None
    return found and (found.st_ino, found.st_mtime_ns, found.st_size)


class Context(ssl.SSLContext):
    """A TLS context whose handshakes keep to the budget of their sockets."""

    def wrap_socket(self, sock: Any, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        kwargs["do_handshake_on_connect"] = False
        budget = sock.budget
        secure = super().wrap_socket(sock, *args, **kwargs)
        try:
            while True:
                # in slices: the socket that another thread could break off is detached by now
                secure.settimeout(budget.next_check())
                try:
                    secure.do_handshake()
                except TimeoutError:
                    continue
                return secure
        except BaseException:
            secure.close()
            raise
