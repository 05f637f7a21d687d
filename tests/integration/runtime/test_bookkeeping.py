"""While a treasury is open its books are kept: what expired is released, and the last rows are published at its end."""

from datetime import timedelta
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from chimera.core.clock import FixedClock
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
