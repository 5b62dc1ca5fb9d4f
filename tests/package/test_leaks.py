"""No secret and nothing personal in what billnb says, whatever happens.

Canaries are planted in everything a vendor and a user hand over; every public function is driven
through success and every fault; what was said is searched for them in every spelling.
"""

from __future__ import annotations

import base64
import copy
import gzip
import io
import logging
import pickle
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from urllib.parse import quote_plus

import pytest
from click.testing import CliRunner
from support import vendors
from support.faulty import Behaviour, Exchange, FaultyServer
from support.leaks import EMAIL, EVERYTHING, LAST4, SIGNATURE, URL, found, told
from support.vendors import Case

import billnb
from billnb import cli
from billnb.formats import FORMATS
from billnb.sandbox.wire import Request, Response, json_response
from billnb.summary import terminal


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    case = vendors.case(request.param, 120)
    for entry in case.entries:
        if entry.get("payment_method"):
            entry["payment_method"] = {**entry["payment_method"], "last4": int(LAST4)}
            entry["reciept_url"] = URL
    if case.name == "bytio":
        case.entries[3]["payment_method"] = {"type": "paypal", "email": EMAIL}
    return case


both = pytest.mark.parametrize("case", ["bytio", "unpod"], indirect=True)


def say(status: int, body: bytes, **headers: str) -> Behaviour:
    return lambda exchange: exchange.reply_body(body, status, **headers)


def raw(data: bytes) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.close()

    return behave


SAID = EVERYTHING.encode()
JSON_SAID = b'{"message": "' + SAID + b'", "error": {"message": "' + SAID + b'"}, "data": {}}'
REFUSED = b'{"status": "no", "status_code": 401, "message": "' + SAID + b'"}'

FAULTS: dict[str, Behaviour] = {
    **{f"status {code}": say(code, JSON_SAID) for code in (201, 206, 400, 401, 403, 404, 429, 500)},
    "redirect": say(302, SAID, Location=f"https://elsewhere.example/?{quote_plus(EVERYTHING)}"),
    "rate limit": say(429, JSON_SAID, Retry_After=EVERYTHING),
    "long wait": say(429, JSON_SAID, Retry_After="9999"),
    "refused in the body": say(200, REFUSED),
    "html": say(200, b"<html>" + SAID),
    "cut": say(200, b'{"status": "ok", "x": "' + SAID),
    "latin-1": say(200, b'{"status": "\xe9' + SAID + b'"}'),
    "encoding": say(200, SAID, Content_Encoding="canary " + EVERYTHING),
    "gzip of nonsense": say(200, gzip.compress(SAID)[:-3], Content_Encoding="gzip"),
    "no http": raw(SAID + b"\r\n\r\n"),
    "status line": raw(b"HTTP/1.1 abc " + SAID + b"\r\n\r\n"),
    "headers": raw(b"HTTP/1.1 200 OK\r\n" + (b"X: " + SAID + b"\r\n") * 200 + b"\r\n"),
    "header without a colon": raw(
        b"HTTP/1.1 200 OK\r\n" + SAID + b"\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "bad length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + SAID + b"\r\n\r\n{}"),
    "bad chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + SAID + b"\r\n"),
    "reset": Exchange.reset,
    "drip": lambda exchange: exchange.drip(b"HTTP/1.1 200 OK\r\nX: " + SAID * 50, pause=0.005),
}


def broken(field: str, value: object) -> Callable[[Case], Behaviour]:
    def prepare(case: Case) -> Behaviour:
        name = {"amount": case.amount, "issued": case.issued}.get(field, field)
        case.entries[50] = {**case.entries[50], name: value}
        return Exchange.reply

    return prepare


BROKEN = {
    "text for an amount": broken("amount", EVERYTHING),
    "object for an amount": broken("amount", {"x": EVERYTHING}),
    "text for a date": broken("issued", EVERYTHING),
    "amount too long": broken("amount", "0." + LAST4 * 5),
}


