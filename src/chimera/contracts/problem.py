"""The failure of section 8 as RFC 9457 writes it, for callers that accept `application/problem+json`."""

from typing import Any, Self
from uuid import UUID

from chimera.contracts.contract import Contract, Moment
from chimera.contracts.error import ErrorEnvelope


class Problem(Contract):
    """`type` names the code as a URN; `title` is the code in words, `detail` the message."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: dict[str, Any]
    timestamp: Moment
    request_id: UUID

    @classmethod
    def of(cls, envelope: ErrorEnvelope, status: int) -> Self:
        told = envelope.error
        return cls(
            type=f"urn:chimera:error:{told.code}",
            title=told.code.replace("_", " ").capitalize(),
            status=status,
            detail=told.message,
            code=told.code,
            details=told.details,
            timestamp=told.timestamp,
            request_id=told.request_id,
        )
