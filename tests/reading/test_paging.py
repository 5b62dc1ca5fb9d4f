"""Paging over lists, without threads or sockets, so that the order of answers is known."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from billnb import errors, paging
from billnb.entry import Page

Change = Callable[["Vendor"], None]


class Inline(Executor):
    """Does everything at once, in the order it is given."""

    def submit(self, task: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(task(*arguments))
        except errors.BillnbError as error:
            future.set_exception(error)
        return future


class Vendor:
    """A list of keys, paged; what happens before an answer is said by the answer's number."""

    def __init__(self, *entries: str, limit: int = 100, changes: dict[int, Change] | None = None):
        self.entries = list(entries)
        self.limit = limit
        self.changes = changes or {}
        self.asked: list[tuple[str, int, int]] = []
        self.total: int | None = None

    def fetch(self, kind: str, number: int, size: int) -> Page[list[str]]:
        self.asked.append((kind, number, size))
        self.changes.get(len(self.asked), lambda vendor: None)(self)
        entries = [one for one in self.entries if kind in ("all", one.split()[0])]
        size = min(size, self.limit)
        rows = entries[(number - 1) * size : number * size]
        return Page(len(entries) if self.total is None else self.total, rows, tuple(rows))

    @property
    def pages(self) -> list[tuple[int, int]]:
        """The pages asked for: number and size."""
        return [(number, size) for _, number, size in self.asked]


class Script(Vendor):
    """Answers as they are written down, one after the other, whatever is asked."""

    def __init__(self, total: int, *answers: str) -> None:
        super().__init__()
        self.answers = iter(answers)
        self.total = total

    def fetch(self, kind: str, number: int, size: int) -> Page[list[str]]:
        self.asked.append((kind, number, size))
        rows = next(self.answers).split()
        return Page(self.total or 0, rows, tuple(rows))


def source_of(fetch: Any, **more: Any) -> paging.Source[Any, list[str]]:
    options = {"page_size": 10, "restarts": 0, "executor": Inline(), "pause": [].append, **more}
    return paging.Source(fetch=fetch, **{"open": lambda page: page, **options})


def read(
    vendor: Vendor, kind: str = "all", verify: str = "counts", **more: Any
) -> paging.Reading[list[str]]:
    return paging.read(source_of(vendor.fetch, **more), kind=kind, verify=verify)


def found(reading: paging.Reading[list[str]]) -> list[str]:
    """Return the rows of a reading in alphabetical order."""
    return sorted(
        row
        for part in reading.parts
        for position, row in enumerate(part.page.rows)
        if part.positions is None or position in part.positions
    )


def many(count: int, name: str = "entry") -> list[str]:
    return [f"{name} {number:03}" for number in range(count)]


def add(name: str) -> Change:
    return lambda vendor: vendor.entries.insert(0, name)


# how a reading is known to be whole


