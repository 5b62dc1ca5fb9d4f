"""What a busy machine may take, for claims that something ends in time or waits that long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 20.0
"""Seconds: what ends in time would else take longer than that, or for ever."""


@contextmanager
def ending(*, after: float = 0.0) -> Iterator[None]:
    """Claim that something ends by itself, and not before so many seconds."""
    began = time.monotonic()
    yield
    assert after <= time.monotonic() - began < PATIENCE


@contextmanager
def working(*, at_most: float) -> Iterator[None]:
    """Claim that something costs so many seconds of a processor at most, all threads together.

    It is for work that would else take minutes: another processor may be several times slower.
    """
    began = time.process_time()
    yield
    assert time.process_time() - began < at_most
