"""Charts: they draw what analysis says, and people can read them, on any page and at any width."""

from __future__ import annotations

import html
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import browser as browsers
from support.ledgers import Row, history, invoice, ledgers, payment, records, table, top_up

import billnb
from billnb import analysis, charts
from billnb.analysis.ageing import BUCKETS
from billnb.charts.style import COMPONENT_COLOURS, STATUS_COLOURS
from billnb.errors import ArgumentError, MixedCurrencyError
from billnb.history.rules import COMPONENTS
from billnb.values import calendar, words
from billnb.values.calendar import PERIODS
from billnb.values.money import total

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TODAY = date(2026, 11, 21)
AS_OF = "2026-11-21T14:02"

Chart = Callable[..., go.Figure]
CHARTS: dict[str, Chart] = {name: getattr(charts, name) for name in charts.__all__}
BY_PERIOD = ("cash_flow", "spend_trend", "status_distribution")

laws = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


# histories


def months(count: int) -> list[str]:
    """Return the last `count` months, up to the one that is running."""
    last = TODAY.year * 12 + TODAY.month - 1
    return [f"{one // 12}-{one % 12 + 1:02d}" for one in range(last - count + 1, last + 1)]


def a_bit_of_everything(count: int, currencies: Sequence[str] = ("USD",)) -> pd.DataFrame:
    """Return months of invoices, payments and top-ups, of all statuses, the same each time."""
    chance = random.Random(20261121)
    rows: list[Row] = []
    for currency in currencies:
        for month in months(count):
            usage = Decimal(chance.randint(10_000, 90_000)) / 100
            tax = usage * 19 / 100
            status = chance.choice(["paid", "paid", "pending", "failed"])
            status = "pending" if month == months(1)[0] else status
            said = {"currency": currency, "usage": usage, "tax": tax, "status": status}
            rows.append(invoice(usage + tax, f"{month}-05", **said))
            rows.append(top_up(chance.randint(300, 900), f"{month}-03", currency=currency))
    return history(*rows)


def of_many_accounts() -> pd.DataFrame:
    accounts = [f"team-{number:03d}-production" for number in range(200)]
    return history(
        *(top_up(200, "2026-09-01", account=one) for one in accounts),
        *(
            invoice(10 + number, f"{month}-05", account=one, usage=10 + number)
            for number, one in enumerate(accounts)
            for month in months(2)
        ),
    )


def with_refunds() -> pd.DataFrame:
    """Return invoices that give money back in some months, and a balance below zero."""
    invoices = [
        invoice(amount, f"{month}-05", usage=amount + 20, discount=-20, status="pending")
        for month, amount in zip(months(5), (60, -45, -120, 30, -20), strict=True)
    ]
    return history(top_up(50, "2026-07-01"), *invoices, invoice(400, "2026-08-09", status="paid"))


@cache
def demo() -> pd.DataFrame:
    return billnb.demo(today=TODAY)


HISTORIES: dict[str, Callable[[], pd.DataFrame]] = {
    "demo": demo,
    "no entries": history,
    "one entry": lambda: history(invoice("485.52", "2026-10-05", usage=408, status="pending")),
    "one month": partial(a_bit_of_everything, 1),
    "three months": partial(a_bit_of_everything, 3),
    "thirteen months": partial(a_bit_of_everything, 13),
    "three years": partial(a_bit_of_everything, 36),
    "five currencies": partial(a_bit_of_everything, 3, ("BITS", "EUR", "INR", "JPY", "USD")),
    "many accounts": of_many_accounts,
    "all voided": lambda: history(
        invoice(20, "2026-10-05", status="cancelled"), invoice(30, "2026-11-05", status="refunded")
    ),
    "unknown statuses": lambda: history(
        invoice(20, "2026-10-05", status="disputed"), payment(30, "2026-11-05", "in review")
    ),
    "negative": with_refunds,
    "huge": lambda: history(
        top_up(10**15, "2026-09-01"),
        invoice(10**15, "2026-10-05", usage=10**15, status="pending"),
        invoice(1, "2026-11-05", usage=1, status="pending"),
    ),
    "nothing but zeros": lambda: history(
        top_up(0, "2026-09-01"), invoice(0, "2026-10-05", usage=0, status="pending")
    ),
}


@cache
def drawn(name: str, which: str) -> go.Figure:
    """Return a chart of a history, drawn once."""
    return CHARTS[name](HISTORIES[which](), as_of=AS_OF)


CURRENCIES = {"no entries": 0, "demo": 2, "five currencies": 5}  # 1 elsewhere


# what a figure says


def text_of(markup: str) -> str:
    """Return what people read of a text that is given to Plotly."""
    return html.unescape(re.sub("<[^>]+>", "", markup.replace("<br>", "\n")))


def heading(figure: go.Figure) -> list[str]:
    """Return the sentences above a figure; those that go well together share a line."""
    return re.split("\n| · ", text_of(figure.layout.title.text))


def key(figure: go.Figure) -> dict[str, str]:
    """Return the colour of each name that a figure's key explains."""
    found = re.findall(
        r'<span style="color:(#\w+)">■</span><span[^>]*>(.*?)</span>', figure.layout.title.text
    )
    return {text_of(name).strip(): colour for colour, name in found}


def hovers(trace: Any) -> list[str]:
    return [text_of(cell[0]) for cell in trace.customdata]


def row_of(figure: go.Figure, trace: Any) -> int:
    """Return which row of panels a trace is drawn in, from 0."""
    across = len({axis.domain for axis in figure.select_xaxes()})
    return (int(trace.yaxis.removeprefix("y") or 1) - 1) // across


