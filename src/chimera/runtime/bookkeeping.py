"""What goes on beside the decisions while a treasury is open: holds and escalations expire, the log is published."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from chimera.core.background import beside
from chimera.core.errors import ChimeraError
from chimera.treasury.log.publisher import PUBLISH_SECONDS_MIN, LogPublisher
from chimera.treasury.treasury import Treasury

SWEEP_SECONDS = 15.0

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def keeping_books(treasury: Treasury, publisher: LogPublisher) -> AsyncIterator[Treasury]:
    """The treasury, swept and published while the block runs; closed at its end, when the last rows are published.

    What can't be published or swept now is logged and tried again: it stops no decision.
    """
    try:
        async with beside(_keep(treasury, publisher), "books"):
            yield treasury
    finally:
        await treasury.aclose()
        await _publish_entered(treasury, publisher, 0)


async def _keep(treasury: Treasury, publisher: LogPublisher) -> None:
    published, rounds = 0, int(SWEEP_SECONDS / PUBLISH_SECONDS_MIN)
    while True:
        for _ in range(rounds):
            await asyncio.sleep(PUBLISH_SECONDS_MIN)
            published = await _publish_entered(treasury, publisher, published)
        try:
            await treasury.sweep()
        except ChimeraError as failure:
            _log.warning("sweep_failed", code=failure.code, message=failure.message)


async def _publish_entered(treasury: Treasury, publisher: LogPublisher, published: int) -> int:
    """Publish if this treasury entered rows behind row `published`; answers up to which it has."""
    entered = treasury.entered_seq
    if entered <= published:
        return published
    try:
        await publisher.publish()
    except ChimeraError as failure:
        _log.warning("log_not_published", code=failure.code, message=failure.message)
        return published
    return entered
