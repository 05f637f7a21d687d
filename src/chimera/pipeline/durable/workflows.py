"""The workflows as DBOS knows them, by name: the piece's own, and one for the steps of each role that has a queue."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import structlog
from dbos import DBOS, SetWorkflowID
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSWorkflowConflictIDError

from chimera.core.errors import Cancelled, ChimeraError, InternalError
from chimera.core.tracing import RequestScope
from chimera.core.vocabulary import Role
from chimera.pipeline.durable.process import (
    CONCURRENCY,
    Document,
    NotMine,
    Process,
    patiently,
    run_of_task,
)
from chimera.storage.database import guarded
from chimera.storage.records.piece_fence import PIECE, Superseded
from chimera.telemetry.spans import span
from chimera.telemetry.trace import CARRIED, taken_up, traced, with_trace, without_trace

CONTENT = "content"
RECOVERIES_MAX = 100
"""So often a piece may be taken over; one that brings every process down must not do so for ever."""
_POLL_SECONDS = 0.1

_log = structlog.get_logger(__name__)
_process: Process | None = None


def bind(process: Process | None) -> None:
    """Whose bodies the workflows run; DBOS finds workflows by module-level name."""
    global _process  # noqa: PLW0603 - there is one durable engine in a process
    _process = process


def _bound() -> Process:
    if _process is None:
        raise RuntimeError("a content workflow can only run between open_durable and its end")
    return _process


@DBOS.workflow(name=CONTENT, max_recovery_attempts=RECOVERIES_MAX)
async def content(order: Document) -> Document:
    """The piece whose id is the workflow's."""
    process, workflow_id = _bound(), _workflow_id()
    trace, order = _taken_up(order, workflow_id)
    try:
        with traced(trace):
            async with process.running(UUID(workflow_id), PIECE, workflow_id):
                return await process.body(order)
    except NotMine:
        raise DBOSWorkflowConflictIDError(workflow_id) from None


def _queued_by(role: Role) -> Callable[[str, Document], Coroutine[Any, Any, Document]]:
    @DBOS.workflow(name=f"{CONTENT}/{role}", max_recovery_attempts=RECOVERIES_MAX)
    async def run(name: str, given: Document) -> Document:
        process, workflow_id = _bound(), _workflow_id()
        if process.queued is None:
            raise InternalError(f"this process has no step {name}")
        trace, given = _taken_up(given, workflow_id)
        try:
            with traced(trace):
                async with process.room(role), process.running(_piece_of(workflow_id), name, workflow_id):
                    return await process.queued(name, given)
        except NotMine:
            raise DBOSWorkflowConflictIDError(workflow_id) from None

    return run


QUEUED = {role: _queued_by(role) for role in CONCURRENCY}
QUEUES = {f"{CONTENT}/{role}": str(role) for role in QUEUED}
"""The queue of each kind of workflow, by the workflow's name."""


async def step(name: str, work: Callable[[], Awaitable[Document | None]]) -> Document | None:
    """Run `work` as a step of the running workflow: its answer is kept, and not asked for again after a crash.

    All its transactions are under the run's fence: once another run has the piece, this one stops here, quietly.

    Raises:
        ChimeraError: what `work` raised; an unexpected failure as InternalError, since only ours can be kept.
    """
    process, run = _bound(), run_of_task.get()

    async def fenced() -> Document | None:
        with guarded(run.fence.check), span("step", step=name):
            async with process.database.transaction():
                pass  # nothing begins under an old fence
            return await work()

    async def kept() -> Document | None:
        try:
            return await patiently(fenced)
        except Superseded as late:
            _log.warning("run_superseded", step=name, content_id=str(run.content_id), fence=run.fence.number)
            raise DBOSWorkflowConflictIDError(_workflow_id()) from late
        except ChimeraError:
            raise
        except Exception as error:
            _log.error("step_failed", step=name, exc_info=error)
            raise InternalError(f"an unexpected {type(error).__name__} in step {name}: {error}") from error

    async with process.at_step():  # until the answer is kept: whoever drains waits for that too
        return await DBOS.run_step_async({"name": name}, kept)


async def queued(name: str, role: Role, given: Document, attempt: int = 1) -> Document:
    """Have step `name` done by a process that keeps `role`: this one if it has room, or whoever pulls it next.

    The step is a workflow of its own: it goes on when this process dies, and elsewhere when its own does. A run does
    each attempt at a step once.

    Raises:
        ChimeraError: what the step raised; Cancelled where it was called off before it began.
    """
    process, run = _bound(), run_of_task.get()
    given = with_trace(given)
    with SetWorkflowID(f"{run.content_id}/{name}/{run.fence.number}.{attempt}"):
        if process.has_room(role):
            handle = await DBOS.start_workflow_async(QUEUED[role], name, given)
        else:
            handle = await DBOS.enqueue_workflow_async(str(role), QUEUED[role], name, given)
    try:
        return await handle.get_result(polling_interval_sec=_POLL_SECONDS)
    except DBOSAwaitedWorkflowCancelledError as error:
        raise Cancelled(f"step {name} was called off before it began") from error


def _taken_up(document: Document, workflow_id: str) -> tuple[RequestScope, Document]:
    """The trace that the document carries, or one of the piece's own; and the document without it."""
    trace = taken_up(document.get(CARRIED), _piece_of(workflow_id))
    return trace, without_trace(document)


def _workflow_id() -> str:
    workflow_id = DBOS.workflow_id
    if workflow_id is None:
        raise RuntimeError("this runs in a workflow only")
    return workflow_id


def _piece_of(workflow_id: str) -> UUID:
    return UUID(workflow_id.partition("/")[0])
