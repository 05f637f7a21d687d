"""How long the proof of one row takes: made from exported tiles, then checked with nothing but itself and the keys."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey, VerifyKey

from chimera.core.clock import SystemClock
from chimera.core.errors import InternalError
from chimera.storage.database import open_database
from chimera.storage.records import ledger
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury.log.proof import check, prove
from chimera.treasury.log.publisher import LogPublisher

_ROWS = 200


@dataclass(frozen=True, slots=True)
class Proven:
    """Medians over some rows."""

    make_ms: float
    check_ms: float


async def time_proofs(url: str, cfo_key: VerifyKey) -> Proven:
    """Publish the ledger into a temporary folder, and prove its newest rows.

    Raises:
        InternalError: the ledger is empty, or a proof does not hold.
    """
    key = SigningKey.generate()
    with tempfile.TemporaryDirectory(prefix="chimera-bench-log-") as folder:
        async with open_database(url) as database:
            publisher = LogPublisher(database=database, key=key, folder=Path(folder), clock=SystemClock())
            checkpoint = await publisher.publish()
            log_key = await publisher.log_key()
            async with database.transaction() as connection:
                rows: Sequence[LedgerRecord] = await ledger.newest(connection, _ROWS, None)
        if checkpoint is None:
            raise InternalError("the benchmark's ledger is empty")
        made, checked = [], []
        for row in rows:
            begun_at = time.perf_counter()
            proof = prove(row, cfo_key, checkpoint, publisher.folder.nodes(checkpoint.size), log_key)
            made_at = time.perf_counter()
            report = check(proof, (cfo_key, key.verify_key))
            checked.append(time.perf_counter() - made_at)
            made.append(made_at - begun_at)
            if not report.ok:
                raise InternalError(f"the proof of row {row.seq} does not hold: {report.verdict}")
    return Proven(statistics.median(made) * 1000, statistics.median(checked) * 1000)
