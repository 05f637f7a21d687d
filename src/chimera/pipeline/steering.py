"""What people do with a piece under way or failed: call it off, or send it back to a stage."""

import asyncio
from typing import Any, Protocol
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import Cancelled, ChimeraError, Conflict, NotFound
from chimera.core.vocabulary import Stage
from chimera.pipeline import flow
from chimera.pipeline.cancels import cancelled
from chimera.pipeline.stages import Stages
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, piece_fence
from chimera.storage.records.content_pipeline import ContentRecord

CANCEL_SECONDS_MAX = 120.0
FROM: dict[Stage, str] = {
    Stage.DRAFT: flow.CREW_STEP,
    Stage.GENERATING: flow.ATTEMPTS_STEP,
    Stage.REVIEW: flow.REVIEW.name,
}
"""The step that a retry goes back to, by the stage it is asked from."""


class Pieces(Protocol):
    """Where pieces stand."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def stages(self) -> Stages: ...


class Workflows(Protocol):
    """What is needed of the durable engine, here or elsewhere."""

    async def is_at_work(self, content_id: UUID) -> bool: ...

    async def number_of(self, content_id: UUID, step: str) -> int: ...

    async def rewind(self, content_id: UUID, number: int) -> None: ...


class Engine(Workflows, Protocol):
    """A durable engine of this process, which can wait for what becomes of a piece."""

    async def look(self) -> None: ...

    async def result(self, content_id: UUID) -> dict[str, Any]: ...


class Orders:
    """Orders about single pieces, given from any process; whoever works on the piece follows them."""

    def __init__(self, pieces: Pieces, workflows: Workflows) -> None:
        self._pieces = pieces
        self._workflows = workflows

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
        if await self._workflows.is_at_work(content_id):
            raise Conflict(f"content {content_id} is being worked on: only a failed piece can be retried")
        number = await self._workflows.number_of(content_id, FROM[stage])
        await self._pieces.stages.retry(content_id, stage)
        await self._workflows.rewind(content_id, number)

    async def ask_cancel(self, content_id: UUID, by: str) -> bool:
        """Call the piece off, wherever it is worked on; True where it has stopped by that, False where it stops at its
        next safe point. Called off already, it stays so.

        Raises:
            NotFound: no such piece.
            Conflict: it is published, or has failed for another reason.
        """
        piece = await self._piece(content_id)
        if is_cancelled(piece):
            return True
        if piece.stage in {Stage.PUBLISHED, Stage.FAILED}:
            raise Conflict(f"content {content_id} is {piece.stage} already", {"stage": piece.stage.value})
        async with self._pieces.database.transaction() as connection:
            await piece_fence.ask_cancel(connection, content_id, by, self._pieces.clock.now())
        if await self._workflows.is_at_work(content_id):
            return False
        if (await self._piece(content_id)).stage is Stage.REVIEW:  # it waits for a person, and nobody works on it
            await self._pieces.stages.fail(content_id, cancelled(content_id, by))
        await self._require_cancelled(content_id)
        return True

    async def _require_cancelled(self, content_id: UUID) -> None:
        piece = await self._piece(content_id)
        if is_cancelled(piece):
            return
        error = piece.metadata.get("error") or {}
        how = f"it failed: {error.get('message')}" if piece.stage is Stage.FAILED else f"it is {piece.stage}"
        raise Conflict(f"content {content_id} could not be called off any more: {how}", {"stage": piece.stage.value})

    async def _piece(self, content_id: UUID) -> ContentRecord:
        async with self._pieces.database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
        if piece is None:
            raise NotFound(
                f"there is no content piece {content_id}: `chimera content list` shows them",
                {"content_id": str(content_id)},
            )
        return piece


class Steering(Orders):
    """The same in a process with a durable engine, which waits until a piece that is called off has stopped."""

    def __init__(self, pieces: Pieces, engine: Engine) -> None:
        super().__init__(pieces, engine)
        self._engine = engine

    async def cancel(self, content_id: UUID, by: str) -> None:
        """Call the piece off, wherever it is worked on, and return when it has stopped: its tool jobs are ended, its
        hold is void, or settled at what was used. Errors as `ask_cancel`, also for what happened meanwhile.
        """
        if not await self.ask_cancel(content_id, by):
            await self._stopped(content_id)
            await self._require_cancelled(content_id)

    async def _stopped(self, content_id: UUID) -> None:
        await self._engine.look()
        try:
            async with asyncio.timeout(CANCEL_SECONDS_MAX):
                await self._engine.result(content_id)
        except TimeoutError as error:
            raise Conflict(
                f"content {content_id} is called off, but did not come to a safe point in {CANCEL_SECONDS_MAX:.0f} s: "
                "it stops at the next one"
            ) from error
        except ChimeraError:
            return


def is_cancelled(piece: ContentRecord) -> bool:
    """Whether the piece was called off and has stopped. Pure."""
    return piece.stage is Stage.FAILED and (piece.metadata.get("error") or {}).get("code") == Cancelled.code
