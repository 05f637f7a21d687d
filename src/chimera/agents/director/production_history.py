"""Reads past productions' rows as cost history; rows of another shape are left out."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from chimera.agents.director.cost_estimate import TOOLS, CostHistory, PastProduction, Tool
from chimera.core.vocabulary import Aspect, QualityPreset
from chimera.storage.records.production_history import ProductionRecord


def cost_history(records: Sequence[ProductionRecord]) -> CostHistory:
    """The productions that tell preset, aspect, duration and measured CPU-seconds."""
    read = (_production(record) for record in records)
    return CostHistory(tuple(production for production in read if production is not None))


def _production(record: ProductionRecord) -> PastProduction | None:
    cpu_seconds: dict[Tool, Decimal] = {}
    for use in record.tools:
        name = str(use.get("tool", "")).replace("/", ".").rsplit(".", 1)[-1]
        tool = next((tool for tool in TOOLS if tool == name), None)
        measured = _decimal(use.get("cpu_seconds"))
        if tool is not None and measured is not None:
            cpu_seconds[tool] = cpu_seconds.get(tool, Decimal(0)) + measured
    try:
        return PastProduction(
            QualityPreset(record.quality_preset or ""),
            Aspect(record.aspect or ""),
            Decimal(record.duration_seconds),
            cpu_seconds,
        )
    except ValueError:
        return None


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None
