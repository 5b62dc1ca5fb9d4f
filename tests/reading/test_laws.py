"""Laws of loading: nothing is lost and nothing is added, whatever a vendor holds."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import vendors
from support.vendors import Case

import billnb
from billnb import history as frames
from billnb import paging
from billnb.entry import Page
from billnb.providers.bytio import Bytio
from billnb.sandbox.demo import WSGIAdapter
from billnb.sandbox.wire import Request

laws = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def in_process(case: Case) -> Any:
    """The case's account, reached without a socket: the law is not about those."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        query = dict(pair.split("=") for pair in environ["QUERY_STRING"].split("&"))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        response = case.answer(Request(environ["PATH_INFO"], query, headers))
        start_response(f"{response.status} Said", list(response.headers.items()))
        return [response.body]

    adapter = WSGIAdapter(application)
    base_url = "https://vendor.example"
    if case.name == "bytio":
        return billnb.Bytio(vendors.KEY, base_url=base_url, adapter=adapter)
    return billnb.Unpod(vendors.KEY, vendors.ORGANIZATION, base_url=base_url, adapter=adapter)


digits = st.decimals(min_value=-(10**9), max_value=10**9, places=7, allow_nan=False)


@st.composite
def histories(draw: st.DrawFn, name: str | None = None) -> Case:
    name = name or draw(st.sampled_from(["bytio", "unpod"]))
    amounts = draw(st.lists(digits, max_size=40))
    entries = [vendors.make(name, number, amount) for number, amount in enumerate(amounts)]
    if name == "unpod":
        currencies = st.sampled_from(["USD", "INR", "BITS"])
        entries = [{**one, "currency": draw(currencies)} for one in entries]
    else:  # identical entries, next to each other
        entries = [one for one in entries for _ in range(draw(st.sampled_from([1, 1, 1, 2, 5])))]
    return Case(name, entries[::-1], page_limit=draw(st.integers(1, 12)))


@laws
@given(histories(), st.sampled_from(["counts", "snapshot"]))
def test_digits_in_are_digits_out(case: Case, verify: Any) -> None:
    loaded = billnb.load(in_process(case), verify=verify)
    assert vendors.amounts(loaded) == case.amounts()
    assert loaded["entry_id"].is_unique


@laws
@given(histories(), st.lists(st.sampled_from(["kind", "currency", "status", "month"]), unique=True))
def test_sums_are_conserved_in_any_grouping(case: Case, group: list[str]) -> None:
    loaded = billnb.load(in_process(case))
    whole = sum(case.amounts().elements(), Decimal())
    table = pa.Table.from_pandas(loaded, schema=frames.SCHEMA, preserve_index=False)
    table = table.append_column("month", pc.strftime(table["issued_at"], format="%Y-%m"))
    sums = table.group_by(group).aggregate([("total", "sum")])["total_sum"].to_pylist()
    assert sum((one for one in sums if one is not None), Decimal()) == whole
    if len(loaded):
        assert loaded["total"].sum() == whole


@laws
@given(histories("unpod"), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_history(case: Case, chance: random.Random) -> None:
    first = billnb.load(in_process(case))
    chance.shuffle(case.entries)
    case.page_limit = chance.randint(1, 100)
    again = billnb.load(in_process(case))
    assert first.equals(again)


@laws
@given(histories("bytio"), st.randoms(use_true_random=False))
def test_reading_twice_gives_the_same_ids(case: Case, chance: random.Random) -> None:
    first = billnb.load(in_process(case))
    chance.shuffle(case.entries)
    case.page_limit = chance.randint(1, 100)
    again = billnb.load(in_process(case))
    assert first.drop(columns="document_url").equals(again.drop(columns="document_url"))


@laws
@given(histories("bytio"))
def test_identical_entries_are_counted(case: Case) -> None:
    loaded = billnb.load(in_process(case))
    counted = Counter(repr(sorted(entry.items(), key=str)) for entry in case.entries)
    twins = loaded["entry_id"].str.replace(r"#\d+$", "", regex=True).value_counts()
    assert sorted(counted.values()) == sorted(twins.to_list())


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 7), st.booleans())
@settings(deadline=None, max_examples=60)
def test_paging_reads_every_row_once(rows: list[int], limit: int, echoes: bool) -> None:
    rows.sort()

    def fetch(kind: str, number: int, size: int) -> Page[list[int]]:
        size = min(size, limit)
        part = rows[(number - 1) * size : number * size]
        keys = tuple(map(str, part))
        return Page(len(rows), part, keys, number if echoes else None)

    with ThreadPoolExecutor(3) as executor:
        for verify in ("counts", "snapshot"):
            source = paging.Source(
                fetch=fetch, open=lambda page: page, page_size=5, executor=executor
            )
            reading = paging.read(source, verify=verify)
            found = [row for part in reading.parts for row in part.page.rows]
            assert found == rows
            assert reading.total == len(rows)
            assert reading.certificate in paging.CERTIFICATES


def test_fingerprints_do_not_change_from_release_to_release() -> None:
    """Kept histories refer to entries by these."""
    case = vendors.case("bytio", 2)
    loaded = billnb.load(in_process(case))
    assert loaded["entry_id"].to_list() == FINGERPRINTS
    assert isinstance(in_process(case), Bytio)


FINGERPRINTS = ["967e780612cbdaee55b23d8359f4e6c0", "a39fcd1f08bd022a04193b799703c7f3"]
