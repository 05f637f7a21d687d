"""The front door of an open studio: agents of its own for what is asked there and then, the desk, the operations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chimera.bootstrap.at_hand import agents_at_hand
from chimera.bootstrap.piece_engine import engine_when_asked
from chimera.bootstrap.roster import open_roster
from chimera.bootstrap.studio import Studio
from chimera.core.background import beside
from chimera.core.secret import revealed
from chimera.core.vocabulary import Role
from chimera.pipeline.host import open_host
from chimera.runtime.events.topic_feed import TopicFeed
from chimera.runtime.identity.attempts import LogInAttempts
from chimera.runtime.operations.catalogue import all_operations
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import AnyOperation
from chimera.runtime.operations.tokens import AnyOpenOperation, open_operations
from chimera.runtime.webhooks.delivering import Delivering
from chimera.security.keys import log_public_key, retired_public_keys
from chimera.sources.standing import StandingSource
from chimera.treasury.ledger_check import Trusted


@dataclass(frozen=True, slots=True)
class Front:
    """What every face of this process offers."""

    desk: Desk
    operations: tuple[AnyOperation, ...]
    open_operations: tuple[AnyOpenOperation, ...]
    feed: TopicFeed


@asynccontextmanager
async def open_front(studio: Studio, source: StandingSource) -> AsyncIterator[Front]:
    """The front door, with a scout and a director of its own, and the CFO where its key is.

    Raises:
        EngineUnavailable: too many processes are at work already.
    """
    counts = {Role.SCOUT: 1, Role.DIRECTOR: 1, Role.CFO: 0 if studio.own_treasury is None else 1}
    async with (
        open_host(studio.database.url, studio.clock, frozenset()) as host,
        open_roster(studio, host.id, counts) as roster,
        engine_when_asked(studio.database.url) as engine,
    ):
        desk = Desk(
            home=studio.home,
            clock=studio.clock,
            database=studio.database,
            redis=studio.redis,
            blobs=studio.blobs,
            treasurer=studio.treasurer,
            own_treasury=studio.own_treasury,
            limits=studio.settings.budget_limit,
            trusted=_trusted(studio),
            engine=engine,
            agents=agents_at_hand(studio, roster, source),
            sealer=studio.data_keys,
        )
        feed = TopicFeed(studio.database, studio.clock)
        async with beside(feed.run(), "topics"), beside(_delivering(desk), "webhooks"):
            opened = open_operations(studio.identity, LogInAttempts(studio.redis))
            yield Front(desk, all_operations(desk), opened, feed)


async def _delivering(desk: Desk) -> None:
    """Webhooks told, where their secrets can be opened."""
    if desk.sealer is not None:
        await Delivering(desk.database, desk.clock, desk.sealer, desk.outbound).run()


def _trusted(studio: Studio) -> Trusted:
    """The keys of this home: the CFO's, earlier ones, and the log's where it is known."""
    keys = studio.home / "keys"
    log = log_public_key(keys, revealed(studio.settings.ledger_log_private_key))
    return Trusted((studio.treasurer.public_key, *retired_public_keys(keys)), log)
