"""The durable content workflow: brief, approve, begin, produce, settle, review, publish, each a kept step of one piece.

A step repeated after a kill finds what it did before by the piece's id, its request id, its job ids and its intent row.
Producing and publishing are done by whichever process keeps the role.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TypeVar
from uuid import UUID

from chimera.agents.artist.production import PRODUCTION_ATTEMPTS_MAX, Production, asset_of
from chimera.contracts.approval import Approval, SignedDecision
from chimera.contracts.brief import Brief
from chimera.contracts.contract import Contract
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.contracts.publication import Publication
from chimera.contracts.review import Review, ReviewOutcome, SafetyVerdict
from chimera.contracts.settlement import Settlement
from chimera.core.clock import elapsed_ms
from chimera.core.errors import (
    ApprovalExpired,
    Cancelled,
    ChimeraError,
    InternalError,
    QualityFailed,
    SafetyBlocked,
)
from chimera.core.progress import ProgressEvent, about
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline import flow
from chimera.pipeline.answered_tasks import AnsweredTasks
from chimera.pipeline.cancels import Cancels
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Document, queued, step
from chimera.pipeline.hold import ProductionHold
from chimera.pipeline.piece_steps import PieceSteps
from chimera.storage.records import content_pipeline
from chimera.treasury.refusal import escalated_tx

Given = TypeVar("Given", bound=Contract)


class ContentWorkflow:
    """Pieces from their order to their outcome; bound to the crew of this process."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._cancels = Cancels(crew.database)
        self._answered = AnsweredTasks(crew.database, crew.clock)

    async def __call__(self, document: Document) -> Document:
        """Make the ordered piece; what fails leaves it in stage failed with the reason in its metadata.

        Raises:
            ChimeraError: why it failed; Cancelled where somebody called it off.
        """
        order = ContentOrder.model_validate(document)
        try:
            ids = await self._assigned()
            made = await _Piece(self._crew.acting(ids), order, self._cancels).make()
            await self._answered.done(order, made)
            return made.model_dump(mode="json")
        except ChimeraError as failure:
            await self.fail(order.content_id, failure)
            await self._answered.failed(order, failure)
            raise

    async def queued(self, name: str, given: Document) -> Document:
        """Do the piece's step `name`, for a workflow that may run elsewhere.

        Raises:
            ChimeraError: why it failed.
        """
        order = ContentOrder.model_validate(given["order"])
        ids = {Role(role): UUID(agent_id) for role, agent_id in given["crew"].items()}
        piece = _Piece(self._crew.acting(ids), order, self._cancels)
        if name == flow.PRODUCE.name:
            return await piece.produce(given["attempt"], SignedDecision.model_validate(given["signed"]))
        if name == flow.PUBLISH.name:
            return await piece.publish(Review.model_validate(given["review"]))
        raise InternalError(f"this version of Chimera has no step {name} for a queue")

    async def fail(self, content_id: UUID, failure: ChimeraError) -> None:
        """Keep that the piece failed, and why."""

        async def run() -> None:
            await self._crew.stages.fail(content_id, failure)

        await step("fail", run)

    async def _assigned(self) -> Mapping[Role, UUID]:
        """Who makes the piece, from its first step to its last, wherever it goes on."""

        async def run() -> Document:
            ids = {**self._crew.agent_ids, **self._crew.presence.assign()}
            return {str(role): str(agent_id) for role, agent_id in ids.items()}

        kept = await step(flow.CREW_STEP, run) or {}
        return {Role(role): UUID(agent_id) for role, agent_id in kept.items()}


