"""Table `ledger_key`: the public keys the ledger's rows are signed under, each for a range of rows."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from chimera.storage.database import Connection

_KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class LedgerKeyRecord:
    """Signs rows `first_seq` to `last_seq`, both included; without `last_seq` it is the current key."""

    key_id: str
    public_key: bytes
    first_seq: int
    last_seq: int | None
    created_at: datetime

    def signs(self, seq: int) -> bool:
        """Whether row `seq` lies in the key's range."""
        return self.first_seq <= seq and (self.last_seq is None or seq <= self.last_seq)


async def current_id(connection: Connection) -> str | None:
    """The id of the key that signs now; None before the first decision and after a key was retired."""
    cursor = await connection.execute("SELECT key_id FROM ledger_key WHERE last_seq IS NULL")
    row = await cursor.fetchone()
    return None if row is None else str(row["key_id"])


async def is_retired(connection: Connection, key_id: str) -> bool:
    """Whether the key signed rows once and may not sign any more."""
    cursor = await connection.execute("SELECT 1 FROM ledger_key WHERE key_id = %s AND last_seq IS NOT NULL", (key_id,))
    return await cursor.fetchone() is not None


async def insert(connection: Connection, key: LedgerKeyRecord) -> None:
    await connection.execute(
        "INSERT INTO ledger_key (key_id, public_key, first_seq, last_seq, created_at) VALUES (%s, %s, %s, %s, %s)",
        (key.key_id, key.public_key, key.first_seq, key.last_seq, key.created_at),
    )


async def all_keys(connection: Connection) -> list[LedgerKeyRecord]:
    async with connection.cursor(row_factory=class_row(LedgerKeyRecord)) as cursor:
        await cursor.execute(
            "SELECT key_id, public_key, first_seq, last_seq, created_at FROM ledger_key ORDER BY first_seq, key_id "
            "LIMIT %s",
            (_KEYS_MAX,),
        )
        return await cursor.fetchall()


async def retire(connection: Connection, key_id: str) -> None:
    """End the key's range at the ledger's last row, which the database fills in under the head's lock."""
    await connection.execute("UPDATE ledger_key SET last_seq = 0 WHERE key_id = %s AND last_seq IS NULL", (key_id,))


async def public_key_of(connection: Connection, key_id: str) -> bytes | None:
    """The public key that the ledger tells under this id."""
    cursor = await connection.execute("SELECT public_key FROM ledger_key WHERE key_id = %s", (key_id,))
    row = await cursor.fetchone()
    return None if row is None else bytes(row["public_key"])
