"""A crew at work on an open studio: the only place where the roles are put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from chimera.agents.artist.agent import Artist
from chimera.agents.artist.production import Production
from chimera.agents.cfo.agent import Cfo
from chimera.agents.director.agent import Director
from chimera.agents.director.price_book import SECONDS_PER_HOUR, shipped_price_book
from chimera.agents.judge.agent import Judge
from chimera.agents.planner.agent import Planner
from chimera.agents.worker.agent import Worker
from chimera.bootstrap.studio import Studio
from chimera.contracts.channel_post import MediaName
from chimera.core.progress import Progress, both
from chimera.core.vocabulary import Role
from chimera.pipeline.answers import open_answers
from chimera.pipeline.callers import known_caller
from chimera.pipeline.crew import Crew
from chimera.pipeline.halt import open_halt
from chimera.pipeline.progress_events import open_progress_events
from chimera.pipeline.stages import Stages
from chimera.pipeline.telling import media_of
from chimera.pipeline.timetable import open_timetable
from chimera.platforms.local_channel.address import watch_url
from chimera.runtime.roster.roster import Roster
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
from chimera.safety.topics import sensitive_topics
from chimera.storage.blobs import FolderBlobs
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.tools.tool_session import ServerCommand
from chimera.tools.toolbox import open_toolbox


@asynccontextmanager
async def open_crew(studio: Studio, roster: Roster, progress: Progress) -> AsyncIterator[Crew]:
    """The roles at work in the name of agents of the roster, with the local media tools behind MCP."""
    price_book = shipped_price_book()
    tools = tool_server_command(studio.home)
    cfo = Cfo(studio.treasurer)
    async with (
        open_toolbox(
            tools, studio.treasurer.public_key, studio.clock, partial(known_caller, studio.database)
        ) as toolbox,
        open_answers(cfo, studio.sweep, studio.clock, studio.database.url) as answers,
        open_halt(studio.database.url, progress) as halt,
        open_timetable(studio.database, studio.clock, halt) as timetable,
        open_progress_events(studio.redis, studio.clock) as events,
    ):
        ids, database, clock = roster.assign(), studio.database, studio.clock
        yield Crew(
            agent_ids=ids,
            planner=Planner(ids[Role.PLANNER], database, clock, sensitive_topics),
            director=Director(ids[Role.DIRECTOR], database, clock, price_book),
            cfo=cfo,
            artist=Artist(
                ids[Role.ARTIST],
                database,
                studio.blobs,
                toolbox,
                clock=clock,
                work_folder=tools.root,
                usd_per_cpu_second=price_book.cpu.usd_per_cpu_hour / SECONDS_PER_HOUR,
            ),
            judge=Judge(ids[Role.JUDGE], database, clock, SafetyGateway(load_policy()).check),
            worker=Worker(
                ids[Role.WORKER],
                database,
                studio.channel,
                clock,
                media=partial(channel_media, studio.blobs),
                watch_url=watch_url,
            ),
            presence=roster,
            stages=Stages(database, clock),
            answers=answers,
            halt=halt,
            timetable=timetable,
            database=database,
            blobs=studio.blobs,
            clock=clock,
            progress=both(progress, events),
        )


def channel_media(blobs: FolderBlobs, piece: ContentRecord) -> dict[MediaName, Path]:
    """The produced files of a piece under the names they have on the channel."""
    return media_of(Production.model_validate(piece.metadata["production"]), blobs)


def tool_server_command(home: Path) -> ServerCommand:
    """How the local media tools' MCP server is started on this home."""
    return ServerCommand(root=home / "work", log=home / "logs" / "tools.log")
