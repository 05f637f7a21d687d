"""The durable content workflow: brief, approve, begin, produce, settle, review, publish, each a kept step of one piece.

A step repeated after a kill finds what it did before by the piece's id, its request id, its job ids and its intent row.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid5

from chimera.agents.artist.production import (
    PRODUCTION_ATTEMPTS_MAX,
    Production,
    ProductionOptions,
    asset_of,
    quality_request_of,
)
from chimera.agents.director.cost_estimate import CostEstimate
from chimera.agents.director.options import BriefOptions
from chimera.contracts.approval import Approval, SignedDecision
from chimera.contracts.asset import ProductionRequest
from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.contract import Contract
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.publication import Publication
from chimera.contracts.review import Review, ReviewOutcome, SafetyVerdict
from chimera.contracts.settlement import Settlement
from chimera.contracts.storyboard import Storyboard
from chimera.core.clock import elapsed_ms
from chimera.core.errors import ApprovalExpired, ChimeraError, NotFound, QualityFailed, SafetyBlocked
from chimera.core.progress import ProgressEvent, about
from chimera.core.vocabulary import Stage
from chimera.pipeline import flow
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Document, step
from chimera.pipeline.hold import ProductionHold
from chimera.pipeline.outgoing_texts import outgoing_texts
from chimera.storage.records import content_pipeline, review_item, trends
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.review_item import ReviewItem
from chimera.treasury.refusal import escalated_tx

Given = TypeVar("Given", bound=Contract)


class ContentWorkflow:
    """One piece from its order to its outcome; bound to the crew of this process."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    async def __call__(self, document: Document) -> Document:
        """Make the ordered piece; what fails leaves it in stage failed with the reason in its metadata.

        Raises:
            ChimeraError: why it failed.
        """
        order = ContentOrder.model_validate(document)
        try:
            return (await self._make(order)).model_dump(mode="json")
        except ChimeraError as failure:
            await self._fail(order.content_id, failure)
            raise

    async def _make(self, order: ContentOrder) -> ContentOutcome:
        brief = await self._step(flow.BRIEF, Brief, order, lambda: self._brief(order))
        approval, production = await self._paid_for(order)
        review = await self._step(flow.REVIEW, Review, order, lambda: self._review(order, production))
        publication = None
        if review.outcome is ReviewOutcome.PASSED:
            await self._crew.timetable.due(order.content_id)
            publication = await self._step(flow.PUBLISH, Publication, order, lambda: self._publish(order, review))
        elif review.outcome is ReviewOutcome.FAILED:
            raise _refused(review)
        timings = (await self._piece(order.content_id)).metadata["timings_ms"]
        return ContentOutcome(
            content_id=order.content_id,
            stage=Stage.PUBLISHED if publication else Stage.REVIEW,
            brief=brief,
            approvals=(approval,),
            asset=asset_of(production, review.quality.quality_score, timings[flow.PRODUCE.name]),
            review=review,
            publication=publication,
        )

    async def _paid_for(self, order: ContentOrder) -> tuple[Approval, Production]:
        """The production and the approval it was made under; an approval that ran out is asked for anew.

        Raises:
            ChimeraError: why there is none; no hold stays open for it.
        """
        for attempt in range(1, PRODUCTION_ATTEMPTS_MAX + 1):
            try:
                return await self._attempt(order, ProductionHold(self._crew, order.content_id, attempt))
            except ApprovalExpired as late:
                expired = late
        raise expired

    async def _attempt(self, order: ContentOrder, hold: ProductionHold) -> tuple[Approval, Production]:
        submitting = False
        try:
            approval = await self._approved(order, hold)
            signed = await self._step(flow.BEGIN, SignedDecision, order, hold.begin)
            submitting = True
            production = await self._step(
                flow.PRODUCE, Production, order, lambda: self._produce(order, hold.attempt, signed)
            )
            await self._step(flow.SETTLE, Settlement, order, lambda: hold.settle(production))
        except ChimeraError as failure:
            close = partial(hold.close, failure.message, submitting=submitting)
            await self._step(flow.CLOSE, Settlement, order, close)
            raise
        return approval, production

    async def _approved(self, order: ContentOrder, hold: ProductionHold) -> Approval:
        """The approval; where a person is asked, once there is an answer. Between the two steps nothing is held."""
        approval = await self._step(flow.APPROVE, Approval, order, hold.ask)
        tx_id = escalated_tx(approval)
        if tx_id is None:
            return approval
        await self._crew.answers.answered(tx_id)
        return await self._step(flow.ANSWER, Approval, order, lambda: hold.answer(tx_id))

    async def _brief(self, order: ContentOrder) -> Brief:
        request = BriefRequest(trend_id=order.trend_id, personality_profile=order.personality_profile)
        options = BriefOptions(order.words_min, order.words_max, order.aspect, order.quality_preset)
        brief = await self._crew.director.create_brief(request, content_id=order.content_id, options=options)
        async with self._crew.database.transaction() as connection:
            await content_pipeline.merge_metadata(
                connection, order.content_id, {"order": order.model_dump(mode="json")}
            )
        return brief

    async def _produce(self, order: ContentOrder, attempt: int, signed: SignedDecision) -> Production:
        await self._crew.stages.advance(order.content_id, Stage.GENERATING)
        piece = await self._piece(order.content_id)
        estimate = CostEstimate.model_validate(piece.metadata["cost_estimate"])
        estimated: dict[str, Decimal] = {part.tool: part.cpu_seconds for part in estimate.tools}
        return await self._crew.artist.produce(
            ProductionRequest(brief_id=order.content_id, tools=order.tools, quality_preset=order.quality_preset),
            approval=signed,
            options=ProductionOptions(aspect=order.aspect, attempt=attempt, estimated_cpu_seconds=estimated),
            progress=about(order.content_id, self._crew.progress),
        )

    async def _review(self, order: ContentOrder, production: Production) -> Review:
        await self._crew.stages.advance(order.content_id, Stage.REVIEW)
        path = self._crew.blobs.path
        request = quality_request_of(
            production,
            path(production.video_url),
            path(production.captions_srt_url),
            path(production.thumbnail_url),
        )
        storyboard, evidence = await self._told(order)
        review = await self._crew.judge.review(order.content_id, request, outgoing_texts(storyboard, evidence))
        if review.outcome is ReviewOutcome.HUMAN:
            async with self._crew.database.transaction() as connection:
                await review_item.add(connection, await self._waiting(order.content_id, review))
        return review

    async def _told(self, order: ContentOrder) -> tuple[Storyboard, TrendEvidence]:
        piece = await self._piece(order.content_id)
        async with self._crew.database.transaction() as connection:
            trend = await trends.get(connection, order.trend_id)
        if trend is None:
            raise NotFound(f"the trend {order.trend_id} is gone", {"trend_id": str(order.trend_id)})
        return piece.storyboard, trend.evidence

    async def _waiting(self, content_id: UUID, review: Review) -> ReviewItem:
        piece = await self._piece(content_id)
        return ReviewItem(
            id=uuid5(content_id, "review"),
            kind="content",
            trend_id=None,
            content_id=content_id,
            subject=piece.storyboard.title,
            topics=list(review.safety.sensitive_topics),
            reason="; ".join(review.reasons),
            state="waiting",
            created_at=self._crew.clock.now(),
        )

    async def _publish(self, order: ContentOrder, review: Review) -> Publication:
        publication = await self._crew.worker.publish(order.content_id, review)
        await self._crew.stages.advance(order.content_id, Stage.PUBLISHED)
        return publication

    async def _piece(self, content_id: UUID) -> ContentRecord:
        async with self._crew.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
        if piece is None:
            raise NotFound(f"there is no content piece {content_id}", {"content_id": str(content_id)})
        return piece

    async def _step(
        self, named: flow.Step, given: type[Given], order: ContentOrder, work: Callable[[], Awaitable[Given]]
    ) -> Given:
        """One step of the flow: kept, shown, timed. While the studio is halted only the books are kept."""
        if named not in flow.KEEPS_BOOKS:
            await self._crew.halt.passed()

        async def run() -> Document:
            async with self._crew.presence.working(named.role, order.content_id), self._timed(named, order.content_id):
                return (await work()).model_dump(mode="json")

        return given.model_validate(await step(named.name, run))

    @asynccontextmanager
    async def _timed(self, named: flow.Step, content_id: UUID) -> AsyncIterator[None]:
        started_at = self._crew.clock.monotonic()
        tell = about(content_id, self._crew.progress)
        tell(ProgressEvent(named.name, 0.0, f"{named.role} at work"))
        yield
        took_ms = elapsed_ms(self._crew.clock, started_at)
        async with self._crew.database.transaction() as connection:
            await content_pipeline.add_timing(connection, content_id, named.name, took_ms)
        tell(ProgressEvent(named.name, 1.0, f"{took_ms / 1000:.1f} s"))

    async def _fail(self, content_id: UUID, failure: ChimeraError) -> None:
        async def run() -> None:
            await self._crew.stages.fail(content_id, failure)

        await step("fail", run)


def _refused(review: Review) -> ChimeraError:
    reasons = "; ".join(review.reasons) or "the review failed"
    if review.safety.verdict is SafetyVerdict.BLOCKED:
        return SafetyBlocked(f"the piece must not go out: {reasons}", {"policy": review.safety.policy_hash})
    return QualityFailed(
        f"the video's quality is too low: {reasons}", {"quality_score": float(review.quality.quality_score)}
    )
