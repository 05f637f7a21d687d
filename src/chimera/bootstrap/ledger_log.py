"""The ledger's log on this machine: its key, its folder, and what a verification or a proof needs of it."""

from pathlib import Path
from uuid import UUID

from nacl.signing import VerifyKey

from chimera.bootstrap.money import log_folder, log_publisher
from chimera.bootstrap.studio import Studio
from chimera.config.settings import Settings
from chimera.contracts.ledger import VerificationReport
from chimera.contracts.proof import LedgerProof
from chimera.core.errors import EngineUnavailable, NotFound
from chimera.core.secret import revealed
from chimera.security.keys import cfo_public_key, cfo_signing_key, log_public_key, retired_public_keys
from chimera.storage.records import ledger, ledger_key
from chimera.treasury.log.proof import prove
from chimera.treasury.log.publisher import LogPublisher
from chimera.treasury.log.tiles import LogFolder
from chimera.treasury.verify import LogEvidence, verify_ledger


def studio_publisher(studio: Studio) -> LogPublisher:
    """Publishes the studio's ledger."""
    return log_publisher(studio.settings, studio.home, studio.database, studio.clock)


async def verify_studio_ledger(studio: Studio, promised_note: str | None = None) -> VerificationReport:
    """Verify the ledger against the keys of this home, the exported log, and a checkpoint kept elsewhere if given.

    Raises:
        EngineUnavailable: a checkpoint is given, and the log's public key is not known here.
        InvalidSignature: the checkpoint given is not signed by the log's key.
    """
    settings, home = studio.settings, studio.home
    public_key = log_public_key(home / "keys", revealed(settings.ledger_log_private_key))
    if public_key is None and promised_note is not None:
        raise EngineUnavailable(
            f"the log's public key is not known here: copy log.pub of the home that published to {home / 'keys'}"
        )
    folder = LogFolder(log_folder(settings, home))
    log = LogEvidence(public_key, folder, promised_note) if public_key else None
    trusted = (_cfo_public_key(settings, home), *retired_public_keys(home / "keys"))
    async with studio.database.transaction() as connection:
        return await verify_ledger(connection, trusted, studio.clock.now(), log)


async def prove_transaction(studio: Studio, tx_id: UUID) -> LedgerProof:
    """The proof of one row under the newest checkpoint, which is published first if the row is newer.

    Raises:
        NotFound: no such transaction.
        Conflict, EngineUnavailable: the ledger can't be published, or its folder is damaged.
    """
    publisher = studio_publisher(studio)
    async with studio.database.transaction() as connection:
        row = await ledger.get(connection, tx_id)
        public_key = await ledger_key.public_key_of(connection, row.key_id) if row else None
    if row is None or public_key is None:
        raise NotFound(
            f"the ledger has no transaction {tx_id}: `chimera ledger show` lists them", {"tx_id": str(tx_id)}
        )
    key = await publisher.log_key()
    checkpoint = await publisher.publish() or await publisher.newest()
    if checkpoint is None:
        raise EngineUnavailable(f"the checkpoint in {publisher.folder.folder} is gone: ask again")
    node = publisher.folder.nodes(checkpoint.size)
    return prove(row, VerifyKey(public_key), checkpoint, node, key)


def _cfo_public_key(settings: Settings, home: Path) -> VerifyKey:
    """The public key of the process's own CFO, or of the one it asks at CFO_URL."""
    if settings.cfo_url is None:
        return cfo_signing_key(home / "keys", revealed(settings.cfo_private_key)).verify_key
    return cfo_public_key(home / "keys", settings.cfo_public_key)
