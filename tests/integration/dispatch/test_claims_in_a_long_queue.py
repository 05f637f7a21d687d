"""A claim or an end of some tasks looks at those tasks only, however many others there are."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chimera.core.clock import SystemClock
from chimera.core.vocabulary import Role, TaskState
from chimera.storage.database import Connection, Database
from chimera.storage.records import task_work
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.task_work import WorkedTask
from chimera.storage.scratch_tasks import add_noops

pytestmark = pytest.mark.engines

WAITING = 5_000
BATCH = 50
LOOKED_AT_MAX = 5 * BATCH
HOST = uuid4()


async def looked_at(connection: Connection) -> int:
    """Rows of the table that this transaction has read, whether it wanted them or not."""
    cursor = await connection.execute(
        "SELECT COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0) AS rows FROM pg_stat_xact_user_tables "
        "WHERE relname = 'task'"
    )
    found = await cursor.fetchone()
    assert found is not None
    return int(found["rows"])


async def claim(connection: Connection, ids: Sequence[UUID]) -> list[TaskRecord]:
    now = SystemClock().now()
    return await task_work.claim(connection, dict.fromkeys(ids, Role.WORKER), HOST, now, timedelta(seconds=30))


@pytest.fixture
def ids(database: Database) -> list[UUID]:
    waiting = [uuid4() for _ in range(WAITING)]
    add_noops(database.url, waiting)
    return waiting


async def test_a_claim_reads_only_the_hinted_rows(database: Database, ids: list[UUID]) -> None:
    async with database.transaction() as connection:
        claimed = await claim(connection, ids[:BATCH])
        assert {task.id for task in claimed} == set(ids[:BATCH])
        assert await looked_at(connection) <= LOOKED_AT_MAX


async def test_a_claim_never_uses_a_plan_from_when_the_table_was_small(database: Database) -> None:
    async with database.transaction() as connection:
        for _ in range(20):
            await claim(connection, [uuid4() for _ in range(BATCH)])
    waiting = [uuid4() for _ in range(WAITING)]
    add_noops(database.url, waiting)
    async with database.transaction() as connection:
        assert len(await claim(connection, waiting[:BATCH])) == BATCH
        assert await looked_at(connection) <= LOOKED_AT_MAX


async def test_results_are_written_by_reading_only_their_rows(database: Database, ids: list[UUID]) -> None:
    async with database.transaction() as connection:
        claimed = await claim(connection, ids[:BATCH])
    async with database.transaction() as connection:
        now = SystemClock().now()
        results = [WorkedTask(task.id, task.attempt, TaskState.DONE, "{}", None, now, None) for task in claimed]
        written = await task_work.finish(connection, HOST, results, now)
        assert not written.refused
        assert await looked_at(connection) <= LOOKED_AT_MAX
