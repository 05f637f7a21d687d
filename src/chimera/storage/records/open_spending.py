"""Tables `spend_hold` and `escalation`, as the verification reads them: which transactions stand open."""

from uuid import UUID

from chimera.storage.database import Connection

_FIRST = UUID(int=0)


async def hold_page(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """The next transactions with an open hold behind `after`, in order."""
    cursor = await connection.execute(
        "SELECT tx_id FROM spend_hold WHERE tx_id > %s ORDER BY tx_id LIMIT %s", (after or _FIRST, limit)
    )
    return [row["tx_id"] for row in await cursor.fetchall()]


async def escalation_page(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """The next escalated transactions behind `after` that wait, in order."""
    cursor = await connection.execute(
        "SELECT tx_id FROM escalation WHERE tx_id > %s ORDER BY tx_id LIMIT %s", (after or _FIRST, limit)
    )
    return [row["tx_id"] for row in await cursor.fetchall()]
