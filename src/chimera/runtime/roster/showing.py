"""Keeps Redis, the rows and the members in memory in step: what is shown, what is written, what people ordered."""

import asyncio
from datetime import timedelta
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chimera.core.clock import Clock
from chimera.runtime.roster import states
from chimera.runtime.roster.adoption import AGENTS_PER_STATEMENT_MAX, Adoption
from chimera.runtime.roster.members import Members
from chimera.runtime.roster.shared import SharedState
from chimera.storage.database import Database
from chimera.storage.records import agents, crew_member
from chimera.storage.records.crew_member import Progress

ROWS_PER_WRITE_MIN = 1_000


class Showing:
    """What others see of the members of the host `host_id`. Each method is one round of work and may be repeated."""

    def __init__(self, redis: Redis, database: Database, clock: Clock, host_id: UUID, members: Members) -> None:
        self._redis = redis
        self._database = database
        self._clock = clock
        self._host_id = host_id
        self._members = members
        self._alone = asyncio.Lock()
        self.cfo: SharedState | None = None
        #: Set when a state is to be shown.
        self.wanted = asyncio.Event()

    async def flush(self) -> None:
        """Show every state that changed, in pipelines.

        Raises:
            redis.exceptions.RedisError: Redis can't be reached; every state is shown when it can.
        """
        async with self._alone:
            self.wanted.clear()
            for _ in range(self._members.unshown // states.PIPELINE_COMMANDS_MAX + 1):
                taken = self._members.take_unshown(states.PIPELINE_COMMANDS_MAX)
                try:
                    await self._show(taken)
                except (RedisError, OSError):
                    self._members.not_shown(taken)
                    self._members.show_again()
                    self.wanted.set()
                    raise
            if self._members.unshown:
                self.wanted.set()

    async def _show(self, agent_ids: list[UUID]) -> None:
        members, heartbeat = self._members, states.moment_text(self._clock.now())
        texts = {
            agent_id: states.state_text(
                agent_id,
                members.role(agent_id),
                members.status(agent_id),
                members.current_task(agent_id),
                heartbeat,
                members.work(agent_id),
            )
            for agent_id in agent_ids
            if not self.is_cfo(agent_id)
        }
        await states.write_states(self._redis, texts)
        if self.cfo is not None and len(texts) < len(agent_ids):
            await self.cfo.show(members, heartbeat)

    async def write_rows(self, share: float = 1.0) -> None:
        """Write the rows that are behind: this share of all agents, and a thousand in any case.

        Raises:
            EngineUnavailable, psycopg.Error: PostgreSQL can't be reached; they are written the next time.
        """
        left = max(ROWS_PER_WRITE_MIN, int(len(self._members) * share) + 1)
        while left > 0 and (taken := self._members.take_unwritten(min(left, AGENTS_PER_STATEMENT_MAX))):
            left -= len(taken)
            try:
                await self._write(taken)
            except BaseException:
                self._members.not_written(taken)
                raise

    async def _write(self, taken: list[tuple[UUID, bool]]) -> None:
        now = self._clock.now()
        told = [self._progress(agent_id, failed=failed) for agent_id, failed in taken]
        async with self._database.transaction() as connection:
            await crew_member.note(connection, self._host_id, told, now)
            for cfo in [each.agent_id for each in told if self.is_cfo(each.agent_id)]:
                await agents.set_status(connection, cfo, self._members.status(cfo), now)

    def _progress(self, agent_id: UUID, *, failed: bool) -> Progress:
        members = self._members
        work, until = members.work(agent_id), members.rests_until(agent_id)
        rests_until = until and self._clock.now() + timedelta(seconds=until - self._clock.monotonic())
        failures = members.failures_in_a_row(agent_id)
        status = members.status(agent_id)
        return Progress(
            agent_id,
            status,
            failed,
            rests_until or None,
            failures,
            work.tasks_completed,
            work.busy_ms,
            work.error_count,
        )

    async def follow_orders(self, adoption: Adoption) -> None:
        """Do what people decided about the agents: pause, resume, retire. Those that another host took are dropped.

        Raises:
            EngineUnavailable, psycopg.Error: PostgreSQL can't be reached; what was decided is done the next time.
        """
        resting = self._members.resting()
        async with self._database.transaction() as connection:
            orders = await crew_member.orders(connection, self._host_id)
            forgiven = await crew_member.forgiven(connection, resting) if resting else frozenset()
        self._members.set_paused(orders.paused)
        self._members.set_leaving(orders.retired)
        self._members.forgive(forgiven)
        if orders.hosted != len(self._members) - (self.cfo is not None):
            await self._drop_lost()
        if left := self._members.left():
            async with self._alone:
                await adoption.give_back(left)
        self.wanted.set()

    async def _drop_lost(self) -> None:
        before = frozenset(self._members)
        async with self._database.transaction() as connection:
            mine = await crew_member.hosted_ids(connection, self._host_id)
        for agent_id in before - mine:
            if agent_id in self._members and not self.is_cfo(agent_id):
                self._members.drop(agent_id)

    async def end(self, adoption: Adoption) -> None:
        """Give every agent back.

        Raises:
            EngineUnavailable, psycopg.Error: PostgreSQL can't be reached; a living host adopts them later.
        """
        self._members.show_again()
        await self.write_rows()
        async with self._alone:
            await adoption.give_back([agent_id for agent_id in self._members if not self.is_cfo(agent_id)])
            if self.cfo is not None:
                await adoption.leave_cfo(self.cfo.agent_id)
                self.cfo = None

    def is_cfo(self, agent_id: UUID) -> bool:
        return self.cfo is not None and self.cfo.agent_id == agent_id
