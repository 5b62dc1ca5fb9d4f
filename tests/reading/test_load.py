"""`billnb.load`: the frame, the accounts, the arguments."""

from __future__ import annotations

import pickle
import re
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime
from multiprocessing import get_context
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from support import vendors
from support.clock import PATIENCE, ending
from support.faulty import Exchange, FaultyServer
from support.vendors import Case, amounts

import billnb
from billnb import accounts, errors, history, providers
from billnb.accounts import states

STRING = pd.ArrowDtype(pa.string())
INSTANT = pd.ArrowDtype(pa.timestamp("us", "UTC"))
MONEY = pd.ArrowDtype(pa.decimal128(28, 12))
DTYPES = {
    "provider": STRING, "account": STRING, "entry_id": STRING, "kind": STRING,
    "issued_at": INSTANT, "description": STRING, "status": STRING, "currency": STRING,
    "usage": MONEY, "standing": MONEY, "discount": MONEY, "tax": MONEY, "total": MONEY,
    "payment_type": STRING, "method": STRING, "method_brand": STRING, "method_last4": STRING,
    "method_expires": STRING, "method_wallet": STRING, "method_email": STRING,
    "due_at": INSTANT, "paid_at": INSTANT, "document_url": STRING,
}  # fmt: skip


def assert_is_history(frame: pd.DataFrame) -> None:
    assert frame.dtypes.to_dict() == DTYPES
    assert list(frame.columns) == list(DTYPES)
    assert frame.index.equals(pd.RangeIndex(len(frame)))
    order = ["issued_at", "provider", "account", "entry_id"]
    assert frame.equals(frame.sort_values(order, ignore_index=True))
    for column in frame:
        if frame[column].dtype == STRING:
            assert not (frame[column] == "").any()


