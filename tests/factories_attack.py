"""A studio's whole front door on a real socket with real tokens, and bytes sent to it as they are."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from chimera.api.app import create_app
from chimera.api.server import bind, serve
from chimera.bootstrap.front import Front, open_front
from chimera.bootstrap.studio import Studio, open_studio
from chimera.cli.serve import beside_operations, treasury_door
from chimera.config.settings import Settings
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import PersonRole, Role
from chimera.sources.standing import StandingSource
from factories_front import well
from factories_identity import token_key_pem

ANSWER_SECONDS_MAX = 30.0
_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Served:
    """One agent or person of every role has a token."""

    studio: Studio
    front: Front
    address: str
    ids: Mapping[Role | PersonRole, UUID]
    tokens: Mapping[Role | PersonRole, str]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def client(self, role: Role | PersonRole | None) -> httpx.AsyncClient:
        headers = {} if role is None else {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=ANSWER_SECONDS_MAX)

    async def raw(self, *parts: bytes) -> bytes:
        """All that comes back for these bytes until the server closes."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                return await reader.read()
            except ConnectionError:
                return b""
            finally:
                writer.close()


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in what came back."""
    return [int(status) for status in _STATUS.findall(answer)]


@asynccontextmanager
async def open_served(database_url: str, redis_url: str, home: Path) -> AsyncIterator[Served]:
    """As `chimera serve` mounts it, in this process."""
    variables = {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "CHIMERA_HOME": str(home), "JWT_SECRET": token_key_pem(),
    }  # fmt: skip
    async with (
        open_studio(Settings.from_environment(variables), SystemClock()) as studio,
        open_front(studio, StandingSource("recorded")) as front,
    ):
        ids: dict[Role | PersonRole, UUID] = {role: await studio.agent(role) for role in Role}
        for person in PersonRole:
            ids[person] = (await studio.identity.people.add(f"Some {person}", person, None)).id
        tokens = {role: (await studio.identity.tokens.issue(subject)).access_token for role, subject in ids.items()}
        app = create_app(
            studio.channel, well, studio.clock, frozenset({"127.0.0.1"}), treasury_door(studio),
            operations=front.operations, gate=studio.identity.gate, beside=beside_operations(studio, front),
        )  # fmt: skip
        listener = bind("127.0.0.1", 0)
        serving = asyncio.create_task(serve(app, listener))
        try:
            yield Served(studio, front, f"http://127.0.0.1:{listener.getsockname()[1]}", ids, tokens)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
