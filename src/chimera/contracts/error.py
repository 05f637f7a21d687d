"""The error envelope (specification section 8): the one way a failure leaves Chimera."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chimera.contracts.contract import Contract, Moment
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, ValidationFailed

Place = tuple[Any, ...]
"""Where a problem stands in a document: names and numbers from the outside in."""
PROBLEMS_MAX = 20
_WORDS = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "extra_forbidden": "is not a field here",
    "missing": "is missing",
}


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)


class ErrorBody(Contract):
    code: str
    message: str
    details: dict[str, Any]
    timestamp: Moment
    request_id: UUID


class ErrorEnvelope(Contract):
    error: ErrorBody

    @classmethod
    def of(cls, failure: ChimeraError, clock: Clock, request_id: UUID) -> "ErrorEnvelope":
        """The envelope of `failure`, stamped with the clock's time."""
        return cls(
            error=ErrorBody(
                code=failure.code,
                message=failure.message,
                details=failure.details,
                timestamp=clock.now().replace(microsecond=0),
                request_id=request_id,
            )
        )


def validation_failed(error: ValidationError, name: Callable[[Place], str] = _dotted) -> ValidationFailed:
    """One clear refusal that names every field Pydantic found wrong; `name` says how a field is called outside."""
    found = [(name(place) if place else "(document)", problem) for place, problem in problems_of(error)]
    return ValidationFailed(
        "; ".join(f"{field}: {problem}" for field, problem in found),
        {"problems": [{"field": field, "problem": problem} for field, problem in found]},
    )


def problems_of(error: ValidationError) -> list[tuple[Place, str]]:
    """Where something is wrong and what, without the values."""
    return [
        (problem["loc"], _problem(problem))
        for problem in error.errors(include_url=False, include_input=False)[:PROBLEMS_MAX]
    ]


def _problem(problem: ErrorDetails) -> str:
    words = _WORDS.get(problem["type"])
    bounds = {
        name: str(bound).removeprefix("Decimal('").removesuffix("')") for name, bound in problem.get("ctx", {}).items()
    }
    return words.format(**bounds) if words else problem["msg"].removeprefix("Value error, ")
