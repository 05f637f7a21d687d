"""Whether a number is what it looks like: payment cards, bank accounts, social security numbers."""

_CARD_DIGITS_MIN, _CARD_DIGITS_MAX = 13, 19
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_payment_card(digits: str) -> bool:
    """13 to 19 digits that begin like a card network's (2 to 6) and pass the Luhn check."""
    return _CARD_DIGITS_MIN <= len(digits) <= _CARD_DIGITS_MAX and digits[0] in "23456" and luhn_holds(digits)


def is_iban(account: str) -> bool:
    """Country's length and ISO 13616's check: moved and spelled as digits, the number is 1 modulo 97."""
    if _IBAN_LENGTHS.get(account[:2]) != len(account) or not (account.isascii() and account.isalnum()):
        return False
    return int("".join(str(int(character, 36)) for character in account[4:] + account[:4])) % 97 == 1


def is_social_security_number(area: str, group: str, serial: str) -> bool:
    """Whether the three parts can have been issued: area not 000, 666 or 900-999, group not 00, serial not 0000."""
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
