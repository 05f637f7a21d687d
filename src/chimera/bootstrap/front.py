"""The front door of an open studio: agents of its own for what is asked there and then, the desk, the operations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chimera.bootstrap.at_hand import agents_at_hand
from chimera.bootstrap.roster import open_roster
from chimera.bootstrap.studio import Studio
from chimera.core.vocabulary import Role
from chimera.pipeline.host import open_host
from chimera.runtime.operations.catalogue import all_operations
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation
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
        desk = Desk(
            home=studio.home,
            clock=studio.clock,
            database=studio.database,
            redis=studio.redis,
            blobs=studio.blobs,
            treasurer=studio.treasurer,
            own_treasury=studio.own_treasury,
            agents=agents_at_hand(studio, roster, source),
        )
        yield Front(desk, all_operations(desk))
