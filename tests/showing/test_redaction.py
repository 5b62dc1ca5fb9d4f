"""What is handed on tells of money, and not of people, cards and accounts."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from support import ledgers
from support.folders import ROOT
from support.ledgers import history, invoice, payment, top_up

import billnb
from billnb import analysis, sharing
from billnb.history import AMOUNTS, SCHEMA
from billnb.history.rules import components

KEY = "the key of the test"
EMAIL = "canary.person+bills@canary-mail.example"
LAST4 = "8642"
CARD = f"4000 1234 5678 {LAST4}"
SIGNATURE = "canarySIGNATURE0123456789abcdef"
URL = f"https://files.example/receipts/1.pdf?sig={SIGNATURE}&who={EMAIL}"
ACCOUNT, GONE = "canary-production", "canary-closed"
ENTRY_ID = "inv_canary_8812"
PRIVATE = (
    EMAIL,
    LAST4,
    CARD,
    SIGNATURE,
    ACCOUNT,
    GONE,
    ENTRY_ID,
    "visa-canary",
    "2031-07",
    "wallet-canary",
)
EVERYTHING = f"{EMAIL} {CARD} ending in {LAST4} {URL} for {ACCOUNT}"
KEPT = ("provider", "kind", "issued_at", "currency", *AMOUNTS, "due_at", "paid_at")
READING = {
    "provider": "acme",
    "read_at": "2026-11-21T14:02:00+00:00",
    "announced": 2,
    "requests": 1,
    "certificate": "by id",
}


def found(said: str | bytes) -> set[str]:
    """Return the canaries in what was said."""
    text = said.decode("latin-1") if isinstance(said, bytes) else said
    return {canary for canary in PRIVATE if canary.lower() in text.lower()}


def canaries() -> pd.DataFrame:
    """Return a history with something private in every place that may hold it."""
    private: dict[str, str] = {
        "account": ACCOUNT,
        "entry_id": ENTRY_ID,
        "description": f"Charged to {EVERYTHING}",
        "status": f"disputed by {EMAIL}",
        "payment_type": f"manual_top_up of {EMAIL}",
        "method": f"card {CARD}",
        "method_brand": "visa-canary",
        "method_last4": LAST4,
        "method_expires": "2031-07",
        "method_wallet": "wallet-canary",
        "method_email": EMAIL,
        "document_url": URL,
    }
    frame = history(
        invoice("120.50", "2026-10-03", due_at="2026-10-17", tax="20.50", **private),
        payment("99", "2026-11-05", **{**private, "status": "paid", "entry_id": f"{ENTRY_ID}#2"}),
    )
    frame["note"] = EVERYTHING
    frame.index = pd.Index([f"{EMAIL}-{number}" for number in range(len(frame))], name=ACCOUNT)
    frame.attrs["billnb"] = {ACCOUNT: dict(READING), GONE: dict(READING)}
    return frame


def described(text: str, **said: Any) -> str:
    """Return what becomes of a description."""
    shared = billnb.redact(history(invoice(1, "2026-01-01", description=text, **said)), key=KEY)
    return str(shared["description"][0])


def pseudonym(account: str, key: str | None = KEY) -> str:
    shared = billnb.redact(history(invoice(1, "2026-01-01", account=account)), key=key)
    return str(shared["account"][0])


def spoken(frame: pd.DataFrame) -> Iterator[str | bytes]:
    """Yield a frame in the forms in which it is handed on."""
    with pd.option_context("display.max_columns", None, "display.max_colwidth", None):
        yield repr(frame)
        yield frame.to_html()
    yield frame.to_csv()
    yield frame.to_json(date_format="iso")
    yield repr(frame.attrs)
    yield repr([frame.index, frame.columns, frame.columns.name])
    yield pickle.dumps(frame)
    yield frame.to_parquet()


# what goes


def test_nothing_private_survives_in_any_form() -> None:
    private = canaries()
    assert set().union(*map(found, spoken(private))) == set(PRIVATE)  # they were there to be found
    assert set().union(*map(found, spoken(billnb.redact(private)))) == set()


def test_what_a_user_keeps_beside_the_frame_does_not_leave_with_it() -> None:
    private = canaries()
    private.attrs["note"] = EVERYTHING
    private.attrs["billnb"][ACCOUNT]["base_url"] = URL
    assert found(repr(billnb.redact(private).attrs)) == set()


def test_rows_that_were_cut_off_are_not_in_a_pickle() -> None:
    whole = history(*(invoice(1, "2026-01-01", description=f"row {n}") for n in range(1000)))
    for part in (whole.head(1), whole.iloc[:1], whole[whole["entry_id"] == "1"]):
        assert b"row 999" not in pickle.dumps(billnb.redact(part))


@pytest.mark.parametrize(
    ("text", "private"),
    [
        (f"from {EMAIL}", EMAIL),
        (f"Ann Person <{EMAIL}>", EMAIL),
        (f"mailto:{EMAIL}", EMAIL),
        ('"ann person"@canary-mail.example', "canary-mail"),
        (f"see {URL}", SIGNATURE),
        (f"see HTTPS://files.example/1?sig={SIGNATURE}", SIGNATURE),
        (f"s3://bucket/{SIGNATURE}", SIGNATURE),
        (f"(https://files.example/?{SIGNATURE})", SIGNATURE),
        (f"www.files.example/1.pdf?sig={SIGNATURE}", SIGNATURE),
        (f"files.example/1.pdf?X-Amz-Signature={SIGNATURE}", SIGNATURE),
        (f"card {CARD}", LAST4),
        (f"card {CARD.replace(' ', '-')}", LAST4),
        (f"card {CARD.replace(' ', '')}", LAST4),
        (f"card {CARD.replace(' ', '.')}", LAST4),
        (f"card {CARD.replace(' ', chr(0xA0))}", LAST4),
        (f"xxxx-xxxx-xxxx-{LAST4}", LAST4),
        (f"**** **** **** {LAST4}", LAST4),
        (f"•••• {LAST4}", LAST4),
        (f"Visa ending in {LAST4}", LAST4),
        (f"Visa ending with {LAST4}", LAST4),
        (f"last 4: {LAST4}", LAST4),
        (f"last four digits {LAST4}", LAST4),
        (f"Visa x{LAST4}", LAST4),
    ],
)
def test_text_loses_what_tells_of_people_and_cards(text: str, private: str) -> None:
    assert private not in described(text)


@pytest.mark.parametrize(
    "text",
    [
        "October 2026",
        "2026-10-01 to 2026-10-31",
        "150.00 USD top-up",
        "1,204.3350171 GB at 0.02",
        "1,204 minutes at 0.0125/min",
        "Plan B (v2.1.3), 12 seats",
        "R&D, 100% <b>$5</b>",
        "invoice 20261101 of 3",
        "",
        "多言語 ☂ \u2028 x",
    ],
)
def test_text_that_tells_nothing_stays_as_it_is(text: str) -> None:
    assert described(text) == text


def test_the_digits_of_a_card_go_from_its_own_text() -> None:
    assert LAST4 not in described(f"Visa {LAST4}", method_last4=LAST4)


def test_the_digits_of_a_card_go_from_the_text_of_other_entries() -> None:
    frame = history(
        payment(9, "2026-01-02", method_last4=LAST4),
        invoice(9, "2026-01-01", description=f"Paid by Visa {LAST4}"),
    )
    assert LAST4 not in billnb.redact(frame).to_csv()


@pytest.mark.parametrize(
    ("account", "text"),
    [
        ("acme", "hosting for acme."),
        ("acme", "acme-eu"),
        ("acme", "Acme hosting"),
        ("acme", "ACME"),
        ("acme", "acme_subscription"),
        ("acme (eu) [1+1]", "for acme (eu) [1+1]!"),
        ("$^.*|acme", "of $^.*|acme today"),
        ("Überseehandel", "an Überseehandel"),
        ("acme inc", "acme inc and others"),
        ("Straße 7", "for Straße 7"),
    ],
)
def test_an_account_is_called_the_same_in_text(account: str, text: str) -> None:
    shown = described(text, account=account)
    assert account.lower() not in shown.lower()
    assert pseudonym(account) in shown


def test_of_names_within_names_the_longest_is_meant() -> None:
    frame = history(
        invoice(1, "2026-01-01", account="acme", description="acme-prod and acme"),
        invoice(1, "2026-01-02", account="acme-prod"),
    )
    shared = billnb.redact(frame, key=KEY)
    assert shared["description"][0] == f"{pseudonym('acme-prod')} and {pseudonym('acme')}"


@pytest.mark.parametrize("where", ["of its own", "of another"])
def test_an_id_goes_from_text_too(where: str) -> None:
    text = f"Payment of {ENTRY_ID}"
    rows = [
        invoice(1, "2026-01-01", entry_id=ENTRY_ID, description=text),
        payment(1, "2026-01-02", description=text),
    ]
    shared = billnb.redact(history(*rows))
    assert ENTRY_ID not in shared["description"][0 if where == "of its own" else 1]


# what stays


def test_the_columns_and_types_are_those_of_a_history() -> None:
    shared = billnb.redact(canaries())
    assert list(shared.columns) == SCHEMA.names
    assert pa.Schema.from_pandas(shared, preserve_index=False).equals(SCHEMA)
    assert shared.index.equals(pd.RangeIndex(2))


def test_amounts_dates_and_kinds_are_untouched() -> None:
    private = canaries().reset_index(drop=True)
    shared = billnb.redact(private)
    for name in KEPT:
        assert shared[name].equals(private[name]), name
    assert shared["status"][1] == "paid"


def test_how_it_was_verified_stays() -> None:
    shared = billnb.redact(canaries(), key=KEY)
    assert shared.attrs["billnb"] == {pseudonym(ACCOUNT): READING, pseudonym(GONE): READING}


@given(ledger=ledgers.ledgers(max_size=30))
@settings(max_examples=25, deadline=None)
def test_every_answer_comes_to_the_same(ledger: pd.DataFrame) -> None:
    shared = billnb.redact(ledger)
    for name in KEPT:
        assert shared[name].equals(ledger[name]), name
    for question in (analysis.spend, analysis.cash, analysis.statuses):
        assert question(shared).equals(question(ledger))
    for answer, column in (
        (analysis.charges, "amount"),
        (analysis.ageing, "amount"),
        (analysis.balance, "change"),
    ):
        assert sorted(answer(shared)[column]) == sorted(answer(ledger)[column])


@pytest.mark.parametrize(("column", "word"), [("status", "paid"), ("method", "card")])
def test_an_account_called_like_a_word_of_ours_changes_no_answer(column: str, word: str) -> None:
    frame = history(payment(150, "2026-01-01", account=word, method="card"))
    assert billnb.redact(frame)[column][0] == word


def test_the_history_given_stays_as_it_was() -> None:
    private, same = canaries(), canaries()
    billnb.redact(private)
    pd.testing.assert_frame_equal(private, same)
    assert private.attrs == same.attrs


def test_what_is_not_stated_stays_so() -> None:
    shared = billnb.redact(history(invoice(1, "2026-01-01", account=None, entry_id=None)))
    assert shared[["account", "entry_id", "description", "status"]].isna().all(axis=None)


def test_an_empty_history_is_redacted_too() -> None:
    shared = billnb.redact(history())
    assert list(shared.columns) == SCHEMA.names
    assert len(shared) == 0


@pytest.mark.parametrize("engine", [pa.Table.from_pandas, pl.from_pandas])
def test_histories_of_other_engines_are_redacted_the_same(engine: Callable[..., Any]) -> None:
    private = canaries().reset_index(drop=True)
    shared = billnb.redact(engine(private), key=KEY)
    assert set().union(*map(found, spoken(shared))) == set()
    pd.testing.assert_frame_equal(shared, billnb.redact(private, key=KEY), check_like=True)


# pseudonyms


def many(count: int = 300) -> pd.DataFrame:
    return history(*(invoice(1, "2026-01-01", account=f"shop-{n}") for n in range(count)))


def test_a_pseudonym_is_the_same_in_every_order_and_part() -> None:
    frame = many()
    known = dict(zip(frame["account"], billnb.redact(frame)["account"], strict=True))
    for part in (
        ledgers.shuffled(frame, random.Random(5)),
        frame[frame["account"].isin(["shop-7", "shop-123"])],
        frame.tail(1),
        pd.concat([frame, frame], ignore_index=True),
    ):
        assert list(billnb.redact(part)["account"]) == [known[one] for one in part["account"]]


def test_an_id_is_the_same_in_every_order_and_part() -> None:
    frame = many()
    known = dict(zip(frame["entry_id"], billnb.redact(frame)["entry_id"], strict=True))
    assert len(set(known.values())) == len(frame)
    part = ledgers.shuffled(frame, random.Random(5)).head(9)
    assert list(billnb.redact(part)["entry_id"]) == [known[one] for one in part["entry_id"]]


def test_no_two_accounts_become_one() -> None:
    frame = many(3000)
    assert billnb.redact(frame)["account"].nunique() == 3000
    # and these two are alike in the first eight digits
    alike = ("shop-74018", "shop-157184")
    shared = billnb.redact(
        history(*(invoice(1, "2026-01-01", account=one) for one in alike)), key=KEY
    )
    assert shared["account"].nunique() == 2


def test_accounts_of_one_name_at_two_providers_stay_two() -> None:
    frame = history(*(invoice(1, "2026-01-01", provider=one) for one in ("bytio", "unpod")))
    assert len(billnb.redact(frame)[["provider", "account"]].drop_duplicates()) == 2


def test_digits_of_a_card_do_not_garble_a_pseudonym() -> None:
    account = next(
        name for name in (f"shop-{n}" for n in range(1000)) if re.search(r"\d{4}", pseudonym(name))
    )
    (last4,) = re.findall(r"\d{4}", pseudonym(account))[:1]
    assert described(f"for {account}", account=account, method_last4=last4) == (
        f"for {pseudonym(account)}"
    )


def elsewhere(**environ: str) -> list[str]:
    """Return the pseudonyms of another process: with the environment's key, and with ours."""
    program = (
        "import json, sys; sys.path.insert(0, 'tests'); import billnb\n"
        "from support import ledgers\n"
        f"row = ledgers.invoice(1, '2026-01-01', account={ACCOUNT!r})\n"
        f"shared = [billnb.redact(ledgers.history(row), key=one) for one in (None, {KEY!r})]\n"
        "print(json.dumps([one['account'][0] for one in shared]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "", **environ},
    )
    names: list[str] = json.loads(done.stdout)
    return names


