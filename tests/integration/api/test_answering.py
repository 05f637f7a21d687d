"""A person's answer over HTTP: only people with the right give it, under their own name, and what is no answer goes nowhere."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import httpx
import pytest

from chimera.api.treasury_door import OpenTreasury
from chimera.contracts.approval import Approval, BudgetRemaining
from chimera.contracts.escalation import Escalation
from chimera.contracts.spending_orders import EscalationList
from chimera.core.clock import FixedClock
from chimera.core.errors import NotFound
from chimera.core.vocabulary import PersonRole, RequestType
from chimera.security.permissions import Caller
from factories_http import http_door
from factories_identity import KnownCallers


class Desk:
    """One escalation that waits, and the answers it was given."""

    def __init__(self, waiting: Escalation) -> None:
        self.waiting = waiting
        self.answers: list[tuple[str, bool, str, Decimal | None]] = []

    async def escalation(self, tx_id: UUID) -> Escalation:
        if tx_id != self.waiting.tx_id:
            raise NotFound(f"no escalation {tx_id}")
        return self.waiting

    async def escalations(self, limit: int) -> tuple[Escalation, ...]:
        return (self.waiting,)[:limit]

    async def answer(
        self, tx_id: UUID, *, by: str, approve: bool, reason: str, amount_usd: Decimal | None = None
    ) -> Approval:
        await self.escalation(tx_id)
        self.answers.append((by, approve, reason, amount_usd))
        return Approval(
            request_id=self.waiting.request_id,
            approved=approve,
            reason=reason,
            risk_score=Decimal("0.9"),
            approval_signature="0x" + "0" * 128,
            budget_remaining=BudgetRemaining(daily=Decimal(1), weekly=Decimal(2), monthly=Decimal(3)),
            conditions=(),
            execution_time_ms=1,
        )


@pytest.fixture
def desk(clock: FixedClock) -> Desk:
    return Desk(
        Escalation(
            tx_id=uuid4(),
            request_id=uuid4(),
            agent_id=uuid4(),
            request_type=RequestType.API_CALL,
            request_cost=Decimal("40.00"),
            projected_roi=Decimal(30),
            risk_score=Decimal("0.9"),
            risk_factors=(),
            reason="Risk 0.90 is above 0.7",
            justification="Ten times what it ever cost",
            asked_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=24),
            state="waiting",
            answered_by=None,
            answer_reason=None,
            answered_at=None,
            approved_usd=None,
            approval=None,
        )
    )


@pytest.fixture
async def finance(desk: Desk, clock: FixedClock, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    gate = KnownCallers({"hers": Caller(uuid4(), PersonRole.FINANCE, name="Jörg")})
    async with http_door(cast("OpenTreasury", desk), clock, tmp_path, gate) as address:
        headers = {"Authorization": "Bearer hers"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
            yield client


async def test_what_waits_is_listed_and_shown(finance: httpx.AsyncClient, desk: Desk) -> None:
    listed = EscalationList.model_validate_json((await finance.get("/v1/approvals")).content)
    shown = Escalation.model_validate_json((await finance.get(f"/v1/approvals/{desk.waiting.tx_id}")).content)
    assert (listed.approvals, shown) == ((desk.waiting,), desk.waiting)
    assert (await finance.get(f"/v1/approvals/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ('{"approve":true,"reason":"once"}', ("Jörg", True, "once", None)),
        ('{"approve":true,"reason":"less","amount":0.1}', ("Jörg", True, "less", Decimal("0.1"))),
        ('{"approve":false,"reason":"no","amount":null,"by":"Jörg"}', ("Jörg", False, "no", None)),
    ],
)
async def test_the_answer_names_the_person_whose_token_it_was(
    finance: httpx.AsyncClient, desk: Desk, body: str, given: tuple[str, bool, str, Decimal | None]
) -> None:
    answer = await finance.post(f"/v1/approvals/{desk.waiting.tx_id}/decision", content=body.encode())
    assert (answer.status_code, answer.json()["approved"]) == (200, given[1])
    assert desk.answers == [given]


@pytest.mark.parametrize(
    "body",
    [
        '{"reason":"no word"}',
        '{"approve":"true","reason":"text"}',
        '{"approve":1,"reason":"a number"}',
        '{"approve":true,"reason":"text","amount":"5.00"}',
        '{"approve":true,"reason":"nothing","amount":0}',
        '{"approve":true,"reason":"too fine","amount":0.1234567}',
        '{"approve":true,"reason":"who?","by":""}',
        '{"approve":true,"reason":"who?","by":"a\\nb"}',
        '{"approve":true,"reason":"more","sure":true}',
    ],
)
async def test_what_is_no_answer_is_refused(finance: httpx.AsyncClient, desk: Desk, body: str) -> None:
    answer = await finance.post(f"/v1/approvals/{desk.waiting.tx_id}/decision", content=body)
    assert (answer.status_code, answer.json()["error"]["code"], desk.answers) == (422, "VALIDATION_FAILED", [])


@pytest.mark.parametrize("name", ["Anna", "jörg", "finance"])
async def test_nobody_answers_under_another_name(finance: httpx.AsyncClient, desk: Desk, name: str) -> None:
    body = {"approve": True, "reason": "mine", "by": name}
    answer = await finance.post(f"/v1/approvals/{desk.waiting.tx_id}/decision", json=body)
    assert (answer.status_code, answer.json()["error"]["code"], desk.answers) == (403, "FORBIDDEN", [])