def says(text: str, amount: Decimal, currency: str) -> bool:
    """Whether a text holds an amount with its currency, every digit and no more."""
    exact = re.escape(words.amount(amount, currency))
    return re.search(rf"(?<!\S){exact}(?=$|, | in | \()", text) is not None


def strings(value: object) -> Iterator[str]:
    """Yield every string inside a figure's JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


# every chart draws every history


@pytest.mark.parametrize("which", HISTORIES)
@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_draws_every_history(name: str, which: str) -> None:
    figure = drawn(name, which)
    assert isinstance(figure, go.Figure)
    assert json.loads(figure.to_json())["layout"]["template"]
    layout = figure.layout
    inner = layout.height - layout.margin.t - layout.margin.b
    assert 30 <= inner <= 320 * max(1, CURRENCIES.get(which, 1))


@pytest.mark.parametrize("name", CHARTS)
def test_a_heading_leaves_the_screen_to_the_chart(name: str) -> None:
    heights = {which: drawn(name, which).layout.margin.t for which in HISTORIES}
    assert not {which: height for which, height in heights.items() if not 0 < height <= 250}


@pytest.mark.parametrize("name", CHARTS)
def test_a_history_is_left_as_it_was(name: str) -> None:
    before = demo().copy()
    CHARTS[name](demo(), as_of=AS_OF)
    assert demo().equals(before)
    assert demo().attrs == before.attrs


@pytest.mark.parametrize("by", PERIODS)
@pytest.mark.parametrize("name", BY_PERIOD)
def test_periods_may_be_of_any_length(name: str, by: str) -> None:
    figure = CHARTS[name](demo(), by=by, as_of=AS_OF)
    assert json.loads(figure.to_json())["data"]
    assert f"by {by}" in heading(figure)[0]


@pytest.mark.parametrize("group", charts.spend_trend.__globals__["GROUPS"])
def test_spend_is_stacked_of_what_is_asked(group: str) -> None:
    figure = charts.spend_trend(demo(), group=group, as_of=AS_OF)
    names = set(COMPONENTS) if group == "component" else {"bytio", "unpod"}
    assert {trace.name for trace in figure.data} <= names
    assert len(set(key(figure))) > 1


@pytest.mark.parametrize("name", CHARTS)
def test_a_polars_frame_draws_the_same(name: str) -> None:
    pl = pytest.importorskip("polars")
    rows = [invoice(20, "2026-10-05", usage=15, status="failed"), top_up(30, "2026-09-05")]
    here = CHARTS[name](history(*rows), as_of=AS_OF)
    assert CHARTS[name](pl.from_arrow(table(rows)), as_of=AS_OF).to_json() == here.to_json()


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_history_draws_the_same_figure(name: str) -> None:
    figure = CHARTS[name](demo(), as_of=AS_OF)
    again = CHARTS[name](demo().sample(frac=1, random_state=7), as_of=AS_OF)
    assert figure.to_json() == again.to_json()


@pytest.mark.parametrize(
    ("chart", "options"),
    [
        (charts.spend_trend, {"by": "fortnight"}),
        (charts.cash_flow, {"by": "fortnight"}),
        (charts.status_distribution, {"by": "fortnight"}),
        (charts.spend_trend, {"group": "currency"}),
        (charts.status_distribution, {"measure": "money"}),
        *((chart, {"as_of": "soon"}) for chart in CHARTS.values()),
    ],
)
def test_what_cannot_be_drawn_is_refused(chart: Chart, options: dict[str, str]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(options.values()))):
        chart(demo(), **options)


@pytest.mark.parametrize("name", CHARTS)
def test_entries_without_a_currency_are_refused(name: str) -> None:
    unknown = [top_up(20, "2026-10-05"), invoice(20, "2026-10-05", status="failed")]
    with pytest.raises(MixedCurrencyError):
        CHARTS[name](history(*({**one, "currency": None} for one in unknown)), as_of=AS_OF)


# what is drawn is what analysis says


@laws
@given(ledgers(30), st.sampled_from(PERIODS))
@example(demo(), "month")
def test_stacks_are_the_charges_to_the_digit(whole: pd.DataFrame, by: str) -> None:
    parts: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for one in records(analysis.charges(whole, by)):
        parts[one["currency"], str(one["period"].date()), one["component"]].append(one["amount"])
    charged = {where: total(amounts) for where, amounts in parts.items()}
    spent = records(analysis.spend(whole, by))
    figure = charts.spend_trend(whole, by=by, as_of=AS_OF)
    currencies = sorted({currency for currency, *_ in charged})
    heights: dict[tuple[str, str], list[float]] = defaultdict(list)
    seen = set()
    for trace in figure.data:
        currency = currencies[row_of(figure, trace)]
        for period, height, hover in zip(trace.x, trace.y, hovers(trace), strict=True):
            where = currency, str(period)[:10], trace.name
            amount = charged.get(where, Decimal())
            assert height == float(amount)
            assert says(hover, amount, currency)
            heights[where[:2]].append(height)
            seen.add(where)
    assert {where for where, amount in charged.items() if amount} <= seen
    for one in spent:
        bars = heights[one["currency"], str(one["period"].date())]
        largest = max(map(abs, bars), default=0.0)
        assert sum(bars) == pytest.approx(float(one["amount"]), rel=1e-12, abs=1e-14 * largest)


@laws
@given(ledgers(30), st.sampled_from(["provider", "account"]))
@example(demo(), "account")
def test_stacks_of_groups_are_the_spend_to_the_digit(whole: pd.DataFrame, group: str) -> None:
    spent = {
        (one["currency"], str(one["period"].date()), one[group]): one["amount"]
        for one in records(analysis.spend(whole, "month", group))
    }
    figure = charts.spend_trend(whole, group=group, as_of=AS_OF)
    currencies = sorted({currency for currency, *_ in spent})
    drawn = {}
    for trace in figure.data:
        currency = currencies[row_of(figure, trace)]
        for period, height, hover in zip(trace.x, trace.y, hovers(trace), strict=True):
            drawn[currency, str(period)[:10], trace.name] = height
            assert says(hover, spent[currency, str(period)[:10], trace.name], currency)
    assert {where: height for where, height in drawn.items() if height} == {
        where: float(amount) for where, amount in spent.items() if amount
    }


@laws
@given(ledgers(30), st.sampled_from(PERIODS))
@example(demo(), "month")
def test_cash_flow_is_spend_beside_cash_to_the_digit(whole: pd.DataFrame, by: str) -> None:
    frames = {"invoiced": analysis.spend(whole, by), "paid": analysis.cash(whole, by)}
    exact = {
        (one["currency"], str(one["period"].date()), name): one["amount"]
        for name, frame in frames.items()
        for one in records(frame)
    }
    figure = charts.cash_flow(whole, by=by, as_of=AS_OF)
    currencies = sorted({currency for currency, *_ in exact})
    drawn = {}
    for trace in figure.data:
        currency = currencies[row_of(figure, trace)]
        for period, height, hover in zip(trace.x, trace.y, hovers(trace), strict=True):
            where = currency, str(period)[:10], trace.name
            drawn[where] = height
            assert says(hover, exact[where], currency)
    assert drawn == {where: float(amount) for where, amount in exact.items()}


@laws
@given(ledgers(30))
@example(demo())
def test_the_breakdown_is_all_that_was_charged(whole: pd.DataFrame) -> None:
    charged: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for one in records(analysis.charges(whole)):
        charged[one["currency"], one["component"]].append(one["amount"])
    figure = charts.charge_breakdown(whole, as_of=AS_OF)
    drawn = {}
    for trace in figure.data:
        for name, length, hover in zip(trace.y, trace.x, hovers(trace), strict=True):
            drawn[trace.name, text_of(name)] = length
            amount = total(charged[trace.name, text_of(name)])
            assert says(hover, amount, trace.name)
    assert {where: length for where, length in drawn.items() if length} == {
        where: float(total(amounts)) for where, amounts in charged.items() if total(amounts)
    }


@laws
@given(ledgers(30))
@example(demo())
def test_the_buckets_are_all_that_is_unpaid(whole: pd.DataFrame) -> None:
    owed: dict[tuple[str, str], list[tuple[Decimal, int]]] = defaultdict(list)
    for one in records(analysis.ageing(whole, AS_OF)):
        owed[one["currency"], one["bucket"]].append((one["amount"], one["entries"]))
    figure = charts.ageing(whole, as_of=AS_OF)
    seen = set()
    for trace in figure.data:
        assert tuple(map(text_of, trace.y)) == BUCKETS
        for bucket, length, hover in zip(BUCKETS, trace.x, hovers(trace), strict=True):
            amount = total(one for one, _ in owed[trace.name, bucket])
            entries = sum(number for _, number in owed[trace.name, bucket])
            assert length == float(amount)
            assert says(hover, amount, trace.name)
            assert hover.endswith(f" in {words.counted(entries, 'invoice')}")
            seen.add((trace.name, bucket))
    assert owed.keys() <= seen


@laws
@given(ledgers(30))
@example(demo())
def test_lines_end_each_day_at_the_balance(whole: pd.DataFrame) -> None:
    left: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(dict)
    for one in records(analysis.balance(whole)):
        account = one["currency"], one["provider"], one["account"]
        left[account][str(one["issued_at"].date())] = one["balance"]
    figure = charts.balance(whole, as_of=AS_OF)
    assert len(figure.data) == len(left)
    for trace, (account, days) in zip(figure.data, sorted(left.items()), strict=True):
        assert trace.name == account[-1]
        assert [str(day)[:10] for day in trace.x[:-1]] == list(days)
        assert list(trace.y[:-1]) == [float(amount) for amount in days.values()]
        assert trace.y[-1] == trace.y[-2]
        for amount, hover in zip(days.values(), hovers(trace), strict=False):
            assert says(hover, amount, account[0])


@pytest.mark.parametrize("measure", ["entries", "amount"])
@laws
@given(whole=ledgers(30))
@example(whole=demo())
@example(whole=history(invoice(100, "2026-10-05"), invoice(-100, "2026-10-06", status="paid")))
def test_shares_are_parts_of_a_whole(measure: str, whole: pd.DataFrame) -> None:
    figure = charts.status_distribution(whole, measure=measure, as_of=AS_OF)
    bars: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trace in figure.data:
        for period, share in zip(trace.x, trace.y, strict=True):
            assert 0 <= share <= 1
            bars[trace.xaxis + trace.yaxis, str(period)].append(share)
    for shares in bars.values():
        assert sum(shares) == pytest.approx(1) or not any(shares)


@laws
@given(ledgers(30), st.sampled_from(PERIODS))
@example(demo(), "month")
def test_statuses_say_how_many_and_how_much_to_the_digit(whole: pd.DataFrame, by: str) -> None:
    running = calendar.start(TODAY, calendar.checked(by))
    found = [
        f"{(one['status'] or words.NOT_STATED).capitalize()}, "
        f"{words.period(one['period'].date(), by)}: "  # type: ignore[arg-type]
        f"{words.counted(one['entries'], one['kind'])}, "
        f"{words.amount(one['amount'], one['currency'])}, {words.percent(one['share'])}"
        + (", so far" if one["period"].date() == running else "")
        for one in records(analysis.statuses(whole, by))
    ]
    figure = charts.status_distribution(whole, by=by, as_of=AS_OF)
    assert sorted(found) == sorted(hover for trace in figure.data for hover in hovers(trace))


# currencies


@pytest.mark.parametrize("name", CHARTS)
def test_currencies_share_no_axis(name: str) -> None:
    marks = {"BITS": " BITS", "EUR": "€", "INR": "₹", "JPY": "¥", "USD": "$"}
    figure = CHARTS[name](HISTORIES["five currencies"](), as_of=AS_OF)
    found: dict[str, set[str]] = defaultdict(set)
    for trace in figure.data:
        axis = trace.xaxis if trace.orientation == "h" else trace.yaxis
        for hover in hovers(trace):
            found[axis] |= {currency for currency, mark in marks.items() if mark in hover}
    assert all(len(currencies) == 1 for currencies in found.values())
    assert set.union(*found.values()) == set(marks)
    named = [text_of(one.text).split(" · ")[0] for one in figure.layout.annotations]
    assert [one for one in dict.fromkeys(named) if one in marks] == sorted(marks)


@pytest.mark.parametrize("name", CHARTS)
def test_one_currency_is_named_in_the_title(name: str) -> None:
    figure = CHARTS[name](HISTORIES["thirteen months"](), as_of=AS_OF)
    assert "USD" in " ".join(heading(figure)[:2])


# colours and patterns


def colours(figure: go.Figure) -> dict[str, set[str]]:
    """Return the colours that each name has in a figure."""
    found: dict[str, set[str]] = defaultdict(set)
    for trace in figure.data:
        if trace.orientation == "h":
            for name, colour in zip(trace.y, trace.marker.color, strict=True):
                found[text_of(name)].add(colour)
        else:
            found[trace.name].add(trace.marker.color)
    return found


@pytest.mark.parametrize("which", ["demo", "thirteen months", "one entry", "negative"])
def test_a_colour_means_the_same_everywhere(which: str) -> None:
    whole = HISTORIES[which]()
    for name, figure in {
        "stacks": charts.spend_trend(whole, as_of=AS_OF),
        "weeks": charts.spend_trend(whole, by="week", as_of=AS_OF),
        "breakdown": charts.charge_breakdown(whole, as_of=AS_OF),
        "entries": charts.status_distribution(whole, as_of=AS_OF),
        "amounts": charts.status_distribution(whole, measure="amount", as_of=AS_OF),
    }.items():
        fixed = COMPONENT_COLOURS if name in ("stacks", "weeks", "breakdown") else STATUS_COLOURS
        found = colours(figure)
        assert found
        assert found == {one: {fixed[one]} for one in found}
        assert key(figure).items() <= fixed.items()
    paid = colours(charts.cash_flow(whole, as_of=AS_OF)).get("paid", {STATUS_COLOURS["paid"]})
    assert paid == {STATUS_COLOURS["paid"]}


def test_statuses_nobody_knows_have_colours_of_their_own() -> None:
    strange = [f"strange {number}" for number in range(3)]
    rows = [payment(1, "2026-10-05", status) for status in [*STATUS_COLOURS, *strange]]
    found = key(charts.status_distribution(history(*rows), as_of=AS_OF))
    assert list(found) == [*STATUS_COLOURS, *strange]
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("as_of", [AS_OF, "2026-12-01"])
def test_what_failed_is_told_by_a_pattern_too(as_of: str) -> None:
    rows = [payment(5, f"{month}-05", status) for month in months(3) for status in STATUS_COLOURS]
    looks = {
        trace.name: [(shape, trace.marker.pattern.fillmode) for shape in trace.marker.pattern.shape]
        for trace in charts.status_distribution(history(*rows), as_of=as_of).data
    }
    failed = looks.pop("failed")
    assert looks
    for other in looks.values():
        assert all(one != another for one, another in zip(failed, other, strict=True))
    assert all(shape for shape, _ in failed)


@pytest.mark.parametrize("which", ["demo", "one entry", "thirteen months", "negative"])
def test_the_key_names_what_is_drawn_and_nothing_else(which: str) -> None:
    for name in ("spend_trend", "status_distribution"):
        figure = drawn(name, which)
        assert set(key(figure)) == {trace.name for trace in figure.data}


# the period still running


@pytest.mark.parametrize("name", BY_PERIOD)
@pytest.mark.parametrize("by", ["week", "month", "year"])
def test_the_running_period_is_hatched(name: str, by: str) -> None:
    rows = [invoice(20, f"{month}-20", usage=20, status="paid") for month in months(4)]
    paid = [payment(20, f"{month}-20") for month in months(4)]
    figure = CHARTS[name](history(*rows, *paid), by=by, as_of=AS_OF)
    assert figure.data
    for trace in figure.data:
        assert trace.marker.pattern.shape is not None
        *over, running = trace.marker.pattern.shape
        assert running
        assert not any(over)
        assert hovers(trace)[-1].endswith(", so far")
        assert not any("so far" in hover for hover in hovers(trace)[:-1])


@pytest.mark.parametrize("name", BY_PERIOD)
def test_the_running_period_says_so_far(name: str) -> None:
    figure = CHARTS[name](HISTORIES["thirteen months"](), as_of=AS_OF)
    said = [figure.layout.title.text, *(one.text for one in figure.layout.annotations)]
    assert any("so far" in text_of(one) for one in said)


@pytest.mark.parametrize("name", BY_PERIOD)
def test_no_period_is_hatched_when_all_are_over(name: str) -> None:
    figure = CHARTS[name](HISTORIES["thirteen months"](), as_of="2026-12-01")
    assert "so far" not in figure.to_json()
    for trace in figure.data:
        assert not any((trace.marker.pattern.shape or ()) if trace.name != "failed" else ())


# headings


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("ageing", "Unpaid invoices by age in days, USD"),
        ("balance", "Prepaid balance, USD, 3 Nov 2025 to 5 Nov 2026"),
        ("cash_flow", "Invoiced and paid by month, USD, Nov 2025 to Nov 2026"),
        ("charge_breakdown", "What was charged, USD, Nov 2025 to Nov 2026"),
        ("spend_trend", "Spend by month, USD, Nov 2025 to Nov 2026"),
        ("status_distribution", "Status by month, USD, Nov 2025 to Nov 2026"),
    ],
)
def test_titles_say_what_and_in_what_and_of_when(name: str, title: str) -> None:
    lines = heading(CHARTS[name](HISTORIES["thirteen months"](), as_of=AS_OF))
    notes = lines.index("As of 21 Nov 2026, 14:02 UTC")
    assert re.sub(",?\n", ", ", "\n".join(lines[:notes])) == title


def test_a_title_that_is_wrapped_keeps_its_commas_within_a_list() -> None:
    figure = charts.spend_trend(HISTORIES["five currencies"](), as_of=AS_OF)
    title = re.sub(r"\s+", " ", " ".join(heading(figure)))
    assert "BITS, EUR, INR and 2 more" in title


@pytest.mark.parametrize("name", CHARTS)
def test_a_history_is_of_when_it_was_read(name: str) -> None:
    whole = HISTORIES["thirteen months"]()
    whole.attrs["billnb"] = {
        "late": {"read_at": "2026-11-19T08:00:00+00:00"},
        "early": {"read_at": "2026-11-18T09:30:00+00:00"},
    }
    assert "As of 18 Nov 2026, 09:30 UTC" in heading(CHARTS[name](whole))
    assert "As of 17 Nov 2026" in heading(CHARTS[name](whole, as_of="2026-11-17"))


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_to_see_is_a_sentence(name: str) -> None:
    figure = CHARTS[name](history(), as_of=AS_OF)
    assert not figure.data
    (annotation,) = figure.layout.annotations
    assert re.fullmatch(r"[A-Z][a-z ,:\n-]+\.", text_of(annotation.text))
    assert "As of 21 Nov 2026, 14:02 UTC" in heading(figure)


@pytest.mark.parametrize("name", ["spend_trend", "charge_breakdown"])
def test_voided_invoices_are_no_spend(name: str) -> None:
    figure = CHARTS[name](HISTORIES["all voided"](), as_of=AS_OF)
    assert not figure.data
    assert [text_of(one.text) for one in figure.layout.annotations] == [
        "No invoice counts as spend."
    ]
    assert "Cancelled and refunded invoices are left out" in heading(figure)


def test_invoices_without_a_status_are_not_known_to_be_paid() -> None:
    for rows in ([], [invoice(5, "2026-10-01", status="failed")]):
        figure = charts.ageing(history(invoice(20, "2026-10-05"), *rows), as_of=AS_OF)
        assert "Not known of 1 invoice without a status" in heading(figure)


# vendor text is literal

_OWN_MARKUP = re.compile(
    r'<span style="(font-size:\d+px;)?color:(currentColor|#[0-9A-F]{6})(;fill-opacity:0\.78)?">'
    r"|</span>|</?b>|<br>|<extra></extra>"
)
_OWN_FIELDS = re.compile(r"%\{customdata\[0\]\}|%\{x\|%-d %b %Y\}")
_REFERENCES = re.compile(r"&(lt|gt|amp|#36|#123);")


def assert_inert(figure: go.Figure) -> None:
    """There is no markup, formula, template field or character reference but our own."""
    for one in strings(json.loads(figure.to_json())):
        rest = _OWN_FIELDS.sub("", _OWN_MARKUP.sub("", one))
        assert "<" not in rest
        assert ">" not in rest
        assert "%{" not in rest
        assert not re.search(r"\$.*\$", rest)
        assert "&" not in _REFERENCES.sub("", rest)


vendor_text = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["<b>", "<img src=x onerror=alert(1)>", "$x^2$", "%{x}", "&amp;", "a\n<br>b", "x" * 500, "<i"]
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(vendor_text, min_size=7, max_size=7))
@example(["<b>x</b>", "$x^2$", "%{customdata[0]}", "&lt;", "<br>", "&#36;y&#36;", "$$"])
def test_no_text_of_a_vendor_is_markup(texts: list[str]) -> None:
    provider, account, other, status, kind, currency, description = texts
    said = {"provider": provider, "currency": currency, "description": description}
    whole = history(
        invoice(20, "2026-09-05", account=account, usage=10, status="failed", **said),
        invoice(20, "2026-10-05", account=other, status=status, **said),
        top_up(30, "2026-10-05", account=account, **said),
        top_up(30, "2026-10-05", account=other, **said),
        {**payment(30, "2026-10-05", status, **said), "kind": kind},
    )
    for chart in CHARTS.values():
        assert_inert(chart(whole, as_of=AS_OF))
    for group in ("provider", "account"):
        assert_inert(charts.spend_trend(whole, group=group, as_of=AS_OF))


@pytest.mark.parametrize("account", ["prod-EU", "iPhone Übertrag", "x" * 500, "<b>" * 60])
def test_a_hover_names_the_account_as_it_is_and_holds_its_amount(account: str) -> None:
    rows = [invoice("20.123456789", f"{month}-05", account=account) for month in months(3)]
    for trace in charts.spend_trend(history(*rows), group="account", as_of=AS_OF).data:
        for hover in hovers(trace):
            assert hover.startswith(account[:20])
            assert says(hover, Decimal("20.123456789"), "USD")


def test_accounts_that_begin_alike_are_told_apart() -> None:
    names = [f"production-europe-west-cluster-{number}" for number in (1, 2, 3)]
    rows = [invoice(20, f"{month}-05", account=name) for name in names for month in months(3)]
    figure = charts.spend_trend(history(*rows), group="account", as_of=AS_OF)
    assert len(key(figure)) == len({trace.marker.color for trace in figure.data}) == 3


def test_what_is_left_of_many_accounts_is_drawn_together() -> None:
    figure = charts.spend_trend(HISTORIES["many accounts"](), group="account", as_of=AS_OF)
    assert len(figure.data) == len(key(figure)) == 8
    spent = records(analysis.spend(HISTORIES["many accounts"](), as_of=AS_OF))
    heights = [sum(bars) for bars in zip(*(trace.y for trace in figure.data), strict=True)]
    assert heights == pytest.approx([float(one["amount"]) for one in spent])


# in a browser


class Box(NamedTuple):
    """Where something is in its figure."""

    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Box) -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 2 and down > 4  # a line's box is higher than its letters


class Text(NamedTuple):
    """A text that is shown: what it says, what it is part of, and where its lines are."""

    words: str
    part: str
    angle: float
    lines: list[Box]

    def covers(self, other: Text) -> bool:
        return any(one.covers(line) for one in self.lines for line in other.lines)


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as a browser shows it."""

    width: float
    height: float
    texts: list[Text]
    bars: list[tuple[float, float]]

    def part(self, start: str) -> list[Text]:
        return [text for text in self.texts if re.match(start, text.part)]