@pytest.mark.parametrize("has_ids", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_one_answer_that_holds_everything_needs_no_second(count: int, has_ids: bool) -> None:
    vendor = Vendor(*many(count))
    reading = read(vendor, has_ids=has_ids)
    assert found(reading) == many(count)
    assert (reading.total, reading.certificate, reading.restarts) == (count, "single page", 0)
    assert vendor.asked == [("all", 1, 10)]


@pytest.mark.parametrize(("has_ids", "certificate"), [(True, "by id"), (False, "append-only")])
def test_several_pages_are_read_once_and_the_first_looked_at_again(
    has_ids: bool, certificate: str
) -> None:
    vendor = Vendor(*many(25))
    reading = read(vendor, has_ids=has_ids)
    assert found(reading) == many(25)
    assert reading.certificate == certificate
    assert vendor.pages == [(1, 10), (2, 10), (3, 10), (1, 10)]
    assert [part.page.rows[0] for part in reading.parts] == [many(25)[n] for n in (0, 10, 20)]


@pytest.mark.parametrize("has_ids", [True, False])
def test_a_snapshot_reads_twice_on_two_grids(has_ids: bool) -> None:
    vendor = Vendor(*many(25))
    reading = read(vendor, verify="snapshot", has_ids=has_ids)
    assert found(reading) == many(25)
    assert reading.certificate == "snapshot"
    assert vendor.pages == [(1, 10), (2, 10), (3, 10), (3, 9), (2, 9), (1, 9)]


@pytest.mark.parametrize(
    ("total", "size", "other"),
    [(20, 5, 3), (9, 5, 4), (4, 2, 1), (3, 2, 1), (2, 1, 1), (9, 4, 2), (12, 4, 3)],
)
def test_the_second_grid_ends_with_a_page_that_is_not_full(
    total: int, size: int, other: int
) -> None:
    """Where there is such a size: 12 entries come to full pages of three, two and one."""
    vendor = Vendor(*many(total), limit=size)
    read(vendor, verify="snapshot")
    assert {asked for _, asked in vendor.pages[-(total // other) :]} == {other}


def test_a_page_that_fits_the_vendors_limit_alone_is_read_twice_for_a_snapshot() -> None:
    vendor = Vendor(*many(10))
    reading = read(vendor, verify="snapshot", max_pages=1)
    assert reading.certificate == "single page"
    assert vendor.pages == [(1, 10), (1, 10)]


@pytest.mark.parametrize("count", [7, 12])
@pytest.mark.parametrize("has_ids", [True, False])
def test_a_vendor_of_one_page_size_is_read_twice_on_one_grid(has_ids: bool, count: int) -> None:
    class OfOneSize(Vendor):
        def fetch(self, kind: str, number: int, size: int) -> Page[list[str]]:
            return super().fetch(kind, number, 5)

    reading = read(OfOneSize(*many(count)), verify="snapshot", has_ids=has_ids)
    assert found(reading) == many(count)
    assert reading.certificate == ("by id" if has_ids else "append-only")


@pytest.mark.parametrize(
    ("limit", "certificate"), [(3, "append-only"), (4, "snapshot"), (None, "snapshot")]
)
def test_the_second_grid_keeps_to_the_pages_there_may_be(
    limit: int | None, certificate: str
) -> None:
    """27 entries are 3 pages of ten, and 4 of eight."""
    vendor = Vendor(*many(27))
    assert read(vendor, verify="snapshot", max_pages=limit).certificate == certificate


def test_distinct_is_what_has_a_key_of_its_own() -> None:
    assert read(Vendor("a", "b", "c")).is_distinct()
    assert not read(Vendor("a", "b", "a")).is_distinct()


def test_pauses_between_readings_grow_to_five_seconds() -> None:
    """They are drawn at random, so that many who read do not return as one."""
    for vendor, more in (
        (Script(5, *["a b", "c", "e"] * 201), {}),
        (Vendor(*many(12, "invoice"), *many(12, "payment"), "credit 1"), KINDS),
    ):
        pauses: list[float] = []
        with pytest.raises(errors.BillnbError):
            read(vendor, restarts=200, pause=pauses.append, **more)
        limits = [min(5.0, 0.1 * 2**number) for number in range(1, 201)]
        assert len(pauses) == 200
        assert all(0 <= one <= most for one, most in zip(pauses, limits, strict=True))
        assert max(pauses) > 4.5
        assert min(pauses[6:]) < 0.5
    eighth = []
    for _ in range(40):
        pauses = []
        with pytest.raises(errors.ContractError):
            read(Script(5, *["a b", "c", "e"] * 9), restarts=8, pause=pauses.append)
        eighth.append(pauses[7])
    assert max(eighth) > 3
    pauses = []
    read(Vendor(*many(25)), pause=pauses.append)
    assert pauses == []


# the first page


def test_the_first_page_may_come_in_another_order() -> None:
    def turn(vendor: Vendor) -> None:
        vendor.entries[:3] = reversed(vendor.entries[:3])

    vendor = Vendor(*many(25), changes={4: turn})
    assert read(vendor).certificate == "append-only"
    assert found(read(vendor)) == many(25)


def test_the_first_page_is_compared_by_how_often_each_entry_stands_on_it() -> None:
    """One of two alike gave way to another like its neighbour: as a set they are the same."""

    def swap(vendor: Vendor) -> None:
        vendor.entries[:3] = ["a", "b", "b"]

    vendor = Vendor("a", "a", "b", *many(12), changes={3: swap})
    with pytest.raises(errors.UnstableHistoryError, match=r"\(its first page changed\)"):
        read(vendor)


def test_a_new_entry_is_seen_on_the_first_page_and_everything_read_anew() -> None:
    vendor = Vendor(*many(25), changes={4: add("new")})
    reading = read(vendor, restarts=1)
    assert found(reading) == sorted([*many(25), "new"])
    assert (reading.restarts, reading.total) == (1, 26)


# what does not add up


def test_a_total_that_changes_is_said() -> None:
    with pytest.raises(errors.UnstableHistoryError) as caught:
        read(Vendor(*many(25), changes={2: add("new")}))
    assert str(caught.value) == (
        "the history kept changing while it was read (its total changed from 25 to 26); "
        "load it again later"
    )


@pytest.mark.parametrize(
    ("total", "answers", "problem"),
    [
        (5, ["a b", "c"], "page 2: the page has 1 rows; expected 2"),
        (5, ["a b", "c d e"], "page 2: the page has 3 rows where 2 were asked for"),
        (5, ["a b", "a b"], "page 2: the page holds the same as page 1"),
        (7, ["a b", "c d", "c d"], "page 3: the page holds the same as page 2"),
        (7, ["a b", "c d", "a b"], "page 3: the page holds the same as page 1"),
        (5, [""], "page 1: the page has no rows of 5 entries"),
        (5, ["a b", ""], "page 2: the page has 0 rows; expected 2"),
    ],
)
def test_pages_that_do_not_follow_on_each_other_are_refused(
    total: int, answers: list[str], problem: str
) -> None:
    with pytest.raises(errors.ContractError) as caught:
        read(Script(total, *answers, "", ""), ahead=1)
    assert str(caught.value) == (
        f"{problem}; the vendor's paging has changed, or a cache is in between"
    )


@pytest.mark.parametrize(
    ("total", "answers", "rows", "expected"),
    [(5, ["a b", "c d", ""], 0, 1), (5, ["a b", "c d", "e f"], 2, 1), (1, ["a b"], 2, 1)],
)
def test_a_last_page_that_the_total_does_not_leave_is_unstable(
    total: int, answers: list[str], rows: int, expected: int
) -> None:
    with pytest.raises(errors.UnstableHistoryError) as caught:
        read(Script(total, *answers))
    assert f"its last page has {rows} rows where the total leaves {expected}" in str(caught.value)


def test_more_rows_than_asked_for_are_refused_in_the_second_reading_of_one_page_too() -> None:
    script = Script(5, "a b c d e", "a b c d e f g h i j", "a b c d e")
    with pytest.raises(errors.ContractError, match="10 rows where 9 were asked for"):
        read(script, verify="snapshot")


def test_a_page_that_says_it_is_another_is_refused_at_once() -> None:
    vendor = Vendor(*many(25))

    def fetch(kind: str, number: int, size: int) -> Page[list[str]]:
        page = vendor.fetch(kind, number, size)
        return Page(page.total, page.rows, page.keys, 1)

    with pytest.raises(errors.ContractError, match=r"^page 2: the page says it is page 1; "):
        paging.read(source_of(fetch, ahead=1, restarts=4))
    assert vendor.pages == [(1, 10), (2, 10), (3, 10)]


@pytest.mark.parametrize("restarts", [0, 1, 2])
def test_what_does_not_add_up_is_read_so_many_times_more(restarts: int) -> None:
    script = Script(5, *["a b", "c", "e"] * (restarts + 1))
    with pytest.raises(errors.ContractError):
        read(script, restarts=restarts)
    assert script.pages.count((1, 10)) == restarts + 1


def test_entries_alike_fill_as_many_pages_as_paging_that_moves() -> None:
    """One entry a page, and all the same: 51 of them may be true, and 52 stand still."""
    assert read(Vendor(*["a"] * 51, limit=1)).total == 51
    same = r"^page 52: the page holds the same as all pages before"
    with pytest.raises(errors.ContractError, match=same):
        read(Vendor(*["a"] * 52, limit=1))


def test_pages_of_entries_alike_are_no_standing_still() -> None:
    vendor = Vendor(*"aaaabbbb", limit=2)
    assert found(read(vendor)) == list("aaaabbbb")


# entries that stand on two pages


@pytest.mark.parametrize("entries", ["abbc", "abcdae"])
def test_an_entry_without_id_on_two_pages_is_read_twice(entries: str) -> None:
    reading = read(Vendor(*entries, limit=2))
    assert found(reading) == sorted(entries)
    assert (reading.certificate, reading.is_distinct()) == ("snapshot", False)


def test_two_entries_alike_on_one_page_are_no_sign_of_a_shift() -> None:
    vendor = Vendor("a", "a", "b", "c", limit=2)
    assert read(vendor).certificate == "append-only"
    assert len(vendor.asked) == 3


def test_readings_that_differ_are_unstable() -> None:
    """A shift between two pages: b is seen twice, and c never."""
    with pytest.raises(errors.UnstableHistoryError, match=r"\(two readings of it differ\)"):
        read(Script(4, "a b", "b d", "d", "c", "b", "a"))


def test_an_id_on_two_pages_is_unstable_unless_it_is_there_again() -> None:
    twice = Vendor("a", "b", "b", "c", limit=2)
    with pytest.raises(errors.UnstableHistoryError, match=r"\(it holds an identifier twice\)"):
        read(twice, has_ids=True)
    reading = read(twice, has_ids=True, restarts=1)
    assert found(reading) == ["a", "b", "b", "c"]
    assert (reading.certificate, reading.restarts) == ("snapshot", 1)


def test_ids_seen_between_them_make_several_readings_whole() -> None:
    """No reading holds all four, and together they do."""
    script = Script(4, "a b", "b d", "d", "c", "b", "a")
    reading = read(script, has_ids=True)
    assert found(reading) == list("abcd")
    assert (reading.total, reading.certificate, reading.restarts) == (4, "by id", 0)
    assert reading.is_distinct()


def test_only_the_rows_that_make_up_the_whole_are_taken_of_a_page() -> None:
    """In two sizes: c stands on the first pages alone, and e on one of the others."""
    answers = ["a b c", "d c", "d", "e a", "a b"]
    reading = read(Script(5, *answers, *answers), has_ids=True, restarts=1)
    assert found(reading) == list("abcde")
    assert reading.restarts == 1


@pytest.mark.parametrize(
    ("total", "answers"),
    [
        (3, ["a b", "", "c a", ""]),  # nothing on the last page
        (5, ["a b", "c", "", "d e", "", ""]),  # too little on another
        (5, ["a b", "c d", "c d", "e a", "b c", "b c"]),  # a page once more
        (3, ["a b", "c", "b x", "a b", "c", "b x"]),  # the first page changed
    ],
)
def test_what_a_reading_that_failed_has_seen_counts_too(total: int, answers: list[str]) -> None:
    reading = read(Script(total, *answers), has_ids=True, restarts=1)
    assert found(reading) == sorted("abcde"[:total])
    assert reading.certificate == "by id"


def test_more_ids_than_entries_make_nothing_whole() -> None:
    with pytest.raises(errors.UnstableHistoryError):
        read(Script(4, "a b", "b d", "d", "c", "e", "a"), has_ids=True)


def test_ids_under_two_totals_make_nothing_whole() -> None:
    """As many ids were seen as one of the totals says, but entries came or went."""

    class Growing(Script):
        def fetch(self, kind: str, number: int, size: int) -> Page[list[str]]:
            self.total = 3 if len(self.asked) < 2 else 4
            return super().fetch(kind, number, size)

    answers = ["a b", "b", "c", "b", "a", "a b", "c a", "d", "c", "b", "a"]
    with pytest.raises(errors.UnstableHistoryError):
        read(Growing(0, *answers), has_ids=True, restarts=1)


def test_nothing_seen_is_nothing_whole() -> None:
    with pytest.raises(errors.ContractError):
        read(Script(5, ""), has_ids=True)


# more than can be paged through


def test_exactly_as_many_pages_as_there_may_be_are_read() -> None:
    vendor = Vendor(*many(30))
    assert found(read(vendor, max_pages=3)) == many(30)


def test_one_page_more_than_there_may_be_is_an_error() -> None:
    vendor = Vendor(*many(1031))
    with pytest.raises(errors.TruncatedHistoryError) as caught:
        read(vendor, max_pages=103)
    assert str(caught.value) == (
        "the vendor announces 1,031 entries (all) and lets 1,030 be read; "
        "ask the vendor for an export, or load one kind at a time with kind=…"
    )
    assert vendor.pages == [(1, 10)]


def test_more_entries_than_there_is_room_for_say_what_to_do() -> None:
    vendor = Vendor(*many(1031))
    with pytest.raises(errors.TruncatedHistoryError) as caught:
        read(vendor, max_entries=1030)
    assert str(caught.value) == (
        "the vendor announces 1,031 entries (all), and there is room for 1,030 at most; if there "
        "are so many, a larger Limits(max_history=…) allows more, or load one kind at a time with "
        "kind=…"
    )
    assert read(vendor, max_entries=1031).total == 1031


KINDS: dict[str, Any] = {"kinds": ("invoice", "payment"), "max_pages": 2}


@pytest.mark.parametrize(
    ("invoices", "payments", "certificate"),
    [(15, 16, "append-only"), (5, 16, "append-only"), (16, 5, "append-only")],
)
def test_kinds_together_are_as_certain_as_the_least_certain(
    invoices: int, payments: int, certificate: str
) -> None:
    entries = [*many(invoices, "invoice"), *many(payments, "payment")]
    reading = read(Vendor(*entries), **KINDS)
    assert found(reading) == entries
    assert (reading.total, reading.certificate) == (len(entries), certificate)
    assert reading.restarts == 0


def test_kinds_of_a_snapshot_and_of_less_are_less() -> None:
    """15 payments are three pages of seven, one more than there may be; 12 invoices are two."""
    entries = [*many(12, "invoice"), *many(20, "payment")]
    vendor = Vendor(*entries)
    reading = read(vendor, verify="snapshot", **KINDS)
    assert found(reading) == entries
    assert reading.certificate == "append-only"


def test_a_kind_is_read_by_itself_where_it_is_asked_for() -> None:
    vendor = Vendor(*many(12, "invoice"), *many(21, "payment"))
    assert found(read(vendor, "invoice", **KINDS)) == many(12, "invoice")
    with pytest.raises(errors.TruncatedHistoryError, match=r"21 entries \(payment\) and lets 20 "):
        read(vendor, "payment", **KINDS)
    with pytest.raises(errors.TruncatedHistoryError, match=r"21 entries \(payment\) and lets 20 "):
        read(vendor, **KINDS)


def test_what_fits_is_not_read_kind_by_kind() -> None:
    vendor = Vendor(*many(5, "invoice"), *many(6, "payment"), "credit 1")
    reading = read(vendor, **KINDS)
    assert (reading.total, reading.certificate) == (12, "append-only")
    assert {kind for kind, _, _ in vendor.asked} == {"all"}


def test_kinds_that_fall_short_of_the_whole_each_time_leave_some_out() -> None:
    vendor = Vendor(*many(12, "invoice"), *many(12, "payment"), *many(3, "credit"))
    with pytest.raises(errors.TruncatedHistoryError) as caught:
        read(vendor, restarts=1, **KINDS)
    assert str(caught.value).startswith(
        "the vendor announces 3 entries (all kinds but invoice and payment) and lets 0 be read; "
    )
    assert vendor.asked.count(("all", 1, 10)) == 3


def test_kinds_that_come_to_more_than_the_whole_are_unstable() -> None:
    class Forgetful(Vendor):
        def fetch(self, kind: str, number: int, size: int) -> Page[list[str]]:
            self.total = 23 if kind == "all" else None
            return super().fetch(kind, number, size)

    vendor = Forgetful(*many(12, "invoice"), *many(12, "payment"))
    with pytest.raises(
        errors.UnstableHistoryError, match=r"\(its kinds do not make up its total\)"
    ):
        read(vendor, restarts=1, **KINDS)


def test_kinds_that_fall_short_in_different_ways_are_unstable() -> None:
    entries = [*many(12, "invoice"), *many(12, "payment"), "credit 1"]
    grow = {8: add("invoice 100"), 15: add("credit 2")}
    with pytest.raises(
        errors.UnstableHistoryError, match=r"\(its kinds do not make up its total\)"
    ):
        read(Vendor(*entries, changes=grow), restarts=1, **KINDS)


def test_kinds_that_make_up_the_whole_the_next_time_are_whole() -> None:
    """An invoice comes in after invoices were read; and payments are read twice at first."""
    entries = [*many(12, "invoice"), *many(12, "payment")]
    vendor = Vendor(*entries, changes={5: add("invoice 100")})
    reading = read(vendor, restarts=1, **KINDS)
    assert found(reading) == sorted([*entries, "invoice 100"])
    assert (reading.total, reading.restarts) == (25, 1)


def test_restarts_of_kinds_are_added_up() -> None:
    entries = [*many(12, "invoice"), *many(12, "payment")]
    grow = {3: add("invoice 100"), 8: add("payment 100")}
    reading = read(Vendor(*entries, changes=grow), restarts=1, **KINDS)
    assert (reading.total, reading.restarts) == (26, 2)


# pages asked for ahead


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_so_many_pages_are_asked_for_ahead_and_no_more(ahead: int) -> None:
    vendor = Vendor(*many(100))
    opened = 0
    under_way = 0

    def opening(page: Page[Any]) -> Page[Any]:
        nonlocal opened, under_way
        opened += 1
        under_way = max(under_way, len(vendor.asked) - opened)
        return page

    reading = paging.read(source_of(vendor.fetch, open=opening, ahead=ahead))
    assert (reading.total, reading.certificate) == (100, "append-only")
    assert under_way == ahead
    assert vendor.pages[:10] == [(number, 10) for number in range(1, 11)]


def test_pages_still_waiting_are_not_asked_for_once_one_has_failed() -> None:
    """The third is under way when the second fails; the others were to follow."""
    vendor = Vendor(*many(200))
    failed = threading.Event()

    def fetch(kind: str, number: int, size: int) -> Page[list[str]]:
        page = vendor.fetch(kind, number, size)
        if number == 2:
            raise errors.ContractError("broken")
        if number == 3:
            failed.wait(10)
        return page

    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(errors.ContractError, match=r"^page 2: broken"):
            paging.read(source_of(fetch, executor=executor, ahead=19))
        failed.set()
    assert vendor.pages == [(1, 10), (2, 10), (3, 10)]


@pytest.mark.parametrize(
    ("error", "is_named"),
    [
        (errors.ContractError("broken"), True),
        (errors.TransportError("cut"), True),
        (errors.AuthenticationError("no"), False),
    ],
)
@pytest.mark.parametrize(("where", "at"), [("fetch", 1), ("fetch", 2), ("open", 1), ("open", 2)])
def test_an_error_names_the_page_unless_it_is_about_the_account(
    error: errors.BillnbError, is_named: bool, where: str, at: int
) -> None:
    vendor = Vendor(*many(25))
    error.page = None

    def check(page: Page[list[str]]) -> Page[list[str]]:
        if page.rows[0] == ("entry 000" if at == 1 else "entry 010"):
            raise error
        return page

    def fetch(kind: str, number: int, size: int) -> Page[list[str]]:
        answer = vendor.fetch(kind, number, size)
        return check(answer) if where == "fetch" else answer

    opening = {"open": check} if where == "open" else {}
    with pytest.raises(type(error)) as caught:
        paging.read(source_of(fetch, **opening))
    assert caught.value.page == (at if is_named else None)


def test_a_page_that_an_error_names_already_stays() -> None:
    def fetch(kind: str, number: int, size: int) -> Page[list[str]]:
        error = errors.ContractError("broken")
        error.page = 7
        raise error

    with pytest.raises(errors.ContractError, match=r"^page 7: "):
        paging.read(source_of(fetch))
