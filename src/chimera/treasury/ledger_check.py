"""The ledger verified piece by piece: so many rows at a time, from where the last part ended, in bounded time.

Each row is checked by itself and against the tree; what follows from all rows together (budget lines, open holds) only
`treasury/verify.py` checks, which reads the whole ledger.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nacl.signing import VerifyKey

from chimera.contracts.ledger import LedgerProblem
from chimera.security.signed_note import NoteKey
from chimera.storage.database import Connection
from chimera.storage.records import ledger, ledger_checkpoint, ledger_key
from chimera.storage.records.ledger import LedgerHead
from chimera.storage.records.ledger_checkpoint import LedgerCheckpointRecord
from chimera.storage.records.ledger_key import LedgerKeyRecord
from chimera.storage.records.ledger_text import StoredRow, row_page
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.audit.rows import RowAudit
from chimera.treasury.audit.tree import TreeAudit
from chimera.treasury.log.checkpoint import origin_of
from chimera.treasury.log.merkle import Frontier


@dataclass(frozen=True, slots=True)
class Trusted:
    """Only signatures under these keys count; without the log's key only the roots of checkpoints are compared."""

    decisions: Collection[VerifyKey]
    log: VerifyKey | None = None


@dataclass(frozen=True, slots=True)
class PartCheck:
    """What was found. `frontier` is the tree of all rows up to here: the next part goes on from it, now or later.

    `complete`: the rows reach the ledger's end as it stood, and the tree agrees with its head.
    """

    frontier: Frontier
    rows: int
    ledger_size: int
    complete: bool
    checkpoints: int
    first_bad_seq: int | None
    problems_found: int
    problems: tuple[LedgerProblem, ...]


async def check_rows(connection: Connection, trusted: Trusted, passed: Frontier, limit: int) -> PartCheck:
    """Check the next `limit` rows behind those that `passed`, and the tree they grow; changes nothing.

    `connection` must be in a fresh transaction.
    """
    await ledger.read_one_snapshot(connection)
    registered = await ledger_key.all_keys(connection)
    head = await ledger.head(connection)
    rows = await row_page(connection, passed.size, limit)
    stored = await ledger_checkpoint.between(connection, passed.size, passed.size + len(rows), len(rows))
    part = _Part(passed, rows, stored, registered, head)
    return await asyncio.to_thread(_checked, part, trusted)


@dataclass(frozen=True, slots=True)
class _Part:
    passed: Frontier
    rows: Sequence[StoredRow]
    checkpoints: Sequence[LedgerCheckpointRecord]
    registered: Sequence[LedgerKeyRecord]
    head: LedgerHead | None


def _checked(part: _Part, trusted: Trusted) -> PartCheck:
    problems = Problems()
    audit = RowAudit(problems, trusted.decisions, part.registered)
    audit.last_seq = part.passed.size
    key = NoteKey(origin_of(part.head.ledger_id), trusted.log) if trusted.log and part.head else None
    tree = TreeAudit(problems, key, None)
    tree.frontier = part.passed
    tree.take([leaf.hash for leaf, _ in map(audit.take, part.rows)], part.checkpoints)
    tree.blame(None)
    size = part.head.size if part.head else 0
    complete = tree.frontier.size >= size
    if complete and (part.head is None or (size, part.head.frontier) != _of(tree.frontier)):
        problems.found(ProblemCode.TREE, f"the ledger's head tells another tree of {size} rows than its rows make")
    return PartCheck(
        frontier=tree.frontier,
        rows=len(part.rows),
        ledger_size=size,
        complete=complete,
        checkpoints=tree.checkpoints,
        first_bad_seq=problems.first_bad_seq,
        problems_found=problems.count,
        problems=tuple(problems.shown),
    )


def _of(frontier: Frontier) -> tuple[int, bytes]:
    return frontier.size, frontier.to_bytes()
