"""Productions asked for from outside: an existing brief's piece is begun, and its own workflow ends the task."""

from uuid import UUID

from pydantic import ValidationError

from chimera.agents.director.options import BriefOptions
from chimera.contracts.asset import ProductionRequest
from chimera.contracts.brief import PersonalityProfile
from chimera.contracts.order import ContentOrder
from chimera.contracts.task import TaskOutcome
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Aspect, TaskState
from chimera.runtime.coordination.desk import Pieces
from chimera.storage.database import Database
from chimera.storage.records import content_pipeline, task_answer
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.task import TaskRecord


class Producing:
    """The handler of `produce` tasks."""

    def __init__(self, database: Database, pieces: Pieces) -> None:
        self._database = database
        self._pieces = pieces

    async def produce(self, record: TaskRecord, agent_id: UUID) -> TaskOutcome:
        """Begin the piece's workflow and leave it: a person may be asked about the money first.

        Raises:
            NotFound: no such brief. Conflict: it is another task's. ValidationFailed: it can't be produced.
        """
        del agent_id
        request = ProductionRequest.model_validate(record.payload)
        async with self._database.transaction() as connection:
            is_ours = await task_answer.reserve(connection, request.brief_id, record.id)
            piece = await content_pipeline.get(connection, request.brief_id)
        if piece is None:
            raise NotFound(f"there is no brief {request.brief_id}", {"brief_id": str(request.brief_id)})
        if not is_ours:
            raise Conflict(f"brief {request.brief_id} is produced already", {"brief_id": str(request.brief_id)})
        order = order_of(piece, request, record.id)
        await self._pieces.start(piece.id, order.model_dump(mode="json"))
        return TaskOutcome(state=TaskState.WAITING, result={"content_id": str(piece.id)})


def order_of(piece: ContentRecord, request: ProductionRequest, task_id: UUID) -> ContentOrder:
    """The order that goes on from the piece's brief, for this task. Pure.

    Raises:
        ValidationFailed: the piece's row does not tell how its brief was made.
    """
    try:
        return ContentOrder(
            content_id=piece.id,
            trend_id=piece.trend_source_id,
            personality_profile=PersonalityProfile.model_validate(piece.metadata.get("persona")),
            words_min=BriefOptions().words_min,
            words_max=BriefOptions().words_max,
            aspect=Aspect(piece.metadata.get("aspect", Aspect.VERTICAL)),
            quality_preset=request.quality_preset,
            tools=request.tools,
            task_id=task_id,
        )
    except (ValidationError, ValueError) as error:
        raise ValidationFailed(
            f"brief {piece.id} can't be produced: its row is incomplete; make a new brief", {"brief_id": str(piece.id)}
        ) from error
