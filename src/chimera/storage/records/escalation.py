"""Table `escalation`: requests that wait for a person. Opened and closed by the writer, read here with their rows."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from chimera.storage.database import Connection
from chimera.storage.records.keyset import Behind, Conditions
from chimera.storage.records.ledger import LEDGER_COLUMNS, LedgerRecord


async def waiting(connection: Connection, limit: int) -> list[UUID]:
    """Escalated decisions that wait, the longest waiting first."""
    cursor = await connection.execute("SELECT tx_id FROM escalation ORDER BY expires_at, tx_id LIMIT %s", (limit,))
    return [row["tx_id"] for row in await cursor.fetchall()]


async def answered(connection: Connection, limit: int) -> list[UUID]:
    """Escalated decisions that were answered or expired, the last answered first."""
    cursor = await connection.execute(
        "SELECT parent_tx FROM ledger WHERE kind = 'human' ORDER BY seq DESC LIMIT %s", (limit,)
    )
    return [row["parent_tx"] for row in await cursor.fetchall()]


async def waiting_page(connection: Connection, behind: Behind, limit: int) -> list[tuple[datetime, UUID]]:
    """The next ones that wait, the first to expire first, each with when that is."""
    wanted = Conditions()
    if behind is not None:
        wanted.add("(expires_at, tx_id) > (%s, %s)", *behind)
    cursor = await connection.execute(
        f"SELECT expires_at, tx_id FROM escalation {wanted.where} ORDER BY expires_at, tx_id LIMIT %s",
        (*wanted.values, limit),
    )
    return [(row["expires_at"], row["tx_id"]) for row in await cursor.fetchall()]


async def answered_page(connection: Connection, before_seq: int | None, limit: int) -> list[tuple[int, UUID]]:
    """The next ones that were answered or expired, the last answered first, each with its answer's row."""
    wanted = Conditions()
    if before_seq is not None:
        wanted.add("seq < %s", before_seq)
    wanted.add("kind = 'human'")
    cursor = await connection.execute(
        f"SELECT seq, parent_tx FROM ledger {wanted.where} ORDER BY seq DESC LIMIT %s", (*wanted.values, limit)
    )
    return [(row["seq"], row["parent_tx"]) for row in await cursor.fetchall()]


async def expired(connection: Connection, at: datetime, limit: int) -> list[UUID]:
    """Escalated decisions whose time to be answered is over."""
    cursor = await connection.execute(
        "SELECT tx_id FROM escalation WHERE expires_at <= %s ORDER BY expires_at LIMIT %s", (at, limit)
    )
    return [row["tx_id"] for row in await cursor.fetchall()]


async def expiries(connection: Connection, tx_ids: list[UUID]) -> dict[UUID, datetime]:
    """When those that still wait expire."""
    cursor = await connection.execute("SELECT tx_id, expires_at FROM escalation WHERE tx_id = ANY(%s)", (tx_ids,))
    return {row["tx_id"]: row["expires_at"] for row in await cursor.fetchall()}


async def rows(connection: Connection, tx_ids: list[UUID]) -> list[LedgerRecord]:
    """These escalated decisions and their answers."""
    async with connection.cursor(row_factory=class_row(LedgerRecord)) as cursor:
        await cursor.execute(
            f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE decision = 'escalated' AND tx_id = ANY(%s) "
            f"UNION ALL SELECT {LEDGER_COLUMNS} FROM ledger WHERE kind = 'human' AND parent_tx = ANY(%s)",
            (tx_ids, tx_ids),
        )
        return await cursor.fetchall()
