"""A secret shows itself to nobody, and what a vendor says is repeated without one."""

from __future__ import annotations

import base64
import copy
import pickle
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from billnb.errors import SecretError
from billnb.values.secret import MASK, Secret, redact

# the secret


def test_a_secret_is_a_mask_in_every_text() -> None:
    key = Secret("CANARY")
    assert [str(key), f"{key}", f"{key:>40}", "{:s}".format(key), repr(key)] == [  # noqa: UP032
        MASK,
        MASK,
        MASK,
        MASK,
        f"Secret({MASK})",
    ]
    assert key.reveal() == "CANARY"
    assert not hasattr(key, "__dict__")


def test_secrets_are_equal_where_their_values_are() -> None:
    assert Secret("schlüssel") == Secret("schlüssel")
    assert Secret("one") != Secret("other")
    assert Secret("one") != "one"
    assert len({Secret("one"), Secret("one"), Secret("other")}) == 2
    assert hash(Secret("one")) != hash(Secret("other"))


def test_a_secret_is_never_pickled() -> None:
    with pytest.raises(SecretError) as caught:
        pickle.dumps(Secret("CANARY"))
    assert str(caught.value) == (
        "a secret is never pickled; leave the credential out and set its environment variable "
        "where the account is read"
    )


def test_a_copy_of_a_secret_is_the_secret() -> None:
    key = Secret("CANARY")
    assert copy.copy(key) is key
    assert copy.deepcopy([key])[0] is key


# what is repeated


VALUES = ["hush", "a/b c", "schlüssel", "ab?>ef", "o\\p"]
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "quoted whole": lambda value: quote(value, safe=""),
    "quoted": quote,
    "of a form": quote_plus,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "escaped": lambda value: value.encode("unicode_escape").decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("value", VALUES)
def test_a_secret_that_looks_like_a_word_is_masked_by_its_value(value: str, spelling: str) -> None:
    """Nothing but the value gives these away: they are short, and mean something else."""
    said = SPELLINGS[spelling](value)
    assert redact(f"no key {said} known", [Secret(value)]) == f"no key {MASK} known"


def test_of_secrets_within_secrets_the_longest_goes_first() -> None:
    secrets = [Secret("hush"), Secret("ahush"), Secret("hushhush"), Secret("hus")]
    assert redact("hushhush hush ahush", secrets) == f"{MASK} {MASK} {MASK}"


def test_what_is_too_short_to_be_told_from_text_stays_and_hides_no_other() -> None:
    secrets = [Secret("ab"), Secret("abc"), Secret("")]
    assert redact("ab abc cab", secrets) == f"ab {MASK} cab"


def test_every_secret_is_masked_and_text_without_one_stays() -> None:
    assert redact("no key hush", [Secret("no"), Secret("key"), Secret("hush")]) == (
        f"no {MASK} {MASK}"
    )
    assert redact("no key hush") == "no key hush"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("see https://files.example/1?sig=x now", f"see {MASK} now"),
        ("of ann@mail.example now", f"of {MASK} now"),
        ("at sub.mail.example now", f"at {MASK} now"),
        ("key abcdefghijk1 now", f"key {MASK} now"),
        ("key abcdefghij1 now", "key abcdefghij1 now"),
        ("key " + "x" * 24 + " now", f"key {MASK} now"),
        ("key " + "x" * 23 + " now", "key " + "x" * 23 + " now"),
        ("for 4000 1234 now", f"for {MASK} now"),
        ("id 1234 now", f"id {MASK} now"),
        ("id 123 now", "id 123 now"),
        ("a\x00b\r\nc\u202ed", "a b c d"),
        ("  plain  ", "plain"),
        ("\n\n", ""),
    ],
)
def test_what_looks_private_is_masked(said: str, shown: str) -> None:
    assert redact(said) == shown


# how much is repeated


def test_a_text_is_cut_at_its_limit() -> None:
    assert redact("x " * 100) == ("x " * 100).strip()
    assert redact("a" + " x" * 99 + "y") == "a" + " x" * 99 + "y"  # 200 characters
    assert redact("ab" + " x" * 99 + "y") == "ab" + " x" * 99 + "…"
    assert redact("one two", limit=4) == "one…"
    assert redact("one two", limit=7) == "one two"


def test_a_long_text_is_read_up_to_a_whole_word() -> None:
    text = "x " * 499 + "yy"
    assert len(text) == 1000
    assert redact(text, limit=2000) == text
    assert redact(f"{text}z more", limit=2000) == "x " * 499 + "..."
    assert redact("y" * 1001, limit=2000) == "..."
