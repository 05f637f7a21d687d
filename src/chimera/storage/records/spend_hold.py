"""Table `spend_hold`: approvals that wait to be settled. Opened and closed by the writer, marked as begun here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, Conditions


@dataclass(frozen=True, slots=True)
class SpendHold:
    """An open hold with the approval it belongs to; `submitted_at` is when its effect was begun."""

    tx_id: UUID
    request_id: UUID
    agent_id: UUID
    request_type: str
    amount_micros: int
    expires_at: datetime
    submitted_at: datetime | None


_OPEN = (
    "SELECT hold.tx_id, row.request_id, row.agent_id, row.request_type, row.amount_micros, hold.expires_at, "
    "hold.submitted_at FROM spend_hold hold JOIN ledger row USING (tx_id)"
)


async def submit(connection: Connection, tx_id: UUID, at: datetime) -> bool:
    """Mark the hold as begun, from when on it never expires; False where it is closed or its time is over."""
    cursor = await connection.execute(
        "UPDATE spend_hold SET submitted_at = coalesce(submitted_at, %s) "
        "WHERE tx_id = %s AND (submitted_at IS NOT NULL OR expires_at > %s)",
        (at, tx_id, at),
    )
    return cursor.rowcount == 1


async def submit_first(connection: Connection, tx_id: UUID, at: datetime) -> bool:
    """Mark the hold as begun; False also where somebody has begun it before."""
    cursor = await connection.execute(
        "UPDATE spend_hold SET submitted_at = %s WHERE tx_id = %s AND submitted_at IS NULL AND expires_at > %s",
        (at, tx_id, at),
    )
    return cursor.rowcount == 1


async def page(connection: Connection, behind: Behind, limit: int) -> list[SpendHold]:
    """The next open holds behind one of them, the first to expire first."""
    wanted = Conditions()
    if behind is not None:
        wanted.add("(hold.expires_at, hold.tx_id) > (%s, %s)", *behind)
    async with connection.cursor(row_factory=class_row(SpendHold)) as cursor:
        await cursor.execute(
            f"{_OPEN} {wanted.where} ORDER BY hold.expires_at, hold.tx_id LIMIT %s", (*wanted.values, limit)
        )
        return await cursor.fetchall()


async def expired(connection: Connection, at: datetime, limit: int) -> list[UUID]:
    """Holds whose time is over and whose effect was never begun."""
    cursor = await connection.execute(
        "SELECT tx_id FROM spend_hold WHERE submitted_at IS NULL AND expires_at <= %s ORDER BY expires_at LIMIT %s",
        (at, limit),
    )
    return [row["tx_id"] for row in await cursor.fetchall()]


async def total(connection: Connection) -> tuple[int, int]:
    """How many are open, and the cents they hold."""
    cursor = await connection.execute(
        "SELECT count(*) AS holds, coalesce(sum(row.amount * 100), 0)::bigint AS cents "
        "FROM spend_hold hold JOIN ledger row USING (tx_id)"
    )
    row = await cursor.fetchone()
    return (0, 0) if row is None else (int(row["holds"]), int(row["cents"]))
