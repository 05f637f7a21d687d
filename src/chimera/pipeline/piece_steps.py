"""What each step of a piece does, by the agents that the piece was given to. Every one can be repeated after a kill."""

from decimal import Decimal
from functools import partial
from uuid import uuid5

from chimera.agents.artist.production import Production, ProductionOptions, quality_request_of
from chimera.agents.director.cost_estimate import CostEstimate
from chimera.agents.director.options import BriefOptions
from chimera.contracts.approval import SignedDecision
from chimera.contracts.asset import ProductionRequest
from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.order import ContentOrder
from chimera.contracts.publication import Publication
from chimera.contracts.review import Review, ReviewOutcome
from chimera.contracts.storyboard import Storyboard
from chimera.core.errors import NotFound
from chimera.core.progress import about
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.crew import Crew
from chimera.pipeline.outgoing_texts import outgoing_texts
from chimera.pipeline.wire import CREATE_BRIEF, PRODUCE
from chimera.storage.records import content_pipeline, review_item, trends
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.review_item import ReviewItem

ASKED_FOR = "produced for an outside caller, who did not ask for it to go out"


class PieceSteps:
    """The work on one ordered piece; `crew` speaks as its assigned agents."""

    def __init__(self, crew: Crew, order: ContentOrder) -> None:
        self._crew = crew
        self._order = order

    async def brief(self) -> Brief:
        order = self._order
        request = BriefRequest(trend_id=order.trend_id, personality_profile=order.personality_profile)
        options = BriefOptions(order.words_min, order.words_max, order.aspect, order.quality_preset)
        create = partial(self._crew.director.create_brief, request, content_id=order.content_id, options=options)
        brief = await self._crew.wire.call(CREATE_BRIEF, self._crew.agent_ids[Role.PLANNER], create)
        if order.task_id is not None:
            await self._crew.director.estimate_again(order.content_id, order.quality_preset)
        told = {
            "order": order.model_dump(mode="json"),
            "crew": {str(role): str(agent_id) for role, agent_id in self._crew.agent_ids.items()},
        }
        async with self._crew.database.transaction() as connection:
            await content_pipeline.merge_metadata(connection, order.content_id, told)
        return brief

    async def attempts_tried(self) -> int:
        """How many productions of this piece were closed before it was last retried."""
        return int((await self.piece()).metadata.get("attempts_tried", 0))

    async def produce(self, attempt: int, signed: SignedDecision) -> Production:
        order = self._order
        await self._crew.stages.advance(order.content_id, Stage.GENERATING)
        piece = await self.piece()
        estimate = CostEstimate.model_validate(piece.metadata["cost_estimate"])
        estimated: dict[str, Decimal] = {part.tool: part.cpu_seconds for part in estimate.tools}
        produce = partial(
            self._crew.artist.produce,
            ProductionRequest(brief_id=order.content_id, tools=order.tools, quality_preset=order.quality_preset),
            approval=signed,
            options=ProductionOptions(aspect=order.aspect, attempt=attempt, estimated_cpu_seconds=estimated),
            progress=about(order.content_id, self._crew.progress),
        )
        return await self._crew.wire.call(PRODUCE, self._crew.agent_ids[Role.WORKER], produce)

    async def review(self, production: Production) -> Review:
        content_id = self._order.content_id
        await self._crew.stages.advance(content_id, Stage.REVIEW)
        storyboard, evidence = await self._told()
        urls = (production.video_url, production.captions_srt_url, production.thumbnail_url)
        async with self._crew.blobs.copies(urls) as copies:
            request = quality_request_of(production, *copies)
            review = await self._crew.judge.review(content_id, request, outgoing_texts(storyboard, evidence))
        if review.outcome is ReviewOutcome.HUMAN or (review.outcome is ReviewOutcome.PASSED and self._order.task_id):
            waiting = await self._waiting(review)
            async with self._crew.database.transaction() as connection:
                await review_item.add(connection, waiting)
        return review

    async def publish(self, review: Review) -> Publication:
        publication = await self._crew.worker.publish(self._order.content_id, review)
        await self._crew.stages.advance(self._order.content_id, Stage.PUBLISHED)
        await self._crew.artist.clear_work(self._order.content_id)
        return publication

    async def piece(self) -> ContentRecord:
        content_id = self._order.content_id
        async with self._crew.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
        if piece is None:
            raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
        return piece

    async def _told(self) -> tuple[Storyboard, TrendEvidence]:
        trend_id = self._order.trend_id
        piece = await self.piece()
        async with self._crew.database.transaction() as connection:
            trend = await trends.get(connection, trend_id)
        if trend is None:
            raise NotFound(f"the trend {trend_id} is gone", {"trend_id": str(trend_id)})
        return piece.storyboard, trend.evidence

    async def _waiting(self, review: Review) -> ReviewItem:
        content_id = self._order.content_id
        piece = await self.piece()
        return ReviewItem(
            id=uuid5(content_id, "review"),
            kind="content",
            trend_id=None,
            content_id=content_id,
            subject=piece.storyboard.title,
            topics=list(review.safety.sensitive_topics),
            reason="; ".join(review.reasons) or ASKED_FOR,
            state="waiting",
            created_at=self._crew.clock.now(),
        )
