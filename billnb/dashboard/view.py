"""What does the dashboard's front end show of a choice?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from billnb.charts.style import short
from billnb.dashboard import figures
from billnb.dashboard.choice import FIELDS, MEASURES, PRESETS, STACKS, UNSTATED, Choice, named
from billnb.dashboard.ledger import Answer, Ledger
from billnb.dashboard.panels import Figure
from billnb.history import readings
from billnb.history.rules import COMPONENTS
from billnb.reporting import entries
from billnb.values import calendar, words
from billnb.values.calendar import PERIODS
from billnb.values.money import total

COLUMNS: Mapping[str, str] = {**entries.COLUMNS, "document_url": entries.DETAILS["document_url"]}
"""What the table of entries shows, as that of a report, and what it calls it."""

_MOST_LINES = 3
_LONGEST = 60
_OTHER_DAYS = "other"
_NOTHING_CHARGED = "Nothing was charged here."
_NOTHING_UNPAID = "No invoice here is known to be unpaid."

Part = dict[str, Any]


def view(ledger: Ledger, choice: Choice, notice: str) -> Part:
    """Return what is shown of a choice, as JSON can hold it.

    Parameters
    ----------
    ledger : Ledger
        The history.
    choice : Choice
        What of it is shown.
    notice : str
        What is to be said above all of it.
    """
    answers = ledger.answers(choice)
    count = sum(one.entries for one in answers)
    return {
        "about": _about(ledger),
        "notice": notice,
        "cards": [
            _spent(answers, choice, ledger),
            _unpaid(ledger, choice),
            _prepaid(ledger, choice),
        ],
        "filters": _filters(ledger, choice),
        "chips": _chips(choice),
        "chosen": {
            "period": choice.period and choice.period.isoformat(),
            "component": choice.component,
            "status": choice.status,
        },
        "figures": _figures(ledger, answers, choice),
        "entries": {
            "title": f"Entries ({count:,} of {len(ledger.history):,})",
            "columns": list(COLUMNS.items()),
        },
    }


def _about(ledger: Ledger) -> str:
    parts = [words.counted(ledger.accounts, "account"), f"as of {words.moment(ledger.now)}"]
    certificates = {one["certificate"] for one in readings(ledger.history).values()}
    if certificates:
        parts.append(f"verified: {', '.join(sorted(certificates))}")
    return " · ".join(parts)


def _spent(answers: Sequence[Answer], choice: Choice, ledger: Ledger) -> Part:
    running = choice.days() == (None, None)
    shown = [
        one
        for one in answers
        if one.spent.since <= one.spent.until
        and (one.spent.amount or any(map(any, one.stacks.values())))
    ]
    what = "Spend" if choice.component is None else choice.component.capitalize()
    if not shown:
        return _card(what, [], _NOTHING_CHARGED)
    spent = shown[0].spent
    title = f"{what} this month" if running else f"{what}, {days(spent.since, spent.until)}"
    lines = []
    for one in shown[:_MOST_LINES]:
        change, note = "", "nothing to compare with"
        if one.spent.before is not None:
            since, until, amount = one.spent.before
            note = f"against {days(since, until)}"
            if amount:
                difference = total((one.spent.so_far, amount.copy_negate()))
                change = words.change(100 * float(difference) / abs(float(amount)))
            else:
                note = f"nothing in {days(since, until)}"
        lines.append(_line(words.amount(one.spent.amount, one.currency), change, note))
    sentence = f"{days(spent.since, spent.until)}, so far" if running else ""
    return _card(title, lines, _more(shown, sentence))


def _unpaid(ledger: Ledger, choice: Choice) -> Part:
    owed, oldest = ledger.owed(choice), ledger.oldest(choice)
    lines = []
    for currency in ledger.cubes:
        mine = [one for one in owed if one.currency == currency]
        if not mine:
            continue
        age = (ledger.now.date() - oldest[currency]).days
        invoices = words.counted(sum(one.entries for one in mine), "invoice")
        note = f"{invoices}, the oldest {words.counted(age, 'day')}" if age > 0 else invoices
        amount = words.amount(total(one.amount for one in mine), currency)
        lines.append(_line(amount, "", note))
    return _card("Unpaid", lines[:_MOST_LINES], _more(lines, "" if lines else _NOTHING_UNPAID))


def _prepaid(ledger: Ledger, choice: Choice) -> Part:
    lines = []
    for one in ledger.balances(choice):
        note = f"{one.account or UNSTATED}: {one.now.outlook}"
        lines.append(_line(words.amount(one.now.left, one.currency), "", note))
    nothing = "" if lines else "No account here is prepaid."
    return _card("Prepaid balance", lines[:_MOST_LINES], _more(lines, nothing))


def _card(title: str, lines: Sequence[Part], sentence: str) -> Part:
    return {"title": title, "lines": list(lines), "sentence": sentence}


def _line(amount: str, change: str, note: str) -> Part:
    return {"amount": amount, "change": change, "note": short(note, _LONGEST)}


def _more(shown: Sequence[object], sentence: str) -> str:
    more = len(shown) - _MOST_LINES
    return f"And {more} more. {sentence}".strip() if more > 0 else sentence


def _filters(ledger: Ledger, choice: Choice) -> dict[str, str]:
    first, last = ledger.extent
    today = ledger.now.date()
    name = named(choice.since, choice.until, today) or _OTHER_DAYS
    return {
        "preset": name,
        "since": (choice.since or first).isoformat(),
        "until": (choice.until or last).isoformat(),
        "search": choice.search,
        **{field: getattr(choice, field) or "" for field in ("component", *FIELDS)},
    }


def names(ledger: Ledger) -> dict[str, list[tuple[str, str]]]:
    """Return what may be chosen of each filter, and how that is called."""
    found = {"preset": [*PRESETS.items(), (_OTHER_DAYS, "Other days")]}
    for field, known in {"component": COMPONENTS, **ledger.names}.items():
        shown = [(name, short(name, _LONGEST, middle=True)) for name in known]
        found[field] = [("", "All"), *shown]
    return found


def _chips(choice: Choice) -> list[Part]:
    chips = []
    if choice.period is not None:
        chips.append({"field": "period", "label": words.period(choice.period, choice.by)})
    for field in ("component", *FIELDS):
        value = getattr(choice, field)
        if value is not None:
            chips.append({"field": field, "label": short(value, _LONGEST, middle=True)})
    if choice.search:
        chips.append({"field": "search", "label": f"“{short(choice.search, _LONGEST)}”"})
    return chips


def _figures(ledger: Ledger, answers: Sequence[Answer], choice: Choice) -> list[Part]:
    starts = ledger.periods(choice)
    since, until = ledger.range(choice)
    there = [one.currency for one in answers if one.statuses]
    said, charged_in = (
        ", ".join([*([words.listed(there)] if there else []), when])
        for when in (days(since, until), _narrowed(choice, since, until))
    )
    by = {"field": "by", "label": "by", "value": choice.by, "options": list(PERIODS)}
    stack = {"field": "stack", "label": "of", "value": choice.stack, "options": list(STACKS)}
    measure = {
        "field": "measure",
        "label": "of",
        "value": choice.measure,
        "options": list(MEASURES),
    }
    voided = "Cancelled and refunded invoices are left out"
    statuses = figures.statuses(answers, starts, choice, ledger.now)
    beside = statuses["layout"]["height"]
    trend = figures.trend(answers, starts, choice, ledger.now, beside)
    charged = figures.breakdown(answers, choice)
    owed, balances = ledger.owed(choice), ledger.balances(choice)
    what = "Spend" if choice.component is None else choice.component.capitalize()
    found = [
        _figure("trend", f"{what} by {choice.by}", f"{said} · {voided}", trend, [stack, by],
                _NOTHING_CHARGED),
        _figure("status", "Status", f"{said} · share of {choice.measure}", statuses, [measure],
                "There are no entries here."),
        _figure("breakdown", "What was charged", charged_in, charged, [],
                _NOTHING_CHARGED),
    ]  # fmt: skip
    note = f"as of {words.moment(ledger.now)}, whatever the period"
    drawn = figures.ageing(owed, ledger.cubes)
    found.append(_figure("ageing", "Unpaid, by age in days", note, drawn, [], _NOTHING_UNPAID))
    if balances:
        note = "top-ups that went through, less invoices, whatever the period"
        drawn = figures.balance(balances, ledger.cubes, ledger.now)
        found.append(_figure("balance", "Prepaid balance", note, drawn, [], ""))
    return found


def _figure(
    name: str, title: str, note: str, figure: Figure, controls: Sequence[Part], empty: str
) -> Part:
    sentence = "" if figure["data"] else empty
    said = {"name": name, "title": title, "note": note, "sentence": sentence}
    return {**said, "controls": list(controls), **figure}


def _narrowed(choice: Choice, since: date, until: date) -> str:
    if choice.period is not None:
        return words.period(choice.period, choice.by)
    return days(since, until)


def days(since: date, until: date) -> str:
    """Return the name of some days.

    Examples
    --------
    >>> days(date(2026, 10, 1), date(2026, 10, 31)), days(date(2026, 10, 1), date(2026, 10, 21))
    ('Oct 2026', '1-21 Oct 2026')
    """
    is_whole = (
        since.day == 1 and (until + timedelta(days=1)).day == 1 if until < date.max else False
    )
    if is_whole:
        return words.periods([since, calendar.start(until, "month")], "month")
    if since == until:
        return words.day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}-{words.day(until)}"
    return f"{words.day(since)} to {words.day(until)}"


__all__ = ["COLUMNS", "days", "names", "view"]
