"""Publishes the ledger: a signed checkpoint of the rows there are, and the rows themselves, outside the database."""

import asyncio
from pathlib import Path

import psycopg
from nacl.signing import SigningKey

from chimera.core.clock import Clock
from chimera.core.errors import Conflict, EngineUnavailable
from chimera.security.decision_signature import canonical
from chimera.security.signed_note import NoteKey
from chimera.storage.database import Connection, Database
from chimera.storage.engines.lock import FileLock
from chimera.storage.records import ledger, ledger_checkpoint
from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.ledger_checkpoint import LedgerCheckpointRecord
from chimera.storage.records.ledger_text import leaf_page
from chimera.treasury.log.checkpoint import Checkpoint, origin_of, read_checkpoint, signed_checkpoint
from chimera.treasury.log.export_tiles import TileExport, exported_root
from chimera.treasury.log.merkle import Frontier, leaf_data, leaf_hash
from chimera.treasury.log.tiles import LogFolder

PUBLISH_SECONDS_MIN = 1.0
"""How long whoever keeps publishing waits between two checkpoints."""
_LOCK_SECONDS_MAX = 10.0
_LOCK_POLL_SECONDS = 0.02
_PAGE_ROWS = 1024


class LogPublisher:
    """Any number of processes may publish the same ledger: a file lock in the folder lets one at a time."""

    def __init__(self, *, database: Database, key: SigningKey, folder: Path, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self.folder = LogFolder(folder)

    async def publish(self) -> Checkpoint | None:
        """Sign and export what came since the last checkpoint; None if nothing did.

        Raises:
            Conflict: the ledger is not the one that was exported, or no longer begins with it; nothing is overwritten.
            EngineUnavailable: the database or the folder can't be used, or the folder is damaged.
        """
        lock = await self._lock()
        try:
            async with self._database.transaction() as connection:
                await ledger.read_one_snapshot(connection)
                checkpoint = await self._export(connection)
            if checkpoint is None:
                return None
            async with self._database.transaction() as connection:
                await self._store(connection, checkpoint)
            await asyncio.to_thread(self.folder.write_checkpoint, checkpoint.note)
        except psycopg.OperationalError as error:
            raise EngineUnavailable(
                f"the ledger can't be read, so no checkpoint is published: {str(error).strip()}. See `chimera doctor`"
            ) from error
        finally:
            lock.close()
        return checkpoint

    async def newest(self) -> Checkpoint | None:
        """The newest checkpoint in the folder; None before the first."""
        note = self.folder.checkpoint()
        return None if note is None else read_checkpoint(note, await self.log_key())

    async def log_key(self) -> NoteKey:
        """The key this process signs the ledger's checkpoints under."""
        async with self._database.transaction() as connection:
            return self._key_of(_present(await ledger.head(connection)))

    async def _export(self, connection: Connection) -> Checkpoint | None:
        head = _present(await ledger.head(connection))
        exported = self._exported(head)
        size = exported.size if exported else 0
        root = _root_of(head)
        if head.size < size or (exported and head.size == size and root != exported.root):
            raise _rewritten(f"the ledger tells {head.size} rows, {size} were exported")
        if head.size == size:
            return None
        export = await asyncio.to_thread(TileExport, self.folder, size)
        while export.size < head.size:
            await self._export_page(connection, export)
        if export.frontier.root() != root:
            raise _rewritten(f"the first {head.size} rows have another root than the ledger's head tells")
        await asyncio.to_thread(export.finish)
        return signed_checkpoint(origin_of(head.ledger_id), head.size, root, self._key)

    async def _export_page(self, connection: Connection, export: TileExport) -> None:
        rows = await leaf_page(connection, export.size, _PAGE_ROWS)
        if not rows or rows[0].seq != export.size + 1 or rows[-1].seq != export.size + len(rows):
            raise _rewritten(f"row {export.size + 1} or one of the next is missing")
        entries = [leaf_data(canonical(row.payload), row.signature) for row in rows]
        for row, entry in zip(rows, entries, strict=True):
            if leaf_hash(entry) != row.leaf_hash:
                raise _rewritten(f"row {row.seq} does not hash to its leaf")
        await asyncio.to_thread(export.take, entries)

    def _exported(self, head: LedgerHead) -> Checkpoint | None:
        """The folder's checkpoint, once its signature and its tiles hold."""
        note = self.folder.checkpoint()
        if note is None:
            return None
        exported = read_checkpoint(note, self._key_of(head))
        if exported.size and exported_root(self.folder, exported.size) != exported.root:
            raise self.folder.damaged("its tiles do not have the root of its checkpoint")
        return exported

    async def _store(self, connection: Connection, checkpoint: Checkpoint) -> None:
        record = LedgerCheckpointRecord(checkpoint.size, checkpoint.root, checkpoint.note, self._clock.now())
        await ledger_checkpoint.insert(connection, record)
        if await ledger_checkpoint.root_of(connection, checkpoint.size) != checkpoint.root:
            raise _rewritten(f"another root of {checkpoint.size} rows was signed before")

    def _key_of(self, head: LedgerHead) -> NoteKey:
        return NoteKey(origin_of(head.ledger_id), self._key.verify_key)

    async def _lock(self) -> FileLock:
        folder = self.folder.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / ".lock")
        except OSError as error:
            raise EngineUnavailable(
                f"{folder} can't be written ({error.strerror}): set LEDGER_LOG_FOLDER to a writable place"
            ) from error
        for _ in range(int(_LOCK_SECONDS_MAX / _LOCK_POLL_SECONDS)):
            if lock.try_exclusive():
                return lock
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        lock.close()
        raise EngineUnavailable(
            f"another process has been publishing the ledger into {folder} for {_LOCK_SECONDS_MAX:.0f} s: "
            "what is not published yet goes with the next checkpoint"
        )


def _root_of(head: LedgerHead) -> bytes:
    try:
        return Frontier.from_bytes(head.size, head.frontier).root()
    except ValueError as error:
        raise _rewritten("the head's frontier does not fit its size") from error


def _present(head: LedgerHead | None) -> LedgerHead:
    if head is None:
        raise Conflict("the ledger's head is gone: restore the database from a backup")
    return head


def _rewritten(what: str) -> Conflict:
    return Conflict(
        f"the ledger does not extend what was published of it: {what}. Nothing was overwritten; "
        "`chimera ledger verify` names the first bad row"
    )