class Recorder:
    """Everything that is logged, printed or raised while it is on."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stdout = io.StringIO()
        self.stderr = io.StringIO()

    def errors_of(self, function: Callable[[], object]) -> object:
        try:
            return function()
        except billnb.BillnbError as error:
            self.lines.append(told(error))
            self.lines.append(f"{error.__cause__!r} {error.__context__!r}")
        return None

    @property
    def text(self) -> str:
        return "\n".join([*self.lines, self.stdout.getvalue(), self.stderr.getvalue()])


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with redirect_stdout(recorder.stdout), redirect_stderr(recorder.stderr):
        yield recorder
    root.removeHandler(handler)
    root.setLevel(before)
    recorder.lines.append(stream.getvalue())
    assert found(recorder.text) == set()


@both
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_leaks(case: Case, fault: str, recorder: Recorder) -> None:
    with FaultyServer(case.answer) as server:
        server.behave = FAULTS[fault]
        account = case.account(server.url, total=0.6, tries=2)
        recorder.errors_of(lambda: billnb.load(account, progress=False))
        assert recorder.lines, "the fault was none"
        recorder.lines.append(f"{account} {account!r} {vars(account)}")
        if isinstance(account, billnb.Unpod):
            recorder.errors_of(account.organizations)
            assert len(recorder.lines) == 5, "the fault was none"


@both
@pytest.mark.parametrize("fault", BROKEN)
def test_no_broken_field_leaks(case: Case, fault: str, recorder: Recorder) -> None:
    behave = BROKEN[fault](case)
    with FaultyServer(case.answer) as server:
        server.behave = behave
        recorder.errors_of(lambda: billnb.load(case.account(server.url)))
        assert recorder.lines, "the fault was none"


@both
def test_success_leaks_nothing_but_the_frame(case: Case, recorder: Recorder) -> None:
    with FaultyServer(case.answer) as server:
        account = case.account(server.url)
        history = billnb.load(account, verify="snapshot", progress=True)
    recorder.lines += [
        repr(history.attrs),
        terminal.summary(history),
        FORMATS["table"].encoded(history).decode(),
    ]
    recorder.lines += [f"{account} {account!r} {vars(account)} {copy.copy(account.limits)}"]
    assert len(history) == 120
    if case.name == "bytio":  # the canaries were there to be found
        assert found(history.to_csv()) == {EMAIL, LAST4, SIGNATURE}


@both
def test_several_accounts_of_which_one_fails_leak_nothing(case: Case, recorder: Recorder) -> None:
    with FaultyServer(case.answer) as server:
        good = case.account(server.url, name="good")
        bad = case.account(server.url, name="bad", key="another-" + vendors.KEY)
        recorder.errors_of(lambda: billnb.load(good, bad))
    assert recorder.lines


@both
def test_accounts_and_secrets_are_not_pickled(case: Case, recorder: Recorder) -> None:
    account = case.account("https://vendor.example")
    recorder.errors_of(lambda: pickle.dumps(account))
    recorder.errors_of(lambda: copy.copy(account))
    assert len(recorder.lines) == 4


def test_accounts_of_the_environment_are_pickled_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNPOD_API_TOKEN", vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv("BYTIO_API_KEY", vendors.KEY)
    for account in (billnb.Bytio(name="a"), billnb.Unpod(name="a")):
        pickled = pickle.dumps(account)
        assert found(pickled.decode("latin-1")) == set()
        again = pickle.loads(pickled)
        assert again.name == "a"
        assert again.auth().secrets == account.auth().secrets


@both
@pytest.mark.parametrize("flags", [[], ["--debug"]])
def test_the_command_line_leaks_nothing(
    case: Case, flags: list[str], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: Request) -> Response:
        key = request.headers.get("x-api-key", request.headers.get("authorization", ""))
        return json_response(401, {"message": f"no such key: {key} {EVERYTHING}"})

    names = {
        "BYTIO": {"API_KEY": vendors.KEY},
        "UNPOD": {"API_TOKEN": vendors.KEY, "ORG_HANDLE": vendors.ORGANIZATION},
    }[case.name.upper()]
    for name, value in names.items():
        monkeypatch.setenv(f"{case.name.upper()}_{name}", value)
    for serve, code in ((case.answer, 0), (answer, 1)):
        with FaultyServer(serve) as server:
            monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
            result = CliRunner().invoke(cli.main, ["load", case.name, *flags])
            assert result.exit_code == code
            recorder.lines.append(result.output)
            assert ("Traceback" in result.output) == (bool(flags) and code == 1)


# the control: what leaks must be found


def leak_in_message() -> None:
    raise billnb.BillnbError(f"refused: {EVERYTHING}")


def leak_in_local() -> None:
    header = {"Authorization": f"Token {vendors.KEY}"}
    raise billnb.BillnbError("refused" + str(len(header)))


def leak_in_context() -> None:
    try:
        int(quote_plus(URL))
    except ValueError:
        raise billnb.BillnbError("refused") from None


def leak_in_note() -> None:
    error = billnb.BillnbError("refused")
    error.add_note(base64.b64encode(f"user:{vendors.ORGANIZATION}:x".encode()).decode())
    raise error


@pytest.mark.parametrize(
    ("leak", "canary"),
    [
        (leak_in_message, EMAIL),
        (leak_in_message, LAST4),
        (leak_in_local, vendors.KEY),
        (leak_in_context, SIGNATURE),
        (leak_in_note, vendors.ORGANIZATION),
    ],
)
def test_the_search_finds_what_leaks(leak: Callable[[], None], canary: str) -> None:
    with pytest.raises(billnb.BillnbError) as caught:
        leak()
    assert canary in found(told(caught.value, tests_too=True))
