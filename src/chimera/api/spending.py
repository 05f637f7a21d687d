"""The life of a hold over HTTP, from its decision to its end."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from chimera.api.bodies import body_of
from chimera.api.callers import anybody
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.approval import SignedDecision
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending_orders import Settlement, Voiding
from chimera.core.errors import Forbidden
from chimera.core.vocabulary import PersonRole
from chimera.security.decision_signature import read_document
from chimera.security.permissions import Caller, Permission

CLOSES_FOR_OTHERS = frozenset({PersonRole.OPERATOR, PersonRole.FINANCE, PersonRole.ADMIN})
"""People who begin, settle or void a hold that somebody else asked for."""


def spending_routes(door: TreasuryDoor) -> APIRouter:
    """For whoever may ask for money, and about what it asked for itself."""
    router = APIRouter(prefix="/v1")
    treasury = door.treasury
    known = Annotated[Caller, Depends(anybody(door.gate))]

    async def require_hold(caller: Caller, request_id: UUID) -> None:
        if caller.role not in CLOSES_FOR_OTHERS:
            require_asked_by(caller, await treasury.signed_decision(request_id))

    @router.post("/holds/{request_id}/begin", status_code=204)
    async def begin(request_id: UUID, caller: known) -> None:
        await require_hold(caller, request_id)
        await treasury.begin_spending(request_id)

    @router.post("/holds/{request_id}/settle")
    async def settle(request_id: UUID, request: Request, caller: known) -> LedgerEntry:
        settlement = await body_of(request, Settlement)
        await require_hold(caller, request_id)
        return await treasury.settle(request_id, settlement.actual_usd)

    @router.post("/holds/{request_id}/void")
    async def void(request_id: UUID, request: Request, caller: known) -> LedgerEntry:
        voiding = await body_of(request, Voiding)
        await require_hold(caller, request_id)
        return await treasury.void(request_id, voiding.reason)

    @router.get("/requests/{request_id}/decision")
    async def decision(request_id: UUID, caller: known) -> SignedDecision:
        signed = await treasury.signed_decision(request_id)
        require_readable(caller, signed)
        return signed

    return router


def require_readable(caller: Caller, signed: SignedDecision) -> None:
    """Return if the caller may read the ledger, or asked for this decision.

    Raises:
        Forbidden: neither.
    """
    if Permission.READ_LEDGER not in caller.rights:
        require_asked_by(caller, signed)


def require_asked_by(caller: Caller, signed: SignedDecision) -> None:
    """Return if the decision is on a request of the caller.

    Raises:
        Forbidden: somebody else asked.
    """
    if read_document(signed.document).get("agent_id") != str(caller.id):
        raise Forbidden(
            f"{caller.role} {caller.id} did not ask for this: its own agent does it, or an operator or finance",
            {"caller": str(caller.id), "tx_id": str(signed.tx_id)},
        )
