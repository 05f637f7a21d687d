"""Only the newest run of a piece may write for it, whoever opens the transaction."""

import asyncio
from uuid import UUID, uuid4

import pytest

from chimera.core.errors import Conflict
from chimera.storage.database import Database, guarded
from chimera.storage.records import piece_fence
from chimera.storage.records.piece_fence import PIECE, Fence, Superseded

PIECE_ID = UUID(int=1)
SECONDS_MAX = 30


async def take(database: Database, lane: str = PIECE) -> Fence:
    async with database.transaction() as connection:
        return await piece_fence.take(connection, PIECE_ID, lane, uuid4())


async def write(database: Database, fence: Fence) -> None:
    with guarded(fence.check):
        async with database.transaction() as connection:
            await connection.execute("SELECT 1")


async def test_the_newest_fence_may_write(database: Database) -> None:
    await write(database, await take(database))


async def test_an_old_fence_is_refused_as_a_conflict(database: Database) -> None:
    old = await take(database)
    newest = await take(database)
    with pytest.raises(Superseded) as refused:
        await write(database, old)
    assert isinstance(refused.value, Conflict)
    await write(database, newest)


async def test_a_step_done_elsewhere_has_a_lane_of_its_own(database: Database) -> None:
    piece, produce = await take(database), await take(database, "produce")
    await take(database, "produce")
    await write(database, piece)
    with pytest.raises(Superseded):
        await write(database, produce)


async def test_a_revoked_piece_refuses_every_lane(database: Database) -> None:
    fences = [await take(database), await take(database, "produce")]
    async with database.transaction() as connection:
        await piece_fence.revoke(connection, PIECE_ID)
    for fence in fences:
        with pytest.raises(Superseded):
            await write(database, fence)


async def test_a_transaction_begun_under_a_fence_ends_before_the_next_is_given_out(database: Database) -> None:
    fence = await take(database)
    with guarded(fence.check):
        writing = database.transaction()
        await writing.__aenter__()
    taking = asyncio.create_task(take(database))
    done, _ = await asyncio.wait({taking}, timeout=0.3)
    assert not done
    await writing.__aexit__(None, None, None)
    async with asyncio.timeout(SECONDS_MAX):
        assert (await taking).number == fence.number + 1


async def test_many_hosts_take_over_at_once_and_one_may_write(database: Database) -> None:
    fences = await asyncio.gather(*(take(database) for _ in range(20)))
    written = await asyncio.gather(*(write(database, fence) for fence in fences), return_exceptions=True)
    assert sorted(fence.number for fence in fences) == list(range(1, 21))
    assert [refused for refused in written if not isinstance(refused, Superseded)] == [None]
