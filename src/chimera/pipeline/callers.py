"""Who an agent is, read from its row: for those below the agents, who are given it as a function."""

from uuid import UUID

from chimera.security.permissions import Caller, caller_of
from chimera.storage.database import Database
from chimera.storage.records import agents


async def known_caller(database: Database, agent_id: UUID) -> Caller:
    """The agent as its row tells.

    Raises:
        Forbidden: it has none.
    """
    async with database.transaction() as connection:
        return caller_of(await agents.get(connection, agent_id), agent_id)
