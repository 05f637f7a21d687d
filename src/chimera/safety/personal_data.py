"""Personal data and secrets in a text: what can be checked by a checksum is, and excerpts are masked."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from chimera.safety.checksums import is_iban, is_payment_card, is_social_security_number
from chimera.safety.finding import Found, masked
from chimera.safety.normalise import visible

_EMAIL = re.compile(
    r"[\w.+%-]{1,64}\s?(?:@|[\[(]\s?at\s?[\])])\s?[\w-]{1,63}(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[\w-]{2,63}){1,4}",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.])(?:\+\d(?:[ .()/-]{0,2}\d){7,14}"  # international
    r"|\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}"  # North American
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,4})(?!\w)"  # national with a leading zero
)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}")
_SSN = re.compile(r"(?<![\d-])(\d{3})[- ](\d{2})[- ](\d{4})(?![\d-])")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_STREET = re.compile(
    r"(?<![\w.,])\d{1,5}[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z][\w'.-]{1,30}\s){1,3}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Terrace|Highway|Hwy|Parkway|Pkwy)\b"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|gasse|weg|platz|allee)\s\d{1,4}\b"
)
_SECRETS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{8,4000}\.eyJ[\w-]{4,4000}\.[\w-]{8,2000}"),
    "a cloud access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}"),
    "a repository token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{22,251}|glpat-[\w-]{20,})"),
    "an API key": re.compile(r"\b(?:sk|pk|rk)[-_](?:live[-_]|test[-_]|proj-|ant-)?[A-Za-z0-9_-]{20,200}"),
    "a chat token": re.compile(r"\bxox[abeprs]-[\w-]{10,200}"),
    "a password or token": re.compile(
        r"\b(?:api[_ -]?key|secret(?:[_ -]?key)?|access[_ -]?token|auth[_ -]?token|passw(?:or)?d|passphrase)"
        r"\s{0,3}[:=]\s{0,3}[^\s,;]{6,200}",
        re.IGNORECASE,
    ),
    "credentials in a url": re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,100}:[^\s/@]{1,100}@", re.IGNORECASE),
}


def find_personal_data(text: str) -> list[Found]:
    """Every address, number or secret found in `text`, once each, with its excerpt masked."""
    shown = visible(text)
    found = dict.fromkeys(_everything(shown))
    return [Found("personal_data", kind, masked(excerpt), f"looks like {what}") for kind, excerpt, what in found]


def _everything(text: str) -> Iterator[tuple[str, str, str]]:
    for what, pattern in _SECRETS.items():
        yield from (("secret", match.group(), what) for match in pattern.finditer(text))
    yield from (("email", match.group(), "an email address") for match in _EMAIL.finditer(text))
    yield from _numbers(text)
    yield from _ip_addresses(text)
    yield from (("street_address", match.group(), "a street address") for match in _STREET.finditer(text))


def _numbers(text: str) -> Iterator[tuple[str, str, str]]:
    for match in _CARD.finditer(text):
        if is_payment_card(re.sub(r"[ -]", "", match.group())):
            yield "payment_card", match.group(), "a payment card number (its check digit holds)"
    yield from _ibans(text)
    for match in _SSN.finditer(text):
        if is_social_security_number(*match.groups()):
            yield "social_security_number", match.group(), "a US social security number"
    yield from (("phone", match.group(), "a phone number") for match in _PHONE.finditer(text))


def _ibans(text: str) -> Iterator[tuple[str, str, str]]:
    """The account may be followed by words, so the longest beginning that passes the check counts."""
    for match in _IBAN.finditer(text):
        compact = match.group().replace(" ", "").upper()
        account = next((compact[:end] for end in range(len(compact), 14, -1) if is_iban(compact[:end])), None)
        if account is not None:
            yield "iban", account, "a bank account number (its check digits hold)"


def _ip_addresses(text: str) -> Iterator[tuple[str, str, str]]:
    for match in (*_IPV4.finditer(text), *_IPV6.finditer(text)):
        try:
            address = ip_address(match.group())
        except ValueError:
            continue
        if address.is_global:
            yield "ip_address", match.group(), "an internet address"
