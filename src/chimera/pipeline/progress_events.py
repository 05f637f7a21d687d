"""What each piece is doing, shown in Redis for any process to see: one key a piece, written a few times a second.

Redis is only a view: what it does not take is not shown. How long the steps took stands in the pieces' rows.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chimera.contracts.progress import PieceProgress
from chimera.core.background import beside
from chimera.core.clock import Clock
from chimera.core.progress import ProgressEvent

SHOWN_SECONDS = 3600
"""A piece that says nothing for so long is no longer shown; an approval by a person may take longer."""
FLUSH_EVERY_SECONDS = 0.25
PIECES_MAX = 10_000
MESSAGE_CHARACTERS_MAX = 200

_log = structlog.get_logger(__name__)


def progress_key(content_id: UUID) -> str:
    return f"progress:{content_id}"


class ProgressEvents:
    """Takes events from this process's pieces and shows the last of each."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._changed: dict[UUID, PieceProgress] = {}
        self._any = asyncio.Event()

    def __call__(self, event: ProgressEvent) -> None:
        """Note the event; those about no piece, and pieces beyond ten thousand at once, are not shown."""
        content_id = event.content_id
        if content_id is None or (content_id not in self._changed and len(self._changed) >= PIECES_MAX):
            return
        self._changed[content_id] = PieceProgress(
            content_id=content_id,
            step=event.step,
            fraction=min(max(event.fraction, 0.0), 1.0),
            message=event.message[:MESSAGE_CHARACTERS_MAX],
            at=self._clock.now(),
        )
        self._any.set()

    async def run(self) -> None:
        """Show what changed, at most four times a second, until cancelled."""
        while True:
            await self._any.wait()
            await self.flush()
            await asyncio.sleep(FLUSH_EVERY_SECONDS)

    async def flush(self) -> None:
        """Show what changed since the last time."""
        self._any.clear()
        changed, self._changed = self._changed, {}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for content_id, progress in changed.items():
                    pipe.set(progress_key(content_id), progress.model_dump_json(), ex=SHOWN_SECONDS)
                await pipe.execute()
        except RedisError as error:
            _log.debug("progress_not_shown", problem=str(error))


async def shown(redis: Redis, content_ids: Collection[UUID]) -> dict[UUID, PieceProgress]:
    """What these pieces are doing, as far as it is known."""
    if not content_ids:
        return {}
    try:
        texts = await redis.mget([progress_key(content_id) for content_id in content_ids])
    except RedisError:
        return {}
    found = (_read(text) for text in texts)
    return {progress.content_id: progress for progress in found if progress is not None}


def _read(text: bytes | str | None) -> PieceProgress | None:
    try:
        return PieceProgress.model_validate_json(text) if text else None
    except ValidationError:
        return None


@asynccontextmanager
async def open_progress_events(redis: Redis, clock: Clock) -> AsyncIterator[ProgressEvents]:
    """Events shown as long as the block lasts; the last ones when it ends."""
    events = ProgressEvents(redis, clock)
    async with beside(events.run(), "progress of pieces"):
        yield events
    await events.flush()