def test_a_key_gives_the_same_pseudonyms_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = pseudonym(ACCOUNT, None)
    free, keyed = elsewhere()
    assert keyed == pseudonym(ACCOUNT)
    assert free not in {keyed, ours}  # each process has a key of its own
    assert elsewhere(BILLNB_REDACTION_KEY=KEY) == [keyed, keyed]
    assert ours == pseudonym(ACCOUNT, None)
    monkeypatch.setenv("BILLNB_REDACTION_KEY", KEY)
    assert pseudonym(ACCOUNT, None) == keyed
    assert pseudonym(ACCOUNT, "another key of the test") not in {keyed, ours}


@pytest.mark.parametrize("key", [None, KEY])
def test_nobody_without_the_key_can_tell_a_name_they_guess(key: str | None) -> None:
    private = history(invoice(1, "2026-01-01", account=ACCOUNT, entry_id=ENTRY_ID))
    shared = billnb.redact(private, key=key)
    digits = [shared["account"][0].split()[-1], shared["entry_id"][0]]
    assert all(re.fullmatch("[0-9a-f]{8,}", one) for one in digits)
    for name in (ACCOUNT, ENTRY_ID, f"acme {ACCOUNT}", f"acme/{ACCOUNT}", f"account {ACCOUNT}"):
        word = name.encode()
        guesses = [hashlib.new(kind, word) for kind in sorted(hashlib.algorithms_guaranteed)]
        plain = [one.hexdigest() for one in guesses if one.digest_size]
        for known in ("", "None", "billnb", "key", "acme", ACCOUNT):
            plain.append(hashlib.blake2b(word, key=known.encode()).hexdigest())
            hashed = hashlib.sha256(known.encode()).digest()
            plain.append(hashlib.blake2b(word, key=hashed).hexdigest())
        plain.append(f"{zlib.crc32(word):08x}")
        assert not any(guess[:8] in one for guess in plain for one in digits)


