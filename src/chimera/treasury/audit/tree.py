"""The tree the rows grow, and the checkpoints that were signed of it on the way."""

from collections.abc import Sequence

from chimera.core.errors import InvalidSignature
from chimera.security.signed_note import NoteKey
from chimera.storage.records.ledger_checkpoint import LedgerCheckpointRecord
from chimera.treasury.audit.problems import ProblemCode, Problems
from chimera.treasury.log.checkpoint import Checkpoint, read_checkpoint
from chimera.treasury.log.merkle import Frontier


class TreeAudit:
    """Takes the leaves in order; `promised` is a checkpoint from elsewhere that the ledger must begin with."""

    def __init__(self, problems: Problems, log_key: NoteKey | None, promised: Checkpoint | None) -> None:
        self._problems = problems
        self._log_key = log_key
        self._promised = promised
        self.frontier = Frontier()
        if log_key and promised and promised.origin != log_key.name:
            self._found(f"the checkpoint given is of the ledger {promised.origin}, the database holds {log_key.name}")
        self.checkpoints = 0
        self._agreed_size = 0
        self._broken: list[tuple[str, int, int]] = []

    def take(self, leaves: Sequence[bytes], checkpoints: Sequence[LedgerCheckpointRecord]) -> None:
        """Grow the tree by the next leaves; `checkpoints` are the stored ones of the sizes it passes."""
        roots = {record.size: record for record in checkpoints}
        promised = self._promised
        sizes = set(roots) | ({promised.size} if promised else set())
        begin = self.frontier.size
        for size in sorted(size for size in sizes if begin < size <= begin + len(leaves)):
            self.frontier = self.frontier.append(leaves[self.frontier.size - begin : size - begin])
            if size in roots:
                self._take_stored(roots[size])
            if promised and promised.size == size:
                self._compare("the checkpoint given", size, promised.root)
        self.frontier = self.frontier.append(leaves[self.frontier.size - begin :])

    def finish(self, beyond: Sequence[LedgerCheckpointRecord]) -> None:
        """`beyond` are stored checkpoints of more rows than there are."""
        for record in beyond:
            self._too_long(f"the stored checkpoint of {record.size} rows")
        if self._promised and self._promised.size > self.frontier.size:
            self._too_long(f"the checkpoint given, of {self._promised.size} rows,")

    def blame(self, first_difference: int | None) -> None:
        """Name the checkpoints the ledger does not agree with, and the row if another copy of the leaves tells it."""
        for name, agreed, size in self._broken:
            if first_difference is not None and first_difference <= size:
                self._found(f"{name} is of other rows: row {first_difference} was changed since", first_difference)
            else:
                self._found(
                    f"{name} is of other rows: the first {size} rows were changed since, at the earliest row "
                    f"{agreed + 1}; the exported log could tell which"
                )

    def _take_stored(self, record: LedgerCheckpointRecord) -> None:
        self.checkpoints += 1
        if self._log_key is not None:
            try:
                signed = read_checkpoint(record.note, self._log_key)
            except InvalidSignature as error:
                self._found(f"the stored checkpoint of {record.size} rows: {error.message}")
                return
            if (signed.size, signed.root) != (record.size, record.root):
                self._found(f"the stored checkpoint of {record.size} rows tells other numbers than its note")
                return
        self._compare("a stored checkpoint", record.size, record.root)

    def _compare(self, name: str, size: int, root: bytes) -> None:
        if self.frontier.root() == root:
            if not self._broken:
                self._agreed_size = size
        else:
            self._broken.append((f"{name} of {size} rows", self._agreed_size, size))

    def _too_long(self, name: str) -> None:
        size = self.frontier.size
        self._found(f"{name} is longer than the ledger: rows from {size + 1} on were cut off", size + 1)

    def _found(self, message: str, seq: int | None = None) -> None:
        self._problems.found(ProblemCode.CHECKPOINT, message, seq)
