"""`/v1/approvals`: requests for money that wait for a person, what became of them, and the person's answer."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from chimera.contracts.approval import Approval
from chimera.contracts.contract import Contract
from chimera.contracts.escalation import Escalation
from chimera.contracts.spending_orders import Amount, EscalationList, PersonName
from chimera.core.errors import (
    BudgetExceeded,
    Conflict,
    EngineUnavailable,
    Forbidden,
    NotFound,
    SpendPaused,
    ValidationFailed,
)
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.known import KnownOperation, require_own_or
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, cursor_of, read_cursor
from chimera.runtime.operations.person import person
from chimera.security.permissions import Caller, Permission
from chimera.treasury import escalations

_SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")


class EscalationNamed(Contract):
    tx_id: UUID


class EscalationDecision(EscalationNamed):
    """`amount` approves less than was asked; `by`, where it is given, must be the person's own name."""

    approve: StrictBool
    reason: Annotated[str, Field(max_length=2000)] = ""
    amount: Amount | None = None
    by: PersonName | None = None


def approval_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of escalated requests, and a person's answer where the CFO's key is."""

    async def list_approvals(_call: Call, asked: PageRequest) -> EscalationList:
        place = _place(asked.cursor)
        async with desk.database.transaction() as connection:
            page = await escalations.page(connection, place, asked.limit, cursor_of)
        return EscalationList(approvals=page.escalations, next_cursor=page.cursor)

    async def _escalation(tx_id: UUID) -> Escalation:
        async with desk.database.transaction() as connection:
            found = await escalations.read(connection, [tx_id])
        if tx_id not in found:
            raise NotFound(f"{tx_id} is no escalated request", {"tx_id": str(tx_id)})
        return found[tx_id]

    async def show_approval(call: Call, asked: EscalationNamed) -> Escalation:
        found = await _escalation(asked.tx_id)
        require_own_or(call.caller, Permission.READ_LEDGER, found.agent_id)
        return found

    async def decide(call: Call, asked: EscalationDecision) -> Approval:
        by = _own_name(call.caller, asked.by)
        if (await _escalation(asked.tx_id)).agent_id == call.caller.id:
            raise Forbidden("who asked for the money can't answer: let somebody else decide")
        return await desk.treasury.answer(
            asked.tx_id, by=by, approve=asked.approve, reason=asked.reason, amount_usd=asked.amount
        )

    return (
        Operation(
            name="approvals.list",
            summary="List what waits for a person, the first to expire first, then the newest answers.",
            method="GET",
            path="/v1/approvals",
            asks=PageRequest,
            answers=EscalationList,
            run=list_approvals,
            right=Permission.READ_LEDGER,
            failures=(ValidationFailed,),
        ),
        KnownOperation(
            name="approvals.show",
            summary="Show an escalated request and what became of it; an agent sees its own.",
            method="GET",
            path="/v1/approvals/{tx_id}",
            asks=EscalationNamed,
            answers=Escalation,
            run=show_approval,
            right=None,
            failures=(NotFound, Forbidden),
        ),
        Operation(
            name="approvals.decide",
            summary="Approve a waiting request, or a part of it, or reject it; never one's own.",
            method="POST",
            path="/v1/approvals/{tx_id}/decision",
            asks=EscalationDecision,
            answers=Approval,
            run=decide,
            right=Permission.ANSWER_ESCALATIONS,
            failures=(
                ValidationFailed, NotFound, Conflict, Forbidden, BudgetExceeded, SpendPaused, EngineUnavailable,
            ),
            rate=WRITING,
        ),
    )  # fmt: skip


def _own_name(caller: Caller, told: str | None) -> str:
    name = person(caller)
    if told is not None and told != name:
        raise Forbidden("a person answers under its own name: leave `by` out", {"by": told})
    return name


def _place(cursor: str | None) -> escalations.Place:
    """Cursors among those that wait never look like a sequence number: they begin with the letter of a zero byte."""
    if cursor is not None and _SEQUENCE.fullmatch(cursor):
        return int(cursor)
    return read_cursor(cursor)
