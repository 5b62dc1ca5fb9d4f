"""Charts draw what analysis says."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.figures import (
    AS_OF,
    BY_PERIOD,
    CHARTS,
    CURRENCIES,
    HISTORIES,
    TODAY,
    Chart,
    demo,
    drawn,
    heading,
    hovers,
    key,
    laws,
    months,
    row_of,
    says,
    strings,
    text_of,
)
from support.ledgers import history, invoice, ledgers, payment, records, table, top_up

from billnb import analysis, charts
from billnb.analysis.ageing import BUCKETS
from billnb.charts.style import COMPONENT_COLOURS, STATUS_COLOURS
from billnb.errors import ArgumentError, MixedCurrencyError
from billnb.history.rules import COMPONENTS
from billnb.values import calendar, words
from billnb.values.calendar import PERIODS
from billnb.values.money import total


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
        assert "1 invoice without a status may be unpaid" in heading(figure)


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


@pytest.mark.slow
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
