"""What is remembered of agents for the risk score: bounded, incremental, each ledger row counted once."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from uuid import UUID

from chimera.treasury.scoring.agent_past import AgentPast
from chimera.treasury.scoring.pace import KNOWN_HOURS
from chimera.treasury.scoring.past_request import PastRequest
from chimera.treasury.scoring.type_price import TypePrices

__all__ = ["AGENTS_MAX", "PAST_ROWS_MAX", "PastRequest", "Pasts"]

PAST_ROWS_MAX = 256
"""Rows of an agent that `load` takes: the newest ones."""
AGENTS_MAX = 20_000
_ROWS_BETWEEN_VOTES = 8
READ_MICROS_MIN = 50_000


class Pasts:
    """The agents used last. What a type costs follows from them, so it is forgotten with them."""

    def __init__(self, agents_max: int = AGENTS_MAX) -> None:
        self._agents_max = agents_max
        self._agents: OrderedDict[UUID, AgentPast] = OrderedDict()
        self._types = TypePrices()
        self.read_from: float = READ_MICROS_MIN
        """From this amount on it is remembered what requests say; follows the day's limit."""

    def missing(self, agent_ids: Iterable[UUID]) -> set[UUID]:
        """Those of them that are not loaded."""
        return {agent_id for agent_id in agent_ids if agent_id not in self._agents}

    def load(self, agent_id: UUID, rows: Sequence[PastRequest]) -> None:
        """Take an agent's rows, oldest first; whatever was remembered of it is replaced."""
        self._drop(agent_id)
        past = self._agents[agent_id] = AgentPast()
        for row in rows[-PAST_ROWS_MAX:]:
            self._take(past, row)
        if len(rows) >= PAST_ROWS_MAX and past.pace.at(rows[-1].at_micros).hours < KNOWN_HOURS:
            past.conclude()
        while len(self._agents) > self._agents_max:
            self._drop(next(iter(self._agents)))

    def record(self, row: PastRequest) -> None:
        """Count a decided request; ignored when its seq was counted before or the agent is not loaded."""
        past = self._agents.get(row.agent_id)
        if past is None or row.seq <= past.last_seq:
            return
        self._agents.move_to_end(row.agent_id)
        self._take(past, row)

    def spoiled(self, agent_id: UUID, seq: int) -> None:
        """An approval of this agent was voided, expired, or overran; the same seq again is ignored.

        `seq` is the approval's, which also lets it be asked again; of the row that tells of it, only the error counts.
        """
        past = self._agents.get(agent_id)
        if past is not None:
            past.spoil(seq)

    def forget(self, agent_ids: Iterable[UUID]) -> None:
        """Drop what was speculated and did not happen: these agents are loaded again."""
        for agent_id in agent_ids:
            self._drop(agent_id)

    def forget_since(self, seq: int) -> None:
        """Drop every agent that has counted a row with a seq above this."""
        self.forget([agent_id for agent_id, past in self._agents.items() if past.last_seq > seq])

    def of(self, agent_id: UUID) -> AgentPast | None:
        """What is remembered of the agent; None if it is not loaded."""
        return self._agents.get(agent_id)

    def type_price(self, request_type: str) -> float:
        """What a type usually costs other agents at most, in micro-dollars; 0 while that is unknown."""
        return self._types.of(request_type)

    def _take(self, past: AgentPast, row: PastRequest) -> None:
        past.take(row, self.read_from)
        if past.approved % _ROWS_BETWEEN_VOTES == 1:
            pace = past.types.get(row.request_type)
            if pace is not None and (usual := pace.at(row.at_micros).usual_amount):
                self._types.vote(row.request_type, row.agent_id, usual)

    def _drop(self, agent_id: UUID) -> None:
        if self._agents.pop(agent_id, None) is not None:
            self._types.withdraw(agent_id)
