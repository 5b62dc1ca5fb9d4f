"""Known names and ids are found as they are written, and no others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledgers import history, payment

import billnb
from billnb import sharing
from billnb.sharing.known import Cleaner, Known, put_back
from billnb.sharing.pseudonyms import accounts, checked
from billnb.values.masking import LONGEST, MASK


def found(text: str, names: Any = (), ids: Any = ()) -> str:
    """Return a text with known names and ids in brackets."""
    known = Known(*({one: f"<{one}>" for one in given} for given in (names, ids)))
    aside: list[str] = []
    return put_back(known.put_aside(text, aside), aside)


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        # without letters or digits, from three characters on
        ("***", "of *** now", "of <***> now"),
        ("**", "of ** now", "of ** now"),
        ("   ", "of    now", "of    now"),
        # without anything between the pieces, from six letters on
        ("abc def", "of ABCdef now", "of <abc def> now"),
        ("abc de", "of abcde now", "of abcde now"),
        ("123 456", "of 123456 now", "of 123456 now"),
        # and with more pieces than it has
        ("abcdef", "of ab-c-d-ef now", "of <abcdef> now"),
        ("abcdef", "of a-b-c-d-ef now", "of a-b-c-d-ef now"),
        # up to four characters between the pieces
        ("abc def", "of abc -- def now", "of <abc def> now"),
        ("abc def", "of abc --- def now", "of abc --- def now"),
        # sixteen pieces at most
        ("a-" * 15 + "a", "a " * 16, f"<{'a-' * 15}a> "),
        ("a-" * 16 + "a", "a " * 17, "a " * 17),
    ],
)
def test_a_name_is_found_in_another_spelling(name: str, text: str, shown: str) -> None:
    assert found(text, names=[name]) == shown


def test_an_id_as_it_is_written_comes_before_others_that_read_alike() -> None:
    assert found("AB-12 and ab-12", ids=["ab-12", "AB-12"]) == "<AB-12> and <ab-12>"
    assert found("A-12 and a-12", ids=["a-12", "A-12"]) == "<A-12> and <a-12>"
    assert found("a12 and A 12", ids=["a-12"]) == "a12 and A 12"


def test_more_names_than_there_are_places_are_masked() -> None:
    aside = ["other"] * (0xF8FF - 0xE000 - 1)
    known = Known({"acme": "<acme>"}, {})
    text = put_back(known.put_aside("acme, acme", aside), aside)
    assert text == f"<acme>, {MASK}"


def test_the_last_digits_of_known_cards_are_masked() -> None:
    cleaner = Cleaner({}, {}, [" 4242 ", "", "ab12"])
    assert cleaner.clean("was 4242, of 4243, AB12") == f"was {MASK}, of 4243, {MASK}"


def test_a_known_name_that_looks_like_a_key_is_replaced_and_not_masked() -> None:
    assert Cleaner({"abcdefgh1ij2": "account 1"}, {}, []).clean("for abcdefgh1ij2") == (
        "for account 1"
    )


def test_a_text_that_was_cut_is_so_however_short_it_becomes() -> None:
    name = "abcdefghij" * 3
    cleaned = Cleaner({name: "a"}, {}, []).clean(f"{name} " * LONGEST)
    assert cleaned is not None
    assert cleaned.endswith(" [cut]")


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (7, "the key of pseudonyms is a str, not int"),
        ("", "the key of pseudonyms is empty; leave it out, or give one"),
        (
            "abcde" * 7,
            "the key of pseudonyms can be found by trying: 35 bytes, 5 of them different; expected "
            "16 or more, at random, as python -c 'import secrets; print(secrets.token_hex())' "
            "prints them; pass it as key=, or set BILLNB_REDACTION_KEY",
        ),
    ],
)
def test_a_key_that_is_none_is_refused(key: Any, problem: str) -> None:
    with pytest.raises(billnb.ArgumentError) as caught:
        checked(key)
    assert str(caught.value) == problem


def test_a_key_of_six_different_characters_is_used() -> None:
    assert checked("abcdef" * 3) == "abcdef" * 3


def test_a_pseudonym_that_is_taken_is_told_apart_by_one_more_letter() -> None:
    key = "0123456789abcdef" * 2
    long = accounts(["one"], key)["one"]
    once = accounts(["one"], key, [long])["one"]
    assert once[: len(long)] == long
    assert len(once) == len(long) + 1
    assert len(accounts(["one"], key, [long, once])["one"]) == len(long) + 2


def test_names_and_keys_may_be_any_text() -> None:
    """Half of a surrogate pair among them, as in the names of files."""
    assert len(accounts(["a", "a\udc80"], "abcdef\udc80" * 3)) == 2


def test_an_empty_id_stays_none() -> None:
    frame = history(payment("10", "2026-01-01", entry_id=""))
    assert sharing.redact(frame)["entry_id"].isna().all()


def test_notes_that_are_none_are_refused_before_anything_is_redacted() -> None:
    frame = history(payment("10", "2026-01-01"))
    frame.attrs["billnb"] = {"main": {"read_at": "yesterday"}}
    with pytest.raises(billnb.ArgumentError, match="is not what"):
        sharing.redact(frame)


def test_a_scale_is_of_totals_where_there_are_any() -> None:
    """Their mean is 100, whatever the components that cancel out."""
    rows = [
        payment("10", f"2026-0{n}-01", usage=Decimal(500), discount=Decimal(-490)) for n in (1, 2)
    ]
    assert list(sharing.scaled(history(*rows))["total"]) == [100, 100]


@pytest.mark.parametrize("name", ["A--2", "a.b1", "7/8/9"])
def test_an_id_of_few_letters_is_found_as_it_is_written(name: str) -> None:
    assert found(f"of {name} now", ids=[name]) == f"of <{name}> now"
    assert found("of a 2 now", ids=[name]) == "of a 2 now"
