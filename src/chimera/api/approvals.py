"""Escalated requests over HTTP: what waits, what became of it, and a person's answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from chimera.api.bodies import body_of
from chimera.api.callers import either, only
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.approval import Approval
from chimera.contracts.escalation import Escalation
from chimera.contracts.spending_orders import EscalationAnswer, EscalationList
from chimera.core.errors import Forbidden
from chimera.security.api_tokens import ApiRole

LIST_ROWS_MAX = 200


def approval_routes(door: TreasuryDoor) -> APIRouter:
    """Whoever has a token may look; only finance answers."""
    router = APIRouter(prefix="/v1/approvals")
    treasury = door.treasury
    anybody, finance = Depends(either(door.tokens)), Depends(only(door.tokens, ApiRole.FINANCE))

    @router.get("", dependencies=[anybody])
    async def approvals(limit: Annotated[int, Query(ge=1, le=LIST_ROWS_MAX)] = 50) -> EscalationList:
        return EscalationList(approvals=await treasury.escalations(limit))

    @router.get("/{tx_id}", dependencies=[anybody])
    async def approval(tx_id: UUID) -> Escalation:
        return await treasury.escalation(tx_id)

    @router.post("/{tx_id}/decision", dependencies=[finance])
    async def decision(tx_id: UUID, request: Request) -> Approval:
        answer = await body_of(request, EscalationAnswer)
        _refuse_requester(answer.by, await treasury.escalation(tx_id))
        return await treasury.answer(
            tx_id,
            by=ApiRole.FINANCE.value if answer.by is None else f"{ApiRole.FINANCE.value}:{answer.by}",
            approve=answer.approve,
            reason=answer.reason,
            amount_usd=answer.amount,
        )

    return router


def _refuse_requester(name: str | None, escalation: Escalation) -> None:
    if name is not None and name.lower() == str(escalation.agent_id):
        raise Forbidden(
            "who asked for the money can't answer for a person: let somebody else decide",
            {"agent_id": str(escalation.agent_id)},
        )
