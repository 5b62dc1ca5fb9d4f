"""The REST surface under `billnb/`, of a real Jupyter server, with real vendors on loopback."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support import vendors
from support.faulty import Exchange, FaultyServer
from support.folders import TESTS
from support.jupyter import Server, serving
from support.vendors import Case

from billnb.sandbox.serve import HOST

pytestmark = pytest.mark.jupyter

KEY = vendors.KEY
ACCOUNT = {
    "name": str, "provider": str, "label": str, "known": bool, "state": str, "message": str | None,
    "tested_at": str | None, "last_sync": str | None, "kept": str | None, "options": dict,
    "removable": bool, "variables": dict,
}  # fmt: skip
CAUSES = {
    "invalid", "taken", "not_found", "refused", "unreachable", "storage", "configuration",
    "unconfirmed", "forbidden", "unexpected",
}  # fmt: skip


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass
class Rest:
    """The surface, and everything it ever answered."""

    server: Server
    config: Path
    answers: list[str]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        token: bool = True,
        **headers: str,
    ) -> Answer:
        place = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"token {self.server.token}"
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, f"/{path}", data, sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        self.answers.append(f"{response.headers}{text}")
        return Answer(response.status, text, dict(response.headers))

    def add(self, case: Case, url: str, name: str = "production", **changed: Any) -> Answer:
        secret = "api_key" if case.name == "bytio" else "token"
        options = {"base_url": url}
        if case.name == "unpod":
            options["org_handle"] = vendors.ORGANIZATION
        body = {"name": name, "provider": case.name, "options": options, "secrets": {secret: KEY}}
        return self.ask("POST", "billnb/accounts", body | {"store": "file"} | changed)

    def accounts(self) -> list[dict[str, Any]]:
        answer = self.ask("GET", "billnb/accounts")
        assert answer.status == 200
        found: list[dict[str, Any]] = answer.body["accounts"]
        return found

    def refused(self, answer: Answer, status: int, cause: str) -> str:
        assert answer.status == status, answer.text
        host = {"host"} if cause == "unconfirmed" else set()
        assert answer.body.keys() == {"message", "hint", "cause"} | host
        assert answer.body["cause"] == cause
        assert cause in CAUSES
        assert answer.body["hint"] != ""
        assert re.fullmatch("[^a-z].*[.!?]", answer.body["message"], re.DOTALL)
        assert answer.headers["Content-Type"].startswith("application/json")
        return str(answer.body["message"])


CARELESS = """
from billnb.providers.bytio import Bytio

class Careless(Bytio):
    provider = "careless"

    def __init__(self, api_key=None, **options):
        raise ZeroDivisionError(f"cannot work with {api_key.reveal()}")
