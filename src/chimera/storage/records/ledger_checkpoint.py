"""Table `ledger_checkpoint`: the signed sizes and roots the ledger's tree had."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from chimera.storage.database import Connection


@dataclass(frozen=True, slots=True)
class LedgerCheckpointRecord:
    """The first `size` rows have the Merkle root `root`; `note` is the checkpoint that says so."""

    size: int
    root: bytes
    note: str
    created_at: datetime


async def insert(connection: Connection, checkpoint: LedgerCheckpointRecord) -> None:
    """Keep the checkpoint, unless there is one of this size already."""
    await connection.execute(
        "INSERT INTO ledger_checkpoint (size, root, note, created_at) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (size) DO NOTHING",
        (checkpoint.size, checkpoint.root, checkpoint.note, checkpoint.created_at),
    )


async def between(connection: Connection, above: int, up_to: int | None, limit: int) -> list[LedgerCheckpointRecord]:
    """The checkpoints of a size above `above` and at most `up_to`, smallest first."""
    async with connection.cursor(row_factory=class_row(LedgerCheckpointRecord)) as cursor:
        await cursor.execute(
            "SELECT size, root, note, created_at FROM ledger_checkpoint "
            "WHERE size > %s AND (%s::bigint IS NULL OR size <= %s) ORDER BY size LIMIT %s",
            (above, up_to, up_to, limit),
        )
        return await cursor.fetchall()


async def root_of(connection: Connection, size: int) -> bytes | None:
    """The root that was signed for this size, if any was."""
    cursor = await connection.execute("SELECT root FROM ledger_checkpoint WHERE size = %s", (size,))
    row = await cursor.fetchone()
    return None if row is None else bytes(row["root"])
