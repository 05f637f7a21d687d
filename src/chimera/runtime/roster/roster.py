"""The agents this process hosts: adopted, handed out, shown, given back."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis

from chimera.core.clock import Clock, elapsed_ms
from chimera.core.errors import AgentOffline, GovernanceRefusal, WaitsForHuman
from chimera.core.vocabulary import Role
from chimera.runtime.roster import live
from chimera.runtime.roster.adoption import Adoption
from chimera.runtime.roster.loops import Loops, Repeated
from chimera.runtime.roster.members import Members, Work
from chimera.runtime.roster.offline import sweep_offline
from chimera.runtime.roster.shared import SharedState
from chimera.runtime.roster.showing import Showing
from chimera.storage.database import Database
from chimera.telemetry import metrics

HEARTBEAT_SECONDS = 60.0
BEAT_SECONDS = 1.0
"""A sixtieth of the agents is shown again every second, so that no second has much to do."""
FLUSH_SECONDS = 0.05
ROWS_SECONDS = 5.0
ORDERS_SECONDS = 2.5
COUNTS_SECONDS = 2.5
SWEEP_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class Roster:
    """The agents of one process. `takes_new`: those that people spawn while it runs may come here.

    What it is told takes effect in memory at once; Redis and the rows follow while `run` runs.
    """

    def __init__(
        self, redis: Redis, database: Database, clock: Clock, host_id: UUID, *, takes_new: bool = False
    ) -> None:
        self._redis = redis
        self._database = database
        self._clock = clock
        self._host_id = host_id
        self._takes_new = takes_new
        self._members = Members()
        self._cfo_id: UUID | None = None
        self._roles: set[Role] = set()
        self._adoption = Adoption(redis, database, clock, host_id, self._members)
        self._showing = Showing(redis, database, clock, host_id, self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, agent_id: UUID) -> bool:
        return agent_id in self._members

    async def adopt(self, counts: Mapping[Role, int]) -> None:
        """Host so many agents of each role: those whose host is gone, the oldest first, then new ones.

        The CFO is one for all processes: with its role in `counts` it is shown here too, and taken from nobody.
        """
        wanted = {role: count for role, count in counts.items() if count > 0}
        self._roles.update(wanted)
        self._cfo_id = self._cfo_id or await self._adoption.cfo_id()
        if wanted.pop(Role.CFO, 0) and self._showing.cfo is None:
            self._members.add(self._cfo_id, Role.CFO, Work())
            self._showing.cfo = SharedState(self._redis, self._cfo_id, Role.CFO)
        if wanted:
            await self._adoption.adopt(wanted)
        self._showing.wanted.set()

    async def give_back(self) -> None:
        """Host nobody any more; for a clean end, after `run`. What can't be given back is adopted by others later."""
        try:
            await self._showing.end(self._adoption)
            await live.hide(self._redis, self._host_id)
        except Exception as error:  # noqa: BLE001 - the end goes on: the lease runs out, and others adopt them
            _log.warning("agents_not_given_back", problem=f"{type(error).__name__}: {error}")

    def assign(self) -> dict[Role, UUID]:
        """One agent of each hosted role for a piece, least busy first; and the CFO, whoever shows it.

        Raises:
            AgentOffline: no agent of a hosted role takes work.
        """
        ids = {role: self._least_busy(role) for role in self._roles - {Role.CFO}}
        return ids if self._cfo_id is None else {**ids, Role.CFO: self._cfo_id}

    def _least_busy(self, role: Role) -> UUID:
        agent_id = self._members.least_busy(role)
        if agent_id is None:
            raise AgentOffline(
                f"no {role} takes work here: all are paused or rest after failures; see `chimera agents list`",
                {"role": role.value},
            )
        return agent_id

    def idle(self, role: Role) -> int:
        """How many agents of the role can be handed a task now."""
        return self._members.idle(role)

    def acquire(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> UUID | None:
        """An idle agent, now busy with the task: the one named, or the one idle longest; None if there is none."""
        chosen = self._members.acquire(role, task_id, agent_id)
        if chosen is not None:
            self._showing.wanted.set()
        return chosen

    def release(self, agent_id: UUID, took_ms: int, *, failed: bool) -> None:
        """The task the agent was acquired for is over, and counted. One that another host has by now is left alone."""
        if self._members.release(agent_id, took_ms, failed=failed, now=self._clock.monotonic()):
            self._showing.wanted.set()

    @asynccontextmanager
    async def working(self, role: Role, task_id: UUID, agent_id: UUID | None = None) -> AsyncIterator[UUID]:
        """An agent is busy with `task_id` while the block runs, whatever else it does; answers which.

        It is the one named, adopted if no living host has it. Where one has, an agent of this process stands in; where
        there is none, the named one works unseen. A rule's refusal counts as completed work, a cancellation not at all.

        Raises:
            AgentOffline: none was named, and no agent of the role takes work here.
        """
        shown = await self._at_hand(role, agent_id)
        if shown is None:
            yield agent_id or self._least_busy(role)
            return
        started_at = self._clock.monotonic()
        self._members.begin(shown, task_id)
        self._showing.wanted.set()
        failed: bool | None = None
        try:
            yield shown
            failed = False
        except (GovernanceRefusal, WaitsForHuman):
            failed = False
            raise
        except Exception:
            failed = True
            raise
        finally:
            if shown in self._members:
                if failed is not None:
                    took_ms = elapsed_ms(self._clock, started_at)
                    metrics.step_ended(role, self._clock.monotonic() - started_at, failed=failed)
                    self._members.count(shown, took_ms, failed=failed, now=self._clock.monotonic())
                self._members.end(shown, task_id)
                self._showing.wanted.set()

    async def _at_hand(self, role: Role, agent_id: UUID | None) -> UUID | None:
        if agent_id is not None and agent_id not in self._members and role in self._roles - {Role.CFO}:
            await self._adoption.adopt_these([agent_id])
        if agent_id is not None and agent_id in self._members:
            return agent_id
        return self._members.least_busy(role)

    def beat(self, share: float = 1.0) -> None:
        """This share of the agents is due to be shown again, in turn."""
        self._members.wake(self._clock.monotonic())
        self._members.show_again(share)
        self._showing.wanted.set()

    async def flush(self) -> None:
        """Show every state that changed; errors as `Showing.flush`."""
        await self._showing.flush()

    async def write_rows(self) -> None:
        """Write rows that are behind; errors as `Showing.write_rows`."""
        await self._showing.write_rows(ROWS_SECONDS / HEARTBEAT_SECONDS)

    async def follow_orders(self) -> None:
        """Do what people decided, and take in whom they spawned; errors as `Showing.follow_orders`."""
        await self._showing.follow_orders(self._adoption)
        if self._takes_new and (roles := sorted(self._roles - {Role.CFO})):
            await self._adoption.adopt_new(roles)

    async def show_counts(self) -> None:
        """Tell how many agents are here; errors as `live.show`."""
        await live.show(self._redis, self._host_id, {role: self._members.hosted(role) for role in Role})

    async def sweep(self) -> int:
        """Declare offline whoever is gone; errors as `sweep_offline`."""
        return await sweep_offline(self._database, self._redis, self._clock)

    async def run(self) -> None:
        """Keep Redis and the rows as the agents are, follow orders, declare offline who is gone; until cancelled."""
        acts = (
            Repeated("heartbeats", BEAT_SECONDS, self._beat),
            Repeated("states", FLUSH_SECONDS, self.flush, self._showing.wanted),
            Repeated("rows", ROWS_SECONDS, self.write_rows),
            Repeated("orders", ORDERS_SECONDS, self.follow_orders),
            Repeated("counts", COUNTS_SECONDS, self.show_counts),
            Repeated("sweep", SWEEP_SECONDS, self.sweep),
        )
        await Loops(acts, self._clock).run()

    async def _beat(self) -> None:
        self.beat(BEAT_SECONDS / HEARTBEAT_SECONDS)
