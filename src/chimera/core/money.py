"""Money as Decimal US dollars at the edges and integer micro-dollars for sub-cent arithmetic; never float."""

from decimal import ROUND_CEILING, Decimal

MICROS_PER_USD = 1_000_000
CENT = Decimal("0.01")


def usd_from_micros(micros: int) -> Decimal:
    """The exact dollar amount of an integer number of micro-dollars."""
    return Decimal(micros) / MICROS_PER_USD


def micros_from_usd(amount_usd: Decimal) -> int:
    """Integer micro-dollars of an amount with at most six decimals.

    Raises:
        ValueError: the amount is not finite or is finer than a micro-dollar.
    """
    if not amount_usd.is_finite():
        raise ValueError("an amount of money must be finite")
    micros = amount_usd * MICROS_PER_USD
    if micros != micros.to_integral_value():
        raise ValueError("an amount of money has at most six decimals")
    return int(micros)


def cents_up(amount_usd: Decimal) -> Decimal:
    """The amount rounded up to whole cents, as `ledger.amount` holds it."""
    return amount_usd.quantize(CENT, rounding=ROUND_CEILING)
