"""What `serve` and `worker` tell about a process: its health's probes, and a port for scrapers and probes alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from chimera.api.health import Probes, current_health
from chimera.api.operating import operating_routes
from chimera.api.operating_port import operating_port
from chimera.bootstrap.studio import Studio
from chimera.runtime.roster.live import hosted_counts
from chimera.security.decision_signature import key_id_of
from chimera.storage.database import check_connection
from chimera.storage.records import ledger_key


@asynccontextmanager
async def operated(studio: Studio, host: str, port: int) -> AsyncIterator[None]:
    """/metrics, /livez, /readyz and /health on a port of their own while the block runs.

    Raises:
        EngineUnavailable: the port can't be used.
    """
    health = current_health(probes_of(studio), studio.clock)
    async with operating_port(host, port, operating_routes(health, ready=health.ready)):
        yield


def probes_of(studio: Studio) -> Probes:
    """How each component of section 9's health is asked."""

    async def tools_answer() -> bool:
        return await (await asyncio.to_thread(_tools_question))(studio.home)

    async def database_answers() -> bool:
        return await check_connection(studio.database.url) > 0

    async def key_may_sign() -> bool:
        async with studio.database.transaction() as connection:
            return not await ledger_key.is_retired(connection, key_id_of(studio.treasurer.public_key))

    async def redis_answers() -> bool:
        return bool(await studio.redis.ping())

    return Probes(
        database=database_answers,
        redis=redis_answers,
        mcp_layer=tools_answer,
        live_agents=lambda: hosted_counts(studio.redis),
        cfo_key=key_may_sign,
    )


def _tools_question() -> Callable[[Path], Awaitable[bool]]:
    """How the media tools' server is asked; what it is asked with takes a second to load, and so is loaded when the
    first question comes."""
    from chimera.bootstrap.crew import tool_server_command
    from chimera.tools.tool_session import server_answers

    return lambda home: server_answers(tool_server_command(home))
