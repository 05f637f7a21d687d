"""The front door of an open studio: agents of its own for what is asked there and then, the desk, the operations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chimera.agents.director.agent import Director
from chimera.agents.director.price_book import shipped_price_book
from chimera.agents.scout.agent import Scout
from chimera.agents.scout.look import KeptLooks
from chimera.bootstrap.crew import open_roster
from chimera.bootstrap.scouting import scout_of
from chimera.bootstrap.studio import Studio
from chimera.core.vocabulary import Role
from chimera.pipeline.host import open_host
from chimera.runtime.operations.agents_at_hand import AgentsAtHand
from chimera.runtime.operations.catalogue import all_operations
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation
from chimera.sources.post import PostSource
from chimera.sources.standing import StandingSource


@dataclass(frozen=True, slots=True)
class Front:
    """What every face of this process offers."""

    desk: Desk
    operations: tuple[AnyOperation, ...]


@asynccontextmanager
async def open_front(studio: Studio, source: StandingSource) -> AsyncIterator[Front]:
    """The front door, with a scout and a director of its own, and the CFO where its key is.

    Raises:
        EngineUnavailable: too many processes are at work already.
    """
    counts = {Role.SCOUT: 1, Role.DIRECTOR: 1, Role.CFO: 0 if studio.own_treasury is None else 1}
    async with (
        open_host(studio.database.url, studio.clock, frozenset()) as host,
        open_roster(studio, host.id, counts) as roster,
    ):
        looks = KeptLooks()

        def scout(agent_id: UUID, posts: PostSource, as_of: datetime) -> Scout:
            return scout_of(studio, agent_id, posts, as_of, looks)

        director = Director(roster.assign()[Role.DIRECTOR], studio.database, studio.clock, shipped_price_book())
        desk = Desk(
            home=studio.home,
            clock=studio.clock,
            database=studio.database,
            redis=studio.redis,
            blobs=studio.blobs,
            treasurer=studio.treasurer,
            own_treasury=studio.own_treasury,
            agents=AgentsAtHand(roster, source, scout, director),
        )
        yield Front(desk, all_operations(desk))
