"""The one tree of refusals and failures, with the error codes of specification section 8 and their HTTP status.

ChimeraError
├── GovernanceRefusal      the rules said no: nothing was spent, retrying as it is will not help
│   ├── BudgetExceeded, RoiTooLow, ApprovalRejected, ApprovalExpired, InvalidSignature, SpendPaused, StudioHalted,
│   │   SafetyBlocked, Forbidden, Cancelled, Unauthenticated
├── BadInput               the caller can mend it
│   ├── ValidationFailed, NotFound, NoTrends, Conflict, VideoTooLong, IdempotencyKeyReused, PreconditionFailed
├── Missing                something the machine needs is not there
│   ├── SourceUnavailable, AgentOffline, EngineUnavailable, RateLimited
└── WorkFailed             the work was tried and did not succeed
    ├── QualityFailed, McpTimeout, ToolFailed, OutcomeUnknown, SealBroken, InternalError
"""

from collections.abc import Mapping
from typing import ClassVar

Detail = str | int | float | bool | None | list["Detail"] | dict[str, "Detail"]


class ChimeraError(Exception):
    """Base of every expected failure. `details` is JSON; `message` says what happened and what to do next."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500

    def __init__(self, message: str, details: Mapping[str, Detail] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Detail] = dict(details or {})


class GovernanceRefusal(ChimeraError):
    """A rule refused; exit code 3."""


class BudgetExceeded(GovernanceRefusal):
    code, status = "BUDGET_EXCEEDED", 402


class RoiTooLow(GovernanceRefusal):
    code, status = "ROI_TOO_LOW", 422


class ApprovalRejected(GovernanceRefusal):
    """A person said no to an escalated request, or nobody answered it in time."""

    code, status = "APPROVAL_REJECTED", 403


class ApprovalExpired(GovernanceRefusal):
    """The approval was a hold, and its time is over: the money must be asked for anew."""

    code, status = "APPROVAL_EXPIRED", 403


class InvalidSignature(GovernanceRefusal):
    code, status = "INVALID_SIGNATURE", 403


class SpendPaused(GovernanceRefusal):
    code, status = "SPEND_PAUSED", 423


class StudioHalted(GovernanceRefusal):
    """A person has stopped everything; it goes on when a person says so."""

    code, status = "STUDIO_HALTED", 423


class SafetyBlocked(GovernanceRefusal):
    code, status = "SAFETY_BLOCKED", 422


class Forbidden(GovernanceRefusal):
    code, status = "FORBIDDEN", 403


class Cancelled(GovernanceRefusal):
    """A person has called it off."""

    code, status = "CANCELLED", 409


class Unauthenticated(GovernanceRefusal):
    """Nobody is known by what the caller showed, or it showed nothing."""

    code, status = "UNAUTHENTICATED", 401


class WaitsForHuman(ChimeraError):
    """The piece is kept and waits for a person's decision; exit code 4."""

    code, status = "WAITS_FOR_HUMAN", 409


class BadInput(ChimeraError):
    """The caller can mend it; exit code 2."""


class ValidationFailed(BadInput):
    code, status = "VALIDATION_FAILED", 422


class NotFound(BadInput):
    code, status = "NOT_FOUND", 404


class NoTrends(ChimeraError):
    code, status = "NO_TRENDS", 404


class Conflict(BadInput):
    code, status = "CONFLICT", 409


class IdempotencyKeyReused(BadInput):
    """The key stands for another request already."""

    code, status = "IDEMPOTENCY_KEY_REUSED", 422


class PreconditionFailed(BadInput):
    """What was to be changed is not any more what the caller saw (RFC 9110, section 15.5.13)."""

    code, status = "PRECONDITION_FAILED", 412


class VideoTooLong(BadInput):
    code, status = "VIDEO_TOO_LONG", 422


class Missing(ChimeraError):
    """Something the machine needs is not there; exit code 5."""


class SourceUnavailable(Missing):
    code, status = "SOURCE_UNAVAILABLE", 503


class AgentOffline(Missing):
    code, status = "AGENT_OFFLINE", 503


class EngineUnavailable(Missing):
    """A database, state or media engine can't be started or reached."""

    code, status = "ENGINE_UNAVAILABLE", 503


class RateLimited(Missing):
    """Too much is waiting already; nothing was done, the same request may be sent again a little later."""

    code, status = "RATE_LIMITED", 429


class WorkFailed(ChimeraError):
    """The work was tried and did not succeed; exit code 1."""


class QualityFailed(WorkFailed):
    code, status = "QUALITY_FAILED", 422


class McpTimeout(WorkFailed):
    code, status = "MCP_TIMEOUT", 504


class ToolFailed(WorkFailed):
    """A tool answered with an error of its own."""

    code, status = "TOOL_FAILED", 502


class OutcomeUnknown(WorkFailed):
    """Money may have been spent and nobody has said how much: it counts in full until somebody does."""

    code, status = "OUTCOME_UNKNOWN", 500


class SealBroken(WorkFailed):
    """What was kept sealed is not what was sealed, or its key is not known here; none of it is given out."""

    code, status = "SEAL_BROKEN", 500


class InternalError(WorkFailed):
    code, status = "INTERNAL", 500


def failure_of(code: str, message: str, details: Mapping[str, Detail]) -> ChimeraError:
    """The failure that was told by its code; one with an unknown code is InternalError."""
    kinds = [ChimeraError]
    while kinds:
        kind = kinds.pop()
        if kind.code == code and "code" in vars(kind) and kind is not ChimeraError:
            return kind(message, details)
        kinds += kind.__subclasses__()
    return InternalError(f"{code}: {message}", details)
