"""Amounts as text: one text for equal numbers, in documents and in reasons."""

from decimal import Decimal

from chimera.core.money import CENT


def usd_text(amount: Decimal) -> str:
    """Plain digits with at least two decimals: `15.00`, `0.0123`."""
    cents = amount.quantize(CENT)
    return f"{cents:f}" if cents == amount else decimal_text(amount)


def decimal_text(value: Decimal) -> str:
    """Plain digits without trailing zeros: `2.5`, `100`, `0`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
