"""Asking the CFO's server under tokens this process makes itself, each of the agent whose matter it is."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from chimera.core.clock import Clock
from chimera.core.errors import NotFound
from chimera.core.vocabulary import Role
from chimera.runtime.identity.tokens import Tokens
from chimera.security.access_tokens import LIFETIME
from chimera.storage.database import Database
from chimera.storage.records import agents, ledger

EARLY_SECONDS = 300.0
"""A token is made anew so long before it expires."""
KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Made:
    text: str
    until: float


class MadeTokens:
    """A `treasury.http_asking.TokenSource`."""

    def __init__(self, tokens: Tokens, database: Database, clock: Clock) -> None:
        self._tokens = tokens
        self._database = database
        self._clock = clock
        self._made: OrderedDict[UUID, _Made] = OrderedDict()

    async def token(self, about: UUID | None) -> str:
        """Raises:
        NotFound: it is no agent, and no request or transaction of one.
        """
        return await self.token_of(await self._agent(about))

    async def token_of(self, agent_id: UUID) -> str:
        """An access token of the agent, kept until shortly before it expires.

        Raises:
            Forbidden: there is no such agent, or it is retired.
        """
        made = self._made.get(agent_id)
        if made is None or self._clock.monotonic() >= made.until:
            until = self._clock.monotonic() + LIFETIME.total_seconds() - EARLY_SECONDS
            made = self._made[agent_id] = _Made(await self._tokens.access_token(agent_id), until)
            while len(self._made) > KEPT_MAX:
                self._made.popitem(last=False)
        return made.text

    async def refused(self, token: str) -> bool:
        for agent_id, made in list(self._made.items()):
            if made.text == token:
                del self._made[agent_id]
        return True

    async def aclose(self) -> None:
        self._made.clear()

    async def _agent(self, about: UUID | None) -> UUID:
        async with self._database.transaction() as connection:
            if about is None:
                found = await agents.oldest(connection, Role.PLANNER)
            else:
                found = await ledger.asked_by(connection, about)
        if found is None:
            raise NotFound(
                "no agent of this studio asked for that" if about else "there is no planner yet: it reads the budgets",
                {"about": str(about)},
            )
        return found
