"""What the operations work with, bound once by the composition root."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable
from chimera.runtime.operations.agents_at_hand import AgentsAtHand
from chimera.runtime.webhooks.sealer import Sealer
from chimera.security.outbound import Outbound
from chimera.storage.blobs import Blobs
from chimera.storage.database import Database
from chimera.treasury.ledger_check import Trusted
from chimera.treasury.policy import BudgetLimits
from chimera.treasury.treasurer import Treasurer
from chimera.treasury.treasury import Treasury


class PieceEngine(Protocol):
    """The durable engine of whoever makes pieces, as a process without one reaches it."""

    async def start(self, content_id: UUID, order: dict[str, Any]) -> None: ...

    async def is_known(self, content_id: UUID) -> bool: ...

    async def is_at_work(self, content_id: UUID) -> bool: ...

    async def number_of(self, content_id: UUID, step: str) -> int: ...

    async def rewind(self, content_id: UUID, number: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Money is asked of `treasurer`; `own_treasury` is there only where the CFO's key is, `agents` only where this
    process hosts some, `sealer` only where secrets can be sealed. `limits` are those of the settings, `trusted` the
    keys that the ledger is verified under, `outbound` asks the URLs that callers name."""

    home: Path
    clock: Clock
    database: Database
    redis: Redis
    blobs: Blobs
    treasurer: Treasurer
    own_treasury: Treasury | None
    limits: BudgetLimits
    trusted: Trusted
    engine: PieceEngine
    agents: AgentsAtHand | None = None
    sealer: Sealer | None = None
    outbound: Outbound = field(default_factory=Outbound)

    @property
    def treasury(self) -> Treasury:
        """Raises:
        EngineUnavailable: this process asks another one for money.
        """
        if self.own_treasury is None:
            raise EngineUnavailable("this needs the CFO's key, which another process has: ask that one")
        return self.own_treasury
