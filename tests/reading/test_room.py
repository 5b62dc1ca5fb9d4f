"""What is refused before it takes room: rows, totals, texts and bytes, over pages in memory."""

from __future__ import annotations

import gc
import gzip
import mmap
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from urllib3.response import HTTPResponse

import billnb
from billnb import history, paging
from billnb.entry import Entry, Page, key
from billnb.errors import (
    ArgumentError,
    BillnbError,
    ContractError,
    MalformedBodyError,
    ResponseTooLargeError,
    TruncatedHistoryError,
)
from billnb.providers.base import longest_list
from billnb.transport.body import read_body

Fetch = Callable[[str, int, int], Any]


class AtOnce(Executor):
    """Does what is submitted before it returns, so that requests come in one order."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BillnbError as error:
            future.set_exception(error)
        return future


class Vendor:
    """A list of keys, paged, and a note of what was asked; `given` stands in for pages of it."""

    def __init__(
        self, count: int, *, most: int = 10**9, given: dict[int, Sequence[str]] | None = None
    ) -> None:
        self.rows = [str(number) for number in range(count)]
        self.most = most
        self.given = given or {}
        self.asked: list[tuple[str, int, int]] = []

    def __call__(self, kind: str, number: int, size: int) -> Page[Any]:
        self.asked.append((kind, number, size))
        size = min(size, self.most)
        part = self.given.get(number, self.rows[(number - 1) * size : number * size])
        return Page(len(self.rows), part, tuple(part))


def source(fetch: Fetch, **more: Any) -> paging.Source[Any, Any]:
    chosen = {"page_size": 10, "executor": AtOnce(), "restarts": 3, **more}
    return paging.Source(fetch=fetch, **{"open": lambda page: page, **chosen})


def others(count: int) -> list[str]:
    return [f"other {number}" for number in range(count)]


# rows


@pytest.mark.parametrize("total", [5, 11, 30])
def test_more_rows_than_asked_for_are_refused_at_once(total: int) -> None:
    vendor = Vendor(total, given={1: others(11)})
    with pytest.raises(ContractError, match="has 11 rows where 10 were asked for") as caught:
        paging.read(source(vendor))
    assert caught.value.page == 1
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("verify", ["counts", "snapshot"])
def test_more_rows_than_asked_for_on_a_later_page_are_refused_at_once(
    number: int, verify: str
) -> None:
    vendor = Vendor(25, given={number: others(11)})
    with pytest.raises(ContractError, match="has 11 rows where 10 were asked for") as caught:
        paging.read(source(vendor), verify=verify)
    assert caught.value.page == number
    assert len(vendor.asked) <= 3


def test_a_page_size_that_the_vendor_lowered_is_what_is_asked_for_from_then_on() -> None:
    vendor = Vendor(25, most=4, given={3: others(5)})
    with pytest.raises(ContractError, match="has 5 rows where 4 were asked for"):
        paging.read(source(vendor))


def test_as_many_rows_as_asked_for_are_read() -> None:
    for count in (0, 1, 10, 20, 25):
        assert paging.read(source(Vendor(count))).total == count


def test_more_rows_than_asked_for_in_the_second_reading_are_refused() -> None:
    """A vendor whose page size cannot be changed is no such thing: its pages stay as they are."""
    vendor = Vendor(25)

    def fetch(kind: str, number: int, size: int) -> Page[Any]:
        page = vendor(kind, number, size)
        return page if size == 10 else Page(page.total, others(11), tuple(others(11)))

    with pytest.raises(ContractError, match="has 11 rows where 9 were asked for"):
        paging.read(source(fetch), verify="snapshot")


@pytest.mark.parametrize("entries", [1, 5, 8, 9, 10, 19, 20, 25])
def test_a_vendor_that_keeps_to_its_own_size_gives_no_more_than_was_asked_for(entries: int) -> None:
    """Asked for fewer rows a page in the second reading, it gives as many as in the first."""
    vendor = Vendor(entries)

    def fetch(kind: str, number: int, size: int) -> Page[Any]:
        return vendor(kind, number, 10)

    reading = paging.read(source(fetch, restarts=0), verify="snapshot")
    assert sum(len(part.page.keys) for part in reading.parts) == entries


class Lines(msgspec.Struct):
    """An envelope within one."""

    results: list[Any] | None = None


class Envelope(msgspec.Struct):
    """An answer in any of several forms."""

    count: int = 0
    lines: Lines | None = None
    data: Any = None


@pytest.mark.parametrize(
    ("answer", "path", "rows"),
    [
        ([], "(the whole body)", 0),
        ([1, 2], "(the whole body)", 2),
        (None, "(the whole body)", 0),
        ("a text", "(the whole body)", 0),
        (Envelope(), "(the whole body)", 0),
        (Envelope(data=[]), "(the whole body)", 0),
        (Envelope(data=[1, 2, 3]), "data", 3),
        (Envelope(lines=Lines([1] * 4), data=[1]), "lines.results", 4),
        (Envelope(lines=Lines([1]), data=[1, 2]), "data", 2),
        (Envelope(data={"pages": {"rows": [{}]}}), "data.pages.rows", 1),
        ({"rows": [{"lines": [1, 2, 3]}], "notes": "abc"}, "rows", 1),
        (Envelope(data=[Envelope(data=[1, 2])]), "data", 1),
    ],
)
def test_rows_are_the_longest_list_of_the_envelope(answer: object, path: str, rows: int) -> None:
    assert longest_list(answer) == (path, rows)


@pytest.mark.parametrize(("rows", "is_read"), [(100, True), (101, False)])
def test_as_many_rows_as_a_page_may_have_are_decoded(rows: int, is_read: bool) -> None:
    record = '{"amount": 1, "currency": "USD", "invoice_date": "2026-01-01", "id": 1}'
    body = f'{{"count": 5, "data": {{"results": [{", ".join([record] * rows)}]}}}}'.encode()
    account = billnb.Unpod("token", "handle")
    if is_read:
        assert len(account.page(account.answer(body)).rows) == rows
        return
    with pytest.raises(ContractError) as caught:
        account.answer(body)
    assert caught.value.field == "data.results"
    assert "101 rows, where 100 were asked for at most" in str(caught.value)


# bodies


@pytest.mark.parametrize(
    ("limits", "rows", "body"),
    [
        ({}, 1, 65_536 + 32_768),
        ({}, 100, 65_536 + 100 * 32_768),
        ({"max_row": 10}, 100, 65_536 + 1000),
        ({"max_body": 50_000}, 100, 50_000),
        ({}, 10**6, 32 * 1024 * 1024),
    ],
)
def test_a_body_is_bounded_by_the_rows_asked_for(limits: Any, rows: int, body: int) -> None:
    given = billnb.Limits(**limits, tries=2)
    assert given.for_rows(rows) == billnb.Limits(**{**limits, "max_body": body}, tries=2)


def answered(body: bytes, **headers: str) -> HTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(BytesIO(body), headers=named, preload_content=False)


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_a_body_as_large_as_allowed_is_read(size: int) -> None:
    body = bytes(size)
    assert read_body(answered(body), 1000) == body
    assert read_body(answered(gzip.compress(body), Content_Encoding="gzip"), 1000) == body
    halves = gzip.compress(body[: size // 2]) + gzip.compress(body[size // 2 :])
    assert read_body(answered(halves, Content_Encoding=" GZip "), 1000) == body


def test_a_body_one_byte_larger_is_refused_packed_or_not() -> None:
    body = bytes(1001)
    packed = gzip.compress(body[:500]) + gzip.compress(body[500:])
    for answer in (
        answered(body),
        answered(gzip.compress(body), Content_Encoding="gzip"),
        answered(packed, Content_Encoding="x-gzip"),
        answered(bytes(1001), Content_Encoding="gzip"),  # before it is unpacked
    ):
        with pytest.raises(ResponseTooLargeError, match="larger than 1,000 bytes"):
            read_body(answer, 1000)


@pytest.mark.parametrize("members", [100, 101])
def test_a_packed_body_has_at_most_a_hundred_members(members: int) -> None:
    answer = answered(gzip.compress(b" ") * members, Content_Encoding="gzip")
    if members == 100:
        assert read_body(answer, 10_000) == b" " * 100
        return
    with pytest.raises(MalformedBodyError, match="incomplete or damaged"):
        read_body(answer, 10_000)


@pytest.mark.parametrize("name", [field.name for field in fields(billnb.Limits)])
def test_every_limit_is_above_nothing_and_at_most_what_a_column_holds(name: str) -> None:
    assert getattr(billnb.Limits(**{name: 2**31 - 1}), name) == 2**31 - 1
    assert getattr(billnb.Limits(**{name: 1}), name) == 1
    for wrong in (0, -1, 2**31, True, "1", None):
        with pytest.raises(ArgumentError, match=name):
            billnb.Limits(**{name: wrong})  # type: ignore[arg-type]


# texts

TEXTS = (
    "kind", "currency", "description", "status", "payment_type", "method", "method_brand",
    "method_last4", "method_expires", "method_wallet", "method_email", "document_url", "entry_id",
)  # fmt: skip


def entry(**said: Any) -> Entry:
    plain = {"kind": "payment", "currency": "USD", "total": Decimal(1)}
    return Entry(**{"issued_at": datetime(2026, 1, 1, tzinfo=UTC), **plain, **said})


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_of_any_field_is_bounded(field: str) -> None:
    """In bytes; the bound itself is allowed, and one byte more is not."""
    entries = [entry(), entry(), entry(**{field: "é" * 500}), entry()]
    keys = [key(one) for one in entries]
    assert len(history.batch(entries, keys, longest_text=1000)) == 4
    with pytest.raises(ContractError) as caught:
        history.batch(entries, keys, longest_text=999)
    assert caught.value.field == f"entries[2].{field}"
    expected = (
        "expected a text of at most 999 bytes, which a larger Limits(max_row=…) would allow; "
    )
    assert expected in str(caught.value)
    assert "é" not in str(caught.value)


def test_a_key_is_bounded_as_a_text_is() -> None:
    with pytest.raises(ContractError) as caught:
        history.batch([entry(), entry()], ["1", "x" * 1000], longest_text=999)
    assert caught.value.field == "entries[1].entry_id"


def test_many_short_texts_are_no_long_one() -> None:
    entries = [entry(entry_id=f"{number:010}", description="x" * 50) for number in range(100)]
    assert len(history.batch(entries, [key(one) for one in entries], longest_text=50)) == 100
    assert len(history.batch([], [], longest_text=1)) == 0


def test_texts_that_no_column_holds_are_a_clear_error() -> None:
    """Of two accounts, 1.5 GiB each; the bytes are mapped, and never touched."""
    size = 3 << 29
    with closing(mmap.mmap(-1, size)) as nothing:
        offsets = pa.py_buffer(struct.pack("ii", 0, size))
        buffer = pa.py_buffer(nothing)
        text = pa.Array.from_buffers(pa.string(), 1, [None, offsets, buffer])
        plain = history.account_table("a", "b", [history.batch([entry()], ["1"])], True)
        position = plain.schema.get_field_index("description")
        table = plain.set_column(position, "description", text)
        with pytest.raises(
            ResponseTooLargeError, match=r"more than 2 GiB, .* load fewer accounts at"
        ):
            history.frame([table, table])
        del offsets, text, table, buffer


# totals


@pytest.mark.parametrize("entries", [25, 26])
def test_exactly_as_many_entries_as_there_is_room_for_are_read(entries: int) -> None:
    vendor = Vendor(entries)
    if entries == 25:
        assert paging.read(source(vendor, max_entries=25)).total == 25
        return
    with pytest.raises(TruncatedHistoryError) as caught:
        paging.read(source(vendor, max_entries=25))
    assert len(vendor.asked) == 1
    for said in ("announces 26 entries (all)", "room for 25 at most", "Limits(max_history=…)"):
        assert said in str(caught.value)


def test_one_page_of_more_than_there_is_room_for_is_refused_too() -> None:
    with pytest.raises(TruncatedHistoryError, match=r"10 entries \(invoice\).* room for 9"):
        paging.read(source(Vendor(10), max_entries=9), kind="invoice")


def test_what_the_vendor_does_not_let_anyone_read_is_said_first() -> None:
    with pytest.raises(TruncatedHistoryError, match="lets 20 be read"):
        paging.read(source(Vendor(50), max_pages=2, max_entries=20))


def test_no_entry_takes_less_room_than_is_reckoned_with() -> None:
    """So that what is refused for its number could not have been held."""
    least = [entry(kind="a", currency="", entry_id=str(number)) for number in range(10)] * 10
    rows = history.batch(least, [key(one) for one in least])
    assert history.LEAST_ROOM <= history.room(rows) / 100 < 1.25 * history.LEAST_ROOM


def test_room_counts_texts_and_keys() -> None:
    def room(**said: Any) -> int:
        entries = [entry(**said)] * 100
        return history.room(history.batch(entries, [key(one) for one in entries]))

    plain = room(entry_id="7")
    assert 100 * 1000 <= room(entry_id="7", description="x" * 1000) - plain < 102_000
    # in a column that the entries had, in the column of keys, and as keys
    assert 300 * 1000 <= room(entry_id="7" * 1001) - plain < 305_000


# bytes held


class Thing:
    """Something that can die."""


def test_what_is_held_is_counted_as_long_as_it_lives() -> None:
    held = paging.HeldBytes(100)
    first, second = held.keep(Thing(), 60), held.keep(Thing(), 40)
    assert held.size == 100
    with pytest.raises(ResponseTooLargeError) as caught:
        held.keep(Thing(), 1)
    assert "more than 100 bytes" in str(caught.value)
    assert "Limits(max_history=…)" in str(caught.value)
    assert held.size == 100
    del first
    assert held.size == 40
    assert isinstance(held.keep(Thing(), 60), Thing)
    assert held.size == 40
    del second
    assert held.size == 0


def test_what_dies_of_a_cycle_while_others_are_counted_is_let_go() -> None:
    held = paging.HeldBytes(10**9)
    for _ in range(2000):
        thing = held.keep(Thing(), 1)
        thing.itself = thing  # type: ignore[attr-defined]
    del thing
    gc.collect()
    assert held.size == 0


def test_bytes_counted_by_many_threads_add_up() -> None:
    held = paging.HeldBytes(10**9)

    def count(_: int) -> list[Thing]:
        for _ in range(200):
            held.keep(Thing(), 7)
        return [held.keep(Thing(), 3) for _ in range(50)]

    with ThreadPoolExecutor(8) as executor:
        kept = list(executor.map(count, range(8)))
    assert held.size == sum(map(len, kept)) * 3 == 8 * 50 * 3


def test_an_answer_counts_four_times_its_body() -> None:
    held = paging.HeldBytes(80)
    answer = held.received("value", body=20)
    assert (answer.value, held.size) == ("value", 80)
    with pytest.raises(ResponseTooLargeError):
        held.received("another", body=1)


def test_answers_fetched_ahead_count_until_they_are_opened() -> None:
    """At most those asked for ahead, the one being opened, and the one asked for in its place."""
    vendor = Vendor(200)
    held = paging.HeldBytes(4 * 10 * 6)

    def fetch(kind: str, number: int, size: int) -> paging.Received[Page[Any]]:
        return held.received(vendor(kind, number, size), body=10)

    def read(ahead: int) -> paging.Reading[Any]:
        return paging.read(source(fetch, open=lambda answer: answer.value, ahead=ahead))

    assert read(4).total == 200
    gc.collect()
    assert held.size == 0
    with pytest.raises(ResponseTooLargeError):
        read(8)


@pytest.mark.slow
def test_pages_that_a_reading_let_go_do_not_count_in_the_next() -> None:
    """There is room for one reading and a look at its first page, and it is begun again."""

    class Rows(list[str]):
        """Rows that can be watched."""

    vendor = Vendor(25)
    held = paging.HeldBytes(40)

    def fetch(kind: str, number: int, size: int) -> Page[Any]:
        if number == 3 and len(vendor.asked) < 12:
            vendor.rows[0], vendor.rows[20] = vendor.rows[20], vendor.rows[0]
            vendor.rows.append(f"new {len(vendor.asked)}")
        return vendor(kind, number, size)

    def opened(page: Page[Any]) -> Page[Any]:
        rows = held.keep(Rows(page.rows), len(page.rows))
        return Page(page.total, rows, page.keys, page.number)

    reading = paging.read(source(fetch, open=opened, restarts=4))
    assert reading.restarts >= 2
    assert reading.total == len(vendor.rows)
