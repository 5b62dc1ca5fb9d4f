"""Entries, and the frame they become: keys, columns, numbers of identical entries, notes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from billnb import errors, history
from billnb.entry import Entry, Page, currency_code, instant, key, lower, page_of
from billnb.values.moments import Window

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def entry(total: int | str = 10, **said: Any) -> Entry:
    return Entry(
        **{
            "kind": "payment",
            "issued_at": NEW_YEAR,
            "currency": "USD",
            "total": Decimal(total),
            **said,
        }
    )


def table(*pages: Sequence[Entry], is_distinct: bool = False, account: str = "main") -> pa.Table:
    batches = [history.batch(page, [key(one) for one in page]) for page in pages]
    return history.account_table("acme", account, batches, is_distinct)


# keys


def test_the_vendors_id_is_the_key() -> None:
    assert key(entry(entry_id="inv-7", document_url="https://files.example/1")) == "inv-7"
    assert key(entry(entry_id="")) == ""


def test_a_key_is_the_same_in_every_release() -> None:
    """Kept histories refer to entries by these."""
    assert key(entry()) == "054c05c84b28d72ef3daf820d5a63826"
    assert key(entry(document_url="https://files.example/a?b#c")) == (
        "f75db79399517ccba8719639358ca476"
    )


def test_a_signature_of_the_document_is_not_in_the_key() -> None:
    url = "https://files.example/1.pdf"
    forms = [url, f"{url}?sig=a", f"{url}?sig=b#page", f"{url}#page?x", f"{url}?a?b", f"{url}#a#b"]
    assert len({key(entry(document_url=form)) for form in forms}) == 1
    assert key(entry(document_url=f"{url}2")) != key(entry(document_url=url))
    assert key(entry(document_url=None)) != key(entry(document_url=url))


@pytest.mark.parametrize(
    "said",
    [{"kind": "refund"}, {"total": 11}, {"paid_at": NEW_YEAR}, {"due_at": NEW_YEAR},
     {"description": "x"}, {"method_email": "x"}, {"currency": "EUR"}],
)  # fmt: skip
def test_everything_an_entry_says_is_in_the_key(said: dict[str, Any]) -> None:
    assert key(entry(**said)) != key(entry())


def test_a_page_holds_entries_with_their_keys() -> None:
    entries = [entry(1), entry(2, entry_id="b")]
    assert page_of(entries, total=7, number=3) == Page(7, entries, (key(entries[0]), "b"), 3)
    assert page_of([], total=0) == Page(0, [], ())


def test_a_total_below_zero_is_refused() -> None:
    with pytest.raises(errors.ContractError) as caught:
        page_of([], total=-1)
    assert caught.value.field == "total"
    assert str(caught.value).startswith("field total: expected a total of at least 0; ")


# instants and words


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:00:00.045893", datetime(2026, 2, 1, 10, 0, 0, 45893, tzinfo=UTC)),
        ("2026-02-01T10:00:00Z", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("2026-02-01T10:00:00+05:30", datetime(2026, 2, 1, 4, 30, tzinfo=UTC)),
        ("2026-02-01T00:00:00-01:00", datetime(2026, 2, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_is_an_instant_in_utc(text: str, moment: datetime) -> None:
    read = instant(text, "issued_at")
    assert read == moment
    assert read.tzinfo is UTC


def test_a_date_without_a_zone_is_in_utc_wherever_the_machine_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as machine:
        machine.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        assert instant("2026-02-01", "issued_at") == datetime(2026, 2, 1, tzinfo=UTC)
    time.tzset()


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_date_names_its_field(text: str) -> None:
    with pytest.raises(errors.ContractError, match="expected an ISO 8601 date; ") as caught:
        instant(text, "issued_at")
    assert caught.value.field == "issued_at"


def test_words_are_in_lower_case_and_empty_ones_none() -> None:
    assert [lower(one) for one in ("PAID", "On_Hold", "", None)] == ["paid", "on_hold", None, None]


def test_a_currency_is_spelled_as_iso_spells_it_where_it_may_be_one() -> None:
    given = ["usd", "Inr", "bits", "eu", "u5d", "éur", ""]
    assert [currency_code(one) for one in given] == ["USD", "INR", *given[2:]]


# columns


def test_a_batch_holds_every_field_of_every_entry() -> None:
    full = entry(
        "12.5",
        description="d",
        status="paid",
        usage=Decimal(1),
        tax=Decimal("0.5"),
        method="card",
        due_at=NEW_YEAR + timedelta(days=1),
        document_url="https://files.example/1",
    )
    rows = history.batch([full, entry()], ["a", "b"]).to_pylist()
    assert list(rows[0]) == list(history.COLUMNS[2:])
    assert [row["entry_id"] for row in rows] == ["a", "b"]
    for row, one in zip(rows, (full, entry()), strict=True):
        assert {**row, "entry_id": None} == one._asdict()


def test_a_batch_of_nothing_has_the_columns() -> None:
    empty = history.batch([], [])
    assert (len(empty), empty.schema.names) == (0, list(history.COLUMNS[2:]))


def test_a_table_says_whose_it_is() -> None:
    whole = table([entry(1)], [entry(2), entry(3)])
    assert whole.schema.equals(history.SCHEMA)
    assert whole["provider"].to_pylist() == ["acme"] * 3
    assert whole["account"].to_pylist() == ["main"] * 3
    assert whole["total"].to_pylist() == [1, 2, 3]
    assert table().schema.equals(history.SCHEMA)


# identical entries


def test_identical_entries_are_numbered() -> None:
    alike = entry(5)
    ids = table([entry(1), alike, alike], [alike])["entry_id"].to_pylist()
    assert ids == [key(entry(1)), key(alike), f"{key(alike)}#2", f"{key(alike)}#3"]


def test_entries_known_to_be_distinct_are_not_compared() -> None:
    alike = entry(5)
    ids = table([alike, alike], is_distinct=True)["entry_id"].to_pylist()
    assert ids == [key(alike), key(alike)]


def test_identical_entries_have_the_same_ids_whatever_the_order_of_pages() -> None:
    """Of one id, but not the same: which of them is the first is said by what they hold."""
    rows = [
        entry(total, entry_id="7", description=text)
        for total, text in ((5, None), (5, ""), (5, "None"), (300, "b"))
    ]
    expected = None
    for order in itertools.permutations(rows):
        whole = table(order[:1], order[1:])
        said = zip(whole["total"].to_pylist(), whole["description"].to_pylist(), strict=True)
        found = dict(zip(said, whole["entry_id"].to_pylist(), strict=True))
        expected = expected or found
        assert found == expected
    assert list((expected or {}).values()) == ["7", "7#2", "7#3", "7#4"]


def test_a_number_never_meets_an_id_of_the_vendors_own() -> None:
    def numbered(*names: str) -> list[str]:
        rows = [entry(number, entry_id=name) for number, name in enumerate(names)]
        ids: list[str] = table(rows)["entry_id"].to_pylist()
        return ids

    assert numbered("7", "7#2", "7") == ["7", "7#2", "7#3"]
    assert numbered("7", "7#2", "7", "7#3", "7") == ["7", "7#2", "7#4", "7#3", "7#5"]
    assert numbered("7", "7", "7#2", "7#2") == ["7", "7#3", "7#2", "7#2#2"]
    assert numbered("8", "7", "8", "7") == ["8", "7", "8#2", "7#2"]


# the frame


def frame(*tables: pa.Table, **more: Any) -> pd.DataFrame:
    return history.frame(tables, **more)


def test_a_frame_is_sorted_whatever_the_order_of_accounts() -> None:
    later = NEW_YEAR + timedelta(seconds=1)
    one = table(
        [entry(1, issued_at=later), entry(3, entry_id="b"), entry(2, entry_id="a")], account="one"
    )
    other = table([entry(4)], account="other")
    assert frame(one, other).equals(frame(other, one))
    whole = frame(other, one)
    assert whole["total"].to_list() == [2, 3, 4, 1]  # in the first account, by key
    assert whole.equals(whole.sort_values(list(history.ORDER), ignore_index=True))
    assert all(isinstance(kind, pd.ArrowDtype) for kind in whole.dtypes)


def test_a_window_holds_its_start_and_not_its_end() -> None:
    days = [NEW_YEAR + timedelta(days=number) for number in range(5)]
    whole = table([entry(number, issued_at=day) for number, day in enumerate(days)])
    kept = frame(whole, window=Window(days[1], days[3]))
    assert kept["total"].to_list() == [1, 2]
    assert frame(whole, window=Window(days[3], None))["total"].to_list() == [3, 4]
    assert frame(whole, window=Window(None, days[1]))["total"].to_list() == [0]
    assert len(frame(whole)) == 5


def test_a_kind_is_kept_where_it_is_asked_for() -> None:
    whole = table([entry(1), entry(2, kind="refund")])
    assert frame(whole, kind="refund")["total"].to_list() == [2]
    assert len(frame(whole, kind="all")) == 2


# how it was read


def test_notes_are_copied_and_read_back() -> None:
    noted = {
        "main": {"read_at": "2026-02-01T10:00:00+02:00", "certificate": "by id", "restarts": 2}
    }
    read = frame(reading=noted)
    noted["main"]["restarts"] = 9
    assert history.readings(read) == {
        "main": {
            "read_at": datetime(2026, 2, 1, 8, tzinfo=UTC),
            "since": None,
            "certificate": "by id",
            "restarts": 2,
        }
    }
    assert history.readings(read)["main"]["read_at"].tzinfo is UTC
    assert frame().attrs == {"billnb": {}}


def test_what_is_not_noted_is_unknown() -> None:
    read = frame(reading={"main": {"since": "2026-01-01T00:00:00+00:00"}})
    assert history.readings(read) == {
        "main": {"read_at": None, "since": NEW_YEAR, "certificate": "unknown"}
    }
    assert history.readings(pd.DataFrame()) == history.readings(object()) == {}


@pytest.mark.parametrize(
    "noted", [7, ["main"], {"main": 7}, {"main": {"read_at": "soon"}}, {"main": {"since": 7}}]
)
def test_something_else_in_the_place_of_notes_is_refused(noted: Any) -> None:
    read = frame()
    read.attrs["billnb"] = noted
    with pytest.raises(errors.ArgumentError) as caught:
        history.readings(read)
    assert str(caught.value) == (
        'attrs["billnb"] is not what billnb.load notes there; '
        'del history.attrs["billnb"] to go without'
    )
