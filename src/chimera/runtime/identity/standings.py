"""How a token's subject stands now, from the rows of agents and people: `security.token_gate.Standings`.

Many callers at once are read together: who asks while a read is under way is answered by the next one, so that
thousands of tokens cost few round trips.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from uuid import UUID

from chimera.security.access_tokens import Claims
from chimera.security.permissions import ROLES, Caller
from chimera.security.token_gate import Standing
from chimera.storage.database import Connection, Database
from chimera.storage.records import revoked_token
from chimera.storage.records.revoked_token import StandingRecord

READ_TOGETHER_MAX = 500
_Waiting = tuple[Claims, "asyncio.Future[Standing]"]


class RowStandings:
    """`retired_too`: retired agents are known as well, where they finish what they had begun."""

    def __init__(self, database: Database, *, retired_too: bool = False) -> None:
        self._database = database
        self._retired_too = retired_too
        self._waiting: list[_Waiting] = []
        self._reading: asyncio.Task[None] | None = None

    async def standing(self, claims: Claims) -> Standing:
        loop = asyncio.get_running_loop()
        standing: asyncio.Future[Standing] = loop.create_future()
        self._waiting.append((claims, standing))
        if self._reading is None:
            # A context of its own: what the first asker is bound to does not bind the others.
            self._reading = loop.create_task(self._read_waiting(), name="token standings", context=Context())
        return await standing

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:READ_TOGETHER_MAX], self._waiting[READ_TOGETHER_MAX:]
                await self._answer(asked)
        finally:
            self._reading = None

    async def _answer(self, asked: Sequence[_Waiting]) -> None:
        try:
            found = await self._read([claims for claims, _ in asked])
        except BaseException as error:
            for _, standing in asked:
                if not standing.done():
                    standing.cancel() if isinstance(error, asyncio.CancelledError) else standing.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, standing), row in zip(asked, found, strict=True):
            if not standing.done():
                standing.set_result(Standing(_caller(row), row.revoked))

    async def _read(self, asked: Sequence[Claims]) -> list[StandingRecord]:
        tokens = [(claims.token_id, claims.session, claims.subject, claims.issued_at) for claims in asked]
        async with self._database.transaction() as connection:
            return await revoked_token.standings(connection, tokens, retired_too=self._retired_too)


def _caller(row: StandingRecord) -> Caller | None:
    if row.id is None or row.role is None:
        return None
    return Caller(row.id, ROLES[row.role], bool(row.other_program), row.name)


async def caller_at(connection: Connection, subject: UUID, *, retired_too: bool = False) -> Caller | None:
    """The agent or person as its row tells; None if there is none, or it is retired."""
    row = await revoked_token.subject(connection, subject, retired_too=retired_too)
    if row is None:
        return None
    return Caller(row.id, ROLES[row.role], row.other_program, row.name)
