"""The error envelope (specification section 8): the one way a failure leaves Chimera."""

from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chimera.contracts.contract import Contract, Moment
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Detail, ValidationFailed


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


def validation_failed(error: ValidationError) -> ValidationFailed:
    """One clear refusal that names every field Pydantic found wrong."""
    problems: list[Detail] = [
        {"field": ".".join(str(part) for part in problem["loc"]) or "(document)", "problem": problem["msg"]}
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the document"
    return ValidationFailed(f"{where}: {first['msg']}", {"problems": problems})
