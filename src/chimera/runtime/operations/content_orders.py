"""What people order about pieces under `/v1/content`: a new one, to stop it, to try it again.

This process makes no pieces: orders are rows, and workflows begun in the engine's tables, which workers act on.
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.agents.director.persona import DEFAULT_PERSONA, load_persona, persona_names
from chimera.contracts.asset import ToolChoice
from chimera.contracts.content import ContentCancel, ContentOrdered
from chimera.contracts.contract import Contract
from chimera.contracts.order import ContentOrder, WordCount
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, EngineUnavailable, NotFound, StudioHalted, ValidationFailed
from chimera.core.vocabulary import Aspect, QualityPreset, Stage
from chimera.pipeline.halt import refusal_of
from chimera.pipeline.stages import Stages
from chimera.pipeline.steering import Orders
from chimera.runtime.operations.content import ContentNamed
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.person import actor
from chimera.security.permissions import Permission
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, studio_halt, trends

LOCAL_TOOLS = ToolChoice(image="local", video="local", audio="local")


class PieceWanted(Contract):
    """One piece about a trend; `persona` is one of the shipped."""

    trend_id: UUID
    persona: Annotated[str, Field(min_length=1, max_length=100)] = DEFAULT_PERSONA
    words_min: WordCount = 110
    words_max: WordCount = 140
    aspect: Aspect = Aspect.VERTICAL
    quality_preset: QualityPreset = QualityPreset.STANDARD


class RetryWanted(ContentNamed):
    """The stage to go back to."""

    stage: Literal["draft", "generating", "review"]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Where pieces stand, for whoever steers them."""

    database: Database
    clock: Clock
    stages: Stages


def content_order_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The actions on pieces."""
    steering = Orders(_Pieces(desk.database, desk.clock, Stages(desk.database, desk.clock)), desk.engine)

    async def order(call: Call, asked: PieceWanted) -> ContentOrdered:
        wanted = _order(asked, call.id_to_create(desk.clock))
        async with desk.database.transaction() as connection:
            if (halt := await studio_halt.standing(connection)) is not None:
                raise refusal_of(halt)
            if await trends.get(connection, asked.trend_id) is None:
                raise NotFound(f"there is no trend {asked.trend_id}", {"trend_id": str(asked.trend_id)})
        await desk.engine.start(wanted.content_id, wanted.model_dump(mode="json"))
        return ContentOrdered(
            content_id=wanted.content_id,
            trend_id=asked.trend_id,
            status_url=f"/v1/content/{wanted.content_id}/events",
        )

    async def cancel(call: Call, asked: ContentNamed) -> ContentCancel:
        stopped = await steering.ask_cancel(asked.content_id, actor(call.caller))
        return ContentCancel(content_id=asked.content_id, stopped=stopped, stage=await _stage(asked.content_id))

    async def retry(_call: Call, asked: RetryWanted) -> ContentOrdered:
        await steering.retry(asked.content_id, Stage(asked.stage))
        async with desk.database.transaction() as connection:
            piece = await content_pipeline.get(connection, asked.content_id)
        if piece is None:
            raise NotFound(f"there is no content piece {asked.content_id}", {"content_id": str(asked.content_id)})
        return ContentOrdered(
            content_id=asked.content_id,
            trend_id=piece.trend_source_id,
            status_url=f"/v1/content/{asked.content_id}/events",
        )

    async def _stage(content_id: UUID) -> Stage:
        async with desk.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
        return Stage.FAILED if piece is None else piece.stage

    return (
        Operation(
            name="content.order",
            summary="Order a piece about a trend; whoever is free begins it.",
            method="POST",
            path="/v1/content",
            asks=PieceWanted,
            answers=ContentOrdered,
            run=order,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, ValidationFailed, StudioHalted, EngineUnavailable),
            status=202,
            rate=WRITING,
            creates=True,
        ),
        Operation(
            name="content.cancel",
            summary="Call a piece off; it stops at its next safe point, and its money is released or settled as used.",
            method="POST",
            path="/v1/content/{content_id}/cancel",
            asks=ContentNamed,
            answers=ContentCancel,
            run=cancel,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, Conflict, EngineUnavailable),
            status=202,
            rate=WRITING,
        ),
        Operation(
            name="content.retry",
            summary="Try a failed piece again from a stage; its money is asked for anew where it must be.",
            method="POST",
            path="/v1/content/{content_id}/retry",
            asks=RetryWanted,
            answers=ContentOrdered,
            run=retry,
            right=Permission.WRITE_TASKS,
            failures=(NotFound, Conflict, EngineUnavailable, ValidationFailed),
            status=202,
            rate=WRITING,
        ),
    )


def _order(asked: PieceWanted, content_id: UUID) -> ContentOrder:
    """The order in full; only shipped personas, since a name that is none would be read as a path."""
    if asked.persona not in persona_names():
        known = ", ".join(persona_names())
        raise ValidationFailed(f"there is no persona {asked.persona!r}; there are {known}", {"field": "persona"})
    if asked.words_min > asked.words_max:
        raise ValidationFailed("words_min is above words_max: turn them round", {"field": "words_min"})
    return ContentOrder(
        content_id=content_id,
        trend_id=asked.trend_id,
        personality_profile=load_persona(asked.persona),
        words_min=asked.words_min,
        words_max=asked.words_max,
        aspect=asked.aspect,
        quality_preset=asked.quality_preset,
        tools=LOCAL_TOOLS,
    )
