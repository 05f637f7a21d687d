"""How agents of one process call each other's subjects: each call shows the caller's own token, and the gate looks.

What an agent claims of itself counts for nothing here either, as over HTTP: deny by default.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

from chimera.core.errors import Unauthenticated
from chimera.security.gate import Gate
from chimera.security.permissions import require_own, require_subject

ANALYZE = "internal.agent.scout.analyze"
CREATE_BRIEF = "internal.agent.director.create_brief"
PRODUCE = "internal.agent.artist.produce"
APPROVE = "internal.agent.cfo.approve"

_Answer = TypeVar("_Answer")
Subject = Callable[[], Awaitable[_Answer]]
"""What the called agent does, once the caller is known."""


class OwnTokens(Protocol):
    """The tokens that the agents of this process call under."""

    async def token_of(self, agent_id: UUID) -> str: ...

    async def refused(self, token: str) -> bool: ...


class Wire:
    """Carries calls between agents, and knows at its far end who calls."""

    def __init__(self, tokens: OwnTokens, gate: Gate) -> None:
        self._tokens = tokens
        self._gate = gate

    async def call(self, subject: str, by: UUID, run: Subject[_Answer]) -> _Answer:
        """The answer of the called agent, asked by the agent `by` under its own token.

        Raises:
            Unauthenticated, Forbidden: the agent is not known, or may not call this; nothing was run.
        """
        token = await self._tokens.token_of(by)
        try:
            caller = await self._gate.caller(token)
        except Unauthenticated:  # revoked since it was made: a new one tells whether the agent may go on
            await self._tokens.refused(token)
            caller = await self._gate.caller(await self._tokens.token_of(by))
        require_subject(caller, subject)
        require_own(caller, by)
        return await run()
