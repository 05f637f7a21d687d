"""The topics as one process knows them: looked at once a second for everybody, sooner after a notice.

A stream holds one number, the version it has told; nothing is kept for it, so a slow one costs nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from chimera.core.clock import Clock
from chimera.runtime.dispatch.trouble import NO_POSTGRESQL
from chimera.storage.database import Database
from chimera.storage.records import topic, webhook_delivery
from chimera.storage.records.topic import NOTICES, TopicRecord
from chimera.storage.topic_notices import hearing

LOOK_SECONDS = 1.0
PAUSE_SECONDS = 2.0
TOLD_ONCE_WITHIN = timedelta(seconds=1)
"""Of processes that hear the same notice one gives the version."""

_log = structlog.get_logger(__name__)


class TopicFeed:
    """Run `run` beside; `changed` answers everybody who waits."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._versions: dict[str, int] = {}
        self._news = asyncio.Condition()

    @property
    def version(self) -> int:
        """The newest change that is known."""
        return max(self._versions.values(), default=0)

    async def changed(self, after: int, seconds: float) -> Sequence[tuple[str, int]]:
        """The topics changed after that version, the earliest first; none if nothing did in so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.version > after)
        except TimeoutError:
            return ()
        return sorted(((name, at) for name, at in self._versions.items() if at > after), key=lambda found: found[1])

    async def run(self) -> None:
        """Look, again and again, until cancelled; without PostgreSQL a little later."""
        while True:
            try:
                async with hearing(self._database.url, NOTICES) as heard:
                    said: frozenset[str] = frozenset()
                    while True:
                        await self.look(said)
                        said = await heard(LOOK_SECONDS)
            except NO_POSTGRESQL as error:
                _log.warning("topics_not_watched", problem=str(error) or type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)

    async def look(self, heard_on: frozenset[str] = frozenset()) -> None:
        """Take over what has changed, and give it a version if nobody has yet."""
        named = {NOTICES[channel] for channel in heard_on}
        async with self._database.transaction() as connection:
            found = await topic.look(connection)
        if any(self._is_news(record, named) for record in found):
            found_versions = await self._advance(named)
        else:
            found_versions = {record.name: record.version for record in found}
        if found_versions != self._versions:
            async with self._news:
                self._versions = dict(found_versions)
                self._news.notify_all()

    async def _advance(self, named: set[str]) -> Mapping[str, int]:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await topic.lock(connection)
            versions = {}
            for record in await topic.look(connection):
                versions[record.name] = record.version
                if self._is_news(record, named):
                    versions[record.name] = await topic.advance(connection, record, now)
                    await webhook_delivery.add(connection, record.name, versions[record.name], now)
        return versions

    def _is_news(self, record: TopicRecord, named: set[str]) -> bool:
        told_long_ago = self._clock.now() - record.changed_at >= TOLD_ONCE_WITHIN
        return record.seen != record.mark or (record.name in named and told_long_ago)
