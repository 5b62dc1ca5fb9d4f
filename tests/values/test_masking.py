"""Whatever dress it wears in a text, what identifies someone goes; ordinary words stay."""

from __future__ import annotations

import base64
import re
import string
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import working
from support.ledgers import history, invoice, payment

import billnb
from billnb.values import masking
from billnb.values.masking import CUT, LONGEST, MASK
from billnb.values.secret import Secret
from billnb.values.secret import redact as said

KEY = "the key of the test"
ACCOUNT, ENTRY_ID, LAST4 = "canary-production", "inv_canary_8812", "8642"


def described(text: str, account: str = ACCOUNT, entry_id: str = ENTRY_ID) -> str:
    """Return what becomes of a description."""
    row = invoice(1, "2026-01-01", account=account, entry_id=entry_id, description=text)
    card = payment(1, "2026-01-02", account=account, method_last4=LAST4)
    return str(billnb.redact(history(row, card), key=KEY)["description"][0])


def pseudonym(account: str) -> str:
    return str(
        billnb.redact(history(invoice(1, "2026-01-01", account=account)), key=KEY)["account"][0]
    )


# cards

CARDS = {
    "Visa": ("4000123456788642", (4, 4, 4, 4)),
    "Amex": ("378282246310005", (4, 6, 5)),
    "Diners": ("30569309025904", (4, 6, 4)),
    "13 digits": ("4222222222222", (4, 4, 4, 1)),
    "19 digits": ("6304000000000000018", (4, 4, 4, 4, 3)),
}


def parted(card: str, between: str) -> str:
    digits, sizes = CARDS[card]
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return between.join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize(
    "between", [" ", "-", ".", "\xa0", "", "  ", " - ", "\u2013", "/", "_", "\u2009"]
)
@pytest.mark.parametrize("before", ["", "Amex ", "Visa ", "card no. ", "ending in "])
def test_a_card_number_leaves_no_digit(card: str, between: str, before: str) -> None:
    text = f"Paid by {before}{parted(card, between)}, thank you"
    for shown in (described(text), said(text)):
        assert not any(map(str.isdigit, shown)), shown
        assert shown.endswith(", thank you")


@pytest.mark.parametrize(
    "text",
    ["Visa x8642", "•••• 8642", "Visa **8642", "Mastercard (8642)", "card no. 8642",
     "last four: 8642", "XXXX XXXX XXXX 8642", "...8642", "Visa credit card ending 8642",
     "Karte endet auf 8642",
     "\u2026 8642", "Amex ending in 10005"],
)  # fmt: skip
def test_the_last_digits_of_a_card_go(text: str) -> None:
    assert not any(map(str.isdigit, described(f"by {text}.")))


# other dress

