"""What the coordination of channels needs of the rest, put together by `bootstrap`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from chimera.agents.planner.agent import Planner
from chimera.contracts.brief import PersonalityProfile
from chimera.contracts.judgement import Thresholds
from chimera.core.clock import Clock
from chimera.core.vocabulary import Priority, Role
from chimera.sources.post import PostSource
from chimera.storage.database import Database

if TYPE_CHECKING:
    from chimera.agents.scout.agent import Scout


class Hints(Protocol):
    """Tells whoever waits for work that these tasks are queued; one that is lost costs time only."""

    async def hint(self, tasks: Iterable[tuple[UUID, Role, Priority]]) -> None: ...


class Pieces(Protocol):
    """The durable engine: one workflow a piece, begun under the piece's id as often as one likes."""

    async def start(self, content_id: UUID, order: dict[str, Any]) -> None: ...

    async def result(self, content_id: UUID) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """`scout` and `planner` give agents that speak under the id of whoever was handed the task; `planner_id` is the
    agent that plans in every round; `may_begin` is False while the studio is halted."""

    database: Database
    clock: Clock
    hints: Hints
    pieces: Pieces
    scout: "Callable[[UUID, PostSource, datetime], Scout]"
    planner: Callable[[UUID], Planner]
    planner_id: UUID
    source: Callable[[str, str | None], PostSource]
    persona: Callable[[str], PersonalityProfile]
    thresholds: Thresholds
    policy_hash: str
    may_begin: Callable[[], bool]
