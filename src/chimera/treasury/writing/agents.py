"""What the writer remembers of agents: who may ask, and what each asked before. Read once, then kept up to date."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chimera.core.errors import ChimeraError, Detail, Forbidden, NotFound
from chimera.core.vocabulary import Role
from chimera.storage.database import WriterConnection
from chimera.storage.records import batch as statements
from chimera.storage.records.past_requests import pasts_of
from chimera.treasury.scoring.past import PAST_ROWS_MAX, Pasts
from chimera.treasury.scoring.past_request import PastRequest

ROLES_REMEMBERED_MAX = 100_000
FOREIGN_ROWS_MAX = 5_000
"""More rows than this by other processes: what is remembered of agents is dropped instead of brought up to date."""
_CFO = Role.CFO.value
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class KnownAgents:
    """Roles by agent, and `pasts` for the risk score; both may run ahead of the ledger until `catch_up`."""

    def __init__(self) -> None:
        self.pasts = Pasts()
        self._roles: dict[int, str] = {}
        self._spoiled: set[UUID] = set()

    def forget(self) -> None:
        """Drop everything: it is read again."""
        self.pasts = Pasts()
        self._roles.clear()

    def meet(self, agent_ids: Collection[UUID], connection: WriterConnection) -> None:
        """Read what is needed of those agents that are not known yet."""
        if len(self._roles) > ROLES_REMEMBERED_MAX:
            self._roles.clear()
        if unknown := {agent_id for agent_id in agent_ids if agent_id.int not in self._roles}:
            found = statements.roles_of(connection, unknown)
            self._roles.update({agent_id.int: role for agent_id, role in found.items()})
        if missing := self.pasts.missing(agent_ids):
            rows: dict[UUID, list[PastRequest]] = {agent_id: [] for agent_id in missing}
            for row in pasts_of(connection, missing, PAST_ROWS_MAX):
                rows[row.agent_id].append(PastRequest(*row))
            for agent_id, past in rows.items():
                self.pasts.load(agent_id, past)

    def unfit(self, agent_id: UUID) -> ChimeraError | None:
        """Why the agent, which was met, may not ask for money; None if it may."""
        role = self._roles.get(agent_id.int)
        if role is not None and role != _CFO:
            return None
        told: dict[str, Detail] = {"agent_id": str(agent_id)}
        if role is None:
            return NotFound(f"agent {agent_id} is not registered: it can't ask for money", told)
        return Forbidden("the CFO can't approve its own request: ask as another agent", told)

    def spoiled(self, agent_id: UUID, seq: int) -> None:
        """The approval in row `seq` did not go as meant."""
        self.pasts.spoiled(agent_id, seq)
        self._spoiled.add(agent_id)

    def catch_up(self, connection: WriterConnection, seq: int) -> None:
        """Take in what the ledger holds behind row `seq`, and drop what was counted there and did not happen."""
        self.pasts.forget_since(seq)
        self.pasts.forget(self._spoiled)
        self._spoiled.clear()
        rows = statements.decided_since(connection, seq, FOREIGN_ROWS_MAX)
        if len(rows) == FOREIGN_ROWS_MAX:
            self.pasts = Pasts()
            return
        for number, agent_id, request_type, micros, justification, at, decision, roi in rows:
            roi_hundredths = int(roi.scaleb(2))
            self.pasts.record(
                PastRequest(
                    number, agent_id, request_type, micros, justification, unix_micros(at), decision, roi_hundredths
                )
            )


def unix_micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND
