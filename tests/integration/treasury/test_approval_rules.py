"""Specification section 3, Financial Approval: the four rules, as a caller sees them."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, NotFound, ValidationFailed
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, RequestType
from chimera.security.decision_signature import read_verified
from chimera.storage.database import Database
from chimera.storage.records import ledger
from chimera.treasury.treasury import Treasury
from factories_treasury import Office, open_office

pytestmark = pytest.mark.engines


@pytest.fixture
async def office(database: Database, clock: FixedClock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
def treasury(office: Office, database: Database) -> Treasury:
    return office.treasury(database)


async def _rows(database: Database) -> list[ledger.LedgerRecord]:
    async with database.transaction() as connection:
        return await ledger.page(connection, 0, 100)


async def _spent(treasury: Treasury) -> dict[tuple[str, str], Decimal]:
    return {(state.period, state.category): state.spent for state in await treasury.budgets() if state.spent}


async def test_the_specifications_request_is_approved_with_its_reason(office: Office, treasury: Treasury) -> None:
    approval = await treasury.decide(office.request("15.00", roi="2.5"))
    assert approval.approved
    assert approval.reason == "Within budget, ROI exceeds hurdle rate (1.5)"
    assert approval.conditions == ()
    assert re.fullmatch("0x[0-9a-f]{128}", approval.approval_signature)
    remaining = approval.budget_remaining
    assert (remaining.daily, remaining.weekly, remaining.monthly) == (
        Decimal("985.00"),
        Decimal("4985.00"),
        Decimal("19985.00"),
    )


async def test_a_cost_above_the_days_remaining_budget_is_rejected(office: Office, treasury: Treasury) -> None:
    office.set_total(BudgetPeriod.DAILY, "50.00")
    approval = await treasury.decide(office.request("50.01"))
    assert not approval.approved
    assert approval.reason == "Daily budget exceeded: requested 50.01, remaining 50.00"
    assert approval.budget_remaining.daily == Decimal("50.00")
    assert await _spent(treasury) == {}


async def test_a_cost_equal_to_the_remaining_budget_is_approved(office: Office, treasury: Treasury) -> None:
    office.set_total(BudgetPeriod.DAILY, "50.00")
    approval = await treasury.decide(office.request("50.00"))
    assert approval.approved
    assert approval.budget_remaining.daily == 0


async def test_a_return_below_the_hurdle_is_rejected(office: Office, treasury: Treasury) -> None:
    approval = await treasury.decide(office.request(roi="1.49"))
    assert not approval.approved
    assert approval.reason == "ROI 1.49 is below hurdle rate (1.5)"


async def test_a_risk_above_the_threshold_waits_for_a_human(
    office: Office, treasury: Treasury, database: Database
) -> None:
    approval = await treasury.decide(office.request("990.00", roi="400"))
    assert not approval.approved
    assert approval.risk_score > Decimal("0.7")
    [row] = await _rows(database)
    assert approval.conditions == (f"ESCALATED:{row.tx_id}",)
    assert await _spent(treasury) == {}


async def test_an_amount_above_ten_thousand_is_a_signed_rejection(
    office: Office, treasury: Treasury, database: Database
) -> None:
    request = office.request("10000.01")
    approval = await treasury.decide(request)
    assert approval.reason == "Transaction too large: requested 10000.01, at most 10000.00 at a time"
    fields = read_verified(await treasury.signed_decision(request.request_id), treasury.public_key)
    assert (fields["decision"], fields["amount"]) == ("rejected", "10000.01")


async def test_every_decision_is_one_signed_row(office: Office, treasury: Treasury, database: Database) -> None:
    costs = (("15.00", "2.5"), ("15.00", "1.0"), ("2000.00", "2.5"), ("980.00", "400"))
    answers = [await treasury.decide(office.request(cost, roi=roi)) for cost, roi in costs]
    rows = await _rows(database)
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert [row.decision for row in rows] == ["approved", "rejected", "rejected", "escalated"]
    assert [row.approval_signature for row in rows] == [answer.approval_signature for answer in answers]
    assert [row.approved_at is not None for row in rows] == [True, False, False, False]


async def test_money_is_charged_to_its_category_and_total_in_every_period(office: Office, treasury: Treasury) -> None:
    for request_type, cost in zip(RequestType, ("1.00", "2.00", "3.00", "4.00"), strict=True):
        assert (await treasury.decide(office.request(cost, request_type=request_type))).approved
    charged = {"api_call": "1.00", "compute": "2.00", "storage": "3.00", "total": "10.00"}
    assert await _spent(treasury) == {
        (period, category): Decimal(spent)
        for period in ("daily", "weekly", "monthly")
        for category, spent in charged.items()
    }


async def test_a_categorys_own_limit_binds_that_category_alone(office: Office, treasury: Treasury) -> None:
    office.limits[BudgetPeriod.WEEKLY, BudgetCategory.COMPUTE] = Decimal("10.00")
    refused = await treasury.decide(office.request("10.01", request_type=RequestType.COMPUTE))
    other = await treasury.decide(office.request("10.01", request_type=RequestType.STORAGE))
    assert refused.reason == "Weekly compute budget exceeded: requested 10.01, remaining 10.00"
    assert other.approved


async def test_a_third_decimal_is_no_request(office: Office, database: Database) -> None:
    with pytest.raises(ValidationError):
        office.request("15.001")
    assert await _rows(database) == []


async def test_what_was_really_spent_stays_exact_and_charges_whole_cents(
    office: Office, treasury: Treasury, database: Database
) -> None:
    request = office.request("15.00")
    await treasury.decide(request)
    await treasury.settle(request.request_id, Decimal("0.000001"))
    row = (await _rows(database))[-1]
    assert (row.kind, row.amount, row.amount_micros, row.payload["amount"]) == (
        "settle",
        Decimal("0.01"),
        1,
        "0.000001",
    )
    assert (await _spent(treasury))["daily", "total"] == Decimal("0.01")


async def test_who_may_not_ask_gets_an_error_and_no_row(office: Office, treasury: Treasury, database: Database) -> None:
    other_cfo, nobody = uuid4(), uuid4()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO agents (id, role) VALUES (%s, 'cfo')", (other_cfo,))
    for agent, failure in ((nobody, NotFound), (office.cfo, Forbidden), (other_cfo, Forbidden)):
        with pytest.raises(failure):
            await treasury.decide(office.request(agent_id=agent))
    assert await _rows(database) == []


async def test_text_the_database_cannot_hold_is_refused_before_anything_is_written(
    office: Office, treasury: Treasury, database: Database
) -> None:
    with pytest.raises(ValidationFailed):
        await treasury.decide(office.request(justification="a\x00b"))
    assert await _rows(database) == []


async def test_hostile_text_is_signed_as_it_came(office: Office, treasury: Treasury, database: Database) -> None:
    text = "'); DROP TABLE ledger; -- \u202e\"\\ 🎬 " + "\u0001" * 100
    request = office.request(justification=text)
    await treasury.decide(request)
    fields = read_verified(await treasury.signed_decision(request.request_id), treasury.public_key)
    assert fields["justification"] == text
    assert (await treasury.verify()).ok
