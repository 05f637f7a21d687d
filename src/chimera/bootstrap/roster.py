"""The agents that a process hosts on an open studio."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from chimera.bootstrap.studio import Studio
from chimera.core.background import beside
from chimera.core.vocabulary import Role
from chimera.runtime.roster.roster import Roster


def one_of_each(studio: Studio) -> dict[Role, int]:
    """One agent of each role; the CFO only where its key is."""
    return {role: 1 for role in Role if role is not Role.CFO or studio.own_treasury is not None}


@asynccontextmanager
async def open_roster(
    studio: Studio, host_id: UUID, counts: Mapping[Role, int], *, takes_new: bool = False
) -> AsyncIterator[Roster]:
    """So many agents of each role, hosted by `host_id` while the block runs; then they are given back."""
    roster = Roster(studio.redis, studio.database, studio.clock, host_id, takes_new=takes_new)
    await roster.adopt(counts)
    try:
        async with beside(roster.run(), "roster"):
            yield roster
    finally:
        await roster.give_back()
