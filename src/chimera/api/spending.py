"""Asking for money over HTTP: section 3's `internal.agent.cfo.approve`, and the life of a hold."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError

from chimera.api.bodies import body_of
from chimera.api.callers import only
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.error import validation_failed
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending_orders import HoldTerms, Settlement, Voiding
from chimera.security.api_tokens import ApiRole


def spending_routes(door: TreasuryDoor) -> APIRouter:
    """For whoever may ask for money."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(only(door.tokens, ApiRole.SPENDER))])
    treasury = door.treasury

    @router.post("/internal.agent.cfo.approve")
    async def approve(request: Request) -> Approval:
        terms = _terms(request)
        asked = await body_of(request, ApprovalRequest)
        hold_for = None if terms.hold_seconds is None else timedelta(seconds=terms.hold_seconds)
        return await treasury.decide(asked, estimate_usd=terms.estimate_usd, hold_for=hold_for)

    @router.post("/holds/{request_id}/begin", status_code=204)
    async def begin(request_id: UUID) -> None:
        await treasury.begin_spending(request_id)

    @router.post("/holds/{request_id}/settle")
    async def settle(request_id: UUID, request: Request) -> LedgerEntry:
        return await treasury.settle(request_id, (await body_of(request, Settlement)).actual_usd)

    @router.post("/holds/{request_id}/void")
    async def void(request_id: UUID, request: Request) -> LedgerEntry:
        return await treasury.void(request_id, (await body_of(request, Voiding)).reason)

    @router.get("/requests/{request_id}/decision")
    async def decision(request_id: UUID) -> SignedDecision:
        return await treasury.signed_decision(request_id)

    return router


def _terms(request: Request) -> HoldTerms:
    """Section 3's body is closed, so what goes beyond it stands in the query."""
    try:
        return HoldTerms.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise validation_failed(error) from error
