"""What is remembered of agents for the risk score: bounded, incremental, each ledger row counted once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

PAST_ROWS_MAX = 256
"""Rows of an agent that `load` takes: the newest ones."""

AGENTS_MAX = 20_000


class PastRequest(NamedTuple):
    """One decided request, from the ledger or just decided; `roi_hundredths` 0 means unknown."""

    seq: int
    agent_id: UUID
    request_type: str
    cost_micros: int
    justification: str
    at_micros: int
    decision: str
    roi_hundredths: int = 0
    spoiled: bool = False
    """The approval was voided, expired or overran."""


class Pasts:
    """What is remembered of the agents used last."""

    def __init__(self, agents_max: int = AGENTS_MAX) -> None:
        raise NotImplementedError

    def missing(self, agent_ids: Iterable[UUID]) -> set[UUID]:
        """Those of them that are not loaded."""
        raise NotImplementedError

    def load(self, agent_id: UUID, rows: Sequence[PastRequest]) -> None:
        """Take an agent's rows, oldest first; whatever was remembered of it is replaced."""
        raise NotImplementedError

    def record(self, row: PastRequest) -> None:
        """Count a decided request; ignored when its seq was counted before or the agent is not loaded."""
        raise NotImplementedError

    def spoiled(self, agent_id: UUID, seq: int) -> None:
        """An approval of this agent was voided, expired, or overran."""
        raise NotImplementedError

    def forget(self, agent_ids: Iterable[UUID]) -> None:
        """Drop what was speculated and did not happen: these agents are loaded again."""
        raise NotImplementedError

    def forget_since(self, seq: int) -> None:
        """Drop every agent that has counted a row with a seq above this."""
        raise NotImplementedError
