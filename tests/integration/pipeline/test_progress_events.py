"""What a piece is doing is seen from any process, bounded, and never in the way of the work."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from chimera.core.clock import FixedClock
from chimera.core.errors import NotFound
from chimera.core.progress import ProgressEvent, about
from chimera.core.vocabulary import Stage
from chimera.pipeline import progress_events
from chimera.pipeline.progress_events import ProgressEvents, open_progress_events, progress_key, shown
from chimera.pipeline.watching import watched
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline
from factories_trend_rows import insert_trend

PIECE = UUID(int=7)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    opened = Redis.from_url(redis_url)
    yield opened
    await opened.aclose()


async def test_the_last_event_of_a_piece_is_shown_and_forgotten_in_time(redis: Redis, clock: FixedClock) -> None:
    events = ProgressEvents(redis, clock)
    tell = about(PIECE, events)
    tell(ProgressEvent("produce", 0.2, "voice"))
    tell(ProgressEvent("produce", 0.7, "picture"))
    await events.flush()
    found = (await shown(redis, [PIECE, uuid4()]))[PIECE]
    assert (found.step, found.fraction, found.message, found.at) == ("produce", 0.7, "picture", clock.now())
    assert 0 < await redis.ttl(progress_key(PIECE)) <= progress_events.SHOWN_SECONDS


async def test_the_last_events_are_shown_when_a_process_ends(redis: Redis, clock: FixedClock) -> None:
    async with open_progress_events(redis, clock) as events:
        events(ProgressEvent("review", 1.0, "done", PIECE))
    assert (await shown(redis, [PIECE]))[PIECE].step == "review"


async def test_events_about_no_piece_are_not_shown(redis: Redis, clock: FixedClock) -> None:
    events = ProgressEvents(redis, clock)
    events(ProgressEvent("engines", 1.0, "ready"))
    await events.flush()
    assert await redis.dbsize() == 0


async def test_without_redis_the_work_goes_on_unseen(clock: FixedClock) -> None:
    gone = Redis.from_url("redis://127.0.0.1:1/0")
    events = ProgressEvents(gone, clock)
    events(ProgressEvent("produce", 0.5, "voice", PIECE))
    await events.flush()
    assert await shown(gone, [PIECE]) == {}
    await gone.aclose()


async def test_what_somebody_else_wrote_there_is_not_shown(redis: Redis) -> None:
    await redis.set(progress_key(PIECE), "no progress")
    assert await shown(redis, [PIECE]) == {}


async def test_a_watched_piece_is_at_rest_once_it_ended(database: Database, redis: Redis, clock: FixedClock) -> None:
    trend_id = (await insert_trend(database, clock, 1)).trend_id
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO content_pipeline (id, trend_source_id, stage) VALUES (%s, %s, 'draft')", (PIECE, trend_id)
        )
    (piece,) = await watched(database, redis, None)
    assert (piece.content_id, piece.stage, piece.at_rest) == (PIECE, "draft", False)
    async with database.transaction() as connection:
        await content_pipeline.move(connection, PIECE, before=Stage.DRAFT, after=Stage.FAILED, at=clock.now())
    assert await watched(database, redis, None) == []
    (piece,) = await watched(database, redis, [PIECE])
    assert piece.at_rest
    with pytest.raises(NotFound):
        await watched(database, redis, [uuid4()])
