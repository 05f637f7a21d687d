"""While a treasury is open its books are kept: what expired is released, and the last rows are published at its end."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from chimera.core.clock import FixedClock
from chimera.runtime import bookkeeping
from chimera.runtime.bookkeeping import keeping_books
from chimera.storage.database import Database
from chimera.treasury.log.publisher import LogPublisher
from factories_treasury import open_office

pytestmark = pytest.mark.engines


def _publisher(database: Database, clock: FixedClock, folder: Path) -> LogPublisher:
    return LogPublisher(database=database, key=SigningKey(bytes(range(1, 33))), folder=folder, clock=clock)


async def test_the_rows_a_treasury_entered_are_published_when_it_closes(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    publisher = _publisher(database, clock, tmp_path)
    async with keeping_books(office.treasury(database), publisher) as treasury:
        await treasury.decide(office.request(), hold_for=timedelta(hours=1))
    newest = await publisher.newest()
    assert newest is not None
    assert newest.size == 1


async def test_a_treasury_that_entered_nothing_publishes_nothing(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    publisher = _publisher(database, clock, tmp_path)
    async with keeping_books(office.treasury(database), publisher) as treasury:
        assert await treasury.entries(1) == ()
    assert await publisher.newest() is None


async def test_a_log_that_cannot_be_written_stops_no_decision(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    blocked = tmp_path / "log"
    blocked.write_text("a file where the folder should be")
    async with keeping_books(office.treasury(database), _publisher(database, clock, blocked)) as treasury:
        assert (await treasury.decide(office.request())).approved


async def test_while_a_treasury_is_open_what_ran_out_is_released_by_itself(
    database: Database, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the key sweeps for the processes that don't: a hold of any of them runs out there."""
    monkeypatch.setattr(bookkeeping, "PUBLISH_SECONDS_MIN", 0.02)
    monkeypatch.setattr(bookkeeping, "SWEEP_SECONDS", 0.02)
    office = await open_office(database, clock)
    async with keeping_books(office.treasury(database), _publisher(database, clock, tmp_path)) as treasury:
        await treasury.decide(office.request(), hold_for=timedelta(hours=1))
        assert len(await treasury.open_holds(10)) == 1
        clock.advance(timedelta(hours=2))
        async with asyncio.timeout(20):
            while await treasury.open_holds(10):  # noqa: ASYNC110 - the rows are looked at
                await asyncio.sleep(0.02)


async def test_a_day_that_begins_while_a_treasury_is_open_has_its_own_budget(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    office = await open_office(database, clock)
    async with keeping_books(office.treasury(database), _publisher(database, clock, tmp_path)) as treasury:
        assert (await treasury.decide(office.request())).approved
        before = {(line.period, line.category): line.spent for line in await treasury.budgets()}
        clock.advance(timedelta(days=1))
        after = {(line.period, line.category): line.spent for line in await treasury.budgets()}
        assert (await treasury.decide(office.request())).approved
    daily = next(key for key in before if key[0] == "daily" and key[1] == "total")
    assert before[daily] > 0
    assert after[daily] == 0