def assert_same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal but for URLs, which are signed anew at each reading."""
    one, other = one.drop(columns="document_url"), other.drop(columns="document_url")
    assert one.equals(other.reset_index(drop=True))


def test_the_frame_is_as_specified(case: Case, server: FaultyServer) -> None:
    frame = billnb.load(case.account(server.url))
    assert_is_history(frame)
    assert len(frame) == 250
    reading = frame.attrs["billnb"][case.name]
    assert reading["announced"] == 250
    assert reading["requests"] == server.requests == 4
    assert reading["certificate"] == ("append-only" if case.name == "bytio" else "by id")
    assert reading["provider"] == case.name
    assert reading["restarts"] == 0
    assert {*reading} == {
        "provider", "read_at", "announced", "requests", "restarts", "certificate"
    }  # fmt: skip
    assert set(frame["provider"]) == set(frame["account"]) == {case.name}
    assert pd.Timestamp(reading["read_at"]).tzinfo is not None


def test_the_empty_history_is_one_too(case: Case, server: FaultyServer) -> None:
    case.entries.clear()
    frame = billnb.load(case.account(server.url))
    assert_is_history(frame)
    assert len(frame) == 0
    assert frame.attrs["billnb"][case.name]["certificate"] == "single page"
    assert frame.attrs["billnb"][case.name]["requests"] == 1


def test_parquet_keeps_everything(case: Case, server: FaultyServer, tmp_path: Any) -> None:
    frame = billnb.load(case.account(server.url))
    frame.to_parquet(tmp_path / "history.parquet")
    again = pd.read_parquet(tmp_path / "history.parquet", dtype_backend="pyarrow")
    assert frame.equals(again)
    assert again.attrs == frame.attrs


@pytest.mark.parametrize("verify", ["counts", "snapshot"])
def test_certificates_say_how_it_was_verified(
    case: Case, server: FaultyServer, verify: Any
) -> None:
    frame = billnb.load(case.account(server.url), verify=verify)
    certificate = frame.attrs["billnb"][case.name]["certificate"]
    weaker = {"bytio": "append-only", "unpod": "by id"}[case.name]
    assert certificate == ("snapshot" if verify == "snapshot" else weaker)


def test_since_and_until_include_both_ends(case: Case, server: FaultyServer) -> None:
    account = case.account(server.url)
    whole = billnb.load(account)
    cut = billnb.load(account, since="2025-01-03", until=date(2025, 1, 5))
    days = whole["issued_at"].dt.strftime("%Y-%m-%d")
    assert_same(cut, whole[(days >= "2025-01-03") & (days <= "2025-01-05")])
    assert len(cut) == 72
    assert cut.attrs["billnb"][case.name]["announced"] == 250
    assert cut.attrs["billnb"][case.name]["since"] == "2025-01-03T00:00:00+00:00"
    assert len(billnb.load(account, since="2026")) == 0
    assert len(billnb.load(account, until="2025-Q1")) == 250


@pytest.mark.parametrize("kind", ["invoice", "payment", "refund"])
def test_kinds_are_what_was_asked(case: Case, server: FaultyServer, kind: str) -> None:
    account = case.account(server.url)
    whole = billnb.load(account)
    some = billnb.load(account, kind=kind)
    assert_is_history(some)
    assert_same(some, whole[whole["kind"] == kind])
    if case.name == "bytio":
        asked = "all" if kind == "refund" else kind  # what the vendor does not filter by, we do
        assert f"filter={asked}&".encode() in server.heads[-1].replace(b" ", b"&")
        assert some.attrs["billnb"]["bytio"]["announced"] == (
            250 if kind == "refund" else len(some)
        )


def test_a_kind_that_the_vendor_does_not_filter_by_is_read_with_all_others() -> None:
    """Kind by kind, too, where there are more entries than pages."""
    case = vendors.case("bytio", 1100, page_limit=1)
    with FaultyServer(case.answer) as server:
        some = billnb.load(case.account(server.url), kind="refund", workers=8)
    assert len(some) == 0
    assert some.attrs["billnb"]["bytio"]["announced"] == 1100


# several accounts


def test_several_accounts_are_read_at_once() -> None:
    bytio, unpod = vendors.case("bytio", 40), vendors.case("unpod", 40)
    both = threading.Barrier(2, timeout=PATIENCE)

    def meet(exchange: Exchange) -> None:
        if exchange.number == 1:
            both.wait()
        exchange.reply()

    with FaultyServer(bytio.answer) as one, FaultyServer(unpod.answer) as other:
        one.behave = other.behave = meet
        frame = billnb.load(bytio.account(one.url), unpod.account(other.url))
    assert_is_history(frame)
    assert amounts(frame) == bytio.amounts() + unpod.amounts()
    assert list(frame.attrs["billnb"]) == ["bytio", "unpod"]


def test_accounts_of_one_name_are_told_apart(case: Case, server: FaultyServer) -> None:
    with FaultyServer(case.answer) as second, FaultyServer(case.answer) as third:
        named = [case.account(one.url) for one in (server, second, third)]
        frame = billnb.load(*named, case.account(server.url, name=f"{case.name}-2"))
    assert sorted(frame["account"].unique()) == sorted(
        [case.name, f"{case.name}-2", f"{case.name}-3", f"{case.name}-4"]
    )
    assert len(frame) == 1000


def test_a_failing_account_is_named_and_the_others_kept() -> None:
    bytio, unpod = vendors.case("bytio"), vendors.case("unpod")
    with FaultyServer(bytio.answer) as one, FaultyServer(unpod.answer) as other:
        good = bytio.account(one.url, name="good")
        bad = unpod.account(other.url, name="voice", key="wrong")
        worse = bytio.account(one.url, name="worse", key="wrong")
        with pytest.raises(errors.AuthenticationError, match=r"^voice: ") as caught:
            billnb.load(bad, good, worse)
    loaded = caught.value.loaded
    assert loaded is not None
    assert_is_history(loaded)
    assert amounts(loaded) == bytio.amounts()
    assert list(loaded.attrs["billnb"]) == ["good"]
    (note,) = caught.value.__notes__
    assert re.fullmatch(r"and worse: 127\.0\.0\.1:\d+ says 401\b.*", note)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.loaded) == (str(caught.value), None)


def test_where_every_account_fails_nothing_is_loaded(case: Case, server: FaultyServer) -> None:
    bad = [case.account(server.url, name=name, key="wrong") for name in ("a", "b", "c")]
    with pytest.raises(errors.AuthenticationError, match=r"^a: ") as caught:
        billnb.load(*bad)
    assert caught.value.loaded is None
    assert [note[:6] for note in caught.value.__notes__] == ["and b:", "and c:"]


def test_accounts_meant_by_name_and_loaded_whole_are_noted(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "BYTIO_API_KEY" if case.name == "bytio" else "UNPOD_API_TOKEN"
    monkeypatch.setenv(variable, vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    account = case.account(server.url, name="other")
    billnb.load(account)
    billnb.load(case.name, kind="invoice")
    assert states.read() == {}
    monkeypatch.setenv(variable, "wrong")
    with pytest.raises(errors.AuthenticationError):
        billnb.load(account, case.name)
    assert states.read() == {}
    monkeypatch.setenv(variable, vendors.KEY)
    for load in (lambda: billnb.load(account, case.name), billnb.load):
        began = datetime.now(UTC).replace(microsecond=0)
        load()
        noted = states.read()
        assert list(noted) == [case.name]
        synced = noted[case.name].last_sync
        assert synced is not None
        assert synced >= began


def test_no_more_accounts_are_read_at_a_time_than_there_are_workers(
    case: Case, server: FaultyServer
) -> None:
    readers: list[int] = []

    def behave(exchange: Exchange) -> None:
        names = [thread.name for thread in threading.enumerate()]
        readers.append(sum(name.startswith("billnb-account") for name in names))
        exchange.reply()

    server.behave = behave
    billnb.load(*(case.account(server.url, name=name) for name in "abcde"), workers=2)
    assert max(readers) == 2


def test_threads_say_whose_they_are_and_end_with_the_load(case: Case, server: FaultyServer) -> None:
    names: set[str] = set()

    def behave(exchange: Exchange) -> None:
        names.update(thread.name.partition("_")[0] for thread in threading.enumerate())
        exchange.reply()

    server.behave = behave
    before = {thread for thread in threading.enumerate() if thread.name.startswith("billnb")}
    billnb.load(case.account(server.url))
    assert {"billnb-page", "billnb-account"} <= names
    left = {thread for thread in threading.enumerate() if thread.name.startswith("billnb")}
    assert left <= before


def test_accounts_an_executor_never_began_are_named(case: Case, server: FaultyServer) -> None:
    class GivesUp(Executor):
        """Takes everything and does nothing."""

        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            return future

    with pytest.raises(errors.TransportError) as caught:
        billnb.load(case.account(server.url, name="voice"), executor=GivesUp())
    assert str(caught.value) == "voice: the executor gave up before the account was read"


def test_an_account_has_room_for_as_many_entries_as_its_limit_holds(
    case: Case, server: FaultyServer
) -> None:
    """Entries without any texts, of 200 bytes each."""
    case.page_limit = 10
    room = r"announces 250 entries \(all\), and there is room for 249 at most; "
    with pytest.raises(errors.TruncatedHistoryError, match=room):
        billnb.load(case.account(server.url, max_history=49_999))
    assert server.requests == 1


class Unhurried(billnb.Bytio):
    """An account that takes its time over the second page it reads."""

    requests: Any = None
    asked = 0
    opened = 0

    def page(self, answer: Any) -> Any:
        self.opened += 1
        if self.opened == 2:
            time.sleep(0.5)
            type(self).asked = self.requests()
        return super().page(answer)


def test_few_answers_wait_to_be_read() -> None:
    """The first page; the one being read, and two for each worker asked for meanwhile."""
    case = vendors.case("bytio", 250, page_limit=10)
    with FaultyServer(case.answer) as server:
        Unhurried.requests = lambda self: server.requests
        account = Unhurried(vendors.KEY, base_url=server.url)
        assert len(billnb.load(account, workers=1)) == 250
    assert 1 < Unhurried.asked <= 4


class Broken(billnb.Bytio):
    """An account with a fault of its own, that shows once another is being read."""

    other = threading.Event()

    def page(self, answer: Any) -> Any:
        self.other.wait(10)
        raise ZeroDivisionError


class Stuck(billnb.Bytio):
    """An account whose pages take long to read, which nothing can break off."""

    over, read = threading.Event(), threading.Event()

    def page(self, answer: Any) -> Any:
        over, read = self.over, self.read  # of this test, however late this thread goes on
        Broken.other.set()
        over.wait(20)
        read.set()
        return super().page(answer)


@pytest.mark.parametrize("threads", [None, 2])
def test_a_page_that_is_being_read_holds_up_no_failure(threads: int | None) -> None:
    case = vendors.case("bytio", 3)
    Broken.other, Stuck.over, Stuck.read = (threading.Event() for _ in range(3))
    with FaultyServer(case.answer) as server:
        accounts = [
            kind(vendors.KEY, name=name, base_url=server.url)
            for kind, name in ((Broken, "broken"), (Stuck, "stuck"))
        ]
        pool = None if threads is None else ThreadPoolExecutor(threads)
        try:
            with pytest.raises(ZeroDivisionError):
                billnb.load(*accounts, executor=pool)
            assert not Stuck.read.is_set()
        finally:
            Stuck.over.set()
            if pool is not None:
                pool.shutdown()


@pytest.mark.parametrize("limits", [{"max_history": 10_000}, {"max_row": 5}, {"max_body": 500}])
def test_the_limits_of_an_account_are_those_of_its_load(
    case: Case, server: FaultyServer, limits: dict[str, Any]
) -> None:
    with pytest.raises(errors.BillnbError, match=rf"Limits\(.*{next(iter(limits))}=…"):
        billnb.load(case.account(server.url, **limits))


def test_answers_that_wait_count_as_held(case: Case, server: FaultyServer) -> None:
    """Their bodies, four times; 250 entries of 20 pages come to less."""
    case.page_limit = 13
    too_long = (
        r"the history takes more than 60,000 bytes while it is read; if it is that long, a larger "
        r"Limits\(max_history=…\) allows it, or load one kind with kind=…$"
    )
    with pytest.raises(errors.ResponseTooLargeError, match=too_long):
        billnb.load(case.account(server.url, max_history=60_000))
    assert len(billnb.load(case.account(server.url, max_history=3_000_000))) == 250


def test_workers_bound_the_requests_under_way(case: Case, server: FaultyServer) -> None:
    under_way: list[int] = [0, 0]
    lock = threading.Lock()

    def behave(exchange: Exchange) -> None:
        with lock:
            under_way[0] += 1
            under_way[1] = max(under_way)
        time.sleep(0.01)
        with lock:
            under_way[0] -= 1
        exchange.reply()

    case.page_limit = 10
    server.behave = behave
    billnb.load(case.account(server.url), case.account(server.url, name="b"), workers=3)
    assert under_way[1] == 3


def test_a_failing_page_ends_the_load_at_once(case: Case, server: FaultyServer) -> None:
    """Not after the pages that hang have run into their deadline."""

    def behave(exchange: Exchange) -> None:
        if exchange.page == 1:
            exchange.reply()
        elif exchange.page == 2:
            time.sleep(0.2)
            exchange.reply_body(b"{}", 403)
        else:
            exchange.hang()

    server.behave = behave
    with ending(), pytest.raises(errors.AccessDeniedError):
        billnb.load(case.account(server.url, silence=20.0, total=20.0))


def test_a_thread_pool_reads_accounts(case: Case, server: FaultyServer) -> None:
    with ThreadPoolExecutor(2) as pool:
        frame = billnb.load(case.account(server.url, name="voice"), executor=pool, workers=2)
    assert amounts(frame) == case.amounts()
    assert set(frame["account"]) == {"voice"}


@pytest.mark.slow
def test_a_process_pool_reads_accounts_of_the_environment(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYTIO_API_KEY", vendors.KEY)
    monkeypatch.setenv("UNPOD_API_TOKEN", vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    kind = billnb.Bytio if case.name == "bytio" else billnb.Unpod
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        frame = billnb.load(kind(base_url=server.url), executor=pool)
        assert amounts(frame) == case.amounts()
        with pytest.raises(errors.SecretError, match="environment"):
            billnb.load(case.account(server.url), executor=pool)


# names and the environment


def test_names_mean_accounts_of_the_environment(
    case: Case, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.AuthenticationError, match="BYTIO_API_KEY"):
        billnb.load()
    with pytest.raises(errors.AuthenticationError, match=f"{case.name.upper()}_API_"):
        billnb.load(case.name)
    monkeypatch.setenv("BYTIO_API_KEY" if case.name == "bytio" else "UNPOD_API_TOKEN", vendors.KEY)
    monkeypatch.setenv("UNPOD_ORG_HANDLE", vendors.ORGANIZATION)
    monkeypatch.setenv(f"{case.name.upper()}_BASE_URL", server.url)
    assert len(billnb.load(case.name)) == 250
    assert list(billnb.load().attrs["billnb"]) == [case.name]


def test_a_missing_organization_says_what_to_set() -> None:
    with pytest.raises(errors.AuthenticationError, match=r"org_handle=… .* UNPOD_ORG_HANDLE"):
        billnb.load(billnb.Unpod("token", base_url="http://127.0.0.1:9"))


@pytest.mark.parametrize("make", [billnb.Bytio, billnb.Unpod])
def test_a_missing_credential_says_what_to_set(make: Any) -> None:
    with pytest.raises(errors.AuthenticationError, match=r"pass \w+=… or set the environment"):
        make()


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(errors.UnknownNameError, match=r"'nope'; known: bytio, unpod"):
        billnb.load("nope")
    with pytest.raises(errors.UnknownNameError, match=r"'nope'; known: bytio, unpod"):
        providers.find("nope")


def test_providers_are_found_by_entry_point() -> None:
    assert providers.names() == ["bytio", "unpod"]
    assert providers.find("bytio") is billnb.Bytio
    assert providers.find("unpod") is billnb.Unpod


# bad arguments


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"since": "soon"}, "since: cannot read 'soon'"),
        ({"until": 7}, "until: cannot read"),
        ({"since": "2026", "until": "2025"}, "is after"),
        ({"workers": 0}, "workers=0"),
        ({"workers": -1}, "workers=-1"),
        ({"workers": 2.5}, "workers=2.5"),
        ({"workers": True}, "workers=True"),
        ({"kind": "invoices"}, "kind='invoices' is not one of all, invoice, payment"),
        ({"executor": 4}, r"^executor must be a concurrent\.futures\.Executor$"),
        ({"verify": "yes"}, "verify='yes' is not one of counts, snapshot"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(
    case: Case, server: FaultyServer, options: Any, match: str
) -> None:
    with pytest.raises(errors.ArgumentError, match=match):
        billnb.load(case.account(server.url), **options)
    assert server.requests == 0


@pytest.mark.parametrize("wrong", [None, 7, ["bytio"], {}, object()])
def test_what_is_no_account_is_refused(wrong: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="expected an account"):
        billnb.load(wrong)


def test_an_account_given_twice_would_count_twice(case: Case, server: FaultyServer) -> None:
    account = case.account(server.url)
    for again in (account, case.account(server.url)):
        with pytest.raises(errors.ArgumentError, match="twice"):
            billnb.load(account, again)
    assert server.requests == 0


@pytest.mark.parametrize(
    "url",
    ["http://api.bytio.com", "http://10.0.0.1", "ftp://x.example", "api.bytio.com", "https://",
     "https://u:p@x.example", "https://x.example/v1", "https://x.example?a=b", "https://x.example#a",
     "http://127.0.0.1.evil.example", "http://localhost.evil.example", "https://x.example:99999",
     "https://x .example", "https://x.example\\@y.example", 7],
)  # fmt: skip
def test_no_other_url_than_https_or_loopback(url: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="voice: base_url "):
        billnb.Bytio("key", name="voice", base_url=url)


def test_a_bad_url_of_the_environment_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYTIO_BASE_URL", "http://x.example")
    with pytest.raises(errors.ArgumentError, match=r"^bytio: BYTIO_BASE_URL is http"):
        billnb.Bytio("key")


def test_limits_are_limits() -> None:
    with pytest.raises(errors.ArgumentError, match=r"billnb\.Limits"):
        billnb.Bytio("key", limits=5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://localhost:80", "http://127.8.9.1:8000/", "http://[::1]:80"]
)
def test_loopback_may_be_http(url: str) -> None:
    assert billnb.Unpod("token", base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize("limit", [{"tries": 0}, {"total": -1}, {"tries": 1.5}, {"connect": "1"}])
def test_limits_are_positive_numbers(limit: Any) -> None:
    with pytest.raises(errors.ArgumentError):
        billnb.Limits(**limit)


@pytest.mark.parametrize("bad", ["", "  ", "a\nb", 7])
def test_names_are_readable(bad: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="name"):
        billnb.Bytio("key", name=bad)


# progress


def test_progress_is_quiet_unless_asked(
    case: Case, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    billnb.load(case.account(server.url))
    assert capsys.readouterr() == ("", "")
    billnb.load(case.account(server.url), progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "250/250" in err
    billnb.load(case.account(server.url), progress=True, verify="snapshot")
    assert "500/500" in capsys.readouterr().err
    billnb.load(case.account(server.url), case.account(server.url, name="b"), progress=True)
    assert "500/500" in capsys.readouterr().err
    assert "entries" in err


# the pieces


def test_columns_are_one_list() -> None:
    assert tuple(DTYPES) == history.COLUMNS == tuple(history.SCHEMA.names)


def test_configured_accounts_need_all_their_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNPOD_API_TOKEN", "token")
    monkeypatch.setenv("BYTIO_API_KEY", "key")
    with pytest.raises(errors.AuthenticationError, match=r"unpod: .* UNPOD_ORG_HANDLE"):
        billnb.load()
    monkeypatch.delenv("BYTIO_API_KEY")
    monkeypatch.setenv("UNPOD_ORG_HANDLE", "handle")
    assert [account.name for account in accounts.configured()] == ["unpod"]
    assert "pandas" in sys.modules
