"""Whom TLS trusts, and which proxy is used, as the environment says; else what to set, at once."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme
from support import vendors
from support.clock import PATIENCE, ending
from support.faulty import ConnectProxy, FaultyServer
from support.vendors import Case

import billnb
from billnb import errors
from billnb.transport import certificates

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def secure(case: Case, authority: trustme.CA) -> Iterator[FaultyServer]:
    with FaultyServer(case.answer, tls=serving(authority)) as server:
        yield server


def serving(authority: trustme.CA, *names: str, **more: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("localhost",)), **more).configure_cert(context)  # type: ignore[arg-type]
    return context


def refused_at_once(case: Case, url: str) -> str:
    """Return what the error says, which comes without a second try."""
    with pytest.raises(errors.TransportError) as caught:
        billnb.load(case.account(url, tries=2))
    assert type(caught.value) is errors.TransportError
    assert str(caught.value).startswith(f"{case.name}, page 1: ") or case.name in str(caught.value)
    assert "tried" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_ones_own_is_trusted(
    case: Case,
    secure: FaultyServer,
    bundle: Path,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, str(bundle))
    assert len(billnb.load(case.account(secure.url))) == len(case.entries)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_folder_of_hashed_certificates_is_trusted(
    case: Case,
    secure: FaultyServer,
    bundle: Path,
    tmp_path: Path,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    words = ["openssl", "x509", "-in", str(bundle), "-noout", "-subject_hash"]
    try:
        name = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        pytest.skip("needs openssl")
    (folder / f"{name}.0").write_bytes(bundle.read_bytes())
    monkeypatch.setenv(variable, str(folder))
    assert len(billnb.load(case.account(secure.url))) == len(case.entries)


def test_requests_own_variables_come_first(
    case: Case, secure: FaultyServer, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert len(billnb.load(case.account(secure.url))) == len(case.entries)


def test_a_bundle_that_changes_is_read_again(
    case: Case, secure: FaultyServer, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "chosen.pem"
    trustme.CA().cert_pem.write_to_path(str(chosen))
    monkeypatch.setenv("SSL_CERT_FILE", str(chosen))
    assert "not from a trusted authority" in refused_at_once(case, secure.url)
    chosen.write_bytes(chosen.read_bytes() + bundle.read_bytes())
    assert len(billnb.load(case.account(secure.url))) == len(case.entries)


def test_a_certificate_nobody_trusts_says_what_to_set(case: Case, secure: FaultyServer) -> None:
    said = refused_at_once(case, secure.url)
    assert "set SSL_CERT_FILE, or REQUESTS_CA_BUNDLE" in said
    assert secure.requests == 0


@pytest.mark.parametrize(
    ("names", "more", "said"),
    [
        (("other.example",), {}, "another host's; check base_url"),
        (("localhost",), {"not_after": "past"}, "out of date; check this machine's clock"),
    ],
)
def test_other_faults_of_a_certificate_say_something_else(
    case: Case,
    authority: trustme.CA,
    bundle: Path,
    names: tuple[str, ...],
    more: dict[str, object],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from datetime import UTC, datetime

    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    dates = {name: datetime(2020, 1, 2, tzinfo=UTC) for name in more}
    if dates:
        dates["not_before"] = datetime(2020, 1, 1, tzinfo=UTC)
    with FaultyServer(case.answer, tls=serving(authority, *names, **dates)) as server:
        assert said in refused_at_once(case, server.url)


def broken(kind: str, folder: Path) -> Path:
    """Return a place where no bundle is."""
    place = folder / "bundle.pem"
    if kind == "folder":
        place.mkdir()
        (place / "ca.pem").write_text("not hashed")
    elif kind == "text":
        place.write_text("certificates are elsewhere")
    elif kind == "damaged":
        text = "\n".join(["-----BEGIN CERTIFICATE-----", "AAAA", "-----END CERTIFICATE-----", ""])
        place.write_text(text)
    elif kind == "empty":
        place.touch()
    elif kind == "fifo":
        os.mkfifo(place)
    return place


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "damaged", "empty", "fifo"])
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_is_none_is_an_error_at_once(
    case: Case,
    secure: FaultyServer,
    variable: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, str(broken(kind, tmp_path)))
    said = refused_at_once(case, secure.url)
    assert f"{variable} names" in said
    assert "Correct the variable, or unset it" in said
    assert secure.requests == 0


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_folder_without_certificates_is_an_error_at_once(
    case: Case, secure: FaultyServer, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(broken(kind, tmp_path)))
    assert "SSL_CERT_DIR names a folder" in refused_at_once(case, secure.url)


PROBLEMS = {
    "missing": ("file", "a file that does not exist"),
    "folder": ("file", "what is not a file"),
    "fifo": ("file", "what is not a file"),
    "text": ("file", "a file that cannot be read as certificates"),
    "missing ": ("folders", "a folder that does not exist"),
    "folder ": ("folders", "a folder without hashed certificates (openssl rehash makes them)"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_no_bundle_is_said_word_by_word(name: str, tmp_path: Path) -> None:
    kind, problem = PROBLEMS[name]
    places = {"file": None, "folders": None, kind: str(broken(name.strip(), tmp_path))}
    with pytest.raises(errors.TransportError) as caught:
        certificates.context(certificates.CertificateLocations(**places, named_by="X"))
    assert str(caught.value) == (
        f"no TLS connection can be made: X names {problem}; expected the certificates to trust, "
        "in PEM. Correct the variable, or unset it"
    )


def test_one_of_several_folders_may_hold_the_certificates(
    authority: trustme.CA, tmp_path: Path
) -> None:
    folder = tmp_path / "with spaces"
    folder.mkdir()
    several = certificates.CertificateLocations(
        None, os.pathsep.join(["/nowhere", str(folder)]), "X"
    )
    with pytest.raises(errors.TransportError, match="without hashed certificates"):
        certificates.context(several)
    authority.cert_pem.write_to_path(str(folder / "0123abcd.0"))
    made = certificates.context(several)
    assert certificates.context(several) is made
    one = certificates.CertificateLocations(None, str(folder), "X")
    before = certificates.context(one)
    trustme.CA().cert_pem.write_to_path(str(folder / "0123abcd.1"))
    assert certificates.context(one) is not before


def test_http_on_loopback_needs_no_bundle(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    assert len(billnb.load(case.account(server.url))) == len(case.entries)


def test_a_bundle_is_read_once_for_many_connections(bundle: Path) -> None:
    trusted = certificates.CertificateLocations(str(bundle), None, "a test")
    assert certificates.context(trusted) is certificates.context(trusted)


# proxies


def test_an_https_proxy_is_a_tunnel_too(
    case: Case,
    secure: FaultyServer,
    authority: trustme.CA,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TLS to the proxy and, within it, to the vendor; each to whom the environment trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with ConnectProxy(tls=serving(authority)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert len(billnb.load(case.account(secure.url))) == len(case.entries)
        assert proxy.heads
        assert all(vendors.KEY.encode() not in head for head in proxy.heads)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_is_no_address_is_an_error_at_once(
    case: Case, secure: FaultyServer, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://")
    assert "check base_url and HTTPS_PROXY" in refused_at_once(case, secure.url)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_socks_without_its_package_says_what_to_install(
    case: Case, secure: FaultyServer, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # an entry of None is how Python marks a module as not there
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.setenv(variable, "socks5h://127.0.0.1:9")
    said = refused_at_once(case, secure.url)
    assert f"{variable} names a SOCKS proxy" in said
    assert "pip install PySocks" in said
    assert secure.requests == 0


@contextmanager
def socks_proxy(*, silent: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """Give the port of a SOCKS5 proxy, and the names it was asked for."""
    asked: list[bytes] = []
    ended = threading.Event()

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def talk(near: socket.socket) -> None:
        with suppress(OSError), near:
            near.recv(64)
            if silent:
                ended.wait(2 * PATIENCE)
                return
            near.sendall(b"\x05\x00")
            request = near.recv(512)
            if not request:  # given up meanwhile
                return
            name = request[5 : 5 + request[4]]
            asked.append(name)
            port = int.from_bytes(request[-2:], "big")
            with socket.create_connection((name.decode(), port)) as far:
                near.sendall(b"\x05\x00\x00\x01" + bytes(6))
                threading.Thread(target=pump, args=(far, near), daemon=True).start()
                pump(near, far)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=talk, args=(near,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], asked
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)


def test_a_socks_proxy_is_used_with_its_package(
    case: Case, secure: FaultyServer, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socks")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with socks_proxy() as (port, asked):
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{port}")
        assert len(billnb.load(case.account(secure.url))) == len(case.entries)
    assert set(asked) == {b"localhost"}


def test_a_socks_proxy_that_says_nothing_is_late(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("socks")
    with socks_proxy(silent=True) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"socks5h://127.0.0.1:{port}")
        with ending(), pytest.raises(errors.DeadlineExceededError):
            billnb.load(case.account("https://bytio.example", connect=50.0, total=0.8))