TOLD = [
    "ann%40example.com", "ann&#64;example.com", "ann&#x40;example.com", "ann&commat;example.com",
    "ann&amp;#64;example.com", "ann%2540example.com", "ann\uff20example.com",
    "\uff41\uff4e\uff4e@example.com", "ann(at)example.com", "ann (at) example.com",
    "ann[at]example[dot]com", "ann at example dot com", "ANN AT EXAMPLE DOT COM",
    "ann {at} example.com", "ann @ example.com", '"ann b"@example.com', "ann.o'neil@example.com",
    "ann@b\u00fccher.example", "ann@xn--bcher-kva.example", "a\u200bnn@exam\u00adple.com",
    "ann\u202e@example.com", "mailto:ann@example.com", "an\x00n@example.com",
    "+1 415 555 0133", "(415) 555-0133", "415-555-0133", "415.555.0133", "+49 (0)30 123456",
    "0049 30 123456", "Tel. 030 1234567", "+44 20 7946 0958", "phone 5550133",
    "192.168.10.20", "2001:db8::ff00:42:8329", "fe80::1%eth0", "::ffff:192.0.2.1",
    "00:1A:2B:3C:4D:5E",
    "DE123456789", "DE 123 456 789", "de123456789", "ATU12345678", "GB 123 4567 89",
    "FRXX123456789", "NL123456789B01", "IE1234567WA", "ESX1234567A", "VAT: 123456789",
    "GSTIN 22AAAAA0000A1Z5", "PAN ABCDE1234F", "EIN 12-3456789", "CHE-123.456.789",
    "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "GB29-NWBK-6016-1331-9268-19",
    "de89 3704 0044 0532 0130 00", "DE89.3704.0044.0532.0130.00", "NO93 8601 1117 947",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk-proj-abc123def456ghi789",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE", "Bearer abcdef123456",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N", "token: hunter2x",
    "api_key=hunter22", "password: hunter", "xoxb-1234-5678-abcdefghijkl",
    "550e8400-e29b-41d4-a716-446655440000", "9f86d081884c7d659a2feaa0c55ad015",
    "Invoice #47112", "INV/2026/0042", "INV-0042", "inv-2026-10", "Invoice No. 47112",
    "invoice no 2026-0042", "Rechnung Nr. 4711-22", "Order 12345", "Ref: AB-12345",
    "Receipt #2034-5567", "Customer 47112", "PO 4500012345", "cus_Nab1xyzQ", "pi_3MtwBwLkdIwHu7",
    "facture n\u00b0 47112", "account no. 47112", "1234567890",
    "Kd.-Nr. 887766", "Rechnungsnummer 4711", "Fattura n. 123/2026", "Konto 1234567",
    "BLZ 10070000",
    "SWIFT DEUTDEFF500", "sort code 20-00-00", "cvv 123", "@acme-inc", "030-1234567",
    "ann dot smith at acme dot com", "ann.smith AT acme.com", "ann [\u00e4t] acme.de",
    "0x52908400098527886E0F7030069857D2E4169EE7", "arn:aws:iam::1234:user/ann", "id=48123",
    "acme-shop.com", "www.acme.io/path", "files.example/1.pdf?sig=x1", "HTTPS://acme.io/1",
    ENTRY_ID, "INV-CANARY-8812", "inv canary 8812", "InvCanary8812",
    "Canary_Production", "CANARY PRODUCTION", "canaryproduction", "canary\u2011production",
    "\uff43\uff41\uff4e\uff41\uff52\uff59-production",
]  # fmt: skip

_PUBLIC = re.compile(
    r"for|today|invoice|no|nr|rechnung|order|ref|receipt|customer|account|po|facture|vat|pan|ein"
    r"|gstin|kd|rechnungsnummer|fattura|konto|blz|id|sort|code|tel|phone|inv|mwst|n",
    re.IGNORECASE,
)


@pytest.mark.parametrize("secret", TOLD)
def test_nothing_that_tells_survives_in_other_dress(secret: str) -> None:
    shown = described(f"for {secret} today")
    left = re.sub(rf"{re.escape(pseudonym(ACCOUNT))}|\b[0-9a-f]{{20}}\b", "", shown)
    words = {word for word in re.findall(r"\w+", left) if not _PUBLIC.fullmatch(word)}
    assert words == set(), shown
    assert shown.startswith("for ")
    assert shown.endswith(" today")


@pytest.mark.parametrize("secret", [one for one in TOLD if "canary" not in one.lower()][:-6])
def test_nor_in_a_message(secret: str) -> None:
    shown = said(f"for {secret} today")
    assert not any(
        word in shown for word in re.findall(r"\w*\d\w*|ann|hunter\w*", secret) if len(word) > 2
    )


