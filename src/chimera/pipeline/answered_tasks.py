"""The task that a piece is produced for, ended by the piece's own workflow: as a kept step, wherever it runs."""

from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.core.clock import Clock
from chimera.core.errors import Cancelled, ChimeraError
from chimera.core.vocabulary import TaskState
from chimera.pipeline.durable import step
from chimera.storage.database import Database
from chimera.storage.records import task_answer

TASK_STEP = "task"


class AnsweredTasks:
    """Tells tasks what came of their pieces; an order without a task tells nobody."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def done(self, order: ContentOrder, made: ContentOutcome) -> None:
        """Section 3's asset is the task's output. What needed the task is found by the next sweep."""
        task_id = order.task_id
        if task_id is None:
            return

        async def run() -> None:
            async with self._database.transaction() as connection:
                await task_answer.done(connection, task_id, made.asset.model_dump(mode="json"), self._clock.now())

        await step(TASK_STEP, run)

    async def failed(self, order: ContentOrder, failure: ChimeraError) -> None:
        """Why there is no asset."""
        task_id = order.task_id
        if task_id is None:
            return
        state = TaskState.CANCELLED if isinstance(failure, Cancelled) else TaskState.FAILED
        error = {"code": failure.code, "message": failure.message, "details": failure.details}

        async def run() -> None:
            async with self._database.transaction() as connection:
                await task_answer.failed(connection, task_id, state, error, self._clock.now())

        await step(TASK_STEP, run)
