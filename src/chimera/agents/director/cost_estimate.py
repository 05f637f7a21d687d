"""What a production will cost, estimated before it begins: pure arithmetic on the price book and past productions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from chimera.agents.director.options import WORDS_PER_MINUTE
from chimera.agents.director.price_book import PriceBook
from chimera.contracts.contract import Contract, Number, Usd
from chimera.core.money import CENT, cents_up, usd_from_micros
from chimera.core.vocabulary import Aspect, QualityPreset

Tool = Literal["voice", "sound", "video"]
TOOLS: tuple[Tool, ...] = ("voice", "sound", "video")
PRODUCTIONS_MIN = 3
"""Fewer measured productions than this say less than the price book."""
BEAT_PAUSE_SECONDS = Decimal("0.35")
FRAME_SECONDS = Decimal("1.6")
"""Lead-in and tail of the soundtrack (0.4 s and 1.2 s)."""

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class PastProduction:
    """What one finished production of this preset and aspect really took."""

    quality_preset: QualityPreset
    aspect: Aspect
    duration_seconds: Decimal
    cpu_seconds: dict[Tool, Decimal]


@dataclass(frozen=True, slots=True)
class CostHistory:
    """The newest past productions; at most as many as the caller read."""

    productions: tuple[PastProduction, ...] = ()

    def cpu_seconds_per_second(self, tool: Tool, quality_preset: QualityPreset, aspect: Aspect) -> Decimal | None:
        """The median measured CPU-seconds per second of video, or None with fewer than three measurements."""
        rates = [
            production.cpu_seconds[tool] / production.duration_seconds
            for production in self.productions
            if tool in production.cpu_seconds
            and production.duration_seconds > 0
            and (production.quality_preset, production.aspect) == (quality_preset, aspect)
        ]
        return Decimal(median(rates)) if len(rates) >= PRODUCTIONS_MIN else None


class ToolEstimate(Contract):
    """`basis` tells where the figure comes from: this studio's own productions, or the price book."""

    tool: Tool
    cpu_seconds: Annotated[Number, Field(ge=0)]
    cost_micros: Annotated[int, Field(ge=0)]
    basis: Literal["own_productions", "price_book"]


class CostEstimate(Contract):
    """Kept in `content_pipeline.metadata.cost_estimate`; `estimated_cost_usd` is the sum rounded up to cents."""

    duration_seconds: Annotated[Number, Field(gt=0)]
    tools: tuple[ToolEstimate, ...]
    total_micros: Annotated[int, Field(ge=0)]
    estimated_cost_usd: Annotated[Usd, Field(gt=0)]
    usd_per_cpu_hour: Usd
    price_book_as_of: str
    notes: tuple[str, ...]

    def of(self, tool: Tool) -> ToolEstimate:
        """The part of one tool."""
        return next(part for part in self.tools if part.tool == tool)


def duration_seconds(words: int, beats: int) -> Decimal:
    """How long a script of that many words and beats runs on screen: 150 words a minute, pauses, lead-in and tail."""
    spoken = Decimal(words) * 60 / WORDS_PER_MINUTE
    return (spoken + BEAT_PAUSE_SECONDS * max(0, beats - 1) + FRAME_SECONDS).quantize(_TENTH, rounding=ROUND_HALF_UP)


def estimate_cost(
    seconds: Decimal,
    quality_preset: QualityPreset,
    aspect: Aspect,
    *,
    price_book: PriceBook,
    history: CostHistory,
    notes: Sequence[str] = (),
) -> CostEstimate:
    """The estimate for a production of `seconds`, tool by tool; at least one cent."""
    parts = tuple(_part(tool, seconds, quality_preset, aspect, price_book, history) for tool in TOOLS)
    total_micros = sum(part.cost_micros for part in parts)
    return CostEstimate(
        duration_seconds=seconds,
        tools=parts,
        total_micros=total_micros,
        estimated_cost_usd=max(CENT, cents_up(usd_from_micros(total_micros))),
        usd_per_cpu_hour=price_book.cpu.usd_per_cpu_hour,
        price_book_as_of=price_book.as_of.isoformat(),
        notes=tuple(notes),
    )


def _part(
    tool: Tool,
    seconds: Decimal,
    quality_preset: QualityPreset,
    aspect: Aspect,
    price_book: PriceBook,
    history: CostHistory,
) -> ToolEstimate:
    measured = history.cpu_seconds_per_second(tool, quality_preset, aspect)
    cpu_seconds = (
        measured * seconds if measured is not None else _expected(tool, seconds, quality_preset, aspect, price_book)
    )
    rounded = cpu_seconds.quantize(_TENTH, rounding=ROUND_HALF_UP)
    return ToolEstimate(
        tool=tool,
        cpu_seconds=rounded,
        cost_micros=price_book.cpu_cost_micros(rounded),
        basis="price_book" if measured is None else "own_productions",
    )


def _expected(
    tool: Tool, seconds: Decimal, quality_preset: QualityPreset, aspect: Aspect, price_book: PriceBook
) -> Decimal:
    coefficients = {"voice": price_book.voice, "sound": price_book.sound, "video": price_book.video}[tool]
    factor = price_book.video_aspect_factor[aspect] if tool == "video" else Decimal(1)
    return coefficients.fixed + coefficients.per_second[quality_preset] * factor * seconds
