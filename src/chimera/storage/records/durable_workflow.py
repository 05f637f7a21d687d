"""What Chimera itself asks of the durable engine's table: who runs a workflow, in the transaction that acts on it."""

from chimera.storage.database import Connection


async def runs_here(connection: Connection, workflow_id: str, executor_id: str) -> bool:
    """Whether the workflow is this executor's to run; it stays so until the connection's transaction ends."""
    cursor = await connection.execute(
        "SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid = %s AND executor_id = %s AND status = 'PENDING' "
        "FOR SHARE",
        (workflow_id, executor_id),
    )
    return await cursor.fetchone() is not None
