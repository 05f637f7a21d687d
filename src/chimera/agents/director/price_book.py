"""The dated price book: what a CPU-second costs, and how many of them each local tool is expected to use."""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from importlib import resources
from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Contract
from chimera.core.money import MICROS_PER_USD
from chimera.core.vocabulary import Aspect, QualityPreset

STALE_AFTER_DAYS = 30
SECONDS_PER_HOUR = 3600

Coefficient = Annotated[Decimal, Field(ge=0, le=1000)]


class CpuPrice(Contract):
    usd_per_cpu_hour: Annotated[Decimal, Field(gt=0, le=100)]
    source: str
    unit: str


class ToolCoefficients(Contract):
    """CPU-seconds of one job: `fixed`, plus `per_second` of narration at each quality preset."""

    fixed: Coefficient
    per_second: dict[QualityPreset, Coefficient]


class PriceBook(Contract):
    """Prices and coefficients as of one day."""

    as_of: date
    cpu: CpuPrice
    coefficients_source: str
    coefficients_unit: str
    voice: ToolCoefficients
    sound: ToolCoefficients
    video: ToolCoefficients
    video_aspect_factor: dict[Aspect, Coefficient]

    def age_note(self, today: date) -> str | None:
        """A sentence that tells the book is older than 30 days, or None."""
        age_days = (today - self.as_of).days
        if age_days <= STALE_AFTER_DAYS:
            return None
        return f"the price book is of {self.as_of.isoformat()}, {age_days} days old: check its prices and date it anew"

    def cpu_cost_micros(self, cpu_seconds: Decimal) -> int:
        """What that many CPU-seconds cost in micro-dollars, rounded up."""
        micros = cpu_seconds * self.cpu.usd_per_cpu_hour * MICROS_PER_USD / SECONDS_PER_HOUR
        return int(micros.to_integral_value(rounding=ROUND_CEILING))


def shipped_price_book() -> PriceBook:
    """The book that comes with this version."""
    return PriceBook.model_validate_json(
        resources.files("chimera.agents.director").joinpath("price_book.json").read_text(encoding="utf-8")
    )
