"""The magics ``%billnb`` and ``%%billnb``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    output_can_be_silenced,
)
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from billnb import accounts, engine
from billnb.dashboard import explore
from billnb.entry import KINDS
from billnb.errors import ArgumentError, BillnbError
from billnb.history import SCHEMA
from billnb.loading.load import load
from billnb.sandbox.demo import demo
from billnb.sharing.report import report
from billnb.values.calendar import PERIODS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

TABLE = "history"
"""The name of the history in SQL."""

_REPORT = "report"
_OPTIONS = ("--since", "--until", "--kind", "--by", "--demo")
_REPORT_OPTIONS = ("--no-redact", "--scale")


@magics_class
class BillingMagics(Magics):
    """``%billnb`` and ``%%billnb``."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._names = shell.user_ns
        self.history: pd.DataFrame | None = None

    @magic_arguments()
    @argument("accounts", nargs="*", help="names of accounts; every configured one, if none")
    @argument("--since", help="first date: 2025, 2025-Q3, 2025-06 or 2025-06-30")
    @argument("--until", help="last date, included, in the same forms")
    @argument("--kind", default="all", help=f"all, {' or '.join(KINDS[:2])}")
    @argument("--by", default=None, help=f"how long a period is: {', '.join(PERIODS)}")
    @argument("--demo", action="store_true", help="two made-up accounts, without a network")
    @argument("--no-redact", action="store_true", help="of a report: show names, ids and links")
    @argument("--scale", action="store_true", help="of a report: show index numbers")
    @output_can_be_silenced
    @line_cell_magic
    def billnb(self, line: str, cell: str | None = None) -> pd.DataFrame | None:
        """Explore a history, report on it, or ask it in SQL.

        ::

            %billnb                              every configured account: loads, shows, returns
            %billnb production --since 2025-01   some accounts, and a part of their histories
            %billnb --demo --by quarter          two made-up accounts
            %billnb report october.html          writes the history last loaded as one HTML file

            %%billnb                             SQL (DuckDB) over the table `history`
            SELECT account, sum(total) FROM history GROUP BY ALL
        """
        try:
            if cell is not None:
                if line.strip():
                    raise ArgumentError("%%billnb takes no options: put SQL below it")
                return self._sql(cell)
            chosen = parse_argstring(self.billnb, line.rstrip().removesuffix(";"))
            chosen.accounts = list(map(_unquoted, chosen.accounts))
            chosen.since, chosen.until = map(_unquoted, (chosen.since, chosen.until))
            if chosen.accounts[:1] == [_REPORT]:
                self._report(chosen)
                return None
            return self._explore(chosen)
        except (BillnbError, ImportError, ValueError) as error:  # such as a quote left open
            raise UsageError(str(error)) from None

    def _explore(self, chosen: Any) -> pd.DataFrame:
        if chosen.demo and chosen.accounts:
            raise ArgumentError("--demo is about made-up accounts; leave out the names of yours")
        read = demo if chosen.demo else partial(load, *chosen.accounts)
        history = read(since=chosen.since, until=chosen.until, kind=chosen.kind)
        explorer = explore(history)
        if chosen.by is not None:
            explorer.choose(by=chosen.by)
        self.history = history
        display(explorer)
        return history

    def _report(self, chosen: Any) -> None:
        if len(chosen.accounts) != 2:
            raise ArgumentError("say which file to write: %billnb report october.html")
        path = report(
            self._known(), chosen.accounts[1], redact=not chosen.no_redact, scale=chosen.scale
        )
        print(f"reported in {path}")  # noqa: T201 - this is what a magic says

    def _sql(self, query: str) -> pd.DataFrame:
        try:
            import duckdb
        except ImportError:
            raise ImportError("%%billnb needs DuckDB: pip install 'billnb[sql]'") from None
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register(TABLE, pa.Table.from_pandas(self._known(), preserve_index=False))
            try:
                found = connection.sql(query)
                answer = None if found is None else found.to_arrow_table()
            except duckdb.Error as error:
                raise ArgumentError(str(error)) from None
        if answer is None:
            raise ArgumentError("that is not a query; begin with SELECT, FROM or WITH")
        frame: pd.DataFrame = answer.to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def _known(self) -> pd.DataFrame:
        """Return the variable `history` if it holds one, else the history loaded last."""
        found = self._names.get(TABLE)
        if isinstance(found, pd.DataFrame) and set(SCHEMA.names) <= set(found.columns):
            return engine.whole(found)
        if self.history is None:
            raise ArgumentError(
                "there is no history yet; load one with %billnb, or %billnb --demo, or keep one in "
                f"the variable `{TABLE}`"
            )
        return self.history


def _unquoted(word: str | None) -> str | None:
    """Return a word without quotes around it, which IPython leaves."""
    if word is not None and len(word) > 1 and word[0] == word[-1] and word[0] in "\"'":
        return word[1:-1]
    return word


def completions(line: str) -> list[str]:
    """Return what may come next in a line of ``%billnb``.

    Examples
    --------
    >>> completions("%billnb --demo --by ")
    ['day', 'week', 'month', 'quarter', 'year']
    """
    words = line.split()
    before = words[-1] if line[-1:].isspace() else words[-2] if len(words) > 1 else ""
    of_options = {"--by": [*PERIODS], "--kind": ["all", *KINDS], "--since": [], "--until": []}
    if before in of_options:
        return of_options[before]
    if _REPORT in words:
        return [*_REPORT_OPTIONS]
    return [*_names(), _REPORT, *_OPTIONS]


def _names() -> list[str]:
    try:
        return accounts.names()
    except BillnbError:
        return []  # an invalid file of accounts is an error when it is used


def register(shell: InteractiveShell) -> None:
    """Register the magics and their completions in a shell."""
    shell.register_magics(BillingMagics(shell))

    def complete(_: Any, event: Any) -> list[str]:
        return completions(event.line)

    for name in ("billnb", "%billnb"):
        shell.set_hook("complete_command", complete, str_key=name)


__all__ = ["BillingMagics", "completions", "register"]
