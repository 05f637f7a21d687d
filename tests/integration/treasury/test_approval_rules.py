"""Specification section 3, Financial Approval: the four rules, as a caller sees them."""

import re
from decimal import Decimal

from chimera.core.vocabulary import BudgetPeriod
from chimera.storage.database import Database
from chimera.storage.records import ledger
from chimera.treasury.treasury import Treasury

from .conftest import Office


async def _rows(database: Database) -> int:
    async with database.transaction() as connection:
        return await ledger.count(connection)


async def test_the_specifications_request_is_approved_with_its_reason(office: Office, treasury: Treasury) -> None:
    approval = await treasury.decide(office.request("15.00", roi="2.5"))
    assert approval.approved
    assert approval.reason == "Within budget, ROI exceeds hurdle rate (1.5)"
    assert approval.conditions == ()
    assert re.fullmatch("0x[0-9a-f]{128}", approval.approval_signature)
    assert approval.budget_remaining.daily == Decimal("985.00")
    assert approval.budget_remaining.weekly == Decimal("4985.00")
    assert approval.budget_remaining.monthly == Decimal("19985.00")


async def test_a_cost_above_the_days_remaining_budget_is_rejected(office: Office, treasury: Treasury) -> None:
    office.set_total(BudgetPeriod.DAILY, "50.00")
    approval = await treasury.decide(office.request("50.01"))
    assert not approval.approved
    assert approval.reason == "Daily budget exceeded: requested 50.01, remaining 50.00"
    assert approval.budget_remaining.daily == Decimal("50.00")
