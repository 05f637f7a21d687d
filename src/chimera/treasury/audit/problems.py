"""What was found wrong, and the first row that is to blame."""

from enum import StrEnum

from chimera.contracts.ledger import LedgerProblem

PROBLEMS_SHOWN_MAX = 100
_MESSAGE_CHARACTERS_MAX = 500


class ProblemCode(StrEnum):
    """What can be wrong with a ledger."""

    SEQUENCE = "SEQUENCE"
    HEAD = "HEAD"
    KEY = "KEY"
    SIGNATURE = "SIGNATURE"
    COLUMN = "COLUMN"
    LEAF = "LEAF"
    RULE = "RULE"
    PARENT = "PARENT"
    TREE = "TREE"
    CHECKPOINT = "CHECKPOINT"
    EXPORT = "EXPORT"
    BUDGET = "BUDGET"
    HOLD = "HOLD"
    ESCALATION = "ESCALATION"
    PAUSE = "PAUSE"


class Problems:
    """Counts every problem, keeps the first hundred."""

    def __init__(self) -> None:
        self.count = 0
        self.shown: list[LedgerProblem] = []
        self.first_bad_seq: int | None = None

    def found(self, code: ProblemCode, message: str, seq: int | None = None) -> None:
        """Add a problem; `seq` names the row that is to blame, if one is."""
        self.count += 1
        if seq is not None:
            self.first_bad_seq = seq if self.first_bad_seq is None else min(self.first_bad_seq, seq)
        if len(self.shown) < PROBLEMS_SHOWN_MAX:
            self.shown.append(LedgerProblem(code=code.value, message=message[:_MESSAGE_CHARACTERS_MAX], seq=seq))
