"""What every operation's requests have in common: who is let in, how often, and what is done once only."""

from dataclasses import dataclass
from typing import Self

from chimera.api.idempotency import Idempotency
from chimera.api.limits import Entrance
from chimera.runtime.events.topic_feed import TopicFeed
from chimera.runtime.limiting.addresses import Addresses
from chimera.runtime.limiting.limits import Limits
from chimera.runtime.operations.desk import Desk


@dataclass(frozen=True, slots=True)
class Requests:
    entrance: Entrance
    idempotency: Idempotency
    feed: TopicFeed | None = None

    @classmethod
    def of(cls, desk: Desk, feed: TopicFeed | None = None, *, behind_proxy: bool = False) -> Self:
        """Those of a process that works with this desk."""
        entrance = Entrance(Limits(desk.redis, desk.clock), Addresses(desk.clock), behind_proxy)
        return cls(entrance, Idempotency(desk.database, desk.clock), feed)