def test_an_id_in_a_text_has_the_pseudonym_of_its_column() -> None:
    for spelled in (
        ENTRY_ID,
        ENTRY_ID.upper(),
        "inv-canary-8812",
        "Inv Canary 8812",
        "inv/canary/8812",
    ):
        row = invoice(1, "2026-01-01", entry_id=ENTRY_ID, description=f"Payment of {spelled}.")
        shared = billnb.redact(history(row), key=KEY)
        assert shared["description"][0] == f"Payment of {shared['entry_id'][0]}."


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("account", ["Überseehandel", "\uff21cme-prod", "Zoë's café", "Straße 7"])
def test_an_account_is_known_in_every_normal_form(account: str, form: Any) -> None:
    for case in (str, str.upper, str.lower, str.title):
        text = unicodedata.normalize(form, f"Hosting of {case(account)} for 1 month")
        assert described(text, account) == f"Hosting of {pseudonym(account)} for 1 month"


def test_names_of_three_letters_are_known_and_shorter_ones_are_not() -> None:
    assert described("for abc.", "abc") == f"for {pseudonym('abc')}."
    assert described("for ab.", "ab") == "for ab."
    assert described("for abcd, abc1 and xabc.", "abc") == "for abcd, abc1 and xabc."


def test_ids_of_four_characters_are_known_and_shorter_ones_are_not() -> None:
    assert "a1b2" not in described("for a1b2.", entry_id="a1b2")
    assert described("for 3 agents", entry_id="3") == "for 3 agents"


@pytest.mark.parametrize("column", ["provider", "kind", "currency"])
def test_columns_that_rows_are_told_apart_by_are_cleaned_and_stay_apart(column: str) -> None:
    texts = [f"acme of ann{number}@example.com" for number in range(3)]
    frame = history(*({**invoice(1, "2026-01-01"), column: text} for text in (*texts, *texts)))
    shown = billnb.redact(frame, key=KEY)[column]
    assert not shown.str.contains("ann").any()
    assert shown.nunique() == 3
    assert list(shown[:3]) == list(shown[3:])


def test_words_we_know_pass_in_every_column() -> None:
    demo = billnb.demo()
    shared = billnb.redact(demo, key=KEY)
    for name in ("provider", "kind", "currency", "status", "payment_type", "method", "description"):
        assert shared[name].equals(demo[name]), name


def test_what_a_reading_says_is_cleaned_too() -> None:
    frame = history(invoice(1, "2026-01-01"))
    frame.attrs["billnb"] = {"main": {"provider": "of ann@example.com", "certificate": "by id"}}
    (reading,) = billnb.redact(frame).attrs["billnb"].values()
    assert reading == {"provider": f"of {MASK}", "certificate": "by id"}


# what stays

ORDINARY = """
October 2026 | Usage, 3 agents, 1,204 minutes | Plan Pro (2 seats) | 2026-10-01 to 2026-10-31
2026-10-01 - 2026-10-31 | 2026-10-01 2026-10-31 | 01/10/2026 - 31/10/2026 | 01.10.2026
1 Oct 2026 - 31 Oct 2026 | 20261001-20261031 | 2026-10-03 14:30:05 | Period 10/2026
150.00 USD top-up | 1,204.3350171 GB at 0.02 | 1,204 minutes at 0.0125/min
Plan B (v2.1.3), 12 seats | R&D, 100% <b>$5</b> | invoice 20261101 of 3 | 多言語 ☂ x
subscription | addon_subscription | credits | manual_top_up | November 2023
Invoice for October 2026 | Invoice October 2026 | Subscription (monthly), 12 seats at $9.99
Standard_D4s_v3, 744 hours | m5.2xlarge, us-east-1, 744 hrs | GPT-4-32k tokens: 1,204,000
EC2 t3.medium (Linux) in eu-central-1a | Linux 2026 support | Tax 2026 | S3 storage, 12.5 TB-month
SMS to Germany, 1,204 messages | Calls to India: 204 minutes | SIP trunk, 3 channels, Q4 2026
Discount 20% (annual), FY 2026-27 | Credit for downtime on 2026-10-03 14:30 UTC
Support plan: Business, 24/7 | Storage @ $0.02/GB | 5 users @ $10.00 | Domain renewal, 1 year
Order of 3 seats | Professional services, 12.5 h at EUR 120.00 | CO2 offset, 1.204 t
Token usage, 1.2M input tokens | API requests: 12,345,678 | Windows Server 2022 Datacenter
SQL Server 2019 Standard, 4 vCPU | Node.js and .NET 8 hosting | Plan X 2026 | Card fees, October
Refund of October 2026 | ISO 27001 audit | Wi-Fi, floor 3 | Proration: 15 of 31 days
Top-up of $150.00 | ₹1,00,000 prepaid | 1.234,50 EUR Gutschrift | 12 € | CHF 1'234.50
Donaudampfschifffahrtsgesellschaft | 5 x 2,000 credits | A/B testing, tier 2 | Meeting room @ HQ
Data transfer out 1024 GB | Rates 12.50 20.50 30.50 40.50 | 32-bit to 64-bit | 7.899999999999999
Kubernetes 1.31 upgrade | db.r6g.large Multi-AZ | Premium SSD P30 | Überziehungszinsen, Q3
"""


