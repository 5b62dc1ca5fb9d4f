"""The notes of how each account of a history was read, beside its rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from billnb.errors import ArgumentError

if TYPE_CHECKING:
    pass


def readings(history: Any) -> dict[str, dict[str, Any]]:
    """Return how each account of a history was read, as :func:`billnb.load` notes it.

    Parameters
    ----------
    history : Any
        A frame; one without such notes has none.

    Returns
    -------
    dict of str to dict
        ``attrs["billnb"]``, with `read_at` and `since` as instants or ``None``, and a
        `certificate`, which is ``unknown`` where none is noted.

    Raises
    ------
    ArgumentError
        When the notes are invalid.

    Examples
    --------
    >>> import billnb
    >>> {name: how["certificate"] for name, how in readings(billnb.demo()).items()}
    {'bytio': 'append-only', 'unpod': 'by id'}
    """
    noted = getattr(history, "attrs", {}).get("billnb", {})
    try:
        return {str(name): _reading(**how) for name, how in noted.items()}
    except (AttributeError, TypeError, ValueError):
        raise ArgumentError(
            'attrs["billnb"] is not what billnb.load notes there; '
            'del history.attrs["billnb"] to go without'
        ) from None


def _reading(
    *,
    read_at: str | None = None,
    since: str | None = None,
    certificate: str = "unknown",
    **others: Any,
) -> dict[str, Any]:
    read, begins = (
        None if one is None else datetime.fromisoformat(one).astimezone(UTC)
        for one in (read_at, since)
    )
    return {**others, "read_at": read, "since": begins, "certificate": str(certificate)}


__all__ = []
