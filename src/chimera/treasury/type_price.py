"""What a request type usually costs across agents: each agent has one vote, its own median, however much it asks."""

from typing import NamedTuple
from uuid import UUID

VOTERS_MAX = 128
_VOTES_BETWEEN = 32
_MAD_TO_SIGMA = 1.4826


class TypePrice(NamedTuple):
    """Of the logs of the agents' medians; `voters` is how many agents there are."""

    median: float
    spread: float
    voters: int


NO_PRICE = TypePrice(0.0, 0.0, 0)


class TypePrices:
    """The newest voters of each type. The median is computed again after some votes, at once while they are few."""

    def __init__(self) -> None:
        self._votes: dict[str, dict[UUID, float]] = {}
        self._prices: dict[str, TypePrice] = {}
        self._stale: dict[str, int] = {}

    def vote(self, request_type: str, agent_id: UUID, median: float) -> None:
        """An agent's median changed."""
        votes = self._votes.setdefault(request_type, {})
        if agent_id not in votes and len(votes) >= VOTERS_MAX:
            del votes[next(iter(votes))]
        votes[agent_id] = median
        self._age(request_type)

    def withdraw(self, agent_id: UUID) -> None:
        """An agent was forgotten, and its prices with it."""
        for request_type, votes in self._votes.items():
            if votes.pop(agent_id, None) is not None:
                self._age(request_type)

    def of(self, request_type: str) -> TypePrice:
        return self._prices.get(request_type, NO_PRICE)

    def _age(self, request_type: str) -> None:
        stale = self._stale.get(request_type, 0) + 1
        votes = self._votes[request_type]
        if stale < min(_VOTES_BETWEEN, len(votes)):
            self._stale[request_type] = stale
            return
        self._stale[request_type] = 0
        if not votes:
            self._prices.pop(request_type, None)
            return
        ordered = sorted(votes.values())
        middle = len(ordered) // 2
        median = ordered[middle]
        spread = sorted([abs(vote - median) for vote in ordered])[middle] * _MAD_TO_SIGMA
        self._prices[request_type] = TypePrice(median, spread, len(ordered))
