"""Things that can be read and changed as MCP tools on a real socket, and the SDK's own client at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import Field

from chimera.api.app import Beside, create_app
from chimera.api.server import bind, serve
from chimera.contracts.contract import Contract, Usd
from chimera.core.clock import FixedClock
from chimera.core.errors import NotFound
from chimera.core.vocabulary import Role
from chimera.mcp.http import PATH, open_http_face
from chimera.platforms.local_channel.channel import LocalChannel
from chimera.runtime.operations.operation import AnyOperation, Call, Operation
from chimera.runtime.operations.tags import require_seen
from chimera.security.permissions import Caller, Permission
from factories_front import KnownTokens, well

NOW = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
THING = UUID("018f2c4e-7b1a-7c3d-9e5f-0123456789ab")


class ThingNamed(Contract):
    thing_id: UUID


class ThingChange(ThingNamed):
    price: Annotated[Usd, Field(gt=0, decimal_places=25, max_digits=30)]


class Meeting(Contract):
    together: int = 1


class Terms(Contract):
    hold_seconds: Annotated[int, Field(gt=0)] | None = None


class Thing(Contract):
    thing_id: UUID
    price: Usd


class Told(Contract):
    caller: UUID
    words: str


class Later(Contract):
    task_id: UUID


@dataclass
class Shop:
    """The things, and who meets in it."""

    price: Decimal = Decimal("0.10")
    present: int = 0
    met: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def show(self, _call: Call, asked: ThingNamed) -> Thing:
        if asked.thing_id != THING:
            raise NotFound(f"there is no thing {asked.thing_id}", {"thing_id": str(asked.thing_id)})
        return Thing(thing_id=asked.thing_id, price=self.price)

    async def change(self, call: Call, asked: ThingChange) -> Thing:
        require_seen(await self.show(call, asked), call.if_match)
        self.price = asked.price
        return await self.show(call, asked)

    async def meet(self, call: Call, asked: Meeting) -> Told:
        """Who calls, once so many are here at once."""
        async with self.met, asyncio.timeout(30):
            self.present += 1
            self.met.notify_all()
            await self.met.wait_for(lambda: self.present >= asked.together)
        hold = call.terms.hold_seconds if isinstance(call.terms, Terms) else None
        return Told(caller=call.caller.id, words=f"held for {hold}")

    async def produce(self, _call: Call, asked: ThingNamed) -> Thing | Later:
        return Later(task_id=asked.thing_id)

    async def fail(self, _call: Call, _asked: Meeting) -> Told:
        raise RuntimeError("a secret of ours")

    def operations(self) -> tuple[AnyOperation, ...]:
        return (
            Operation(
                "things.show", "Show a thing.", "GET", "/v1/things/{thing_id}", ThingNamed, Thing, self.show,
                Permission.READ_TRENDS, (NotFound,), tagged=True,
            ),
            Operation(
                "things.change", "Change a thing.", "PUT", "/v1/things/{thing_id}", ThingChange, Thing, self.change,
                Permission.WRITE_TRENDS,
            ),
            Operation(
                "internal.agent.cfo.approve", "Meet.", "POST", "/v1/internal.agent.cfo.approve", Meeting, Told,
                self.meet, None, terms=Terms,
            ),
            Operation(
                "internal.agent.artist.produce", "Make it.", "POST", "/v1/internal.agent.artist.produce", ThingNamed,
                Thing, self.produce, None, accepted=Later,
            ),
            Operation("things.fail", "Fail.", "POST", "/v1/things", Meeting, Told, self.fail, Permission.READ_TRENDS),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stall:
    """The shop's address, and who is known there by which token."""

    address: str
    shop: Shop
    gate: KnownTokens

    def connected(self, token: str, mode: str = "auto") -> AbstractAsyncContextManager[Client]:
        return connected(self.address, token, mode)

    def http(self, token: str | None) -> httpx2.AsyncClient:
        return http_client(self.address, token)


def http_client(address: str, token: str | None) -> httpx2.AsyncClient:
    """A bare client that a token travels with."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx2.AsyncClient(base_url=address, headers=headers, timeout=60)


@asynccontextmanager
async def connected(address: str, token: str, mode: str = "auto") -> AsyncIterator[Client]:
    """The SDK's client."""
    async with http_client(address, token) as http:
        transport = streamable_http_client(f"{address}{PATH}", http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
            yield client


@asynccontextmanager
async def open_stall(home: Path) -> AsyncIterator[Stall]:
    """A shop that a scout, a planner and a worker know the way to; the token of each is its role's name."""
    shop, clock = Shop(), FixedClock(NOW)
    gate = KnownTokens({role.value: Caller(UUID(int=number), role) for number, role in enumerate(Role)})
    async with open_http_face(shop.operations(), clock) as face:
        app = create_app(
            LocalChannel(home), well, clock, frozenset({"127.0.0.1"}), gate=gate, beside=Beside(faces={PATH: face}),
            operations=shop.operations(),
        )  # fmt: skip
        listener = bind("127.0.0.1", 0)
        serving = asyncio.create_task(serve(app, listener))
        try:
            yield Stall(f"http://127.0.0.1:{listener.getsockname()[1]}", shop, gate)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