class _Piece:
    """One run of a piece's workflow, or of one of its steps; `crew` speaks as the piece's agents."""

    def __init__(self, crew: Crew, order: ContentOrder, cancels: Cancels) -> None:
        self._crew = crew
        self._order = order
        self._id = order.content_id
        self._cancels = cancels
        self._steps = PieceSteps(crew, order)

    async def make(self) -> ContentOutcome:
        brief = await self._step(flow.BRIEF, Brief, self._steps.brief)
        approval, production = await self._paid_for()
        review = await self._step(flow.REVIEW, Review, lambda: self._steps.review(production))
        publication = None
        if review.outcome is ReviewOutcome.PASSED and self._order.task_id is None:
            with suppress(Cancelled):  # said again, and kept, by the step that follows
                await self._cancels.unless(self._id, lambda: self._crew.timetable.due(self._id))
            publication = await self._queued(flow.PUBLISH, Publication, {"review": review.model_dump(mode="json")})
        elif review.outcome is ReviewOutcome.FAILED:
            raise _refused(review)
        timings = (await self._steps.piece()).metadata["timings_ms"]
        return ContentOutcome(
            content_id=self._id,
            stage=Stage.PUBLISHED if publication else Stage.REVIEW,
            brief=brief,
            approvals=(approval,),
            asset=asset_of(production, review.quality.quality_score, timings[flow.PRODUCE.name]),
            review=review,
            publication=publication,
        )

    async def produce(self, attempt: int, signed: SignedDecision) -> Document:
        """The production, ended with its tool jobs where somebody calls the piece off."""
        work = partial(self._cancels.unless, self._id, lambda: self._steps.produce(attempt, signed))
        return (await self._step(flow.PRODUCE, Production, work)).model_dump(mode="json")

    async def publish(self, review: Review) -> Document:
        return (await self._step(flow.PUBLISH, Publication, lambda: self._steps.publish(review))).model_dump(
            mode="json"
        )

    async def _paid_for(self) -> tuple[Approval, Production]:
        """The production and the approval it was made under; an approval that ran out is asked for anew.

        Raises:
            ChimeraError: why there is none; no hold stays open for it.
        """
        tried = await self._attempts_tried()
        for attempt in range(tried + 1, tried + PRODUCTION_ATTEMPTS_MAX + 1):
            try:
                return await self._attempt(ProductionHold(self._crew, self._id, attempt))
            except ApprovalExpired as late:
                expired = late
        raise expired

    async def _attempts_tried(self) -> int:
        async def run() -> Document:
            return {"tried": await self._steps.attempts_tried()}

        kept = await step(flow.ATTEMPTS_STEP, run) or {}
        return int(kept["tried"])

    async def _attempt(self, hold: ProductionHold) -> tuple[Approval, Production]:
        submitting = False
        try:
            approval = await self._approved(hold)
            signed = await self._step(flow.BEGIN, SignedDecision, hold.begin)
            submitting = True
            given = {"attempt": hold.attempt, "signed": signed.model_dump(mode="json")}
            production = await self._queued(flow.PRODUCE, Production, given, hold.attempt)
            await self._step(flow.SETTLE, Settlement, lambda: hold.settle(production))
        except ChimeraError as failure:
            close = partial(hold.close, failure.message, submitting=submitting)
            await self._step(flow.CLOSE, Settlement, close)
            raise
        return approval, production

    async def _approved(self, hold: ProductionHold) -> Approval:
        """The approval; where a person is asked, once there is an answer. Between the two steps nothing is held."""
        approval = await self._step(flow.APPROVE, Approval, hold.ask)
        tx_id = escalated_tx(approval)
        if tx_id is None:
            return approval
        with suppress(Cancelled):  # said again, and kept, by the step that follows
            await self._cancels.unless(self._id, lambda: self._crew.answers.answered(tx_id))
        return await self._step(flow.ANSWER, Approval, lambda: hold.answer(tx_id))

    async def _queued(self, named: flow.Step, gives: type[Given], given: Document, attempt: int = 1) -> Given:
        """A step done by a process that keeps its role."""
        await self._gate(named)
        crew = {str(role): str(agent_id) for role, agent_id in self._crew.agent_ids.items()}
        document = {"order": self._order.model_dump(mode="json"), "crew": crew, **given}
        return gives.model_validate(await queued(named.name, named.role, document, attempt))

    async def _step(self, named: flow.Step, gives: type[Given], work: Callable[[], Awaitable[Given]]) -> Given:
        """One step of the flow: kept, shown, timed. A piece that is called off only closes its money."""
        await self._gate(named)

        async def run() -> Document:
            if named not in flow.KEEPS_BOOKS:
                await self._cancels.check(self._id)
            agent_id = self._crew.agent_ids[named.role]
            async with self._crew.presence.working(named.role, self._id, agent_id), self._timed(named):
                return (await work()).model_dump(mode="json")

        return gives.model_validate(await step(named.name, run))

    async def _gate(self, named: flow.Step) -> None:
        """While the studio is halted only the books are kept."""
        if named not in flow.KEEPS_BOOKS and self._crew.halt.halted():
            with suppress(Cancelled):
                await self._cancels.unless(self._id, self._crew.halt.passed)

    @asynccontextmanager
    async def _timed(self, named: flow.Step) -> AsyncIterator[None]:
        started_at = self._crew.clock.monotonic()
        tell = about(self._id, self._crew.progress)
        tell(ProgressEvent(named.name, 0.0, f"{named.role} at work"))
        yield
        took_ms = elapsed_ms(self._crew.clock, started_at)
        async with self._crew.database.transaction() as connection:
            await content_pipeline.add_timing(connection, self._id, named.name, took_ms)
        tell(ProgressEvent(named.name, 1.0, f"{took_ms / 1000:.1f} s"))


def _refused(review: Review) -> ChimeraError:
    reasons = "; ".join(review.reasons) or "the review failed"
    if review.safety.verdict is SafetyVerdict.BLOCKED:
        return SafetyBlocked(f"the piece must not go out: {reasons}", {"policy": review.safety.policy_hash})
    return QualityFailed(
        f"the video's quality is too low: {reasons}", {"quality_score": float(review.quality.quality_score)}
    )
