"""How a token's subject stands now, from the rows of agents and people: `security.token_gate.Standings`."""

from uuid import UUID

from chimera.security.access_tokens import Claims
from chimera.security.permissions import ROLES, Caller
from chimera.security.token_gate import Standing
from chimera.storage.database import Connection, Database
from chimera.storage.records import revoked_token


class RowStandings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, claims: Claims) -> Standing:
        async with self._database.transaction() as connection:
            caller = await caller_at(connection, claims.subject)
            revoked = await revoked_token.is_revoked(
                connection, claims.token_id, claims.session, claims.subject, claims.issued_at
            )
        return Standing(caller, revoked)


async def caller_at(connection: Connection, subject: UUID) -> Caller | None:
    """The agent or person as its row tells; None if there is none, or it is retired."""
    row = await revoked_token.subject(connection, subject)
    if row is None:
        return None
    return Caller(row.id, ROLES[row.role], row.other_program, row.name)
