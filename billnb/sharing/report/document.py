"""The report: one self-contained HTML file with cards, charts, tables and entries."""

from __future__ import annotations

import base64
import html
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import plotly.graph_objects as go
from itables.utils import read_package_file
from plotly.offline import get_plotlyjs

from billnb import charts, engine
from billnb.analysis.cached import CachedAnswers
from billnb.charts.heading import without_sentence
from billnb.charts.panels import when
from billnb.files.atomic import replace
from billnb.history import readings
from billnb.sharing import INDEX_BASE, scaled
from billnb.sharing import redact as redacted
from billnb.sharing.report import packing, tables
from billnb.sharing.report.licences import notices
from billnb.sharing.report.tables import Table
from billnb.summary import cards
from billnb.values import words
from billnb.values.moments import Moment

_SCRIPT = "page/page.js"
_MARKUP = re.compile("<[^>]+>")
_TWICE = "The same account, kind, amount and day: some may be intended, such as two top-ups."


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report: a heading, a figure, and its numbers in tables."""

    name: str
    short: str
    title: str
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    figure: go.Figure | None = None


def report(
    history: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    redact: bool = True,
    scale: bool = False,
    as_of: Moment | None = None,
) -> Path:
    """Write a history as one HTML file that opens anywhere, without a network.

    The numbers that matter come first: the spend of the current month and its change, what is
    unpaid, what is left of prepaid balances, the moment all this is for, and how it was verified.
    Charts follow, each with its numbers in a table, and then the entries, which can be sorted and
    searched. The file is written whole or not at all.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    path : path-like
        The file; one that is there is replaced.
    title : str, optional
        The title, which is not redacted; "Billing report" by default.
    redact : bool
        Whether to leave out e-mail addresses, card details and document URLs, and to replace
        account names and ids by pseudonyms: see :func:`billnb.redact`.
    scale : bool
        Whether to show index numbers instead of amounts: 100 is about the mean month of a
        currency. They are rounded, so that amounts cannot be computed from them; proportions,
        dates, counts and names are not changed: see :func:`billnb.sharing.scaled`.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ArgumentError
        When the file cannot be written, and an existing one is not changed; and for a frame that
        lacks columns.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals.

    Examples
    --------
    >>> import tempfile
    >>> import billnb
    >>> path = report(billnb.demo(), f"{tempfile.mkdtemp()}/october.html")
    >>> path.read_text()[:15]
    '<!doctype html>'
    """
    exact = redacted(history) if redact else engine.whole(history)
    shown = scaled(exact) if scale else exact
    page = _page(shown, exact, title, redact=redact, scale=scale, as_of=as_of)
    replace(path, page.encode(errors="replace"))  # a title may hold lone surrogates
    return Path(path)


def _page(
    history: pd.DataFrame,
    exact: pd.DataFrame,
    title: str | None,
    *,
    redact: bool,
    scale: bool,
    as_of: Moment | None,
) -> str:
    now = when(history, as_of)
    there = set(history["account"])
    how = {
        name: reading
        for name, reading in readings(history).items()
        if name in there or not reading.get("announced")
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("billnb.sharing.report", "page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    cached = CachedAnswers(history)
    sections = list(_sections(cached, exact, now))
    figures = [one.figure.to_json() for one in sections if one.figure is not None]
    scripts = {
        "plotly": get_plotlyjs(),
        "script": (files(__package__) / _SCRIPT).read_text("utf-8"),
    }
    return environment.get_template("page.html").render(
        title=title or "Billing report",
        as_of=words.moment(now),
        extent=_extent(history),
        verified=cards.verification(how),
        cards=cards.cards(cached, now),
        sections=sections,
        notices=_notices(redact=redact, scale=scale),
        digests=" ".join(map(_digest, scripts.values())),
        **scripts,
        figures=packing.packed(f"[{','.join(figures)}]"),
        entries=packing.packed(packing.content(history, details=not redact)),
        digits="are rounded index numbers" if scale else "have all their digits",
        number=f"{len(history):,}",
        table_code=packing.packed(read_package_file("html/dt_bundle.js")),
        table_style=packing.packed(read_package_file("html/dt_bundle.css")),
        licences=notices(),
    )


def _digest(script: str) -> str:
    """Return the hash by which a browser allows a script to run."""
    return f"'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode('ascii')}'"


def _sections(cached: CachedAnswers, exact: pd.DataFrame, now: datetime) -> Iterator[Section]:
    drawn: dict[str, tuple[str, Callable[..., go.Figure] | None, list[Table]]] = {
        "spend": ("Spend", charts.spend_trend, tables.spend(cached, now)),
        "charges": ("What was charged", charts.charge_breakdown, tables.charges(cached)),
        "status": ("Status", charts.status_distribution, tables.statuses(cached)),
        "unpaid": ("Unpaid", charts.ageing, tables.ageing(cached, now)),
        "balance": ("Prepaid balance", charts.balance, tables.balance(cached)),
        "cash": ("Invoiced and paid", charts.cash_flow, tables.cash(cached, now)),
        "twice": ("Looks charged twice", None, tables.duplicates(cached.history, exact)),
    }
    for name, (short, chart, found) in drawn.items():
        if chart is None:
            notes = [_TWICE if found else "No two entries look alike."]
            yield Section(name, short, short, found, notes)
            continue
        figure = chart(cached, as_of=now)
        if not figure.data:  # its sentence says why there is nothing to see
            sentence = html.unescape(_MARKUP.sub(" ", figure.layout.annotations[0].text)).strip()
            yield Section(name, short, short, found, [sentence])
            continue
        heading = figure.layout.meta
        notes = [html.unescape(note) for note in heading["notes"]]
        notes.remove(f"As of {words.moment(now)}")  # it stands on top of the page
        title = html.unescape(heading["title"])
        yield Section(name, short, title, found, notes, without_sentence(figure))


def _extent(history: pd.DataFrame) -> str:
    count = words.counted(len(history), "entry")
    accounts = words.counted(len(history[["provider", "account"]].drop_duplicates()), "account")
    if not len(history):
        return "no entries"
    first, last = history["issued_at"].min(), history["issued_at"].max()
    return f"{count} of {accounts}, {words.day(first)} to {words.day(last)}"


def _notices(*, redact: bool, scale: bool) -> list[str]:
    """Return the notices about what the file holds."""
    notices = [
        "Redacted: account names and ids are pseudonyms; e-mail addresses, card details and links "
        "are left out."
        if redact
        else "Not redacted: names of accounts, ids, cards and links. Share it with care."
    ]
    if scale:
        notices.append(
            f"Amounts are index numbers: {INDEX_BASE} is about the mean month's spend in a "
            "currency. They are rounded, so that they do not reveal it; amounts much smaller than "
            "the average entry may show as 0."
        )
    return notices


__all__ = ["report"]
