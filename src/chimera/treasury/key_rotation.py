"""Retires the CFO's key and begins a new one: old rows go on verifying, and a stop at any step can be gone on from."""

from dataclasses import dataclass
from pathlib import Path

from nacl.signing import VerifyKey

from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable, Forbidden
from chimera.security.decision_signature import key_id_of
from chimera.security.keys import (
    CFO_KEY,
    RETIRED_FOLDER,
    cfo_signing_key,
    new_private_pem,
    public_pem,
    read_private_key,
    write_once,
)
from chimera.storage.database import Database
from chimera.storage.records import ledger, ledger_key
from chimera.storage.records.ledger_key import LedgerKeyRecord

NEXT_KEY_FILE = "cfo.next.pem"


@dataclass(frozen=True, slots=True)
class Rotation:
    """`retired_file` keeps the old public key. Without `new_key_id` the new key is yet to be configured."""

    old_key_id: str
    new_key_id: str | None
    retired_file: Path


async def rotate_cfo_key(database: Database, keys_folder: Path, configured: str | None, clock: Clock) -> Rotation:
    """Replace the CFO's key, or go on with a replacement that was stopped.

    The new key is on disk before the ledger knows it, and the ledger changes keys in one transaction under the head's
    lock. From then on a process that still signs under the old key is refused, until it is started anew. A key in
    CFO_PRIVATE_KEY (`configured`) can't be replaced from here: it is retired, and the next key that decides is taken.

    Raises:
        Forbidden: the key here is not the ledger's current one.
        EngineUnavailable: a file can't be written.
    """
    old = cfo_signing_key(keys_folder, configured).verify_key
    retired_file = keys_folder / RETIRED_FOLDER / f"{key_id_of(old)}.pub"
    write_once(retired_file, public_pem(old), mode=0o644)
    if configured is not None:
        await _change_in_ledger(database, old, None, clock)
        return Rotation(key_id_of(old), None, retired_file)
    next_file = keys_folder / NEXT_KEY_FILE
    write_once(next_file, new_private_pem(), mode=0o600)
    new = read_private_key(next_file).verify_key
    await _change_in_ledger(database, old, new, clock)
    _change_files(keys_folder, next_file)
    cfo_signing_key(keys_folder, None)
    return Rotation(key_id_of(old), key_id_of(new), retired_file)


async def _change_in_ledger(database: Database, old: VerifyKey, new: VerifyKey | None, clock: Clock) -> None:
    async with database.transaction() as connection:
        head = await ledger.lock_head(connection)
        if head is None:
            raise EngineUnavailable("the ledger's head is gone: restore the database from a backup")
        current = await ledger_key.current_id(connection)
        if new is not None and current == key_id_of(new):
            return
        if current is not None and current != key_id_of(old):
            raise Forbidden(
                f"the ledger's current key is {current}, the one here is {key_id_of(old)}: run this where the current "
                "key is kept",
                {"key_id": key_id_of(old), "current_key_id": current},
            )
        if current is not None:
            await ledger_key.retire(connection, current)
        if new is not None:
            key = LedgerKeyRecord(key_id_of(new), bytes(new), head.size + 1, None, clock.now())
            await ledger_key.insert(connection, key)


def _change_files(keys_folder: Path, next_file: Path) -> None:
    """The public key goes first: one that does not fit its private key would be taken for damage."""
    try:
        (keys_folder / CFO_KEY.public_file).unlink(missing_ok=True)
        next_file.replace(keys_folder / CFO_KEY.private_file)
    except OSError as error:
        raise EngineUnavailable(
            f"{keys_folder} can't be changed ({error.strerror}): mend it and run `chimera ledger rotate-key` again",
            {"path": str(keys_folder)},
        ) from error
