"""What becomes of the workflows of ended processes: every living process looks every few seconds, and takes them over.

DBOS gives a workflow back to whoever asks for its executor id; taking one over twice is taking it over once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from dbos import DBOS, WorkflowStatus
from dbos._dbos import _get_dbos_instance

from chimera.core.errors import ChimeraError, EngineUnavailable, InternalError
from chimera.pipeline.durable.workflows import CONTENT, QUEUES
from chimera.pipeline.host import APPLICATION_VERSION, Host, Others
from chimera.storage.database import Database
from chimera.storage.records import piece_fence

LOOK_SECONDS = 5.0
EARLIER_VERSIONS = ["content-1", "content-2"]
"""What was left unfinished under one of these is begun again; its steps find by their ids what they did before."""
UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
UNFINISHED_MAX = 1000
_PAGES_MAX = 10
CANCELLED = "CANCELLED"
"""A piece's workflow is cancelled only on the way back to an earlier step."""
_GIVEN_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_RECOVERY_QUEUE = "_dbos_internal_queue"
"""Where a piece's own workflow waits to be taken over; every process pulls from it."""

GivenUp = Callable[[UUID, ChimeraError], Awaitable[None]]
"""Told of a piece that is not taken over any more."""
_log = structlog.get_logger(__name__)


class Takeover:
    """This process's part in finishing what others left."""

    def __init__(self, host: Host, database: Database, given_up: GivenUp | None) -> None:
        self._host = host
        self._database = database
        self._given_up = given_up

    async def run(self) -> None:
        """Look until cancelled, or until this process has lost its own slot."""
        while not self._host.lost.is_set():
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except EngineUnavailable as failure:
                _log.warning("takeover_delayed", error=failure.message)
            except Exception as error:  # noqa: BLE001 - the next look may succeed, and stopping would lose pieces
                _log.error("takeover_failed", exc_info=error)

    async def look(self) -> Others:
        """Take over what dead processes left; answers who else lives.

        Raises:
            EngineUnavailable: the database does not answer.
        """
        begun = await listed(["PENDING"], [CONTENT, *QUEUES], [APPLICATION_VERSION])
        earlier = await listed([*UNFINISHED, CANCELLED], [CONTENT], EARLIER_VERSIONS)
        others = await self._host.others()  # asked last: who began one of these is known by now
        await self._begin_again(earlier, others)
        await self._recover(begun, others)
        await self._call_off()
        await self._give_up()
        return others

    async def _recover(self, begun: Sequence[WorkflowStatus], others: Others) -> None:
        for workflow in begun:
            executor = workflow.executor_id
            if executor is not None and executor != self._host.executor_id and not others.live(executor):
                queue = QUEUES.get(workflow.name, _RECOVERY_QUEUE)
                await asyncio.to_thread(_reenqueue, workflow.workflow_id, executor, queue)

    async def _begin_again(self, earlier: Sequence[WorkflowStatus], others: Others) -> None:
        """Send what ended processes of an earlier version left unfinished back to its first step, under this one."""
        for workflow in earlier:
            version, executor = str(workflow.app_version), workflow.executor_id
            alive = others.live(executor) if workflow.status == "PENDING" else others.of_version(version)
            if not alive and executor != self._host.executor_id:
                await rewind(workflow.workflow_id, 1)

    async def _call_off(self) -> None:
        """Steps that wait in a queue, for pieces that are to stop, never begin."""
        waiting = {item.workflow_id: item for item in await listed(["ENQUEUED"], list(QUEUES), [APPLICATION_VERSION])}
        if not waiting:
            return
        pieces = {workflow_id: UUID(workflow_id.partition("/")[0]) for workflow_id in waiting}
        async with self._database.transaction() as connection:
            stopping = await piece_fence.cancelled(connection, set(pieces.values()))
        for workflow_id, content_id in pieces.items():
            if content_id in stopping:
                await DBOS.cancel_workflow_async(workflow_id)

    async def _give_up(self) -> None:
        if self._given_up is None:
            return
        for workflow in await listed([_GIVEN_UP], [CONTENT], [APPLICATION_VERSION]):
            why = "every process that worked on it ended: see the logs, then `chimera content retry`"
            await self._given_up(UUID(workflow.workflow_id), InternalError(why))


async def listed(status: Sequence[str], names: Sequence[str], versions: Sequence[str]) -> list[WorkflowStatus]:
    """Workflows by status, name and version, oldest first, ten thousand at most, without what they carry."""
    found: list[WorkflowStatus] = []
    for page in range(_PAGES_MAX):
        more = await DBOS.list_workflows_async(
            status=list(status),
            name=list(names),
            app_version=list(versions),
            limit=UNFINISHED_MAX,
            offset=page * UNFINISHED_MAX,
            load_input=False,
            load_output=False,
        )
        found += more
        if len(more) < UNFINISHED_MAX:
            break
    return found


async def rewind(workflow_id: str, start_step: int) -> None:
    """Send a workflow back to a step under this version; whatever runs of it, or of its steps elsewhere, is dropped."""
    await DBOS.cancel_workflow_async(workflow_id, cancel_children=True)  # only an ended one can be sent back
    await DBOS.rewind_workflow_async(workflow_id, start_step=start_step, application_version=APPLICATION_VERSION)


def _reenqueue(workflow_id: str, executor_id: str, queue: str) -> None:
    _get_dbos_instance()._sys_db.reenqueue_for_recovery(workflow_id, [executor_id], queue)