_MEASURE = """() => Object.fromEntries(
    [...document.querySelectorAll(".js-plotly-plot")].map(plot => {
        const frame = plot.getBoundingClientRect()
        const within = box => [
            box.left - frame.left, box.top - frame.top,
            box.right - frame.left, box.bottom - frame.top,
        ]
        const shown = [...plot.querySelectorAll(".main-svg text")]
            .filter(text => text.checkVisibility())
        const texts = shown.map(text => {
            const holder = text.closest("[class*=tick], .annotation, .g-gtitle, .point")
            const turned = /rotate\\(\\s*(-?[\\d.]+)/.exec(text.getAttribute("transform") || "")
            const found = [...text.querySelectorAll("tspan.line")]
            const lines = found.length ? found : [text]
            return {
                words: lines.map(line => line.textContent).join("\\n"),
                part: holder ? holder.getAttribute("class") : "",
                angle: turned ? Number(turned[1]) : 0,
                lines: lines.map(line => within(line.getBoundingClientRect())),
            }
        })
        const bars = [...plot.querySelectorAll(".bars .point path")]
            .map(bar => bar.getBoundingClientRect())
        return [plot.id, {
            width: frame.width,
            height: frame.height,
            texts: texts.filter(text => text.words.trim()),
            bars: bars.map(box => [box.width, box.height]),
        }]
    })
)"""

