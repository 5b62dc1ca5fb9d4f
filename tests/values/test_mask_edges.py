"""Where masking begins and ends: texts just inside of each rule, and just outside."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from support.ledgers import history, invoice

import billnb
from billnb import sharing
from billnb.sharing.amounts import _value, amounts_masked
from billnb.sharing.scaling import _power_of_ten, _scale
from billnb.values.masking import LONGEST, MASK, bounded, cut, is_date, masked, normal

HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    "word",
    [
        "abcdefgh1ij2",  # three turns from letter to digit, or back, in twelve
        "abcdefabcdefabc1",  # sixteen hexadecimal digits
        "ABCDEFABCDEFABC1",
        HEX,
        "abcdefghij1klmnopqrs",  # a digit amid twenty
        "abcdefGhijklmnopqrs1",  # a digit and a capital in twenty
        "abcDefgHijkLmnoPqrst",  # a capital in every five
        "a1b-c2d-e3-fghij",  # five turns over several parts of sixteen
    ],
)
def test_words_that_look_like_keys_are_masked(word: str) -> None:
    assert masked(f"for {word} now") == f"for {MASK} now"


@pytest.mark.parametrize(
    "word",
    [
        "abcdefg1ij2",
        "abcdefgh1ijk",
        "deadbeefdeadbeef",
        "abcdefghij1klmnopqr",
        "abcdefghijklmnopqrs1",
        "abcDefghiJklmnopqrst",
        "abcdDefghHijklLmnopPqrst",
        "a1b-c2d-e3-fghi",
    ],
)
def test_words_that_fall_short_of_keys_stay(word: str) -> None:
    assert masked(f"for {word} now") == f"for {word} now"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # queries have a value
        ("see x?a=b?c now", f"see {MASK} now"),
        ("see a=b?c now", "see a=b?c now"),
        # bank accounts have eight digits
        ("to DE12 3456 78ab now", f"to {MASK} now"),
        ("to QQ12 3456 78ab now", f"to {MASK} now"),
        ("to ab12 cdef gh1i now", "to ab12 cdef gh1i now"),
        # tax numbers have four, and are no dates
        ("VAT 1234abc now", f"VAT {MASK} now"),
        ("VAT 123abcd now", "VAT 123abcd now"),
        ("VAT included now", "VAT included now"),
        ("GST 2026-10-01 now", "GST 2026-10-01 now"),
        # addresses are more than two colons
        ("at ::1 now", f"at {MASK} now"),
        ("std :: map", "std :: map"),
        ("at fe80::1%eth0 now", f"at {MASK} now"),
        # numbers of invoices are no amounts, counts or words
        ("order 1234 now", f"order {MASK} now"),
        ("order 123 now", "order 123 now"),
        ("invoice 1234.50 now", "invoice 1234.50 now"),
        ("order 1,204 now", "order 1,204 now"),
        ("invoice no: abc now", "invoice no: abc now"),
        ("invoice no: ab1 now", f"invoice no: {MASK} now"),
        # nor are they dates, where nothing says that it is one of an invoice
        ("for FY-2026 now", "for FY-2026 now"),
        ("for inv-2026 now", "for inv-2026 now"),
        ("for inv-20261001 now", f"for {MASK} now"),
        ("the report-2026-10-21 now", "the report-2026-10-21 now"),
        ("the report-2026-99-21 now", f"the {MASK} now"),
        ("for ab-12x4 now", "for ab-12x4 now"),
        # objects are no words
        ("the sub_account now", "the sub_account now"),
        ("the sub_Account now", "the sub_Account now"),
        ("the SUB_ACCOUNT now", "the SUB_ACCOUNT now"),
        ("the cus_AbCdEf now", f"the {MASK} now"),
        ("the cus_abc12d now", f"the {MASK} now"),
        ("the in_20261001 now", "the in_20261001 now"),
    ],
)
def test_what_only_looks_like_it_stays(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_escapes_of_no_text_stay() -> None:
    assert normal("100%ff and %41%ff") == "100%ff and %41%ff"
    assert normal("%41%2541") == "AA"
    assert normal("a\x00b\u200bc") == "abc"


# how much is kept


def test_texts_are_read_up_to_a_bound() -> None:
    assert bounded("x" * 20_000) == ("x" * 20_000, False)
    assert bounded("x" * 20_001) == ("x" * 20_000, True)


def test_texts_are_kept_up_to_a_bound_and_end_with_a_word() -> None:
    whole = "ab " * 666 + "ab"
    assert len(whole) == LONGEST
    assert cut(whole, was_cut=False) == whole
    assert cut(f"{whole}c", was_cut=False) == "ab " * 665 + "ab [cut]"


def test_what_was_cut_before_loses_what_may_be_half_of_something() -> None:
    assert cut("ab " * 100, was_cut=True) == "ab " * 65 + "ab [cut]"
    assert cut("ab " * 30, was_cut=True) == " [cut]"
    assert cut("ab " * 900, was_cut=True) == "ab " * 665 + "ab [cut]"


def test_several_dates_are_dates_up_to_a_bound() -> None:
    dates = "2026-10-01 - 2026-10-31"
    assert is_date(dates.ljust(50))
    assert not is_date(dates.ljust(51))


# amounts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("release 2.1.3 of it", "release 2.1.3 of it"),
        ("for 1.234.567 units", f"for {MASK} units"),
        ("for 1.234 units", f"for {MASK} units"),
        ("for 1,234 units", "for 1,234 units"),
        ("for 57611 units", f"for {MASK} units"),
        ("for 576,11 units", f"for {MASK} units"),
        ("for 12 units of 99", "for 12 units of 99"),
        ("for 345 units", f"for {MASK} units"),
        ("for 34500 units", f"for {MASK} units"),
        ("for 346 units", "for 346 units"),
        ("as v5.50 has it", "as v5.50 has it"),
        ("in 2026 and 2027", "in 2026 and 2027"),
        ("at 12,- each", f"at {MASK} each"),
    ],
)
def test_amounts_are_masked_and_counts_and_versions_stay(text: str, shown: str) -> None:
    known = [Decimal("576.11"), Decimal(99), Decimal(345), Decimal(2026), None]
    assert amounts_masked(known)(text) == shown


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", "12"),
        ("576.11", "576.11"),
        ("576,11", "576.11"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("1.234.567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234.56", "1234.56"),
        ("1,234,56", "1234.56"),
        ("1'234.5", "1234.5"),
        ("1 234 567", "1234567"),
        ("1_234", "1234"),
    ],
)
def test_numbers_are_read_however_they_are_grouped(written: str, number: str) -> None:
    assert _value(written) == Decimal(number)


def test_what_stands_for_words_and_ids_is_no_longer_than_tells_them_apart() -> None:
    row = invoice(1, "2026-01-01", provider="ann@mail.example", entry_id="0" * 32)
    shared = billnb.redact(history(row), key="the key of the test")
    assert re.fullmatch(r"provider [0-9a-f]{8}", shared["provider"][0])
    assert re.fullmatch(r"[0-9a-f]{20}", shared["entry_id"][0])
    assert re.fullmatch(r"[0-9a-f]{20}", sharing.scaled(history(row))["entry_id"][0])


@pytest.mark.parametrize(
    ("number", "down", "up"), [("1", "1", "1"), ("9.5", "1", "10"), ("0.02", "0.01", "0.1")]
)
def test_steps_are_powers_of_ten(number: str, down: str, up: str) -> None:
    assert _power_of_ten(Decimal(number)) == Decimal(down)
    assert _power_of_ten(Decimal(number), up=True) == Decimal(up)


def test_a_scaled_history_has_the_types_of_one() -> None:
    frame = history(invoice("12.50", "2026-01-01"), invoice(3, "2026-02-01", currency="EUR"))
    assert sharing.scaled(frame).dtypes.equals(frame.dtypes)


def test_what_rounding_leaves_over_stays_with_the_account_and_kind_it_is_of() -> None:
    """Three cents a month, of two accounts in turn, on a scale of tens of cents."""
    rows = [
        invoice("0.03", f"2026-{number // 2 % 12 + 1:02}-05", account=f"shop-{number % 2}")
        for number in range(480)
    ]
    shown = sharing.scaled(history(*rows))
    sums = shown.groupby("account")["total"].sum()
    step = min(one for one in shown["total"] if one)
    assert abs(sums["shop-0"] - sums["shop-1"]) <= step
    assert abs(sums.sum() - 1200) <= 2 * step


@pytest.mark.parametrize(
    ("factor", "amounts", "parts", "step", "carries"),
    [
        ("1", "100 200 300 400", "100.25", "10", False),  # the mean has ten steps
        ("1", "1 2 3 4", "0.55", "1", True),  # nor less than the unit amounts come in
        ("1", "0.11 2.22 3.33 4.44", "1 2.2 3 4", "1", True),  # or their components
        ("2.5", "1 2 3 4", "1 2 3 4", "10", True),  # a power of ten that is not less
        ("1", "1 0.5 0.25 0.75", "0.25", "0.1", True),  # which three quarters are multiples of
        ("1", "0.01 0.02 0.03 0.05", "0.01", "0.1", True),  # nor less than ten cents
    ],
)
def test_a_step_is_what_hides_and_shows(
    factor: str, amounts: str, parts: str, step: str, carries: bool
) -> None:
    found = _scale(Decimal(factor), *(list(map(Decimal, one.split())) for one in (amounts, parts)))
    assert (found.step, found.carries, found.factor) == (Decimal(step), carries, Decimal(factor))


def test_what_a_history_lacks_is_not_stated_on_a_scale_either() -> None:
    shown = sharing.scaled(history(invoice(3, "2026-01-01")).drop(columns="method"))
    assert shown["method"].isna().all()
