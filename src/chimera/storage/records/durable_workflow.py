"""What Chimera itself asks of the durable engine's tables: who runs a workflow, in the transaction that acts on it, and
what it has done."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from chimera.storage.database import Connection


async def runs_here(connection: Connection, workflow_id: str, executor_id: str) -> bool:
    """Whether the workflow is this executor's to run; it stays so until the connection's transaction ends."""
    cursor = await connection.execute(
        "SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid = %s AND executor_id = %s AND status = 'PENDING' "
        "FOR SHARE",
        (workflow_id, executor_id),
    )
    return await cursor.fetchone() is not None


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step that the workflow has done, with how long it took where the engine kept it."""

    name: str
    at: datetime
    took_ms: int
    failed: bool


async def steps_done(connection: Connection, workflow_id: str, limit: int) -> list[StepDone]:
    """The workflow's steps, oldest first; none where no durable engine has ever made its tables."""
    cursor = await connection.execute("SELECT to_regclass('dbos.operation_outputs') IS NOT NULL AS made")
    row = await cursor.fetchone()
    if row is None or not row["made"]:
        return []
    async with connection.cursor(row_factory=class_row(StepDone)) as steps:
        await steps.execute(
            "SELECT function_name AS name, to_timestamp(completed_at_epoch_ms / 1000.0) AS at, "
            "(completed_at_epoch_ms - started_at_epoch_ms)::int AS took_ms, error IS NOT NULL AS failed "
            "FROM dbos.operation_outputs WHERE workflow_uuid = %s AND completed_at_epoch_ms IS NOT NULL "
            "AND started_at_epoch_ms IS NOT NULL ORDER BY function_id LIMIT %s",
            (workflow_id, limit),
        )
        return await steps.fetchall()
