"""The progress bar of long loads."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

_LONG_LOAD = 1.0  # seconds until a bar is shown unasked


class Tick(Protocol):
    """Called for each page that came in, with its account, the entries announced and its rows."""

    def __call__(self, account: str, *, total: int, rows: int) -> None: ...


def no_progress(account: str, *, total: int, rows: int) -> None:
    """Do nothing: the tick of a load without a bar."""


@contextmanager
def bar(progress: bool | None, *, readings: int) -> Iterator[Tick]:
    """Show a bar while pages are read, and yield the function to call for each page.

    Parameters
    ----------
    progress : bool or None
        Whether to show it; ``None``: on long loads, in notebooks and terminals.
    readings : int
        How often each entry is read.
    """
    if progress is False or (progress is None and not _is_interactive()):
        yield no_progress
        return
    from tqdm.auto import tqdm

    lock = threading.Lock()
    announced: dict[str, int] = {}
    read: Counter[str] = Counter()
    with tqdm(desc="Loading", unit=" entries", delay=0 if progress else _LONG_LOAD) as shown:

        def tick(account: str, *, total: int, rows: int) -> None:
            with lock:
                announced[account] = total * readings
                read[account] = min(read[account] + rows, announced[account])
                shown.total = sum(announced.values())
                shown.update(read.total() - shown.n)

        yield tick


def _is_interactive() -> bool:
    shell: Callable[[], Any] | None = getattr(sys.modules.get("IPython"), "get_ipython", None)
    in_notebook = shell is not None and hasattr(shell(), "kernel")
    return in_notebook or (sys.stderr is not None and sys.stderr.isatty())


__all__ = ["Tick", "bar", "no_progress"]
