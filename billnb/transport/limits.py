"""The limits of time, tries and size for one page and for a history."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from billnb.errors import ArgumentError

_LARGEST = 2**31 - 1  # more seconds than a socket waits, and more bytes than a column holds
_ENVELOPE = 64 * 1024  # bytes of a body beside its entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of reading one page, and one history.

    Parameters
    ----------
    connect : float
        Seconds to connect: to look up the name, try its addresses and shake hands, in total.
    silence : float
        Seconds without a single byte after which a try is given up.
    total : float
        Seconds for the page in all: connecting, tries and waits included.
    tries : int
        Times the page is asked for.
    backoff : float
        Seconds up to which the first wait between tries may last; each further one may last
        twice as long. The length is drawn at random.
    max_wait : float
        Seconds a vendor may ask to wait (``Retry-After``) before it is an error instead. Where it
        only says when its limit is lifted (``RateLimit-Reset``), the wait is at most this long.
    max_body : int
        Bytes of a body, decompressed, past which it is refused, whatever was asked for.
    max_row : int
        Bytes of a body, decompressed, for each entry asked for, past which it is refused; and bytes
        of a single text of an entry. The default is some 70 times what an ordinary entry takes.
    max_history : int
        Bytes of one account that may be held while it is read: answers that wait, and pages that
        were read. An ordinary entry takes 400 to 500, and ``verify="snapshot"`` holds each twice.

    Raises
    ------
    ArgumentError
        When a limit is not a number, or not above 0.

    Examples
    --------
    >>> Limits(total=30).tries
    5
    """

    connect: float = 10.0
    silence: float = 30.0
    total: float = 120.0
    tries: int = 5
    backoff: float = 0.25
    max_wait: float = 60.0
    max_body: int = 32 * 1024 * 1024
    max_row: int = 32 * 1024
    max_history: int = 1024 * 1024 * 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ArgumentError(f"{field.name} must be a number")
            if field.type == "int" and not isinstance(value, int):
                raise ArgumentError(f"{field.name} must be a whole number")
            if not 0 < value <= _LARGEST:
                raise ArgumentError(f"{field.name} must be above 0, and at most {_LARGEST:,}")

    def for_rows(self, rows: int) -> Limits:
        """Return the same limits, with a body bounded by how many entries it was asked for.

        Examples
        --------
        >>> Limits().for_rows(100).max_body
        3342336
        >>> Limits(max_body=1_000_000).for_rows(100).max_body
        1000000
        """
        return replace(self, max_body=min(self.max_body, _ENVELOPE + rows * self.max_row))