"""


def careless(folder: Path) -> Path:
    """Install a provider that fails, and says with which key."""
    info = folder / "site" / "careless-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: careless\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[billnb.providers]\ncareless = careless:Careless\n")
    (folder / "site" / "careless.py").write_text(CARELESS)
    return folder / "site"


@contextmanager
def started(folder: Path, backend: str, **variables: str) -> Iterator[Rest]:
    """A Jupyter server with a keyring of that kind; what it said and wrote is searched after."""
    config = folder / "accounts"
    environment = {
        "BILLNB_CONFIG": str(config),
        "HOME": str(folder),
        "PYTHON_KEYRING_BACKEND": backend,
        "LOCKED_WHILE_THERE": str(folder / "locked"),
        **variables,
    }
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(careless(folder)), str(TESTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    )
    answers: list[str] = []
    with serving(folder, environment=environment) as server:
        yield Rest(server, config, answers)
    assert answers
    # the planted key is nowhere but in its file, whatever was done
    assert KEY not in "".join(answers)
    holding = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    }
    assert holding <= {"accounts/secrets.toml"}
    log = (folder / "log").read_text()
    assert "billnb | extension was successfully loaded" in log
    assert KEY not in log


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    folder = tmp_path_factory.mktemp("server")
    with started(folder, "keyring.backends.fail.Keyring") as found:
        yield found


@pytest.fixture
def rest(running: Rest) -> Iterator[Rest]:
    yield running
    for path in running.config.glob("*.toml") if running.config.exists() else ():
        path.unlink()


def test_providers_say_what_must_be_filled_in(rest: Rest) -> None:
    answer = rest.ask("GET", "billnb/providers")
    assert answer.status == 200
    bytio, careless, unpod = answer.body["providers"]
    assert careless["label"] == "Careless"
    assert bytio == {
        "name": "bytio",
        "label": "Bytio",
        "fields": [
            {
                "name": "api_key", "label": "API key", "secret": True, "required": True,
                "placeholder": None, "variable": "BYTIO_API_KEY",
            },
            {
                "name": "currency", "label": "Currency", "secret": False, "required": False,
                "placeholder": "USD", "variable": "BYTIO_CURRENCY",
            },
            {
                "name": "base_url", "label": "Address of the API", "secret": False,
                "required": False, "placeholder": "https://api.bytio.com",
                "variable": "BYTIO_BASE_URL",
            },
        ],
        "documentation": None,
    }  # fmt: skip
    assert [field["name"] for field in unpod["fields"]] == ["token", "org_handle", "base_url"]
    assert [field["secret"] for field in unpod["fields"]] == [True, False, False]


def test_an_account_comes_and_goes(case: Case, server: FaultyServer, rest: Rest) -> None:
    assert rest.accounts() == []
    added = rest.add(case, server.url)
    assert added.status == 201
    (listed,) = rest.accounts()
    assert added.body == {"account": listed}
    assert listed.keys() == ACCOUNT.keys()
    for name, kind in ACCOUNT.items():
        assert isinstance(listed[name], kind), name
    assert (listed["state"], listed["kept"], listed["removable"]) == ("ok", "file", True)
    assert listed["tested_at"].endswith("Z")
    assert any(value.startswith("BILLNB_PRODUCTION_API_") for value in listed["variables"].values())
    case.vendor.key = case.vendor.token = "changed"
    tested = rest.ask("POST", "billnb/accounts/production/test")
    assert tested.status == 200
    assert tested.body["account"]["state"] == "refused"
    assert "401" in tested.body["account"]["message"]
    case.vendor.key = case.vendor.token = KEY
    again = rest.ask("POST", "billnb/accounts/production/test", {})
    assert (again.status, again.body["account"]["state"]) == (200, "ok")
    removed = rest.ask("DELETE", "billnb/accounts/production")
    assert (removed.status, removed.text) == (204, "")
    assert rest.accounts() == []
    gone = rest.ask("DELETE", "billnb/accounts/production")
    assert "No account is called 'production'" in rest.refused(gone, 404, "not_found")
    untested = rest.ask("POST", "billnb/accounts/production/test")
    rest.refused(untested, 404, "not_found")


def test_storage_says_why_there_is_no_keyring(rest: Rest, case: Case, server: FaultyServer) -> None:
    storage = rest.ask("GET", "billnb/accounts").body["storage"]
    assert storage["keyring"] is False
    assert storage["backend"] is None
    assert "is a placeholder for none" in storage["message"]
    assert storage["file"] == str(rest.config / "secrets.toml")
    refused = rest.add(case, server.url, store="keyring")
    assert "no keyring" in rest.refused(refused, 503, "storage")
    assert server.requests == 0
    assert rest.accounts() == []


def test_what_fails_its_test_is_not_kept(case: Case, server: FaultyServer, rest: Rest) -> None:
    case.vendor.key = case.vendor.token = "another"
    message = rest.refused(rest.add(case, server.url), 422, "refused")
    assert "401" in message
    down = rest.add(case, "http://127.0.0.1:9")
    assert "connection" in rest.refused(down, 422, "unreachable")
    server.behave = lambda exchange: exchange.reply_body(b"<html>")
    rest.refused(rest.add(case, server.url), 422, "unreachable")
    assert rest.accounts() == []
    assert not list(rest.config.glob("*.toml"))
    kept = rest.add(case, "http://127.0.0.1:9", verify=False)
    assert (kept.status, kept.body["account"]["state"]) == (201, "untried")
    tested = rest.ask("POST", "billnb/accounts/production/test")
    assert tested.body["account"]["state"] == "unreachable"


def test_a_name_is_taken_once(case: Case, server: FaultyServer, rest: Rest) -> None:
    assert rest.add(case, server.url, "eu-1").status == 201
    rest.refused(rest.add(case, server.url, "eu-1"), 409, "taken")
    rest.refused(rest.add(case, server.url, "EU_1"), 409, "taken")
    other = "unpod" if case.name == "bytio" else "bytio"
    rest.refused(rest.add(case, server.url, other), 400, "invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "billnb/providers"),
        ("GET", "billnb/accounts"),
        ("POST", "billnb/accounts"),
        ("POST", "billnb/accounts/production/test"),
        ("GET", "billnb/accounts/production/host"),
        ("POST", "billnb/accounts/production/host"),
        ("DELETE", "billnb/accounts/production"),
    ],
)
def test_without_the_token_nobody_gets_in(method: str, path: str, rest: Rest) -> None:
    assert rest.ask(method, path, token=False).status in (401, 403)
    assert rest.ask(method, path, token=False, Authorization="token wrong").status in (401, 403)
    assert rest.ask(method, f"{path}?token=wrong", token=False).status in (401, 403)


def test_a_page_of_another_site_gets_nothing_done(
    case: Case, server: FaultyServer, rest: Rest
) -> None:
    """With the cookies that a browser would send along, and without what only our page knows."""
    entered = rest.ask("GET", f"lab?token={rest.server.token}", token=False)
    cookies = SimpleCookie()
    for line in rest.answers[-1].splitlines():
        if line.lower().startswith("set-cookie:"):
            cookies.load(line.partition(":")[2].strip())
    assert entered.status in (200, 302)
    cookie = "; ".join(f"{name}={one.value}" for name, one in cookies.items())
    known = rest.ask("GET", "billnb/accounts", token=False, Cookie=cookie)
    assert known.status == 200
    body = {"name": "x", "provider": case.name, "secrets": {}, "options": {}, "store": "file"}
    others: tuple[dict[str, Any], ...] = (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Content_Type": "text/plain"},
        {"X_XSRFToken": "wrong"},
    )
    for headers in others:
        refused = rest.ask("POST", "billnb/accounts", body, token=False, Cookie=cookie, **headers)
        assert refused.status in (403, 404), headers
        for method, path in (("DELETE", "x"), ("POST", "x/test"), ("POST", "x/host")):
            refused = rest.ask(
                method, f"billnb/accounts/{path}", token=False, Cookie=cookie, **headers
            )
            assert refused.status in (403, 404), headers
    across = rest.ask(
        "GET", "billnb/accounts", token=False, Cookie=cookie, Origin="https://evil.example"
    )
    assert across.status in (403, 404)
    ours: dict[str, Any] = {"X_XSRFToken": cookies["_xsrf"].value, "Origin": rest.server.url}
    allowed = rest.ask("POST", "billnb/accounts", body, token=False, Cookie=cookie, **ours)
    assert "is missing" in rest.refused(allowed, 400, "invalid")
    assert server.requests == 0


def test_a_key_of_the_servers_environment_goes_to_no_host_that_is_posted(
    case: Case, server: FaultyServer, tmp_path: Path
) -> None:
    variable = {"bytio": "BILLNB_X_API_KEY", "unpod": "BILLNB_X_API_TOKEN"}[case.name]
    host = server.url.removeprefix("http://")
    with started(tmp_path, "keyring.backends.fail.Keyring", **{variable: KEY}) as rest:
        for confirmed in ({}, {"confirmed_host": "vendor.example"}, {"confirmed_host": ""}):
            answer = rest.add(case, server.url, "x", secrets={}, **confirmed)
            assert host in rest.refused(answer, 428, "unconfirmed")
            assert answer.body["host"] == host
        assert server.requests == 0
        assert rest.accounts() == []
        added = rest.add(case, server.url, "x", secrets={}, confirmed_host=host)
        assert added.status == 201
        assert (added.body["account"]["state"], server.requests) == ("ok", 1)


def test_a_host_is_confirmed_by_its_name(case: Case, server: FaultyServer, rest: Rest) -> None:
    assert rest.add(case, server.url).status == 201
    place = "billnb/accounts/production/host"
    assert rest.ask("GET", place).body == {"host": None, "message": None}
    with FaultyServer(case.answer) as elsewhere:
        host = elsewhere.url.removeprefix("http://")
        path = rest.config / "accounts.toml"
        path.write_text(path.read_text().replace(server.url, elsewhere.url))
        tested = rest.ask("POST", "billnb/accounts/production/test")
        assert tested.body["account"]["state"] == "unconfirmed"
        asked = rest.ask("GET", place)
        assert asked.body["host"] == host
        assert server.url.removeprefix("http://") in asked.body["message"]
        for other in ("yes", "127.0.0.1"):
            rest.refused(rest.ask("POST", place, {"confirmed_host": other}), 428, "unconfirmed")
        wrong: tuple[dict[str, Any], ...] = (
            {},
            {"confirmed_host": True},
            {"confirmed_host": host, "x": 1},
        )
        for body in wrong:
            rest.refused(rest.ask("POST", place, body), 400, "invalid")
        assert elsewhere.requests == 0
        confirmed = rest.ask("POST", place, {"confirmed_host": host})
        assert (confirmed.status, confirmed.body["account"]["state"]) == (200, "untried")
        again = rest.ask("POST", "billnb/accounts/production/test")
        assert (again.body["account"]["state"], elsewhere.requests) == ("ok", 1)
    for method, sent in (("GET", None), ("POST", {"confirmed_host": "x"})):
        unknown = rest.ask(method, "billnb/accounts/nope/host", sent)
        rest.refused(unknown, 404, "not_found")


GOOD = {
    "name": "x", "provider": "bytio", "options": {}, "secrets": {"api_key": KEY}, "store": "file",
    "verify": False,
}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"{" * 5000, b"[" * 100_000,
        b'{"name": "x", "name"}', json.dumps(GOOD).encode()[:-1], json.dumps(GOOD).encode() + b"}",
        b'{"secrets": {"api_key": "' + KEY.encode() + b'\xff"}}',
        b'{"secrets": {"api_key": "' + KEY.encode() + b'}}',
        json.dumps(GOOD | {"options": {"base_url": "x" * 70_000}}).encode(),
    ],
)  # fmt: skip
def test_malformed_bodies_are_refused(body: bytes, rest: Rest) -> None:
    answer = rest.ask("POST", "billnb/accounts", raw=body)
    assert "body" in rest.refused(answer, 400, "invalid")
    assert rest.accounts() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"extra": 1}, {"name": 7}, {"name": None}, {"provider": ["bytio"]}, {"options": []},
        {"options": {"base_url": 7}}, {"options": {"base_url": None}}, {"secrets": KEY},
        {"secrets": {"api_key": 7}}, {"secrets": {"api_key": {"x": KEY}}}, {"secrets": [KEY]},
        {"store": "cloud"}, {"store": None}, {"verify": "yes"}, {"verify": 1},
        {"provider": "nope"}, {"provider": KEY}, {"options": {"api_key": KEY}},
        {"secrets": {"base_url": KEY}}, {"secrets": {"api_key": KEY, "store": "keyring"}},
        {"options": {"verify": "x"}}, {"options": {"name": "x"}}, {"secrets": {KEY: KEY}},
        {"secrets": {}}, {"secrets": {"api_key": ""}}, {"options": {"base_url": "http://x.y"}},
        {"options": {"base_url": f"https://u:{KEY}@x.y"}}, {"options": {"base_url": KEY}},
    ],
)  # fmt: skip
def test_bodies_of_another_shape_are_refused(changed: dict[str, Any], rest: Rest) -> None:
    answer = rest.ask("POST", "billnb/accounts", GOOD | changed)
    rest.refused(answer, 400, "invalid")
    assert rest.accounts() == []


@pytest.mark.parametrize("missing", ["name", "provider"])
def test_what_is_required_is_required(missing: str, rest: Rest) -> None:
    body = {key: value for key, value in GOOD.items() if key != missing}
    message = rest.refused(rest.ask("POST", "billnb/accounts", body), 400, "invalid")
    assert missing in message


@pytest.mark.parametrize(
    "name",
    ["a%2Fb", "a/b", "a.b", "..%2Fx", "%2E%2E", "a%20b", "a%00b", "a%0A", "-a", "%C3%A4", "a" * 65,
     "a%5Cb", "%252F"],
)  # fmt: skip
def test_names_that_are_none_are_refused(name: str, rest: Rest) -> None:
    for answer in (
        rest.ask("POST", f"billnb/accounts/{name}/test"),
        rest.ask("DELETE", f"billnb/accounts/{name}"),
    ):
        assert "names are" in rest.refused(answer, 400, "invalid")


@pytest.mark.parametrize("name", ["a/b", "a.b", "../x", "", " ", "a\0", "a\n", "x" * 65, KEY + "/"])
def test_accounts_are_not_called_just_anything(name: str, rest: Rest) -> None:
    answer = rest.ask("POST", "billnb/accounts", GOOD | {"name": name})
    assert "names are" in rest.refused(answer, 400, "invalid")


def test_a_test_takes_an_empty_body(case: Case, server: FaultyServer, rest: Rest) -> None:
    rest.add(case, server.url)
    for body in (b"[]", b'{"name": "x"}', b"{"):
        answer = rest.ask("POST", "billnb/accounts/production/test", raw=body)
        rest.refused(answer, 400, "invalid")
    assert server.requests == 1


def test_a_thousand_accounts_are_listed(rest: Rest) -> None:
    rest.config.mkdir(exist_ok=True)
    tables = (
        f'[accounts.account-{n}]\nprovider = "bytio"\nkept = "keyring"\n' for n in range(1000)
    )
    (rest.config / "accounts.toml").write_text("\n".join(tables))
    assert len(rest.accounts()) == 1000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[accounts.x]\nprovider = \n", "line 2, column 12"),
        (f"[accounts.x]\nprovider = 'bytio'\napi_key = '{KEY}'\n", "api_key is a secret"),
    ],
)
def test_a_broken_file_says_where_and_is_left_alone(text: str, said: str, rest: Rest) -> None:
    rest.config.mkdir(exist_ok=True)
    path = rest.config / "accounts.toml"
    path.write_text(text)
    for answer in (
        rest.ask("GET", "billnb/accounts"),
        rest.ask("POST", "billnb/accounts", GOOD | {"name": "y"}),
        rest.ask("POST", "billnb/accounts/x/test"),
        rest.ask("DELETE", "billnb/accounts/x"),
    ):
        assert said in rest.refused(answer, 500, "configuration")
    assert path.read_text() == text


def test_an_account_whose_provider_is_gone_is_listed_and_removed(rest: Rest) -> None:
    rest.config.mkdir(exist_ok=True)
    (rest.config / "accounts.toml").write_text(
        f'[accounts.bills]\nprovider = "acme"\nkey = "{KEY}"\n'
    )
    (listed,) = rest.accounts()
    assert (listed["known"], listed["state"], listed["options"]) == (False, "unknown", {})
    tested = rest.ask("POST", "billnb/accounts/bills/test")
    assert (tested.status, tested.body["account"]["state"]) == (200, "unknown")
    assert rest.ask("DELETE", "billnb/accounts/bills").status == 204
    assert rest.accounts() == []


def test_the_server_goes_on_while_a_vendor_thinks(
    case: Case, server: FaultyServer, rest: Rest
) -> None:
    asked = threading.Event()
    answer = threading.Event()

    def behave(exchange: Exchange) -> None:
        asked.set()
        answer.wait(20)
        exchange.reply()

    server.behave = behave
    done: list[Answer] = []
    waiting = threading.Thread(target=lambda: done.append(rest.add(case, server.url)))
    waiting.start()
    assert asked.wait(20)
    assert rest.ask("GET", "api/status").status == 200
    assert rest.accounts() == []
    answer.set()
    waiting.join(30)
    assert done[0].status == 201


def test_the_unexpected_is_answered_without_what_it_says(rest: Rest) -> None:
    answer = rest.ask("POST", "billnb/accounts", GOOD | {"provider": "careless"})
    assert "ZeroDivisionError" in rest.refused(answer, 500, "unexpected")
    assert rest.accounts() == []
    log = (rest.config.parent / "log").read_text()
    assert "unexpected ZeroDivisionError" in log
    assert "careless.py" in log


def test_a_keyring_keeps_and_a_locked_one_loses_nothing(
    tmp_path: Path, case: Case, server: FaultyServer
) -> None:
    with started(tmp_path, "support.keyrings.SwitchedKeyring") as rest:
        added = rest.add(case, server.url, store="keyring")
        assert (added.status, added.body["account"]["kept"]) == (201, "keyring")
        storage = rest.ask("GET", "billnb/accounts").body["storage"]
        assert storage["keyring"] is True
        assert storage["backend"] == "support.keyrings.SwitchedKeyring"
        assert storage["message"] is None
        (tmp_path / "locked").touch()
        (listed,) = rest.accounts()
        assert listed["state"] == "ok"
        for answer in (
            rest.ask("DELETE", "billnb/accounts/production"),
            rest.add(case, server.url, "another", store="keyring"),
        ):
            assert "is locked" in rest.refused(answer, 503, "storage")
        assert rest.accounts() == [listed]
        tested = rest.ask("POST", "billnb/accounts/production/test").body["account"]
        assert tested["state"] == "locked"
        assert "is locked" in tested["message"]
        assert rest.accounts() == [tested]
        (tmp_path / "locked").unlink()
        tested = rest.ask("POST", "billnb/accounts/production/test")
        assert tested.body["account"]["state"] == "ok"
        (tmp_path / "locked").touch()
        assert rest.ask("DELETE", "billnb/accounts/production?force=true").status == 204
        assert rest.accounts() == []


def test_methods_that_are_none_are_refused(rest: Rest) -> None:
    for method, path in (
        ("PUT", "billnb/accounts"),
        ("GET", "billnb/accounts/x"),
        ("GET", "billnb/accounts/x/test"),
        ("POST", "billnb/providers"),
    ):
        rest.refused(rest.ask(method, path), 405, "invalid")
    rest.refused(rest.ask("GET", "billnb/nothing"), 404, "not_found")
    rest.refused(rest.ask("GET", "billnb/accounts", token=False), 403, "forbidden")
    maybe = rest.ask("DELETE", "billnb/accounts/x?force=maybe")
    assert "true or false" in rest.refused(maybe, 400, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        {"hunterplanted": 1},
        {"store": "hunterplanted"},
        {"provider": "hunterplanted"},
        {"name": "hunter planted"},
        {"secrets": {"hunterplanted": "x"}},
        {"options": {"hunterplanted": "x"}},
    ],
)
def test_what_came_in_does_not_come_back(rest: Rest, body: dict[str, Any]) -> None:
    answer = rest.ask("POST", "billnb/accounts", {"name": "x", "provider": "bytio"} | body)
    assert "planted" not in rest.refused(answer, 400, "invalid")


def test_lists_are_answered_while_vendors_are_silent(rest: Rest) -> None:
    with ThreadPoolExecutor(9) as pool:
        with socket.create_server((HOST, 0)) as silent:
            options = {"base_url": f"http://{HOST}:{silent.getsockname()[1]}"}
            body = {"name": "slow", "provider": "bytio", "store": "file", "options": options}
            body |= {"secrets": {"api_key": KEY}}
            slow = [pool.submit(rest.ask, "POST", "billnb/accounts", body) for _ in range(9)]
            assert rest.accounts() == []
            assert not any(one.done() for one in slow)
        for one in slow:
            rest.refused(one.result(), 422, "unreachable")
