"""How far a piece's workflow is, asked of the engine in this process or, without one, of its tables."""

from uuid import UUID

from dbos import DBOS, DBOSClient, WorkflowStatus

from chimera.core.errors import Conflict
from chimera.pipeline.durable.takeover import UNFINISHED
from chimera.pipeline.flow import CREW_STEP
from chimera.pipeline.host import APPLICATION_VERSION


class PieceWorkflows:
    """Reads of workflows by the piece's id; `source` is the engine itself, or a client of its tables."""

    def __init__(self, source: type[DBOS] | DBOSClient) -> None:
        self._source = source

    async def is_known(self, content_id: UUID) -> bool:
        """Whether the piece was ever ordered."""
        return await self._found(content_id) is not None

    async def is_at_work(self, content_id: UUID) -> bool:
        """Whether the piece's workflow has not ended.

        Raises:
            Conflict: nothing ever worked on the piece.
        """
        return (await self._status(content_id)).status in UNFINISHED

    async def number_of(self, content_id: UUID, step: str) -> int:
        """The number of the last step of this name that the workflow has done; a workflow of an earlier version has
        only its first step in common with this one.

        Raises:
            Conflict: nothing ever worked on the piece, or it never came so far.
        """
        if (await self._status(content_id)).app_version != APPLICATION_VERSION:
            if step == CREW_STEP:
                return 1
            raise Conflict(f"content {content_id} is of an earlier version: it can only be retried from draft")
        done = await self._source.list_workflow_steps_async(str(content_id))
        found = [item["function_id"] for item in done if item["function_name"] == step]
        if not found:
            raise Conflict(f"content {content_id} never came as far as its step {step}: retry from an earlier stage")
        return max(found)

    async def rewind(self, content_id: UUID, number: int) -> None:
        """Send an ended workflow back to this step; whoever is free goes on with it."""
        await self._source.cancel_workflow_async(str(content_id), cancel_children=True)
        await self._source.rewind_workflow_async(
            str(content_id), start_step=number, application_version=APPLICATION_VERSION
        )

    async def _status(self, content_id: UUID) -> WorkflowStatus:
        found = await self._found(content_id)
        if found is None:
            raise Conflict(f"nothing ever worked on content {content_id}: make a new piece")
        return found

    async def _found(self, content_id: UUID) -> WorkflowStatus | None:
        found = await self._source.list_workflows_async(
            workflow_ids=[str(content_id)], limit=1, load_input=False, load_output=False
        )
        return found[0] if found else None
