"""The view of a choice, as JSON for the dashboard's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from billnb.charts.style import short
from billnb.dashboard import figures
from billnb.dashboard.choice import FIELDS, MEASURES, PRESETS, STACKS, Choice, named
from billnb.dashboard.layout import Figure
from billnb.dashboard.ledger import Answer, Ledger
from billnb.history import readings
from billnb.history.rules import COMPONENTS
from billnb.sharing.report import packing
from billnb.summary.cards import Card, prepaid_card, spend_card, unpaid_card
from billnb.values import words
from billnb.values.calendar import PERIODS

COLUMNS: Mapping[str, str] = {**packing.COLUMNS, "document_url": packing.DETAILS["document_url"]}
"""What the table of entries shows, as that of a report, and what it calls it."""

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
            _card(_spent(answers, choice)),
            _card(unpaid_card(ledger.debts(choice), ledger.silent(choice), ledger.now.date())),
            _card(prepaid_card([one.now for one in ledger.balances(choice)])),
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


def _spent(answers: Sequence[Answer], choice: Choice) -> Card:
    shown = [
        one.spent
        for one in answers
        if one.spent.since <= one.spent.until
        and (one.spent.amount or any(map(any, one.stacks.values())))
    ]
    what = "Spend" if choice.component is None else choice.component.capitalize()
    return spend_card(shown, what=what, is_current=choice.days() == (None, None))


def _card(card: Card) -> Part:
    card = card.shortened()
    lines = [{**asdict(line), "note": short(line.note, _LONGEST)} for line in card.lines]
    return {"title": card.title, "lines": lines, "sentence": card.sentence}


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
        for when in (words.days(since, until), _narrowed(choice, since, until))
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
    return words.days(since, until)


__all__ = ["COLUMNS", "names", "view"]
