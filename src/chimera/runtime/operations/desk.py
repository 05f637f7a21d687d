"""What the operations work with, bound once by the composition root."""

from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from chimera.core.clock import Clock
from chimera.runtime.operations.agents_at_hand import AgentsAtHand
from chimera.storage.blobs import Blobs
from chimera.storage.database import Database
from chimera.treasury.treasurer import Treasurer
from chimera.treasury.treasury import Treasury


@dataclass(frozen=True, slots=True)
class Desk:
    """Money is asked of `treasurer`; `own_treasury` is there only where the CFO's key is, `agents` only where this
    process hosts some."""

    home: Path
    clock: Clock
    database: Database
    redis: Redis
    blobs: Blobs
    treasurer: Treasurer
    own_treasury: Treasury | None
    agents: AgentsAtHand | None = None
