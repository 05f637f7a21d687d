"""No read goes through a whole table: every page is walked along an index, and stops where it is full."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from chimera.bench.api.ground import FULL, fill_database, full_database
from chimera.contracts.contract import Contract
from chimera.core.clock import FixedClock
from chimera.core.vocabulary import PersonRole
from chimera.runtime.operations.pages import cursor_of
from chimera.storage.scratch_volumes import Volumes
from factories_operations import ask, desk_on, person
from factories_plans import FULL_TABLES, GROWING_TABLES, ExplainedDatabase, whole_reads

pytestmark = pytest.mark.engines
SMALL = Volumes(agents=60, trends=500, content=500, videos=500, ledger=2_000)
BY_INDEX = ("enable_seqscan = off", "enable_sort = off", "enable_bitmapscan = off")
ADMIN = person(PersonRole.ADMIN)


def some_ids(url: str) -> tuple[UUID, ...]:
    """A trend, an agent of the ledger, a transaction, a piece and a video."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT id FROM trends LIMIT 1), (SELECT agent_id FROM ledger LIMIT 1), "
            "(SELECT tx_id FROM ledger LIMIT 1), (SELECT id FROM content_pipeline LIMIT 1), "
            "(SELECT id FROM video_metadata LIMIT 1)"
        ).fetchone()
    assert row is not None
    return row


def reads(url: str, clock: FixedClock) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every list with every filter, from its beginning and from its middle."""
    middle = cursor_of(clock.now() - timedelta(seconds=250), UUID(int=7))
    since = clock.now() - timedelta(seconds=100)
    trend, agent, tx, content, video = some_ids(url)
    pages: tuple[dict[str, Any], ...] = ({}, {"cursor": middle})
    for cursor in pages:
        for name in ("trends", "videos", "content"):
            yield f"{name}.list", cursor
            yield f"{name}.list", {**cursor, "since": since}
        for stage in ("draft", "failed", "published"):
            yield "content.list", {**cursor, "stage": stage}
        yield "content.list", {**cursor, "trend_id": trend}
        for standing in (None, "idle", "busy", "paused", "retired"):
            yield "agents.list", {**cursor, "role": "worker", "standing": standing}
        yield "reviews.list", cursor
        yield "reviews.list", {**cursor, "state": "waiting"}
        yield "budgets.alerts", cursor
        yield "spend.holds", cursor
        yield "approvals.list", cursor
    wanted: dict[str, Any]
    for cursor in ({}, {"cursor": "1000"}):
        for wanted in (
            {},
            {"agent_id": agent},
            {"agent_id": uuid4()},
            {"approved": True},
            {"approved": False},
            {"request_type": "storage"},
            {"request_type": "blockchain"},
            {"kind": "decision"},
            {"kind": "pause"},
            {"since": clock.now() - timedelta(days=99)},
            {"since": clock.now()},
            {"approved": False, "agent_id": agent, "request_type": "compute", "kind": "decision"},
        ):
            yield "ledger.list", {**cursor, **wanted}
    yield "ledger.show", {"tx_id": tx}
    yield "content.show", {"content_id": content}
    yield "content.events", {"content_id": content}
    yield "videos.show", {"video_id": video}
    yield "trends.show", {"trend_id": trend}
    yield "approvals.list", {"cursor": "1000"}


async def plans_of(url: str, clock: FixedClock, settings: tuple[str, ...] = ()) -> ExplainedDatabase:
    explained = ExplainedDatabase(url, settings)
    desk = desk_on(explained, clock)
    for name, fields in reads(url, clock):
        await ask(desk, name, ADMIN, Contract, **fields)
    return explained


async def test_every_read_finds_its_rows_by_an_index(database_url: str, owner_url: str, clock: FixedClock) -> None:
    fill_database(owner_url, clock, SMALL)
    explained = await plans_of(database_url, clock, BY_INDEX)
    assert len(explained.plans) > 80
    assert whole_reads(explained.nodes(), GROWING_TABLES) == []


@pytest.fixture
def full_url(postgres_url: str, clock: FixedClock) -> Iterator[str]:
    with full_database(postgres_url, clock, FULL) as url:
        yield url


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_with_full_tables_no_read_goes_through_one(full_url: str, clock: FixedClock) -> None:
    assert whole_reads((await plans_of(full_url, clock)).nodes(), FULL_TABLES) == []
