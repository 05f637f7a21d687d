"""What people do with a piece under way or failed: call it off, or send it back to a stage."""

import asyncio
from uuid import UUID

from chimera.core.errors import Cancelled, ChimeraError, Conflict, NotFound
from chimera.core.vocabulary import Stage
from chimera.pipeline import flow
from chimera.pipeline.cancels import cancelled
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable
from chimera.storage.records import content_pipeline, piece_fence
from chimera.storage.records.content_pipeline import ContentRecord

CANCEL_SECONDS_MAX = 120.0
FROM: dict[Stage, str] = {
    Stage.DRAFT: flow.CREW_STEP,
    Stage.GENERATING: flow.ATTEMPTS_STEP,
    Stage.REVIEW: flow.REVIEW.name,
}
"""The step that a retry goes back to, by the stage it is asked from."""


class Steering:
    """Orders about single pieces, given in a process with a durable engine."""

    def __init__(self, crew: Crew, durable: Durable) -> None:
        self._crew = crew
        self._durable = durable

    async def retry(self, content_id: UUID, stage: Stage) -> None:
        """Send a failed piece back to `stage`: who is free goes on with it there, and its money is asked for anew where
        the old hold was closed.

        Raises:
            NotFound: no such piece.
            Conflict: it has not failed, never came so far, or was retried too often.
        """
        piece = await self._piece(content_id)
        if stage not in FROM or piece.stage is Stage.PUBLISHED:
            raise Conflict(f"content {content_id} is {piece.stage}: it can't be retried", {"stage": piece.stage.value})
        if await self._durable.is_at_work(content_id):
            raise Conflict(f"content {content_id} is being worked on: only a failed piece can be retried")
        number = await self._durable.number_of(content_id, FROM[stage])
        await self._crew.stages.retry(content_id, stage)
        await self._durable.rewind(content_id, number)

    async def cancel(self, content_id: UUID, by: str) -> None:
        """Call the piece off, wherever it is worked on, and return when it has stopped: its tool jobs are ended, its
        hold is void, or settled at what was used. Called off already, it stays so.

        Raises:
            NotFound: no such piece.
            Conflict: it is published, or has failed for another reason, also meanwhile.
        """
        piece = await self._piece(content_id)
        if piece.stage is Stage.FAILED and (piece.metadata.get("error") or {}).get("code") == Cancelled.code:
            return
        if piece.stage in {Stage.PUBLISHED, Stage.FAILED}:
            raise Conflict(f"content {content_id} is {piece.stage} already", {"stage": piece.stage.value})
        async with self._crew.database.transaction() as connection:
            await piece_fence.ask_cancel(connection, content_id, by, self._crew.clock.now())
        if await self._durable.is_at_work(content_id):
            await self._stopped(content_id)
        elif (await self._piece(content_id)).stage is Stage.REVIEW:  # it waits for a person, and nobody works on it
            await self._crew.stages.fail(content_id, cancelled(content_id, by))
        await self._require_cancelled(content_id)

    async def _stopped(self, content_id: UUID) -> None:
        await self._durable.look()
        try:
            async with asyncio.timeout(CANCEL_SECONDS_MAX):
                await self._durable.result(content_id)
        except TimeoutError as error:
            raise Conflict(
                f"content {content_id} is called off, but did not come to a safe point in {CANCEL_SECONDS_MAX:.0f} s: "
                "it stops at the next one"
            ) from error
        except ChimeraError:
            return

    async def _require_cancelled(self, content_id: UUID) -> None:
        piece = await self._piece(content_id)
        error = piece.metadata.get("error") or {}
        if piece.stage is Stage.FAILED and error.get("code") == Cancelled.code:
            return
        how = f"it failed: {error.get('message')}" if piece.stage is Stage.FAILED else f"it is {piece.stage}"
        raise Conflict(f"content {content_id} could not be called off any more: {how}", {"stage": piece.stage.value})

    async def _piece(self, content_id: UUID) -> ContentRecord:
        async with self._crew.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
        if piece is None:
            raise NotFound(
                f"there is no content piece {content_id}: `chimera content list` shows them",
                {"content_id": str(content_id)},
            )
        return piece
