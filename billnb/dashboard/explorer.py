"""The dashboard's widget: its traits, and the messages of its page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import anywidget
import msgspec
import pandas as pd
import traitlets

from billnb.charts.panels import when
from billnb.dashboard import sending, view
from billnb.dashboard.choice import (
    FIELDS,
    MEASURES,
    PRESETS,
    STACKS,
    UNSTATED,
    Choice,
    preset,
)
from billnb.dashboard.ledger import Ledger
from billnb.errors import ArgumentError, BillnbError
from billnb.history.rules import COMPONENTS
from billnb.values import calendar
from billnb.values.calendar import PERIODS, By
from billnb.values.moments import Moment, window

_PAGE = Path(__file__).parent / "page"
_CHOSEN = tuple(field.name for field in fields(Choice))
_ONE_OF: Mapping[str, Iterable[str]] = {"by": PERIODS, "stack": STACKS, "measure": MEASURES}
_MOST_MONTHS = 60


class _Selected(traitlets.TraitType[pd.DataFrame, pd.DataFrame]):
    """A frame that is made when it is asked for."""

    info_text = "the entries chosen"
    read_only = True

    def get(self, obj: Any, cls: Any = None) -> pd.DataFrame | None:
        return None if obj is None else obj._selected()


def _packed(found: dict[str, Any], _: object) -> str:
    """Return what is shown as one text: widgets look for buffers in all that is sent otherwise."""
    return msgspec.json.encode(found).decode()


class Explorer(anywidget.AnyWidget):
    """A dashboard of a history: what was charged, what changed, what is unpaid.

    The choice can be made by clicks, and by setting attributes: each is a trait, which can be
    observed and linked like those of any widget.

    Parameters
    ----------
    history : pandas, polars, pyarrow, duckdb, dask or pyspark frame
        A history, as :func:`billnb.load` returns it.
    as_of : str, datetime.date or datetime.datetime, optional
        The moment to answer for; by default, when the history was read.
    notice : str
        A text shown above everything.

    Attributes
    ----------
    since, until : str or None
        The first and the last day, as ``2026-11-21``; set by anything :func:`billnb.load` takes.
    provider, account, currency, kind, status : str or None
        The value that entries must have; ``None`` is any, ``not stated`` none.
    search : str
        Words that an entry's text has to hold.
    by : {"day", "week", "month", "quarter", "year"}
        How long a period is.
    stack : {"component", "provider", "account"}
        What the bars of spend are stacked of.
    measure : {"entries", "amount"}
        What the shares of statuses are of.
    period : str or None
        The first day of the one period looked at.
    component : str or None
        The one component of charges looked at.
    selection : pandas.DataFrame
        The entries chosen: a history.

    Raises
    ------
    ArgumentError
        For a frame that lacks columns, and for an invalid choice.
    MixedCurrencyError
        When entries state no currency.
    MoneyError
        When amounts are not decimals, or missing.

    Examples
    --------
    >>> import billnb
    >>> explorer = Explorer(billnb.demo())
    >>> explorer.account, explorer.kind = "bytio", "payment"
    >>> explorer.selection["account"].unique().tolist()
    ['bytio']
    """

    _esm = _PAGE / "dashboard.js"
    _css = _PAGE / "dashboard.css"
    _view = traitlets.Dict().tag(sync=True, to_json=_packed)
    _names = traitlets.Dict().tag(sync=True)

    since = traitlets.Any(None)
    until = traitlets.Any(None)
    provider = traitlets.Unicode(None, allow_none=True)
    account = traitlets.Unicode(None, allow_none=True)
    currency = traitlets.Unicode(None, allow_none=True)
    kind = traitlets.Unicode(None, allow_none=True)
    status = traitlets.Unicode(None, allow_none=True)
    search = traitlets.Unicode("")
    by = traitlets.Unicode("month")
    stack = traitlets.Unicode("component")
    measure = traitlets.Unicode("entries")
    period = traitlets.Any(None)
    component = traitlets.Unicode(None, allow_none=True)
    selection = _Selected()

    def __init__(self, history: Any, *, as_of: Moment | None = None, notice: str = "") -> None:
        self._ledger = Ledger(history, when(history, as_of))
        self._notice = notice
        self._as_of = None if as_of is None else self._ledger.now.isoformat()
        self._choice = Choice(by=_fitting(self._ledger))
        self._chosen: tuple[Choice, pd.DataFrame] | None = None
        self._sorted: tuple[Any, ...] | None = None
        self._is_choosing = False
        self._is_selection_observed = False
        first_view = view.view(self._ledger, self._choice, notice)
        names = view.names(self._ledger)
        super().__init__(_view=first_view, _names=names, by=self._choice.by)
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        count = len(self._ledger.selected(self._choice))
        return f"Explorer({count:,} of {len(self._ledger.history):,} entries)"

    # what is chosen

    def choose(self, **choice: Any) -> None:
        """Choose several things at once, which is drawn once.

        Parameters
        ----------
        **choice : Any
            The attributes to set, and `preset`: one of :data:`billnb.dashboard.PRESETS`.

        Raises
        ------
        ArgumentError
            For what cannot be chosen; then nothing is.

        Examples
        --------
        >>> import billnb
        >>> explorer = Explorer(billnb.demo())
        >>> explorer.choose(preset="12 months", status="failed")
        """
        if "preset" in choice:
            name = choice.pop("preset") or "all"
            if name not in PRESETS:
                raise ArgumentError(f"preset={name!r} is not one of {', '.join(PRESETS)}")
            days = preset(name, self._ledger.now.date())
            choice["since"], choice["until"] = (day and day.isoformat() for day in days)
        unknown = sorted(choice.keys() - set(_CHOSEN))
        if unknown:
            raise ArgumentError(f"{unknown[0]!r} is not one of preset, {', '.join(_CHOSEN)}")
        by = self._checked("by", choice.get("by", self.by))
        if by != self.by:
            choice.setdefault("period", None)  # which has another length
        wanted = {name: self._checked(name, value, by) for name, value in choice.items()}
        self._check_days(wanted)
        self._is_choosing = True
        try:
            self._show(self._choice_of(wanted))  # or an error, before anything is set
            with self.hold_trait_notifications():
                for name, value in wanted.items():
                    setattr(self, name, value)
        finally:
            self._is_choosing = False

    def reset(self) -> None:
        """Choose everything again, from the first day to the last."""
        everything = {field.name: field.default for field in fields(Choice)}
        self.choose(**{**everything, "by": _fitting(self._ledger)})

    @traitlets.validate(*_CHOSEN)
    def _validated(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if self._is_choosing:
            return value  # which was checked with all the others
        checked = self._checked(name, value)
        self._check_days({name: checked})
        self._ledger.periods(self._choice_of({name: checked}))
        return checked

    @traitlets.observe(*_CHOSEN)
    def _changed(self, change: Any) -> None:
        if self._is_choosing:
            return
        if change["name"] == "by" and self.period is not None:
            self.choose(period=None)  # which has another length
        else:
            self._show(self._choice_of({}))

    def _checked(self, name: str, value: Any, by: By | None = None) -> Any:
        if name in ("since", "until"):
            return _day(value, name)
        if name == "period":
            return None if value is None else _first_day(value, by or self.by)
        if name == "search":
            return "" if value is None else str(value).encode("utf-8", "replace").decode()
        known = _ONE_OF.get(name) or self._known(name)
        if value in known or (value is None and name not in _ONE_OF):
            return value
        raise ArgumentError(f"{name}={value!r} is not one of {', '.join(map(str, known))}")

    def _known(self, name: str) -> Iterable[str]:
        return COMPONENTS if name == "component" else self._ledger.names[name]

    def _check_days(self, wanted: Mapping[str, Any]) -> None:
        since, until = (wanted.get(name, getattr(self, name)) for name in ("since", "until"))
        if since and until and since > until:
            raise ArgumentError(f"since={since} is after until={until}; swap them")

    def _choice_of(self, wanted: Mapping[str, Any]) -> Choice:
        """Return what is chosen, with what is wanted in its place."""
        chosen = {name: wanted.get(name, getattr(self, name)) for name in _CHOSEN}
        for name in ("since", "until", "period"):
            day = chosen[name] and self._checked(name, chosen[name], chosen["by"])
            chosen[name] = day and date.fromisoformat(day)
        return Choice(**chosen)

    def _show(self, choice: Choice) -> None:
        if choice == self._choice:
            return
        shown = view.view(self._ledger, choice, self._notice)  # or an error: nothing is chosen
        before = self._chosen
        self._choice, self._view = choice, shown
        if self._is_selection_observed:
            old = None if before is None else before[1]
            self.notify_change(
                traitlets.Bunch(
                    name="selection", owner=self, old=old, new=self.selection, type="change"
                )
            )

    def observe(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002 - so it is called in traitlets
    ) -> None:
        """Have a function called when traits change; see :meth:`traitlets.HasTraits.observe`."""
        wanted = [names] if isinstance(names, str) or names is traitlets.All else names
        if "selection" in wanted or traitlets.All in wanted:
            self._is_selection_observed = True
        super().observe(handler, names, type)

    def _selected(self) -> pd.DataFrame:
        if self._chosen is None or self._chosen[0] != self._choice:
            rows = self._ledger.rows(self._ledger.selected(self._choice))
            self._chosen = (self._choice, rows)
        return self._chosen[1]

    # what the front end asks

    def _heard(self, _: object, message: Mapping[str, Any], __: object) -> None:
        asked: dict[str, Callable[[Mapping[str, Any]], dict[str, Any] | None]] = {
            "choose": self._choose,
            "reset": lambda _: self.reset(),
            "rows": self._rows,
            "code": lambda asked: {"buffers": sending.library(str(asked["name"]))},
            "code-of-view": lambda _: {"text": self.code()},
            "export": self._export,
        }
        found: dict[str, Any] = {"id": message.get("id")}
        buffers: list[bytes] = []
        try:
            found |= asked[message["type"]](message) or {}
            buffers = found.pop("buffers", [])
        except (BillnbError, ImportError) as error:
            found["error"] = str(error)
        except Exception as error:
            found["error"] = f"That failed: {type(error).__name__}. The kernel's log says more."
            self.send(found)
            raise
        self.send(found, buffers)

    def _choose(self, message: Mapping[str, Any]) -> None:
        self.choose(**message["choice"])

    def _rows(self, message: Mapping[str, Any]) -> dict[str, Any]:
        name = list(view.COLUMNS)[int(message["column"])]
        key = (self._choice, name, bool(message["descending"]))
        if self._sorted is None or self._sorted[0] != key:
            chosen = self._ledger.selected(self._choice)
            self._sorted = (key, self._ledger.entries.ordered(chosen, *key[1:]))
        order = self._sorted[1]
        start, length = max(0, int(message["start"])), min(1000, max(1, int(message["length"])))
        rows = self._ledger.entries.page(order[start : start + length], list(view.COLUMNS))
        shown = [list(map(sending.cell, row.values())) for row in rows]
        return {"total": len(order), "rows": shown}

    def _export(self, message: Mapping[str, Any]) -> dict[str, Any]:
        form = str(message["form"])
        content, mime = sending.file(self.selection, form, self._ledger.now)
        return {"name": f"billing.{form}", "mime": mime, "buffers": [content]}

    def code(self) -> str:
        """Return the Python that gives the selection and the charts that are shown.

        Examples
        --------
        >>> import billnb
        >>> explorer = Explorer(billnb.demo())
        >>> explorer.account = "bytio"
        >>> print(explorer.code())
        import billnb
        <BLANKLINE>
        # history: the frame that is explored
        explorer = billnb.explore(history)
        explorer.choose(account="bytio")
        selection = explorer.selection
        <BLANKLINE>
        billnb.charts.spend_trend(selection, by="month", group="component")
        """
        at_first = Choice(by=_fitting(self._ledger))
        said = {
            name: getattr(self, name)
            for name in _CHOSEN
            if getattr(self, name) != getattr(at_first, name)
        }
        words = ", ".join(f"{name}={_quoted(value)}" for name, value in said.items())
        as_of = f", as_of={_quoted(self._as_of)}" if self._as_of else ""
        lines = [
            "import billnb",
            "",
            "# history: the frame that is explored",
            f"explorer = billnb.explore(history{as_of})",
            *([f"explorer.choose({words})"] if said else []),
            "selection = explorer.selection",
        ]
        if self.period is None and self.component is None:  # of which a chart shows more
            by, stack = _quoted(self.by), _quoted(self.stack)
            lines += ["", f"billnb.charts.spend_trend(selection, by={by}, group={stack})"]
        return "\n".join(lines)


def _fitting(ledger: Ledger) -> By:
    """Return how long periods are at first: as short as there is room for."""
    first, last = ledger.extent
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    fitting: By = "quarter" if months <= _MOST_MONTHS * 3 else "year"
    return "month" if months <= _MOST_MONTHS else fitting


def _day(value: Any, name: str) -> str | None:
    """Return the day that a bound names, as text: the first of its days, or the last."""
    if value is None:
        return None
    found = window(value if name == "since" else None, value if name == "until" else None)
    if name == "since":
        return found.start.date().isoformat() if found.start else None
    if found.end is None:
        return None
    last = found.end.date()
    is_midnight = found.end.time() == found.end.time().min
    return date.fromordinal(last.toordinal() - 1 if is_midnight else last.toordinal()).isoformat()


def _first_day(value: Any, by: Any) -> str:
    day = _day(value, "since")
    assert day is not None  # noqa: S101 - a value is given
    return calendar.start(date.fromisoformat(day), by).isoformat()


def _quoted(value: Any) -> str:
    return json.dumps(str(value), ensure_ascii=False)


__all__ = ["FIELDS", "UNSTATED", "Explorer"]
