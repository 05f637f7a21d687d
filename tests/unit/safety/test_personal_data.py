"""Personal data and secrets are found by form and checksum; numbers that only look alike are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.safety.checksums import is_iban, is_payment_card, luhn_holds
from chimera.safety.personal_data import find_personal_data


def kinds(text: str) -> set[str]:
    return {found.kind for found in find_personal_data(text)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jane.doe@example.org today", "email"),
        ("jane (at) example (dot) org", "email"),
        ("call +44 20 7946 0958", "phone"),
        ("call (212) 555-0143 now", "phone"),
        ("call 212.555.0143", "phone"),
        ("pay to GB82 WEST 1234 5698 7654 32 please", "iban"),
        ("DE89370400440532013000", "iban"),
        ("card 4111 1111 1111 1111", "payment_card"),
        ("card ４１１１１１１１１１１１１１１１", "payment_card"),
        ("ssn 078-05-1120", "social_security_number"),
        ("server at 8.8.8.8", "ip_address"),
        ("server at 2001:4860:4860::8888", "ip_address"),
        ("he lives at 221 Baker Street", "street_address"),
        ("sie wohnt Hauptstraße 12", "street_address"),
        ("key AKIAIOSFODNN7EXAMPLE", "secret"),
        ("ghp_" + "a1B2" * 9, "secret"),
        ("sk-proj-" + "abcd1234" * 4, "secret"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----", "secret"),
        ("password: hunter2hunter2", "secret"),
        ("postgres://user:pass@host/db", "secret"),
    ],
)
def test_personal_data_and_secrets_are_found(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "1,234,567 posts in 24 hours", "on 2013-04-08 at 18:00", "from 2013-04-07 18:00 to 2013-04-08 18:00",
        "3.14159265358979",
        "version 1.2.3", "4111 1111 1111 1112", "ssn 000-12-3456", "ssn 912-12-3456", "GB82 WEST 1234 5698 7654 33",
        "127.0.0.1 and 192.168.1.10 are local", "at 12:30:45", "5.3 times as many", "ratio 16:9 and 9:16",
        "@user and #tag",
        "score 100-99", "1000000000000000 stars", "the 25 top communities", "",
    ],
)  # fmt: skip
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert not find_personal_data(text)


def test_excerpts_never_show_the_whole() -> None:
    (found,) = find_personal_data("jane.doe@example.org")
    assert found.excerpt == "ja****************rg"


@given(body=st.text("0123456789", min_size=12, max_size=18))
def test_exactly_one_check_digit_passes_luhn(body: str) -> None:
    assert sum(luhn_holds(body + digit) for digit in "0123456789") == 1


@given(body=st.text("0123456789", min_size=15, max_size=15), place=st.integers(0, 15), change=st.integers(1, 9))
def test_luhn_sees_every_single_wrong_digit(body: str, place: int, change: int) -> None:
    number = next("4" + body[1:] + digit for digit in "0123456789" if luhn_holds("4" + body[1:] + digit))
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert is_payment_card(number)
    assert not luhn_holds(wrong)


@given(account=st.text("0123456789", min_size=18, max_size=18), check=st.integers(0, 99))
def test_one_check_number_at_most_makes_an_iban(account: str, check: int) -> None:
    right = f"{98 - int(account + '131400') % 97:02d}"
    assert is_iban(f"DE{right}{account}")
    assert is_iban(f"DE{check:02d}{account}") == (check % 97 == int(right) % 97)


@given(text=st.text(max_size=400))
@settings(deadline=None)
def test_any_text_can_be_checked_for_personal_data(text: str) -> None:
    find_personal_data(text)