WIDTHS = (360, 1400)
SCENES = (
    "demo", "no entries", "one entry", "one month", "three months", "thirteen months",
    "five currencies", "negative", "huge",
)  # fmt: skip
_LENGTHS = {f"{name} by {by}": by for name in BY_PERIOD for by in ("day", "week", "year")}


@cache
def figures() -> dict[str, go.Figure]:
    """Return all figures to look at; the ids of their elements are their names."""
    found = {f"{which}: {name}": drawn(name, which) for which in SCENES for name in CHARTS}
    found |= {
        f"demo: {name}": CHARTS[name.split()[0]](demo(), by=by, as_of=AS_OF)
        for name, by in _LENGTHS.items()
    }
    many = HISTORIES["many accounts"]()
    found["many accounts: spend_trend"] = charts.spend_trend(many, group="account", as_of=AS_OF)
    found["many accounts: balance"] = drawn("balance", "many accounts")
    return found


@pytest.fixture(scope="module", params=WIDTHS)
def seen(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Shown]:
    """All figures, measured on a page of a width."""
    with browsers.watched(browser, request.param) as (page, watch):
        browsers.show(page, tmp_path_factory.mktemp("page"), figures())
        found = page.evaluate(_MEASURE)
    watch.check()
    return {
        name: Shown(
            one["width"],
            one["height"],
            [
                Text(text["words"], text["part"], text["angle"], [Box(*at) for at in text["lines"]])
                for text in one["texts"]
            ],
            one["bars"],
        )
        for name, one in found.items()
    }


