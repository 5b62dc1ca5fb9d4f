"""Faults of a vendor, and loading despite them."""

from __future__ import annotations

from typing import Any

from support.faulty import Behaviour, Exchange, FaultyServer, message
from support.vendors import Case, amounts

import billnb


def load(
    case: Case, server: FaultyServer, *, verify: Any = "counts", workers: int = 4, **limits: Any
) -> Any:
    return billnb.load(case.account(server.url, **limits), verify=verify, workers=workers)


def assert_exact(case: Case, history: Any) -> None:
    assert amounts(history) == case.amounts()
    assert history["entry_id"].is_unique


def sometimes(fault: Behaviour, times: int = 3) -> Behaviour:
    """A fault of the first requests; those after go well."""

    def behave(exchange: Exchange) -> None:
        (fault if exchange.number <= times else Exchange.reply)(exchange)

    return behave


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    return lambda exchange: exchange.reply_body(body, code, **headers)


def reset_in_mid_body(exchange: Exchange) -> None:
    whole = message(exchange.answer())
    exchange.send(whole[: len(whole) - 40])
    exchange.reset()
