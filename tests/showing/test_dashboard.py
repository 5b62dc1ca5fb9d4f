"""The dashboard says what the questions say of the entries that are chosen."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from plotly.offline import get_plotlyjs_version
from support.ledgers import history, in_pandas, invoice, ledgers, payment, records, table, top_up

import billnb
from billnb import analysis
from billnb.dashboard import PRESETS, Explorer
from billnb.dashboard.choice import Choice, before, preset
from billnb.dashboard.ledger import Answer, Ledger
from billnb.errors import ArgumentError, BillnbError, MixedCurrencyError, MoneyError
from billnb.history.rules import COMPONENTS, VOIDED, components
from billnb.values import words
from billnb.values.money import total

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
AS_OF = "2026-11-21T14:02"


def demo() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


def some(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


choices = st.builds(
    Choice,
    since=st.none() | st.dates(date(2023, 12, 1), date(2024, 3, 1)),
    until=st.none() | st.dates(date(2024, 3, 1), date(2025, 2, 1)),
    provider=some(["acme", "bytio"]),
    account=some(["main", "voice"]),
    currency=some(["USD", "INR"]),
    kind=some(["invoice", "payment"]),
    status=some(["paid", "pending", "cancelled", words.NOT_STATED]),
    search=st.sampled_from(["", "ACME", "main  acme", "paypal"]),
    by=st.sampled_from(["month", "week", "quarter"]),
    stack=st.sampled_from(["component", "provider", "account"]),
    period=st.none() | st.sampled_from([date(2024, 1, 1), date(2024, 2, 1)]),
    component=some(list(COMPONENTS)),
)


def is_chosen(row: Mapping[str, Any], choice: Choice) -> bool:
    """Whether an entry is chosen, told one by one."""
    first, last = choice.days()
    day = row["issued_at"].date()
    if (first and day < first) or (last and day > last):
        return False
    for field in ("provider", "account", "currency", "kind", "status"):
        wanted = getattr(choice, field)
        if wanted is not None and (row[field] or words.NOT_STATED) != wanted:
            return False
    text = " ".join(str(row[name] or "") for name in SEARCHED).lower()
    if not all(word in text for word in choice.search.lower().split()):
        return False
    if choice.component is None:
        return True
    return is_spend(row) and bool(components(row).get(choice.component))


SEARCHED = ("description", "entry_id", "account", "provider", "status", "payment_type", "method")


def is_spend(row: Mapping[str, Any]) -> bool:
    return row["kind"] == "invoice" and row["status"] not in VOIDED


def charged(rows: list[dict[str, Any]], name: str | None) -> Decimal:
    found = [components(row) for row in rows if is_spend(row)]
    return total(amount for parts in found for own, amount in parts.items() if name in (None, own))


@laws
@given(ledgers(40), choices)
@example(history(), Choice())
@example(history(invoice("9999999999999999.999999999999", "2024-01-05")), Choice())
def test_answers_are_those_of_the_entries_chosen(whole: pd.DataFrame, choice: Choice) -> None:
    ledger = Ledger(whole, NOW)
    rows = records(whole)
    chosen = [row for row in rows if is_chosen(row, choice)]
    assert sorted(records(ledger.rows(ledger.selected(choice))), key=str) == sorted(chosen, key=str)
    by_currency = {one.currency: one for one in ledger.answers(choice)}
    assert sum(one.entries for one in by_currency.values()) == len(chosen)
    for currency, one in by_currency.items():
        here = [row for row in rows if row["currency"] == currency]
        assert_spend(one, here, choice, ledger)
        assert_statuses(one, here, choice)


def assert_spend(one: Answer, rows: list[dict[str, Any]], choice: Choice, ledger: Ledger) -> None:
    unnarrowed = replace(choice, component=None)
    inside = [row for row in rows if is_chosen(row, unnarrowed)]
    for name in COMPONENTS:
        assert one.cube.amount(one.charged[name]) == charged(inside, name)
    across = replace(unnarrowed, period=None)
    whole = [row for row in rows if is_chosen(row, across)]
    found = one.cube.amount(sum(sum(cells) for cells in one.stacks.values()))
    assert found == charged(whole, choice.component)
    assert {len(cells) for cells in one.stacks.values()} <= {len(ledger.periods(choice))}


def assert_statuses(one: Answer, rows: list[dict[str, Any]], choice: Choice) -> None:
    across = replace(choice, component=None, period=None, status=None)
    inside = [row for row in rows if is_chosen(row, across)]
    names = {(row["kind"], row["status"] or words.NOT_STATED) for row in inside}
    assert set(one.statuses) == names
    for (kind, status), (counts, totals) in one.statuses.items():
        mine = [
            row["total"]
            for row in inside
            if (row["kind"], row["status"] or words.NOT_STATED) == (kind, status)
        ]
        assert sum(counts) == len(mine)
        assert one.cube.amount(sum(totals)) == total(mine)


@pytest.mark.parametrize("by", ["day", "week", "month", "quarter", "year"])
def test_periods_are_those_of_the_questions(by: Any) -> None:
    whole = demo()
    ledger = Ledger(whole, datetime(2026, 11, 21, tzinfo=UTC))
    spent = analysis.spend(whole, by, as_of=TODAY)
    for one in ledger.answers(Choice(by=by)):
        amounts = dict(
            zip(ledger.periods(Choice(by=by)), zip(*one.stacks.values(), strict=True), strict=True)
        )
        for row in records(spent[spent["currency"] == one.currency]):
            assert one.cube.amount(sum(amounts[row["period"].date()])) == row["amount"]


def test_the_first_cards_are_those_of_the_report() -> None:
    explorer = Explorer(demo(), as_of=AS_OF)
    spend, unpaid, prepaid = explorer._view["cards"]
    assert spend["title"] == "Spend this month"
    assert [(one["amount"], one["change"], one["note"]) for one in spend["lines"]] == [
        ("$925.11", "+8.5%", "against 1-21 Oct 2026"),
        ("₹36,840.26", "+39.0%", "against 1-21 Oct 2026"),
    ]
    assert [one["amount"] for one in unpaid["lines"]] == ["$349.00", "₹42,868.17"]
    assert [one["note"] for one in prepaid["lines"]] == ["bytio: about 61 days at $17.12 a day"]


@laws
@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_what_is_compared_lies_before_and_is_as_long(since: date, days: int) -> None:
    until = date.fromordinal(since.toordinal() + days)
    first, last = before(since, until)
    assert first <= last < since
    if since.day > 1:
        assert last - first == until - since
        assert (since - last).days == 1
    else:
        assert first.day == 1


def test_ranges_have_names() -> None:
    today = date(2026, 11, 21)
    assert {name: preset(name, today) for name in PRESETS} == {
        "all": (None, None),
        "this month": (date(2026, 11, 1), today),
        "last month": (date(2026, 10, 1), date(2026, 10, 31)),
        "quarter": (date(2026, 10, 1), today),
        "year to date": (date(2026, 1, 1), today),
        "12 months": (date(2025, 12, 1), today),
    }


# the widget


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    found = Explorer(demo(), as_of=AS_OF)
    yield found
    found.close()


def test_at_first_everything_is_chosen(explorer: Explorer) -> None:
    assert explorer.selection.equals(demo())
    assert repr(explorer) == "Explorer(286 of 286 entries)"


def test_what_is_chosen_can_be_set_and_taken_back(explorer: Explorer) -> None:
    explorer.account = "bytio"
    explorer.choose(preset="12 months", status="failed", kind="payment")
    assert (explorer.since, explorer.until) == ("2025-12-01", "2026-11-21")
    selection = explorer.selection
    assert set(selection["status"]) == {"failed"}
    assert set(selection["account"]) == {"bytio"}
    assert selection["issued_at"].min() >= pd.Timestamp("2025-12-01", tz="UTC")
    assert selection.attrs == demo().attrs | {"billnb": selection.attrs["billnb"]}
    assert [chip["label"] for chip in explorer._view["chips"]] == ["bytio", "payment", "failed"]
    explorer.reset()
    assert explorer.selection.equals(demo())
    assert explorer._view["chips"] == []


def test_days_are_given_in_any_form_that_loading_takes(explorer: Explorer) -> None:
    explorer.since, explorer.until = "2025-Q3", "2025-09"
    assert (explorer.since, explorer.until) == ("2025-07-01", "2025-09-30")
    explorer.until = date(2025, 8, 3)
    assert explorer.until == "2025-08-03"
    explorer.period = "2025-08-02"
    assert explorer.period == "2025-08-01"
    explorer.choose(by="quarter")
    assert explorer.period is None  # a month is no quarter
    explorer.period = "2025-08-02"
    assert explorer.period == "2025-07-01"
    explorer.by = "month"
    assert explorer.period is None
    explorer.choose(by="year", period="2025-08-02")
    assert explorer.period == "2025-01-01"


def test_a_change_of_the_selection_is_told(explorer: Explorer) -> None:
    told: list[Any] = []
    explorer.observe(told.append, "selection")
    explorer.choose(status="failed", kind="payment")
    (change,) = told
    assert change.name == "selection"
    assert change.new.equals(explorer.selection)
    assert len(change.new) == 11
    explorer.status = "failed"
    assert len(told) == 1  # nothing changed
    with pytest.raises(Exception, match="selection"):
        explorer.selection = demo()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"account": "nobody"}, "account='nobody' is not one of bytio, unpod"),
        ({"by": "fortnight"}, "by='fortnight' is not one of day, week, month"),
        ({"stack": None}, "stack=None is not one of component"),
        ({"component": "total"}, "component='total' is not one of usage"),
        ({"since": "soon"}, "soon"),
        ({"since": "2026-05", "until": "2026-04"}, "swap them"),
        ({"preset": "ever"}, "preset='ever' is not one of all, this month"),
        ({"colour": "red"}, "'colour' is not one of preset, since"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    explorer: Explorer, choice: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        explorer.choose(status="failed", **choice)
    assert repr(explorer) == "Explorer(286 of 286 entries)"  # and nothing is chosen
    assert explorer.status is None


def test_a_trait_alone_is_checked_as_well(explorer: Explorer) -> None:
    with pytest.raises(ArgumentError, match="not one of bytio, unpod"):
        explorer.provider = "acme"
    explorer.since = "2026-05"
    with pytest.raises(ArgumentError, match="swap them"):
        explorer.until = "2026-04"
    assert explorer.until is None


def test_code_gives_the_selection_again(explorer: Explorer) -> None:
    explorer.choose(preset="last month", account="bytio", search='o"c\\t', stack="account")
    names: dict[str, Any] = {"history": demo()}
    exec(explorer.code(), names)  # the code is our own
    assert names["selection"].equals(explorer.selection)


class Front:
    """What a front end asks of an explorer, and what it is answered."""

    def __init__(self, explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.explorer = explorer
        self.answers: list[tuple[dict[str, Any], Any]] = []
        monkeypatch.setattr(
            type(explorer),
            "send",
            lambda _, content, buffers=None: self.answers.append((content, buffers)),
        )

    def ask(self, **message: Any) -> dict[str, Any]:
        self.explorer._handle_custom_msg({**message, "id": 7}, [])
        content, buffers = self.answers.pop()
        assert content["id"] == 7
        return {**content, "buffers": buffers}


@pytest.fixture
def front(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> Front:
    return Front(explorer, monkeypatch)


def test_rows_come_a_page_at_a_time_in_any_order(front: Front) -> None:
    everything = records(demo())
    page = front.ask(type="rows", start=0, length=10, column=0, descending=True)
    assert page["total"] == 286
    newest = everything[::-1][:10]
    assert [row[0] for row in page["rows"]] == [
        f"{one['issued_at']:%Y-%m-%d %H:%M}" for one in newest
    ]
    found = [
        row
        for start in range(0, 286, 100)
        for row in front.ask(type="rows", start=start, length=100, column=2, descending=False)[
            "rows"
        ]
    ]
    assert [Decimal(row[2]) for row in found] == sorted(one["total"] for one in everything)


def test_files_hold_the_selection(front: Front) -> None:
    front.ask(type="choose", choice={"status": "failed", "kind": "payment"})
    expected = front.explorer.selection
    found = {
        form: front.ask(type="export", form=form) for form in ("csv", "parquet", "xlsx", "html")
    }
    assert {one["name"] for one in found.values()} == {
        "billing.csv", "billing.parquet", "billing.xlsx", "billing.html"
    }  # fmt: skip
    (parquet,) = found["parquet"]["buffers"]
    read = pd.read_parquet(io.BytesIO(parquet), dtype_backend="pyarrow")
    assert read.astype(expected.dtypes).equals(expected)
    (csv,) = found["csv"]["buffers"]
    assert len(csv.decode().splitlines()) == 12
    (sheet,) = found["xlsx"]["buffers"]
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet)).active.values)
    place = rows[0].index("total")
    assert [Decimal(row[place]) for row in rows[1:]] == expected["total"].tolist()
    (html,) = found["html"]["buffers"]
    assert "Redacted:" in html.decode()
    assert "is not one of table, csv" in front.ask(type="export", form="docx")["error"]


def test_a_sheet_holds_no_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history(invoice(5, "2026-10-05", description="=HYPERLINK(1)"))
    front = Front(Explorer(whole), monkeypatch)
    (sheet,) = front.ask(type="export", form="xlsx")["buffers"]
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(sheet)).active for cell in row]
    (cell,) = [cell for cell in cells if cell.value == "=HYPERLINK(1)"]
    assert cell.data_type == "s"


def test_libraries_are_sent_when_asked_for(front: Front) -> None:
    (code,) = front.ask(type="code", name="plotly")["buffers"]
    assert b"plotly.js v" in gzip.decompress(code)
    code, _style = front.ask(type="code", name="tables")["buffers"]
    assert b"DataTable" in gzip.decompress(code)
    assert len(code) < 500_000
    assert "not one of plotly, tables" in front.ask(type="code", name="jquery")["error"]


@pytest.mark.parametrize("name", ["plotly", "tables"])
def test_libraries_are_sent_with_their_licences_in_front(front: Front, name: str) -> None:
    code = gzip.decompress(front.ask(type="code", name=name)["buffers"][0]).decode()
    comment = code.partition("*/")[0]
    assert comment.startswith("/*!\n")
    for part in (f"plotly.js {get_plotlyjs_version()}", "jquery: Copyright", "d3-geo: Copyright"):
        assert part in comment
    assert comment.endswith("not be removed or altered from any source distribution.\n")


def test_errors_are_said_in_place(front: Front) -> None:
    assert "not one of bytio, unpod" in front.ask(type="choose", choice={"account": "x"})["error"]
    with pytest.raises(KeyError):
        front.explorer._heard(front.explorer, {"type": "nothing", "id": 3}, [])
    content, _ = front.answers.pop()
    assert content == {"id": 3, "error": "That failed: KeyError. The kernel's log says more."}


def test_what_is_saved_is_small_and_holds_no_code(explorer: Explorer) -> None:
    state = explorer.get_state()
    saved = json.dumps(state["_view"])
    assert len(saved) < 300_000
    assert sum(len(str(value)) for value in state.values()) < 400_000


# histories of any shape

HOSTILE = "<img src=x onerror=alert(1)>" * 20
SHAPES = {
    "no entries": history,
    "one entry": lambda: history(invoice(5, "2026-10-05", status="pending")),
    "payments alone": lambda: history(payment(5, "2026-10-05")),
    "a currency without invoices": lambda: history(
        invoice(5, "2026-10-05"), top_up(5, "2026-10-05", currency="INR")
    ),
    "200 accounts": lambda: history(
        *(invoice(n, "2026-10-05", account=f"team-{n}", status="pending") for n in range(200)),
        *(top_up(n, "2026-09-05", account=f"team-{n}") for n in range(200)),
    ),
    "strange names": lambda: history(
        *(
            invoice(5, "2026-10-05", account=name, status=name, provider=name, currency=name)
            for name in ("🧾 Übertrag", HOSTILE, "x" * 500, "$x$ %{y}", "a\nb")
        ),
        top_up(5, "2026-10-05", account=HOSTILE),
    ),
    "nothing stated": lambda: history(
        {**invoice(5, "2026-10-05"), "status": None, "account": None, "kind": None}
    ),
    "the largest amounts": lambda: history(
        *[invoice("9999999999999999.999999999999", "2026-10-05")] * 5
    ),
    "all of time": lambda: history(invoice(5, "0001-01-01"), invoice(6, "9999-12-31")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_history_of_any_shape_is_explored(shape: str) -> None:
    explorer = Explorer(SHAPES[shape](), as_of=AS_OF)
    views = [explorer._view]
    if shape == "all of time":
        assert explorer.by == "year"
        with pytest.raises(ArgumentError, match="choose fewer days, or longer periods"):
            explorer.by = "day"
    for choice in ({"kind": "invoice"}, {"component": "usage"}, {"search": "nothing like it"}):
        if choice.get("kind", "invoice") in explorer._ledger.names["kind"] or "kind" not in choice:
            explorer.choose(**choice)
            views.append(explorer._view)
    for view in views:
        text = json.dumps(view)
        assert "NaN" not in text
        assert all(figure["sentence"] or figure["data"] for figure in view["figures"])
    assert len(explorer.selection) == 0
    assert views[-1]["entries"]["title"].startswith("Entries (0 of")
    explorer.close()


def test_no_text_of_a_vendor_is_markup_in_a_figure() -> None:
    explorer = Explorer(SHAPES["strange names"](), as_of=AS_OF)
    for stack in ("component", "provider", "account"):
        explorer.stack = stack
        for figure in explorer._view["figures"]:
            traces = [
                {**trace, "customdata": [said for said, *_ in trace["customdata"]]}
                for trace in figure["data"]
            ]
            drawn = json.dumps([traces, figure["layout"]])
            assert "<img" not in drawn
            assert "%{y}" not in drawn


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (pd.DataFrame({"total": [1]}), ArgumentError),
        (3, ArgumentError),
        (history({**invoice(5, "2026-10-05"), "currency": None}), MixedCurrencyError),
        (history({**invoice(5, "2026-10-05"), "total": None}), MoneyError),
        (history({**invoice(5, "2026-10-05"), "issued_at": None}), ArgumentError),
        (history(invoice(5, "2026-10-05")).astype({"total": float}), MoneyError),
    ],
)
def test_what_is_no_history_is_refused(frame: Any, error: type[BillnbError]) -> None:
    with pytest.raises(error):
        billnb.explore(frame)


def test_a_frame_of_another_engine_is_explored() -> None:
    pl = pytest.importorskip("polars")
    rows = [invoice(5, "2026-10-05"), top_up(7, "2026-10-06")]
    there = billnb.explore(pl.from_arrow(table(rows)), as_of=AS_OF)
    here = billnb.explore(in_pandas(pa.Table.from_batches(table(rows).to_batches())), as_of=AS_OF)
    assert there._view == here._view


def test_without_an_account_there_is_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BYTIO_API_KEY", "UNPOD_API_TOKEN", "UNPOD_ORG_HANDLE"):
        monkeypatch.delenv(name, raising=False)
    explorer = billnb.explore()
    assert "No account is configured" in explorer._view["notice"]
    assert set(explorer.selection["account"]) == {"bytio", "unpod"}


# what was once wrong


def spent_card(explorer: Explorer) -> dict[str, Any]:
    found: dict[str, Any] = explorer._view["cards"][0]
    return found


def of_two_years(**said: Any) -> pd.DataFrame:
    return history(
        *(
            invoice(10, f"{year}-{month:02d}-15", usage=4, **said)
            for year in (2025, 2026)
            for month in range(1, 13)
        )
    )


@pytest.mark.parametrize(
    "choice",
    [{"until": "2024-12-31"}, {"period": "2025-03", "since": "2025-06-01"}, {"since": "2030-01"}],
)
def test_days_that_do_not_meet_hold_nothing(choice: dict[str, Any]) -> None:
    explorer = Explorer(of_two_years(), as_of=AS_OF)
    explorer.choose(**choice)
    assert len(explorer.selection) == 0
    assert spent_card(explorer)["lines"] == []
    assert "Entries (0 of" in explorer._view["entries"]["title"]


@pytest.mark.parametrize(
    "choice", [{"since": "2026-12", "until": "2027-06"}, {"period": "2026-12"}]
)
def test_days_to_come_are_summed_as_they_are_shown(choice: dict[str, Any]) -> None:
    explorer = Explorer(of_two_years(), as_of=AS_OF)
    explorer.choose(**choice)
    (line,) = spent_card(explorer)["lines"]
    assert line["amount"] == "$10.00"
    assert len(explorer.selection) == 1


def test_a_week_is_compared_with_the_week_before() -> None:
    whole = history(*(invoice(10 + day, f"2026-06-{day:02d}") for day in range(1, 29)))
    explorer = Explorer(whole, as_of=AS_OF)
    explorer.choose(by="week", period="2026-06-15")
    (line,) = spent_card(explorer)["lines"]
    (row,) = [
        row
        for row in records(analysis.spend(whole, "week", as_of=AS_OF))
        if row["period"].date() == date(2026, 6, 15)
    ]
    assert line["change"] == words.change(row["change_pct"])
    assert line["note"] == "against 8-14 Jun 2026"


def test_a_choice_does_not_depend_on_the_order_it_is_made_in() -> None:
    for choice in ({"period": "2025-06", "by": "month"}, {"by": "month", "period": "2025-06"}):
        explorer = Explorer(of_two_years(), as_of=AS_OF)
        explorer.by = "year"
        explorer.choose(**choice)
        assert (explorer.by, explorer.period) == ("month", "2025-06-01")


def test_the_smallest_number_of_64_bits_is_no_less_exact() -> None:
    whole = history(*[invoice("-9223372.036854775808", "2026-11-05")] * 2)
    (line,) = spent_card(Explorer(whole, as_of=AS_OF))["lines"]
    assert line["amount"] == "-$18,446,744.073709551616"


def test_what_is_dated_later_was_not_so_yet() -> None:
    later = "2026-11-21T20:00"
    whole = history(
        top_up(100, "2026-11-01"), invoice(30, "2026-11-02", status="pending"),
        top_up(500, later), invoice(70, later, status="pending"),
    )  # fmt: skip
    _, unpaid, prepaid = Explorer(whole, as_of=AS_OF)._view["cards"]
    assert [line["amount"] for line in unpaid["lines"]] == ["$30.00"]
    assert [line["amount"] for line in prepaid["lines"]] == ["$70.00"]


def test_a_balance_of_which_nothing_is_spent_lately_does_not_run_out() -> None:
    whole = history(top_up(100, "2025-01-01"), invoice(30, "2026-02-01"))
    prepaid = Explorer(whole, as_of=AS_OF)._view["cards"][2]
    assert [line["note"] for line in prepaid["lines"]] == ["main: nothing spent in 90 days"]


def test_accounts_without_a_name_are_told_too() -> None:
    rows = [top_up(100, "2026-10-01"), invoice(30, "2026-10-02", status="pending")]
    whole = history(*({**row, "account": None} for row in rows))
    explorer = Explorer(whole, as_of=AS_OF)
    for choice in ({}, {"account": words.NOT_STATED}):
        explorer.choose(**choice)
        _, unpaid, prepaid = explorer._view["cards"]
        assert [line["amount"] for line in unpaid["lines"]] == ["$30.00"]
        assert [line["amount"] for line in prepaid["lines"]] == ["$70.00"]


def test_a_status_that_reads_like_none_is_counted_with_it() -> None:
    rows = [invoice(1, "2026-10-01", status=status) for status in (None, words.NOT_STATED, "paid")]
    explorer = Explorer(history(*rows), as_of=AS_OF)
    explorer.status = words.NOT_STATED
    assert len(explorer.selection) == 2
    assert "Entries (2 of 3)" in explorer._view["entries"]["title"]


@pytest.mark.parametrize("by", ["quarter", "year"])
def test_days_of_long_ago_can_be_typed(by: str) -> None:
    explorer = Explorer(of_two_years(), as_of=AS_OF)
    explorer.choose(by=by, since="0202-03-05")
    assert len(explorer.selection) == 24


def test_traits_can_be_set_together() -> None:
    explorer = Explorer(of_two_years(), as_of=AS_OF)
    with explorer.hold_trait_notifications():
        explorer.since = "2026-03"
        explorer.until = "2026-04"
    assert (explorer.since, explorer.until) == ("2026-03-01", "2026-04-30")
    assert len(explorer.selection) == 2


def test_an_observer_that_fails_leaves_what_is_chosen() -> None:
    explorer = Explorer(of_two_years(), as_of=AS_OF)

    def fail(_: Any) -> None:
        raise RuntimeError("not mine")

    explorer.observe(fail, "until")
    with pytest.raises(RuntimeError):
        explorer.choose(until="2025-02-28")
    assert len(explorer.selection) == 2
    assert "Entries (2 of" in explorer._view["entries"]["title"]


def test_many_accounts_are_stacked_quickly_and_lose_nothing() -> None:
    names = [f"account {number}" for number in range(2_000)]
    whole = history(*(invoice(n, "2026-10-05", account=name) for n, name in enumerate(names)))
    ledger = Ledger(whole, datetime(2026, 11, 21, tzinfo=UTC))
    (one,) = ledger.answers(Choice(stack="account"))
    assert len(one.stacks) == 8
    assert one.cube.amount(sum(map(sum, one.stacks.values()))) == total(whole["total"])
    assert set(one.stacks) >= {"account 1999", None}


def test_what_a_sheet_cannot_hold_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history(invoice(5, "2026-10-05T10:11:12.345678", description="a\x07b"))
    front = Front(Explorer(whole), monkeypatch)
    (sheet,) = front.ask(type="export", form="xlsx")["buffers"]
    head, row = openpyxl.load_workbook(io.BytesIO(sheet)).active.values
    cells = dict(zip(head, row, strict=True))
    assert cells["description"] == "a\ufffdb"
    assert cells["issued_at"] == "2026-10-05T10:11:12.345678Z"


def test_any_name_can_stand_in_code() -> None:
    name = 'a\r\x00"\\n\u2028'
    explorer = Explorer(history(invoice(5, "2026-10-05", account=name)), as_of=AS_OF)
    explorer.account = name
    names: dict[str, Any] = {"history": explorer.selection}
    exec(explorer.code(), names)
    assert names["explorer"].account == name
    assert names["explorer"]._view == explorer._view


def test_a_search_is_of_text_as_it_is() -> None:
    explorer = Explorer(history(invoice(5, "2026-10-05", description="İstanbul")), as_of=AS_OF)
    explorer.search = "İstanbul"
    assert len(explorer.selection) == 1
    explorer.search = "\ud800"
    assert len(explorer.selection) == 0


def test_made_up_money_is_always_said_to_be() -> None:
    explorer = billnb.explore()
    explorer.kind = "invoice"
    explorer.reset()
    assert "No account is configured" in explorer._view["notice"]
