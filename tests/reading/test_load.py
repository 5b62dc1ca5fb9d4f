"""`billnb.load`: the frame, the accounts, the arguments."""

from __future__ import annotations

import pickle
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date
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
    assert len(billnb.load(account, since="2026")) == 0
    assert len(billnb.load(account, until="2025-Q1")) == 250


@pytest.mark.parametrize("kind", ["invoice", "payment", "refund"])
def test_kinds_are_what_was_asked(case: Case, server: FaultyServer, kind: str) -> None:
    account = case.account(server.url)
    whole = billnb.load(account)
    some = billnb.load(account, kind=kind)
    assert_is_history(some)
    assert_same(some, whole[whole["kind"] == kind])
    if case.name == "bytio" and kind != "refund":
        assert some.attrs["billnb"]["bytio"]["announced"] == len(some)


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
    assert "worse" in "".join(caught.value.__notes__)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.loaded) == (str(caught.value), None)


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
        frame = billnb.load(case.account(server.url), executor=pool, workers=2)
    assert amounts(frame) == case.amounts()


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
        ({"executor": 4}, "executor must be"),
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