def of(seen: Mapping[str, Shown], which: str) -> dict[str, Shown]:
    found = {name: one for name, one in seen.items() if name.startswith(f"{which}: ")}
    assert found
    return found


LOOKED_AT = (*SCENES, "many accounts")


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_text_is_cut_off(seen: dict[str, Shown], which: str) -> None:
    cut = {
        (name, text.words)
        for name, shown in of(seen, which).items()
        for text in shown.texts
        for line in text.lines
        if min(line.left, line.top, shown.width - line.right, shown.height - line.bottom) < -2
    }
    assert not cut


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_text_covers_another(seen: dict[str, Shown], which: str) -> None:
    covered = {
        (name, one.words, other.words)
        for name, shown in of(seen, which).items()
        for one, other in combinations(shown.texts, 2)
        if one.covers(other)
    }
    assert not covered


@pytest.mark.parametrize("which", ["demo", "negative", "huge", "thirteen months"])
def test_axes_write_amounts_as_everything_else_does(
    seen: dict[str, Shown],
    which: str,
) -> None:
    """The sign before the currency, and no powers of ten."""
    for name, shown in of(seen, which).items():
        for text in shown.part(r"y\d*tick"):
            if "₹" in text.words or "$" in text.words:
                assert re.fullmatch(r"[-\u2212]?[₹$][\d,.]+[kMBT]?", text.words), (name, text.words)