@pytest.mark.parametrize("text", re.split(r" \| |\n", ORDINARY.strip()))
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert described(text) == text


# keys of pseudonyms


@pytest.mark.parametrize(
    "key", ["k", "hunter2", "15 bytes of key", "a" * 40, "1212121212121212", " " * 20]
)
def test_a_key_that_can_be_found_by_trying_is_refused(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = history(invoice(1, "2026-01-01"))
    with pytest.raises(billnb.ArgumentError, match=r"found by trying.*token_hex") as caught:
        billnb.redact(frame, key=key)
    assert len(key) < 7 or key not in str(caught.value)
    monkeypatch.setenv("BILLNB_REDACTION_KEY", key)
    with pytest.raises(billnb.ArgumentError, match="BILLNB_REDACTION_KEY"):
        billnb.redact(frame)


def test_a_key_of_sixteen_bytes_is_taken() -> None:
    billnb.redact(history(invoice(1, "2026-01-01")), key="16 bytes of key!")


# laws

_digits = st.text(string.digits, min_size=4, max_size=4)
_word = st.text(string.ascii_lowercase, min_size=4, max_size=9)
_gaps = st.sampled_from(["", " ", "-", ".", "\xa0", " - "])


def _card(digits: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return gap.join(parts)


_cards = st.builds(
    _card,
    st.text("123456789", min_size=19, max_size=19),
    st.sampled_from([(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 1), (4, 4, 4, 4, 3)]),
    _gaps,
)
_emails = st.builds("{}.{}@{}.example".format, _word, _word, _word)
_ibans = st.builds("DE{}{}".format, st.text(string.digits, min_size=18, max_size=18), st.just("00"))
_phones = st.builds(
    "+{}{}".format, st.integers(1, 9), st.text(string.digits, min_size=9, max_size=11)
)
_keys = st.builds(
    "sk_live_{}1a".format, st.text(string.ascii_letters + string.digits, min_size=16, max_size=30)
)
_addresses = st.ip_addresses().map(str).filter(lambda one: len(one) > 6)
_numbers = st.builds("Invoice #{}".format, st.integers(10_000, 999_999))
_secrets = st.one_of(_cards, _emails, _ibans, _phones, _keys, _addresses, _numbers)
_plain = st.sampled_from(
    [
        "",
        "October 2026",
        "Usage",
        "Plan Pro (2 seats)",
        "for",
        "3 agents,",
        "<b>",
        "é",
        "1,204 minutes",
    ]
)


def _full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(one)};" if not one.isalnum() else one for one in text)


def _split_up(text: str) -> str:
    return "\u200b".join(text)


_dress = st.sampled_from(
    [str, str.upper, _full_width, _entities, _split_up, lambda one: quote(one, safe="")]
)


def _telling(secret: str) -> set[str]:
    """Return what of a secret must not be left: words of it that are no public words."""
    return {
        one for one in re.findall(r"[a-z0-9]{3,}", secret.lower()) if one not in ("invoice", "live")
    }


@pytest.mark.slow
@given(before=_plain, secret=_secrets, dress=_dress, after=_plain)
@settings(max_examples=400, deadline=None)
def test_no_secret_survives_in_any_dress(
    before: str, secret: str, dress: Callable[[str], str], after: str
) -> None:
    text = f"{before} {dress(secret)} {after}"
    public = f"{before} {after}".lower()
    for shown in (described(text), said(text)):
        left = re.findall(r"[a-z0-9]{3,}", unicodedata.normalize("NFKC", shown).lower())
        assert not {one for one in _telling(secret) if one in left and one not in public}, shown


@pytest.mark.slow
@given(text=st.text(max_size=60) | st.builds("{} {} {}".format, _plain, _secrets, _plain))
@settings(max_examples=300, deadline=None)
def test_what_was_masked_stays_so(text: str) -> None:
    once = described(text)
    assert described(once) == once


@pytest.mark.slow
@given(text=st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_normal_forms_of_a_text_are_cleaned_the_same(text: str) -> None:
    forms = {described(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(forms) == 1


# size

PARTS = [
    "a", "1", "x", "x ", "* ", "1 ", "1.", "a.", "a-", "@", "a@", "a @ ", "://", "a:", "0:", "\"",
    "a\"", "?", "?=", "a?", "=", "%40", "&#64;", "&", "#", "#1", "card ", "card-", "visa ",
    "invoice ", "invoice #", "inv-", "a_", "A1", "DE12 ", "+1", "(1", "00 ", "tel 1", "at ",
    "a at b ", "a (at) ", " ", "\t", "token ", "token:", "xx-", "...", "\u2022", "2026-10-01 ",
    "10.10.", "eyJ", "-", "_", "sk-", "vat ", "a'b", "aA", "\u00e9", "\u200b", "\u0301\u0327",
    "1234 ", "12.50 ",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_long_texts_are_cleaned_in_linear_time(part: str) -> None:
    """Quadratic work on a text this long takes many times as long."""
    text = part * (20_000 // len(part))
    with working(at_most=6):
        masking.masked(text)
        described(text)


def test_long_texts_are_cut_with_a_mark_and_leave_no_half_of_a_secret() -> None:
    for length in (LONGEST - 30, 10 * LONGEST - 12, 10 * LONGEST - 3, 40 * LONGEST):
        for filler in ("word ", "https://files.example/ "):
            text = filler * (length // len(filler)) + "card 4000 1234 5678 8642 and more " * 3
            shown = described(text)
            assert len(shown) <= LONGEST + len(CUT)
            assert shown.endswith(CUT) or len(shown) <= LONGEST
            assert not any(map(str.isdigit, shown))
    assert described("word " * 399) == "word " * 399


def test_secrets_are_masked_before_and_after_a_message_is_normalised() -> None:
    secret = "s3cr3t/k&y+"
    coded = base64.b64encode(secret.encode()).decode()
    full = _full_width(secret)
    for spelled in (
        secret,
        quote(secret, safe=""),
        coded,
        full,
        _entities(secret),
        _split_up(secret),
    ):
        shown = said(f"refused {spelled} of you", [Secret(secret)])
        assert shown == f"refused {MASK} of you", spelled


def test_many_names_and_rows_take_little_time() -> None:
    rows = [
        invoice(
            1,
            "2026-01-01",
            account=f"shop-{n}",
            entry_id=f"inv-{n:06}",
            description=f"for shop {n}, October",
        )
        for n in range(3000)
    ]
    with working(at_most=20):
        shared = billnb.redact(history(*rows))
    assert isinstance(shared, pd.DataFrame)
    assert not shared["description"].str.contains("shop").any()
