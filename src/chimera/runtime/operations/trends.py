"""`/v1/trends`: what the scout has found, the newest first."""

from uuid import UUID

from pydantic import ValidationError

from chimera.contracts.contract import Contract, Moment
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.stored_trend import StoredTrend, TrendDetails, TrendPage
from chimera.core.errors import NotFound, ValidationFailed
from chimera.pipeline.trend_record import trend_of
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, paged, read_cursor
from chimera.security.permissions import Permission
from chimera.storage.records import trends
from chimera.storage.records.trends import TrendRecord


class TrendsAsked(PageRequest):
    """Trends found at `since` or later; none leaves it open."""

    since: Moment | None = None


class TrendNamed(Contract):
    trend_id: UUID


def trend_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of trends."""

    async def list_trends(_call: Call, asked: TrendsAsked) -> TrendPage:
        async with desk.database.transaction() as connection:
            rows = await trends.page(connection, read_cursor(asked.cursor), asked.since, asked.limit + 1)
        listed, cursor = paged(rows, asked.limit)
        return TrendPage(trends=tuple(map(_stored, listed)), next_cursor=cursor)

    async def show_trend(_call: Call, asked: TrendNamed) -> TrendDetails:
        async with desk.database.transaction() as connection:
            row = await trends.get(connection, asked.trend_id)
        if row is None:
            raise NotFound(f"there is no trend {asked.trend_id}", {"trend_id": str(asked.trend_id)})
        return TrendDetails(**_stored(row).model_dump(), evidence=_evidence(row))

    return (
        Operation(
            name="trends.list",
            summary="List the trends that were found, the newest first.",
            method="GET",
            path="/v1/trends",
            asks=TrendsAsked,
            answers=TrendPage,
            run=list_trends,
            right=Permission.READ_TRENDS,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="trends.show",
            summary="Show one trend with the counts behind it.",
            method="GET",
            path="/v1/trends/{trend_id}",
            asks=TrendNamed,
            answers=TrendDetails,
            run=show_trend,
            right=Permission.READ_TRENDS,
            failures=(NotFound,),
        ),
    )


def _stored(row: TrendRecord) -> StoredTrend:
    return StoredTrend(**trend_of(row).model_dump(), scout_agent_id=row.scout_agent_id, created_at=row.created_at)


def _evidence(row: TrendRecord) -> TrendEvidence | None:
    try:
        return row.evidence
    except ValidationError:
        return None