def test_an_axis_names_no_period_that_is_not_in_the_title(seen: dict[str, Shown]) -> None:
    for name in BY_PERIOD:
        years = {text.words for text in seen[f"demo: {name} by year"].part(r"x\d*tick")}
        assert years <= {"2023", "2024", "2025", "2026"}, name
        (month,) = {text.words for text in seen[f"one entry: {name}"].part(r"x\d*tick")}
        assert month == "Oct\n2026", name


def test_bars_beside_each_other_hide_nothing(page: Page, tmp_path: Path) -> None:
    scenes = {"one": "one month", "three": "three months", "thirteen": "thirteen months"}
    shown = {name: drawn("cash_flow", which) for name, which in scenes.items()}
    browsers.show(page, tmp_path, shown)
    for which in shown:
        boxes = [bar.bounding_box() for bar in page.locator(f"#{which} .bars .point path").all()]
        assert len(boxes) > 1
        for one, other in combinations(filter(None, boxes), 2):
            right = min(one["x"] + one["width"], other["x"] + other["width"])
            assert right - max(one["x"], other["x"]) <= 1, which


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_axis_is_written_slantwise(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        assert not [text.words for text in shown.part(r"[xy]\d*tick") if text.angle], name


@pytest.mark.parametrize("which", LOOKED_AT)
def test_no_axis_says_the_same_twice(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        ticks: dict[str, list[str]] = defaultdict(list)
        year = ""
        for text in shown.part(r"[xy]\d*tick"):
            said, _, below = text.words.partition("\n")
            year = below or year  # below the first of a year alone
            ticks[text.part].append(f"{said} {year}")
        for axis, found in ticks.items():
            assert len(set(found)) == len(found), (name, axis, found)


@pytest.mark.parametrize("which", ["one entry", "one month", "three months"])
def test_bars_can_be_seen(seen: dict[str, Shown], which: str) -> None:
    for name, shown in of(seen, which).items():
        bars = [trace for trace in figures()[name].data if trace.type == "bar"]
        lengths = [value for one in bars for value in (one.x if one.orientation else one.y)]
        thick = [bar for bar in shown.bars if min(bar) > 4]
        assert len(thick) >= sum(map(bool, lengths)), (name, shown.bars)


@pytest.mark.parametrize("name", [name for name in _LENGTHS if not name.endswith("year")])
def test_no_bar_is_wider_than_its_period(seen: dict[str, Shown], name: str) -> None:
    shown, days = seen[f"demo: {name}"], 7 if name.endswith("week") else 1
    columns = 2 if name.startswith("status") else 1
    periods = (TODAY - demo()["issued_at"].min().date()).days / days
    assert max(width for width, _ in shown.bars) <= shown.width / columns / periods + 2


_PIECES = """() => [...document.querySelectorAll(".main-svg text")].flatMap(text => {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), found = []
    while (walker.nextNode()) {
        const style = getComputedStyle(walker.currentNode.parentElement)
        const words = walker.currentNode.textContent.trim()
        if (words && words !== "■")
            found.push({words, fill: style.fill, opacity: Number(style.fillOpacity)})
    }
    return found
})"""


def contrast(paper: str, ink: str, opacity: float) -> float:
    """Return the contrast of text on a page, as WCAG has it."""

    def channels(colour: str) -> list[float]:
        if colour.startswith("#"):
            return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        return [float(one) / 255 for one in re.findall(r"[\d.]+", colour)[:3]]

    def luminance(colour: Sequence[float]) -> float:
        linear = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    below, above = channels(paper), channels(ink)
    seen = [opacity * one + (1 - opacity) * under for one, under in zip(above, below, strict=True)]
    dark, light = sorted((luminance(below), luminance(seen)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page_colours", [browsers.LIGHT, browsers.DARK], ids=["light", "dark"])
def test_text_takes_the_colour_of_the_page(
    page: Page, tmp_path: Path, page_colours: tuple[str, str]
) -> None:
    paper, ink = page_colours
    shown = {name: chart(demo(), as_of=AS_OF) for name, chart in CHARTS.items()}
    shown |= {f"{name} of nothing": chart(history()) for name, chart in CHARTS.items()}
    shown |= {f"{name} of few": drawn(name, "three months") for name in CHARTS}
    browsers.show(page, tmp_path, shown, colours=page_colours)
    red, green, blue = (int(ink[at : at + 2], 16) for at in (1, 3, 5))
    pieces = page.evaluate(_PIECES)
    assert len(pieces) > 100
    assert {one["fill"] for one in pieces} == {f"rgb({red}, {green}, {blue})"}
    assert len({one["opacity"] for one in pieces}) == 2  # the notes are muted
    assert min(contrast(paper, one["fill"], one["opacity"]) for one in pieces) >= 4.5
    page.evaluate("document.body.style.color = 'rgb(200, 30, 90)'")
    assert {one["fill"] for one in page.evaluate(_PIECES)} == {"rgb(200, 30, 90)"}


def point_at(page: Page, selector: str) -> None:
    """Move the mouse to the middle of the first of some elements."""
    box = page.locator(selector).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_hovering_shows_every_digit_on_a_dark_box(page: Page, tmp_path: Path) -> None:
    whole = HISTORIES["thirteen months"]()
    browsers.show(page, tmp_path, {"stacks": charts.spend_trend(whole, as_of=AS_OF)})
    point_at(page, "#stacks .bars .point path")
    label = page.locator("#stacks .hoverlayer text")
    usage = next(row for row in records(whole) if row["usage"] is not None)["usage"]
    assert label.text_content() == (
        f"Usage, Nov 2025: {words.amount(usage, 'USD')}, 84% of the month"
    )
    colours = page.evaluate(
        """() => {
            const box = document.querySelector("#stacks .hoverlayer path")
            const text = document.querySelector("#stacks .hoverlayer text")
            return [getComputedStyle(box).fill, getComputedStyle(text).fill]
        }"""
    )
    box, text = colours
    assert contrast(box, text, 1) >= 4.5


HOSTILE = (
    "<b>bold</b>",
    "<img src=x onerror=pwn()>",
    "<a href='javascript:pwn()'>",
    "<script>pwn()</script>",
    "$x^2$",
    "%{x} %{customdata[0]}",
    "&amp; &lt;b&gt; &#36;",
    "two\nlines",
    "🧾 Übertrag 请求",
    "\u202etfel-ot-thgir",
    "long " * 100,
)
_READ = """name => [...document.getElementById(name).querySelectorAll(".main-svg text")]
    .map(text => {
        const lines = [...text.querySelectorAll("tspan.line")]
        return (lines.length ? lines : [text]).map(line => line.textContent).join("\\n")
    })
    .join("\\n").replaceAll("\\u00a0", " ")"""
_STUB = """<script>
    asked = []
    const stub = new Proxy(function () {}, {
        get(_, name) { asked.push(String(name)); return name === "version" ? "3.2.2" : stub },
        apply: () => stub,
        construct: () => stub,
    })
    window.MathJax = stub
    window.pwn = () => asked.push("pwn")
</script>"""


def readable(text: str, longest: int) -> list[str]:
    """Return what is to be read of a text at least, on one line; names in a key keep their ends."""
    line = " ".join(text.replace("\u202e", " ").split())
    if len(line) <= longest:
        return [line]
    return [line[: longest // 2 - 1], line[-(longest // 2) :]] if longest < 60 else [line[:59]]


def test_what_a_vendor_wrote_is_read_as_it_is(page: Page, tmp_path: Path) -> None:
    def entries(**said: str) -> list[Row]:
        both = invoice(20, "2026-10-05", **said), top_up(30, "2026-10-06", **said)
        return [*both, *({**one, "issued_at": "2026-09-07"} for one in both)]

    def of(texts: Sequence[str], what: str) -> pd.DataFrame:
        return history(*(row for one in texts for row in entries(**{what: one})))

    few, others = HOSTILE[:7], HOSTILE[4:]
    trend = partial(charts.spend_trend, as_of=AS_OF)
    of_statuses = history(*(payment(20, "2026-10-05", one) for one in others))
    of_kinds = history(*({**payment(20, "2026-10-05"), "kind": one} for one in HOSTILE[:2]))
    shown = {
        "balances": (charts.balance(of(few, "account"), as_of=AS_OF), few, 24),
        "accounts": (trend(of(few, "account"), group="account"), few, 24),
        "providers": (trend(of(others, "provider"), group="provider"), others, 24),
        "currencies": (trend(of(HOSTILE, "currency")), HOSTILE, 60),
        "statuses": (charts.status_distribution(of_statuses, as_of=AS_OF), others, 24),
        "kinds": (charts.status_distribution(of_kinds, as_of=AS_OF), HOSTILE[:2], 60),
    }
    browsers.show(
        page, tmp_path, {name: figure for name, (figure, *_) in shown.items()}, head=_STUB
    )
    for name, (_, texts, longest) in shown.items():
        page.evaluate("name => Plotly.Fx.hover(name, [{curveNumber: 0, pointNumber: 0}])", name)
        page.locator(f"#{name} .hoverlayer text").first.wait_for()
        read = page.evaluate(_READ, name)
        for one in texts:
            assert all(part in read for part in readable(one, longest)), name
    assert page.locator(":is(img, a, script, image, foreignObject):is(.main-svg *)").count() == 0
    assert page.evaluate("asked") == []


def test_a_formula_of_ours_would_have_been_handed_to_mathjax(
    browser: Browser, tmp_path: Path
) -> None:
    """The stub of the test before is asked, when there is something to ask."""
    with browsers.watched(browser) as (page, _):
        browsers.show(page, tmp_path, {}, head=_STUB)
        # it is not waited for: the stub has no answer
        page.evaluate("() => void Plotly.newPlot(document.body, [], {title: {text: '$x^2$'}})")
        assert page.evaluate("asked").count("version")


def test_no_button_sends_data_away(page: Page, tmp_path: Path) -> None:
    """Not even with Plotly's default settings, in which a figure of its own has one."""
    shown = {name: chart(demo(), as_of=AS_OF) for name, chart in CHARTS.items()}
    shown["plain"] = go.Figure(go.Bar(y=[1]))
    browsers.show(page, tmp_path, shown, config={"responsive": False, "displayModeBar": True})
    for name in shown:
        buttons = page.locator(f"#{name} .modebar-btn")
        titles = [
            buttons.nth(position).get_attribute("data-title") or ""
            for position in range(buttons.count())
        ]
        assert "Download plot as a PNG" in titles
        if name != "plain":
            assert not [
                one for one in titles if re.search("share|cloud|studio", one, re.IGNORECASE)
            ]


def test_requests_elsewhere_are_blocked_and_seen(browser: Browser, tmp_path: Path) -> None:
    """The tool itself: a page that asks for something elsewhere does not pass."""
    path = tmp_path / "page.html"
    path.write_text("<img src='https://vendor.example/logo.png'><script>nothing()</script>")
    with browsers.watched(browser) as (page, watch):
        page.goto(path.as_uri())
    assert watch.requests == ["https://vendor.example/logo.png"]
    assert "nothing is not defined" in "".join(watch.errors)
    with pytest.raises(AssertionError, match=r"vendor\.example"):
        watch.check()
    assert browsers.is_on_this_machine("http://127.0.0.1:8888/lab")
    assert not browsers.is_on_this_machine("http://127.0.0.1.vendor.example/")