@pytest.mark.parametrize("keyed", [False, True])
def test_an_empty_key_is_no_key(keyed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if keyed:
        with pytest.raises(billnb.ArgumentError, match="key of pseudonyms is empty"):
            billnb.redact(canaries(), key="")
        return
    before = pseudonym(ACCOUNT, None)
    monkeypatch.setenv("BILLNB_REDACTION_KEY", "")
    assert pseudonym(ACCOUNT, None) == before


def test_what_is_redacted_may_be_redacted_again() -> None:
    once = billnb.redact(canaries())
    twice = billnb.redact(once)
    assert twice["total"].equals(once["total"])
    assert set(twice["account"]).isdisjoint(once["account"])


@pytest.mark.parametrize("given", [None, "history.csv", pd.DataFrame({"account": ["a"]})])
def test_what_is_no_history_is_refused(given: Any) -> None:
    with pytest.raises(billnb.ArgumentError, match=r"not a history|no column"):
        billnb.redact(given)


# index numbers


def months(*amounts: str, **said: Any) -> pd.DataFrame:
    """Return an invoice a month of 2026."""
    return history(
        *(invoice(amount, f"2026-{n:02}-05", **said) for n, amount in enumerate(amounts, 1))
    )


def test_the_mean_month_is_a_hundred() -> None:
    shown = sharing.scaled(months("50", "100.20", "0", "249.80"))
    assert list(shown["total"]) == [Decimal(50), Decimal(100), Decimal(0), Decimal(250)]
    assert list(shown["currency"].unique()) == ["USD index"]
    monthly = analysis.spend(sharing.scaled(billnb.demo()), as_of="2030-01")
    for _, part in monthly.groupby("currency"):
        assert abs(sum(part["amount"]) / len(part) - 100) < 1


def test_months_without_spend_count_too() -> None:
    frame = history(invoice(30, "2026-01-01"), invoice(60, "2026-03-01"))
    assert list(sharing.scaled(frame)["total"]) == [Decimal(100), Decimal(200)]


def test_proportions_are_kept_within_a_currency_and_nothing_else() -> None:
    frame = billnb.demo()
    shown = sharing.scaled(frame)
    for _, rows in frame.groupby("currency"):
        whole, part = rows["total"].sum(), shown.loc[rows.index, "total"].sum()
        for before, after in zip(rows["total"], shown.loc[rows.index, "total"], strict=True):
            # three components are rounded to steps of a tenth of the mean entry at most
            assert abs(before / whole - after / part) < Decimal("0.2") / len(rows)
    for name in set(frame.columns) - {*AMOUNTS, "currency", "entry_id", "document_url"}:
        assert shown[name].equals(frame[name]), name
    assert all(shown[name].isna().equals(frame[name].isna()) for name in AMOUNTS)
    assert {str(shown[name].dtype) for name in AMOUNTS} == {"decimal128(28, 12)[pyarrow]"}


def test_payments_alone_are_on_a_scale_too() -> None:
    frame = history(top_up(30, "2026-01-01"), top_up(90, "2026-02-01"))
    first, second = sharing.scaled(frame)["total"]
    assert second == 3 * first
    assert first not in (0, 30)


def test_what_came_to_nothing_is_on_a_scale_too() -> None:
    assert list(sharing.scaled(months("0", "0"))["total"]) == [0, 0]
    assert len(sharing.scaled(history())) == 0


def test_the_rate_of_a_conversion_does_not_tell_the_amounts() -> None:
    frame = analysis.convert(months("50", "100"), "EUR", lambda currency, day: "0.9")
    shown = sharing.scaled(frame)
    assert "fx_rate" not in shown
    assert list(shown["currency"].unique()) == ["EUR index"]


def test_index_numbers_invent_no_rounding() -> None:
    parts = [(Decimal(n) / 7).quantize(Decimal("0.01")) for n in range(1, 61)]
    frame = history(
        *(
            invoice(2 * part + 3, f"2026-{n % 12 + 1:02}-05", usage=part, standing=part, tax=3)
            for n, part in enumerate(parts)
        )
    )
    assert not any(components(row)["rounding"] for row in ledgers.records(frame))
    shown = sharing.scaled(frame)
    assert not any(components(row)["rounding"] for row in ledgers.records(shown))


def test_spend_that_nearly_cancels_out_is_on_a_scale_too() -> None:
    frame = history(invoice("1000000", "2026-01-01"), invoice("-999999.999999999999", "2026-01-02"))
    first, second = sharing.scaled(frame)["total"]
    assert first > 0 > second
