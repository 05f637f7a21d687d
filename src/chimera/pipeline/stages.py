"""The only place where a content piece changes its stage: draft -> generating -> review -> published, or failed."""

from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError, Conflict, Detail
from chimera.core.vocabulary import Stage
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline

NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.GENERATING, Stage.FAILED}),
    Stage.GENERATING: frozenset({Stage.REVIEW, Stage.FAILED}),
    Stage.REVIEW: frozenset({Stage.PUBLISHED, Stage.FAILED}),
    Stage.PUBLISHED: frozenset(),
    Stage.FAILED: frozenset(),
}
_ORDER = (Stage.DRAFT, Stage.GENERATING, Stage.REVIEW, Stage.PUBLISHED)


class Stages:
    """Moves pieces along; a repeated move is no move, a move backwards or out of the end is refused."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def advance(self, content_id: UUID, to: Stage) -> None:
        """Move the piece one stage on to `to`, or find it there already or further.

        Raises:
            Conflict: the piece is gone, failed, or two stages behind.
        """
        before = _ORDER[_ORDER.index(to) - 1]
        async with self._database.transaction() as connection:
            if await content_pipeline.move(connection, content_id, before=before, after=to, at=self._clock.now()):
                return
            piece = await content_pipeline.get(connection, content_id)
        if piece is None or piece.stage not in _ORDER[_ORDER.index(to) :]:
            found = "gone" if piece is None else piece.stage.value
            raise Conflict(f"content {content_id} can't move to {to}: it is {found}", {"stage": found})

    async def fail(self, content_id: UUID, failure: ChimeraError) -> None:
        """Move the piece to failed, keeping why in `metadata.error`; a published piece stays published."""
        why: dict[str, Detail] = {
            "code": failure.code,
            "message": failure.message,
            "details": failure.details,
            "at": self._clock.now().isoformat(),
        }
        async with self._database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            if piece is None or Stage.FAILED not in NEXT[piece.stage]:
                return
            if await content_pipeline.move(
                connection, content_id, before=piece.stage, after=Stage.FAILED, at=self._clock.now()
            ):
                await content_pipeline.merge_metadata(connection, content_id, {"error": why})
