"""What the dearest usual request of a type is across agents: each agent has one vote, however much it asks."""

from uuid import UUID

VOTERS_MAX = 128
VOTERS_MIN = 3


class TypePrices:
    """The newest voters of each type; their median."""

    def __init__(self) -> None:
        self._votes: dict[str, dict[UUID, float]] = {}
        self._prices: dict[str, float] = {}

    def vote(self, request_type: str, agent_id: UUID, micros: float) -> None:
        """What this agent usually pays at most."""
        votes = self._votes.setdefault(request_type, {})
        if agent_id not in votes and len(votes) >= VOTERS_MAX:
            del votes[next(iter(votes))]
        votes[agent_id] = micros
        self._count(request_type)

    def withdraw(self, agent_id: UUID) -> None:
        """An agent was forgotten, and its prices with it."""
        for request_type, votes in self._votes.items():
            if votes.pop(agent_id, None) is not None:
                self._count(request_type)

    def of(self, request_type: str) -> float:
        """In micro-dollars; 0 while fewer than three agents have paid for it."""
        return self._prices.get(request_type, 0.0)

    def _count(self, request_type: str) -> None:
        votes = self._votes[request_type]
        if len(votes) < VOTERS_MIN:
            self._prices.pop(request_type, None)
        else:
            self._prices[request_type] = sorted(votes.values())[len(votes) // 2]
