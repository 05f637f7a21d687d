"""Every kind of row as the treasury itself writes it: verified, published and proven."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import BudgetPeriod
from chimera.storage.database import Database
from chimera.treasury.log.publisher import LogPublisher
from chimera.treasury.treasury import Treasury
from chimera.treasury.verify import LogEvidence, verify_ledger
from chimera.treasury.writing.encoding import ESCALATED_PREFIX
from factories_treasury import open_office

pytestmark = pytest.mark.engines

LOG_KEY = SigningKey(bytes([7]) * 32)
HOUR = timedelta(hours=1)


async def _approved(treasury: Treasury, request: ApprovalRequest) -> None:
    """Approved for an hour, by a person where its risk asks for one."""
    given = await treasury.decide(request, hold_for=HOUR)
    for condition in given.conditions:
        tx_id = UUID(condition.removeprefix(ESCALATED_PREFIX))
        given = await treasury.answer(tx_id, by="ada", approve=True, reason="known")
    assert given.approved


async def test_the_life_of_approvals_verifies(database: Database, clock: FixedClock, tmp_path: Path) -> None:
    office = await open_office(database, clock)
    office.set_total(BudgetPeriod.DAILY, "500.00")
    treasury = office.treasury(database)
    publisher = LogPublisher(database=database, key=LOG_KEY, folder=tmp_path, clock=clock)

    settled, voided, expired, overrun = (office.request(cost) for cost in ("10.01", "20.00", "30.00", "40.00"))
    for request in (settled, voided, expired, overrun):
        await _approved(treasury, request)
    await treasury.decide(office.request("5.00"))
    await treasury.decide(office.request("5.00", roi="1.0"))
    await treasury.decide(office.request("9000.00"))
    await treasury.settle(settled.request_id, Decimal("9.001"))
    await treasury.void(voided.request_id, "not needed")
    await publisher.publish()
    await treasury.begin_spending(overrun.request_id)
    clock.advance(2 * HOUR)
    assert await treasury.sweep() == 1
    clock.advance(HOUR)
    await treasury.settle(overrun.request_id, Decimal("700.00"))
    assert (await treasury.spending()).paused
    await treasury.decide(office.request("1.00"))
    await treasury.resume(by="ada", reason="paid")
    await treasury.decide(office.request("1.00"), hold_for=HOUR)
    await publisher.publish()

    async with database.transaction() as connection:
        log = LogEvidence(LOG_KEY.verify_key, publisher.folder)
        report = await verify_ledger(connection, [office.key.verify_key], clock.now(), log)
    assert report.problems == ()
    assert (report.checkpoints, report.exported) == (2, report.entries)
