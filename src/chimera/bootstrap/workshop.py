"""An open workshop: a studio, its crew and the durable engine of this process, for whoever makes pieces."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chimera.bootstrap.crew import open_crew
from chimera.bootstrap.money import tune_interpreter
from chimera.bootstrap.roster import one_of_each, open_roster
from chimera.bootstrap.studio import Studio
from chimera.core.progress import Progress
from chimera.core.vocabulary import Role
from chimera.pipeline.content import ContentWorkflow
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable, open_durable
from chimera.pipeline.host import Host, open_host
from chimera.runtime.roster.roster import Roster

EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Workshop:
    """A studio with its crew and durable engine at work."""

    studio: Studio
    host: Host
    roster: Roster
    crew: Crew
    durable: Durable
    progress: Progress


@asynccontextmanager
async def open_workshop(
    studio: Studio,
    progress: Progress,
    roles: frozenset[Role] = EVERY_ROLE,
    agents: Mapping[Role, int] | None = None,
) -> AsyncIterator[Workshop]:
    """A workshop whose process keeps `roles`: only their queues are pulled here. `agents` is how many of which role it
    hosts; one of each is there in any case, since a piece's lighter steps are done wherever its workflow is.

    Raises:
        EngineUnavailable: every slot is taken, or an engine can't be used.
    """
    tune_interpreter()
    counts = {**one_of_each(studio), **(agents or {})}
    async with (
        open_host(studio.database.url, studio.clock, roles) as host,
        open_roster(studio, host.id, counts, takes_new=agents is not None) as roster,
        open_crew(studio, roster, progress) as crew,
    ):
        workflow = ContentWorkflow(crew)
        async with open_durable(
            studio.database, workflow, workflow.queued, host=host, given_up=crew.stages.fail
        ) as durable:
            yield Workshop(studio, host, roster, crew, durable, progress)
