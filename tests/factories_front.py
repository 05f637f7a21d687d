"""A studio's front door on a real socket, and callers whose tokens it knows."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from chimera.api.app import Beside, create_app
from chimera.api.requests import Requests
from chimera.api.server import bind, serve
from chimera.bootstrap.front import Front, open_front
from chimera.bootstrap.studio import Studio, open_studio
from chimera.config.settings import Settings
from chimera.contracts.health import Health, HealthComponents
from chimera.core.clock import Clock, SystemClock
from chimera.core.errors import Unauthenticated
from chimera.core.vocabulary import ComponentHealth, PersonRole, Role
from chimera.mcp.http import PATH as MCP_PATH
from chimera.mcp.http import open_http_face
from chimera.runtime.roster.capabilities import CAPABILITIES
from chimera.security.permissions import Caller
from chimera.sources.standing import StandingSource
from chimera.storage.records import agents


class KnownTokens:
    """A gate whose tokens are written down."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self.callers = dict(callers)

    async def caller(self, token: str) -> Caller:
        if token not in self.callers:
            raise Unauthenticated("no token of ours")
        return self.callers[token]


@dataclass(frozen=True, slots=True)
class House:
    """The door's `address`; a caller's token is its role's name."""

    studio: Studio
    front: Front
    gate: KnownTokens
    address: str

    def client(self, role: Role | PersonRole | None) -> httpx.AsyncClient:
        headers = {} if role is None else {"Authorization": f"Bearer {role.value}"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=30)

    def id_of(self, role: Role | PersonRole) -> UUID:
        return self.gate.callers[role.value].id


async def well() -> Health:
    """A studio in the best of health."""
    good = ComponentHealth.HEALTHY
    components = HealthComponents(database=good, redis=good, mcp_layer=good, agents={})
    return Health(status=good, components=components, timestamp=SystemClock().now())


@asynccontextmanager
async def open_house(
    database_url: str, redis_url: str, home: Path, *, clock: Clock | None = None, source: str = "recorded"
) -> AsyncIterator[House]:
    """The front door of a new studio, known to one agent or person of every role."""
    variables = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "CHIMERA_HOME": str(home)}
    settings = Settings.from_environment(variables)
    clock = clock or SystemClock()
    async with (
        open_studio(settings, clock) as studio,
        open_front(studio, StandingSource(source)) as front,
        open_http_face(front.operations, clock) as mcp,
    ):
        gate = KnownTokens({role.value: Caller(await _agent(studio, role), role) for role in Role})
        gate.callers |= {role.value: Caller(uuid4(), role, name=role.value) for role in PersonRole}
        app = create_app(
            studio.channel,
            well,
            clock,
            frozenset({"127.0.0.1"}),
            operations=front.operations,
            gate=gate,
            beside=Beside(faces={MCP_PATH: mcp}, requests=Requests.of(front.desk, front.feed)),
        )
        listener = bind("127.0.0.1", 0)
        serving = asyncio.create_task(serve(app, listener))
        try:
            yield House(studio, front, gate, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _agent(studio: Studio, role: Role) -> UUID:
    async with studio.database.transaction() as connection:
        return await agents.ensure(connection, role, list(CAPABILITIES[role]), uuid4())
