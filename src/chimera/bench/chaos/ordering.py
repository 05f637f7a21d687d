"""Orders pieces, and tasks beside them: cheap ones, about whatever the recorded sample holds."""

import asyncio
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import psycopg
from redis.asyncio import Redis

from chimera.agents.director.persona import DEFAULT_PERSONA, load_persona
from chimera.bench.chaos.engines import KillableEngine
from chimera.bootstrap.scouting import scout_of
from chimera.bootstrap.studio import Studio
from chimera.contracts.asset import ToolChoice
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.order import ContentOrder
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.core.clock import SystemClock
from chimera.core.errors import ChimeraError, InternalError, NoTrends
from chimera.core.vocabulary import Aspect, QualityPreset, Role, TaskKind
from chimera.pipeline.durable.handing_in import hand_in
from chimera.runtime.dispatch.task_queue import TaskQueue
from chimera.safety.topics import sensitive_topics
from chimera.sources.catalogue import open_source
from chimera.storage.database import open_database
from chimera.storage.records import trends
from chimera.storage.records.task import NewTask

_SOURCE = "recorded"
_LOOKS = 6
_LOOK_APART = timedelta(days=2)
_WORDS_MIN, _WORDS_MAX = 100, 120
_TRIES_MAX = 120
_TRY_AGAIN_SECONDS = 1.0
_ATTEMPTS_MAX = 100
TASKS_A_PIECE = 20
"""Tasks that do nothing, ordered beside each piece: they go through the queue and its rows."""


async def find_trends(studio: Studio) -> tuple[UUID, ...]:
    """Trends to order pieces about: what rose in the sample every other day, written to `trends`; none that would wait
    for a person's word."""
    source = open_source(_SOURCE, None)
    request = TrendAnalysisRequest(timeframe="24h", min_velocity=Decimal("0.5"))
    scout_id = await studio.agent(Role.SCOUT)
    found: list[UUID] = []
    for look in range(_LOOKS):
        try:
            analysis = await scout_of(studio, scout_id, source, source.end() - look * _LOOK_APART).analyze(request)
        except NoTrends:
            continue
        found += [trend.trend_id for trend in analysis.trends]
    async with studio.database.transaction() as connection:
        rows = await trends.get_many(connection, found)
    found = sorted(row.id for row in rows if not sensitive_topics([row.topic, *_texts(row.evidence)]))
    if not found:
        raise InternalError("the recorded sample holds nothing to make pieces about")
    return tuple(found)


def _texts(evidence: TrendEvidence) -> list[str]:
    """What the planner looks at to tell what is sensitive."""
    return [phrase.name for phrase in evidence.phrases] + [" ".join(post.keywords) for post in evidence.top_posts]


class Orders:
    """Pieces ordered so far. `order` returns at once; ordered pieces count from then on, whatever becomes of them."""

    def __init__(self, postgresql: KillableEngine, valkey: KillableEngine, trends: Sequence[UUID], seed: int) -> None:
        self._postgresql, self._valkey = postgresql, valkey
        self._trends = tuple(trends)
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated from the seed
        self._thread: threading.Thread | None = None
        self.ordered: dict[UUID, UUID] = {}

    @property
    def busy(self) -> bool:
        """Whether an order is on its way."""
        return self._thread is not None and self._thread.is_alive()

    def order(self, count: int) -> None:
        """Order so many more pieces."""
        wanted = {
            UUID(int=self._chance.getrandbits(128), version=4): self._chance.choice(self._trends) for _ in range(count)
        }
        self.ordered |= wanted
        self._thread = threading.Thread(target=self._send, args=(wanted,), daemon=True)
        self._thread.start()

    def _send(self, wanted: Mapping[UUID, UUID]) -> None:
        """The same order again while an engine is away: what is ordered twice is one piece, and one task."""
        orders = {content_id: _order(content_id, trend_id) for content_id, trend_id in wanted.items()}
        for _ in range(_TRIES_MAX):
            try:
                hand_in(self._postgresql.url, {piece: order.model_dump(mode="json") for piece, order in orders.items()})
                asyncio.run(self._send_tasks(list(wanted)))
            except (ChimeraError, psycopg.Error):
                time.sleep(_TRY_AGAIN_SECONDS)
            else:
                return

    async def _send_tasks(self, content_ids: Sequence[UUID]) -> None:
        clock = SystemClock()
        async with open_database(self._postgresql.url) as database, Redis.from_url(self._valkey.url) as redis:
            tasks = [task for content_id in content_ids for task in _tasks(content_id, clock.now())]
            await TaskQueue(database, redis, clock).submit(tasks)


def _order(content_id: UUID, trend_id: UUID) -> ContentOrder:
    return ContentOrder(
        content_id=content_id,
        trend_id=trend_id,
        personality_profile=load_persona(DEFAULT_PERSONA),
        words_min=_WORDS_MIN,
        words_max=_WORDS_MAX,
        aspect=Aspect.SQUARE,
        quality_preset=QualityPreset.DRAFT,
        tools=ToolChoice(image="local", video="local", audio="local"),
    )


def _tasks(content_id: UUID, now: datetime) -> Iterator[NewTask]:
    roles = sorted(set(Role) - {Role.CFO})
    for number in range(TASKS_A_PIECE):
        yield NewTask(
            id=uuid5(content_id, f"noop/{number}"),
            kind=TaskKind.NOOP,
            agent_role=roles[number % len(roles)],
            payload={},
            created_at=now,
            not_before=now,
            attempts_max=_ATTEMPTS_MAX,
        )
