"""Amounts as text and as integers: one text for equal numbers, in documents and in reasons."""

from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from chimera.core.money import CENT, MICROS_PER_USD

MICROS_PER_CENT = 10_000
_MICRO_PLACES = 6
_TEXTS_KEPT = 4096
_CENTS = tuple(f".{cents:02d}" for cents in range(100))


def usd_text(amount: Decimal) -> str:
    """Plain digits with at least two decimals: `15.00`, `0.0123`."""
    cents = amount.quantize(CENT)
    return f"{cents:f}" if cents == amount else decimal_text(amount)


def decimal_text(value: Decimal) -> str:
    """Plain digits without trailing zeros: `2.5`, `100`, `0`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cents_of_micros(micros: int) -> int:
    """Whole cents, rounded up."""
    return -(-micros // MICROS_PER_CENT)


def cents_text(cents: int) -> str:
    """`usd_text` of whole cents."""
    if cents < 0:
        return f"-{cents_text(-cents)}"
    return f"{cents // 100}{_CENTS[cents % 100]}"


@lru_cache(maxsize=_TEXTS_KEPT)
def micros_text(micros: int) -> str:
    """`usd_text` of an amount in micro-dollars, zero or more."""
    cents, finer = divmod(micros, MICROS_PER_CENT)
    if not finer:
        return cents_text(cents)
    return f"{micros // MICROS_PER_USD}.{micros % MICROS_PER_USD:06d}".rstrip("0")


@lru_cache(maxsize=_TEXTS_KEPT)
def hundredths_text(hundredths: int) -> str:
    """`decimal_text` of a number with two decimals, zero or more."""
    whole, fraction = divmod(hundredths, 100)
    return f"{whole}.{fraction:02d}".rstrip("0") if fraction else str(whole)


def hundredths_up(value: Decimal) -> int:
    """The number in whole hundredths, rounded up: what a number of two decimals must reach to reach `value`."""
    return int((value * 100).to_integral_value(ROUND_CEILING))


def hundredths_exact(value: Decimal) -> int:
    """Whole hundredths of a number with at most two decimals."""
    return int(value * 100)


def cents_of_usd(amount: Decimal) -> int:
    """Whole cents of an amount that has no finer part."""
    return int(amount.scaleb(2))


def usd_of_cents(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def micros_of(amount: str) -> int:
    """Micro-dollars of an amount's text.

    Raises:
        ValueError: not plain digits with at most six decimals.
    """
    whole, _, fraction = amount.partition(".")
    digits = whole + fraction
    if len(fraction) > _MICRO_PLACES or not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{amount!r} is no amount of money")
    return int(whole + fraction.ljust(_MICRO_PLACES, "0"))
