"""Table `executor_slot`: the processes of the crew that live, each by its lease."""

from datetime import datetime
from uuid import UUID

from chimera.storage.database import Connection


async def living(connection: Connection, now: datetime) -> frozenset[UUID]:
    """The hosts whose lease runs."""
    cursor = await connection.execute("SELECT host_id FROM executor_slot WHERE lease_until > %s", (now,))
    return frozenset([row["host_id"] for row in await cursor.fetchall()])
