"""`/v1/content`: pieces as they are listed, shown and told of."""

import asyncio
from uuid import UUID

from chimera.contracts.content import ContentDetails, ContentHistory, ContentPage
from chimera.contracts.contract import Contract, Moment
from chimera.contracts.progress import PieceProgress
from chimera.core.errors import NotFound, ValidationFailed
from chimera.core.vocabulary import Stage
from chimera.pipeline.progress_events import shown
from chimera.pipeline.telling import Piece, find_piece
from chimera.runtime.operations.content_history import events_of
from chimera.runtime.operations.content_rows import summary_of
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, paged, read_cursor
from chimera.security.permissions import Permission
from chimera.storage.records import content_page, durable_workflow, piece_fence, publication_plan, review_item
from chimera.storage.records.content_page import ContentFilter

STEPS_MAX = 500
PROGRESS_SECONDS_MAX = 1.0


class ContentAsked(PageRequest):
    """Pieces of one stage or trend, begun at `since` or later; what is left out is open."""

    stage: Stage | None = None
    trend_id: UUID | None = None
    since: Moment | None = None


class ContentNamed(Contract):
    content_id: UUID


def content_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of pieces."""

    async def list_content(_call: Call, asked: ContentAsked) -> ContentPage:
        wanted = ContentFilter(asked.stage, asked.trend_id, asked.since)
        async with desk.database.transaction() as connection:
            rows = await content_page.page(connection, wanted, read_cursor(asked.cursor), asked.limit + 1)
            plans = await publication_plan.get_many(connection, [row.id for row in rows])
        listed, cursor = paged(rows, asked.limit)
        told = tuple(summary_of(row, plans.get(row.id)) for row in listed)
        return ContentPage(content=told, next_cursor=cursor)

    async def show_content(_call: Call, asked: ContentNamed) -> ContentDetails:
        piece = await find_piece(desk.database, str(asked.content_id))
        return piece.details(_urls(piece))

    async def tell_content(_call: Call, asked: ContentNamed) -> ContentHistory:
        content_id = asked.content_id
        doing = await _doing(desk, content_id)
        try:
            piece = await find_piece(desk.database, str(content_id))
        except NotFound:
            if doing is None and not await desk.engine.is_known(content_id):
                raise
            return ContentHistory(content_id=content_id, progress=doing, events=())
        async with desk.database.transaction() as connection:
            steps = await durable_workflow.steps_done(connection, str(content_id), STEPS_MAX)
            cancel = await piece_fence.cancel_asked(connection, content_id)
            review = await review_item.of_content(connection, content_id)
        return ContentHistory(
            content_id=content_id, progress=doing, events=events_of(piece, steps, cancel=cancel, review=review)
        )

    return (
        Operation(
            name="content.list",
            summary="List the pieces, the newest first.",
            method="GET",
            path="/v1/content",
            asks=ContentAsked,
            answers=ContentPage,
            run=list_content,
            right=Permission.READ_CONTENT,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="content.show",
            summary="Show one piece: its trend, script, tools, costs and where it stands.",
            method="GET",
            path="/v1/content/{content_id}",
            asks=ContentNamed,
            answers=ContentDetails,
            run=show_content,
            right=Permission.READ_CONTENT,
            failures=(NotFound,),
        ),
        Operation(
            name="content.events",
            summary="Tell what happened to a piece as far as it is kept, and what it is doing now.",
            method="GET",
            path="/v1/content/{content_id}/events",
            asks=ContentNamed,
            answers=ContentHistory,
            run=tell_content,
            right=Permission.READ_CONTENT,
            failures=(NotFound,),
        ),
    )


async def _doing(desk: Desk, content_id: UUID) -> PieceProgress | None:
    """What the piece is doing now; None where Redis does not tell in time."""
    try:
        async with asyncio.timeout(PROGRESS_SECONDS_MAX):
            return (await shown(desk.redis, [content_id])).get(content_id)
    except TimeoutError:
        return None


def _urls(piece: Piece) -> dict[str, str]:
    """Where the piece stands on this server's own channel."""
    published = piece.video.platform_ids if piece.video else {}
    return {name: f"/watch/{post_id}" for name, post_id in published.items() if name == "local"}
