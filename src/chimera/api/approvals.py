"""Escalated requests over HTTP: what waits, what became of it, and a person's answer under the person's own name."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from chimera.api.bodies import body_of
from chimera.api.callers import anybody, whoever_may
from chimera.api.treasury_door import TreasuryDoor
from chimera.contracts.approval import Approval
from chimera.contracts.escalation import Escalation
from chimera.contracts.spending_orders import EscalationAnswer, EscalationList
from chimera.core.errors import Forbidden
from chimera.security.permissions import Caller, Permission

LIST_ROWS_MAX = 200


def approval_routes(door: TreasuryDoor) -> APIRouter:
    """Those who read the ledger look at all, an agent at what it asked for; only people with the right answer."""
    router = APIRouter(prefix="/v1/approvals")
    treasury = door.treasury
    looks = Depends(whoever_may(door.gate, Permission.READ_LEDGER))
    known = Annotated[Caller, Depends(anybody(door.gate))]
    answers = Annotated[Caller, Depends(whoever_may(door.gate, Permission.ANSWER_ESCALATIONS))]

    @router.get("", dependencies=[looks])
    async def approvals(limit: Annotated[int, Query(ge=1, le=LIST_ROWS_MAX)] = 50) -> EscalationList:
        return EscalationList(approvals=await treasury.escalations(limit))

    @router.get("/{tx_id}")
    async def approval(tx_id: UUID, caller: known) -> Escalation:
        escalation = await treasury.escalation(tx_id)
        if Permission.READ_LEDGER not in caller.rights and escalation.agent_id != caller.id:
            raise Forbidden(
                f"{caller.role} {caller.id} did not ask for this, and may not read the ledger",
                {"caller": str(caller.id), "tx_id": str(tx_id)},
            )
        return escalation

    @router.post("/{tx_id}/decision")
    async def decision(tx_id: UUID, request: Request, caller: answers) -> Approval:
        answer = await body_of(request, EscalationAnswer)
        name = name_of(caller, answer.by)
        return await treasury.answer(
            tx_id, by=name, approve=answer.approve, reason=answer.reason, amount_usd=answer.amount
        )

    return router


def name_of(caller: Caller, told: str | None) -> str:
    """The person's own name, which goes into the ledger; nobody answers under another's.

    Raises:
        Forbidden: no person, or another name.
    """
    if caller.name is None or (told is not None and told != caller.name):
        raise Forbidden(
            "a person answers under its own name: leave `by` out, or show that person's token",
            {"caller": str(caller.id)},
        )
    return caller.name
