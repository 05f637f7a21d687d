"""What local tools really cost: measured CPU-seconds at a configured rate, in integer micro-dollars. Pure."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from chimera.core.money import CENT, MICROS_PER_USD, cents_up, usd_from_micros

CPU_SECONDS_MAX = 2**31 - 1


def job_cost_usd(cpu_seconds: float, usd_per_cpu_second: Decimal) -> Decimal:
    """One job's cost, rounded up to a whole micro-dollar.

    Raises:
        ValueError: a negative or not finite measurement or rate.
    """
    exact = Decimal(repr(cpu_seconds)) * usd_per_cpu_second * MICROS_PER_USD
    if not exact.is_finite() or exact < 0:
        raise ValueError("CPU-seconds and their rate are finite and not negative")
    return usd_from_micros(int(exact.to_integral_value(rounding=ROUND_CEILING)))


def cpu_seconds_within(left_usd: Decimal, usd_per_cpu_second: Decimal) -> int:
    """How many whole CPU-seconds `left_usd` pays for, as many as an `int` of a process limit holds at most."""
    if usd_per_cpu_second <= 0:
        return CPU_SECONDS_MAX
    return min(int(left_usd / usd_per_cpu_second), CPU_SECONDS_MAX)


def production_cost_usd(job_costs_usd: Iterable[Decimal]) -> Decimal:
    """A whole production's cost: its jobs together, rounded up to cents, at least one cent."""
    return max(CENT, cents_up(sum(job_costs_usd, Decimal(0))))
