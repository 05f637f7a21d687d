"""Escalated requests: listed waiting first, seen by who asked, answered by another person under its own name."""

from typing import Any
from uuid import UUID

import pytest

from chimera.contracts.approval import Approval
from chimera.contracts.escalation import Escalation
from chimera.contracts.spending_orders import EscalationList
from chimera.core.clock import FixedClock
from chimera.core.errors import EngineUnavailable, Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.desk import Desk
from chimera.security.permissions import Caller
from chimera.storage.database import Database
from chimera.treasury.treasury import Treasury
from factories_operations import FINANCE, OPERATOR, agent, ask, desk_on
from factories_treasury import Office

pytestmark = pytest.mark.engines


@pytest.fixture
async def waiting(treasury: Treasury, office: Office) -> list[UUID]:
    """Three that wait, the first to expire first."""
    for number in range(3):
        answer = await treasury.decide(office.request(f"{30 + number}.00", roi="99"))
        assert answer.conditions, "the score did not escalate it"
    return [escalation.tx_id for escalation in await treasury.escalations(10)]


async def listed(desk: Desk, limit: int) -> list[UUID]:
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await ask(desk, "approvals.list", OPERATOR, EscalationList, limit=limit, cursor=cursor)
        seen += [escalation.tx_id for escalation in page.approvals]
        if (cursor := page.next_cursor) is None:
            return seen


async def test_those_that_wait_are_listed_first_then_the_answered(desk: Desk, waiting: list[UUID]) -> None:
    for tx_id in waiting[:2]:
        await ask(desk, "approvals.decide", FINANCE, Approval, tx_id=tx_id, approve=False, reason="no")
    expected = [waiting[2], waiting[1], waiting[0]]
    assert [await listed(desk, limit) for limit in (1, 2, 3)] == [expected] * 3


async def test_the_answer_stands_under_the_persons_name(desk: Desk, waiting: list[UUID]) -> None:
    answer = await ask(desk, "approvals.decide", FINANCE, Approval, tx_id=waiting[0], approve=True, reason="once")
    shown = await ask(desk, "approvals.show", OPERATOR, Escalation, tx_id=waiting[0])
    assert (answer.approved, shown.state, shown.answered_by) == (True, "approved", "ada")


async def test_nobody_answers_its_own_request_or_under_another_name(
    desk: Desk, office: Office, waiting: list[UUID]
) -> None:
    decision: dict[str, Any] = {"tx_id": waiting[0], "approve": True, "reason": "mine"}
    requester = Caller(office.spender, PersonRole.FINANCE, name="eve")
    for caller, told in ((requester, {}), (FINANCE, {"by": "eve"}), (OPERATOR, {}), (agent(Role.CFO), {})):
        with pytest.raises(Forbidden):
            await ask(desk, "approvals.decide", caller, Approval, **decision, **told)
    assert (await ask(desk, "approvals.show", OPERATOR, Escalation, tx_id=waiting[0])).state == "waiting"


async def test_an_agent_sees_what_it_asked_for_only(desk: Desk, office: Office, waiting: list[UUID]) -> None:
    own = await ask(desk, "approvals.show", agent(Role.ARTIST, office.spender), Escalation, tx_id=waiting[0])
    assert own.tx_id == waiting[0]
    with pytest.raises(Forbidden):
        await ask(desk, "approvals.show", agent(Role.ARTIST), Escalation, tx_id=waiting[0])
    with pytest.raises(NotFound):
        await ask(desk, "approvals.show", OPERATOR, Escalation, tx_id=UUID(int=7))


async def test_a_rejection_needs_a_reason(desk: Desk, waiting: list[UUID]) -> None:
    with pytest.raises(ValidationFailed):
        await ask(desk, "approvals.decide", FINANCE, Approval, tx_id=waiting[0], approve=False)


async def test_without_the_key_it_is_read_and_not_answered(
    database: Database, clock: FixedClock, waiting: list[UUID]
) -> None:
    keyless = desk_on(database, clock)
    assert await listed(keyless, 5) == waiting
    with pytest.raises(EngineUnavailable):
        await ask(keyless, "approvals.decide", FINANCE, Approval, tx_id=waiting[0], approve=True)
