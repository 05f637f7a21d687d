"""The composition root: settings in, an open studio out. The only module that knows which engine runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from redis.asyncio import Redis

from chimera.agents.artist.agent import Artist
from chimera.agents.artist.production import Production
from chimera.agents.cfo.agent import Cfo
from chimera.agents.director.agent import Director
from chimera.agents.director.price_book import SECONDS_PER_HOUR, shipped_price_book
from chimera.agents.judge.agent import Judge
from chimera.agents.planner.agent import Planner
from chimera.agents.worker.agent import Worker
from chimera.config.settings import Settings
from chimera.contracts.channel_post import MediaName
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable
from chimera.core.identity import new_id
from chimera.core.progress import Progress
from chimera.core.vocabulary import Role
from chimera.pipeline.crew import Crew
from chimera.pipeline.stages import Stages
from chimera.platforms.local_channel.address import watch_url
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.presence import Presence
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
from chimera.safety.topics import sensitive_topics
from chimera.security.keys import cfo_signing_key
from chimera.storage.blobs import FolderBlobs
from chimera.storage.database import Database, open_database
from chimera.storage.engines.opening import open_engines
from chimera.storage.migrate import migrate
from chimera.storage.records import agents
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.tools.tool_session import ServerCommand
from chimera.tools.toolbox import open_toolbox
from chimera.treasury.approving import SpendingPolicy
from chimera.treasury.treasury import Treasury

REDIS_SECONDS_MAX = 5.0
CAPABILITIES: Mapping[Role, tuple[str, ...]] = {
    Role.SCOUT: ("internal.agent.scout.analyze",),
    Role.PLANNER: ("choose",),
    Role.DIRECTOR: ("internal.agent.director.create_brief",),
    Role.CFO: ("internal.agent.cfo.approve",),
    Role.ARTIST: ("internal.agent.artist.produce",),
    Role.JUDGE: ("review",),
    Role.WORKER: ("publish",),
}


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything open that the commands share."""

    settings: Settings
    clock: Clock
    home: Path
    database: Database
    redis: Redis
    blobs: FolderBlobs
    channel: LocalChannel
    agent_ids: Mapping[Role, UUID]
    treasury: Treasury
    presence: Presence


@asynccontextmanager
async def open_studio(settings: Settings, clock: Clock) -> AsyncIterator[Studio]:
    """The studio on its engines, migrated, with one agent of each role; closed again when the block ends.

    Raises:
        EngineUnavailable: the home or an engine can't be used; the message says what to do.
    """
    home = _home(settings)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(open_engines(home, settings.database_url, settings.redis_url))
        await migrate(urls.database_url)
        database = await stack.enter_async_context(open_database(urls.database_url))
        redis = Redis.from_url(urls.redis_url, socket_timeout=REDIS_SECONDS_MAX)
        stack.push_async_callback(redis.aclose)
        agent_ids = await _ensure_agents(database, clock)
        treasury = Treasury(
            database=database,
            redis=redis,
            clock=clock,
            key=cfo_signing_key(home / "keys", settings.cfo_private_key),
            cfo_agent_id=agent_ids[Role.CFO],
            policy=SpendingPolicy(limits=settings.budget_limit, hurdle_rate=settings.min_roi_hurdle_rate),
        )
        yield Studio(
            settings=settings,
            clock=clock,
            home=home,
            database=database,
            redis=redis,
            blobs=FolderBlobs(home / "media"),
            channel=LocalChannel(home / "channel"),
            agent_ids=agent_ids,
            treasury=treasury,
            presence=Presence(redis, database, clock, agent_ids),
        )


def _home(settings: Settings) -> Path:
    home = settings.chimera_home
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise EngineUnavailable(
            f"the home folder {home} can't be made ({error.strerror}): set CHIMERA_HOME to a writable place",
            {"home": str(home)},
        ) from error
    return home


async def _ensure_agents(database: Database, clock: Clock) -> dict[Role, UUID]:
    async with database.transaction() as connection:
        return {
            role: await agents.ensure(connection, role, list(capabilities), new_id(clock))
            for role, capabilities in CAPABILITIES.items()
        }


@asynccontextmanager
async def open_crew(studio: Studio, progress: Progress) -> AsyncIterator[Crew]:
    """One agent of each role at work, with the local media tools behind MCP."""
    price_book = shipped_price_book()
    tools = _tool_server_command(studio.home)
    async with open_toolbox(tools, studio.treasury.public_key, studio.clock) as toolbox:
        await studio.presence.announce()
        ids, database, clock = studio.agent_ids, studio.database, studio.clock
        yield Crew(
            agent_ids=ids,
            planner=Planner(ids[Role.PLANNER], database, clock, sensitive_topics),
            director=Director(ids[Role.DIRECTOR], database, clock, price_book),
            cfo=Cfo(studio.treasury),
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
            presence=studio.presence,
            stages=Stages(database, clock),
            database=database,
            blobs=studio.blobs,
            clock=clock,
            progress=progress,
        )


def channel_media(blobs: FolderBlobs, piece: ContentRecord) -> dict[MediaName, Path]:
    """The produced files of a piece under the names they have on the channel."""
    production = Production.model_validate(piece.metadata["production"])
    return {
        "video.mp4": blobs.path(production.video_url),
        "thumbnail.jpg": blobs.path(production.thumbnail_url),
        "captions.vtt": blobs.path(production.captions_vtt_url),
        "captions.srt": blobs.path(production.captions_srt_url),
    }


def _tool_server_command(home: Path) -> ServerCommand:
    return ServerCommand(root=home / "work", log=home / "logs" / "tools.log")
