"""An open workshop: a studio, its crew and the durable engine of this process, for whoever makes pieces."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chimera.bootstrap.crew import open_crew
from chimera.bootstrap.money import tune_interpreter
from chimera.bootstrap.roster import one_of_each, open_roster
from chimera.bootstrap.studio import Studio
from chimera.core.errors import EngineUnavailable
from chimera.core.progress import Progress
from chimera.core.vocabulary import Role
from chimera.pipeline.crew import Crew
from chimera.pipeline.host import Host, open_host
from chimera.runtime.roster.roster import Roster

if TYPE_CHECKING:
    from chimera.pipeline.durable import Durable

EVERY_ROLE = frozenset(Role)
WITHOUT_PIECES = frozenset({Role.SCOUT, Role.PLANNER})
"""A process that keeps none but these finds and orders, and has no part in making pieces."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A studio with its crew at work, and the durable engine: `engine` is None in a process that makes no pieces."""

    studio: Studio
    host: Host
    roster: Roster
    crew: Crew
    engine: "Durable | None"
    progress: Progress

    @property
    def durable(self) -> "Durable":
        """Raises:
        EngineUnavailable: this process makes no pieces.
        """
        if self.engine is None:
            raise EngineUnavailable(
                f"a process that keeps only {', '.join(sorted(WITHOUT_PIECES))} makes no pieces: give it another role"
            )
        return self.engine

    async def drain(self, seconds: float) -> bool:
        """Begin no step of a piece any more, and give those at work so long; answers whether they all ended."""
        if self.engine is None:
            await self.host.drain()
            return True
        return await self.engine.drain(seconds)


@asynccontextmanager
async def open_workshop(
    studio: Studio,
    progress: Progress,
    roles: frozenset[Role] = EVERY_ROLE,
    agents: Mapping[Role, int] | None = None,
) -> AsyncIterator[Workshop]:
    """A workshop whose process keeps `roles`: only their queues are pulled here. `agents` is how many of which role it
    hosts; one of each is there in any case, since a piece's lighter steps are done wherever its workflow is. One that
    keeps none but scout and planner has no durable engine, and takes over nobody's pieces.

    Raises:
        EngineUnavailable: every slot is taken, or an engine can't be used.
    """
    tune_interpreter()
    counts = {**one_of_each(studio), **(agents or {})}
    async with (
        open_host(studio.database.url, studio.clock, roles) as host,
        open_roster(studio, host.id, counts, takes_new=agents is not None) as roster,
        open_crew(studio, roster, progress, produces=Role.ARTIST in roles) as crew,
    ):
        if roles and roles <= WITHOUT_PIECES:
            yield Workshop(studio, host, roster, crew, None, progress)
            return
        from chimera.pipeline.content import ContentWorkflow
        from chimera.pipeline.durable import open_durable

        workflow = ContentWorkflow(crew)
        async with open_durable(
            studio.database, workflow, workflow.queued, host=host, given_up=crew.stages.fail
        ) as durable:
            yield Workshop(studio, host, roster, crew, durable, progress)
