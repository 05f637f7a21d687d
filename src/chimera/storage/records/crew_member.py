"""Table `crew_member`: which process hosts an agent, whether it may work, and what it has done.

Agents of other programs (their config has a name) are no members, and neither is the CFO, whom several processes show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from chimera.core.vocabulary import AgentStatus, Role
from chimera.storage.database import Connection

ROWS_PER_STATEMENT_MAX = 5_000
_ADOPTING = "crew/adopt"
_MADE = "agents.id, agents.role, member.failures_in_a_row, member.tasks_completed, member.busy_ms, member.error_count"


@dataclass(frozen=True, slots=True)
class Hosted:
    """A member as its new host takes it over."""

    id: UUID
    role: Role
    failures_in_a_row: int
    tasks_completed: int
    busy_ms: int
    error_count: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """What stands beside an agent's row; `host_id` is a process's, alive or not."""

    agent_id: UUID
    host_id: UUID | None
    paused_at: datetime | None
    retired_at: datetime | None
    rests_until: datetime | None
    failures_in_a_row: int
    tasks_completed: int
    busy_ms: int
    error_count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What a host writes about one of its members; its failures only where they changed, since a person may forgive
    them meanwhile."""

    agent_id: UUID
    status: AgentStatus
    failures_changed: bool
    rests_until: datetime | None
    failures_in_a_row: int
    tasks_completed: int
    busy_ms: int
    error_count: int


@dataclass(frozen=True, slots=True)
class Orders:
    """What people decided about a host's members, and how many it still has."""

    hosted: int
    paused: frozenset[UUID]
    retired: frozenset[UUID]


async def lock_adopting(connection: Connection) -> None:
    """Until the transaction ends nobody else adopts, so that whoever has adopted before is seen with its lease."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (_ADOPTING,))


async def enrol(connection: Connection) -> None:
    """Make members of the agents that stand from before there were members."""
    await connection.execute(
        "INSERT INTO crew_member (agent_id) SELECT id FROM agents WHERE role <> %s AND NOT config ? 'name' "
        "AND NOT EXISTS (SELECT FROM crew_member WHERE agent_id = agents.id) ON CONFLICT DO NOTHING",
        (Role.CFO,),
    )


async def take(
    connection: Connection, role: Role, limit: int, host_id: UUID, living: frozenset[UUID], now: datetime
) -> list[Hosted]:
    """Up to `limit` of the role's members that no living host has and that may work, oldest first: now `host_id`'s."""
    return await _take(connection, "agents.role = %(of)s", role, limit, host_id, living, now)


async def take_these(
    connection: Connection, agent_ids: Sequence[UUID], host_id: UUID, living: frozenset[UUID], now: datetime
) -> list[Hosted]:
    """Those of `agent_ids` that no living host has and that may work: now `host_id`'s."""
    limit = len(agent_ids)
    return await _take(connection, "agents.id = ANY(%(of)s)", list(agent_ids), limit, host_id, living, now)


async def take_new(
    connection: Connection, roles: Sequence[Role], limit: int, host_id: UUID, now: datetime
) -> list[Hosted]:
    """Members that were made for whoever takes them, and that nobody has hosted yet."""
    new = "agents.role = ANY(%(of)s) AND member.host_id IS NULL AND agents.last_heartbeat IS NULL"
    return await _take(connection, new, [str(role) for role in roles], limit, host_id, frozenset(), now)


async def _take(
    connection: Connection,
    which: str,
    of: object,
    limit: int,
    host_id: UUID,
    living: frozenset[UUID],
    now: datetime,
) -> list[Hosted]:
    async with connection.cursor(row_factory=class_row(Hosted)) as cursor:
        await cursor.execute(
            "WITH free AS (SELECT member.agent_id FROM crew_member member JOIN agents ON agents.id = member.agent_id "
            f"WHERE {which} AND member.retired_at IS NULL AND member.paused_at IS NULL "
            "AND (member.rests_until IS NULL OR member.rests_until <= %(now)s) "
            "AND (member.host_id IS NULL OR NOT member.host_id = ANY(%(living)s)) AND NOT agents.config ? 'name' "
            "ORDER BY agents.created_at, agents.id LIMIT %(limit)s FOR UPDATE OF member SKIP LOCKED), "
            "member AS (UPDATE crew_member SET host_id = %(host)s, rests_until = NULL FROM free "
            "WHERE crew_member.agent_id = free.agent_id RETURNING crew_member.*) "
            "UPDATE agents SET status = 'idle', last_heartbeat = %(now)s FROM member "
            f"WHERE agents.id = member.agent_id RETURNING {_MADE}",
            {"of": of, "limit": limit, "host": host_id, "living": list(living), "now": now},
        )
        return await cursor.fetchall()


async def make(
    connection: Connection,
    role: Role,
    agent_ids: Sequence[UUID],
    *,
    capabilities: Sequence[str],
    config: Mapping[str, object] = MappingProxyType({}),
    host_id: UUID | None,
    now: datetime,
) -> None:
    """New agents of the role, as members of `host_id`; without one they wait, offline, for a host that takes them.

    One whose id is there already is left as it is.
    """
    status = AgentStatus.OFFLINE if host_id is None else AgentStatus.IDLE
    heartbeat = None if host_id is None else now
    for start in range(0, len(agent_ids), ROWS_PER_STATEMENT_MAX):
        ids = list(agent_ids[start : start + ROWS_PER_STATEMENT_MAX])
        await connection.execute(
            "WITH made AS (INSERT INTO agents (id, role, status, config, capabilities, last_heartbeat) "
            "SELECT unnest(%s::uuid[]), %s, %s, %s, %s, %s ON CONFLICT (id) DO NOTHING RETURNING id) "
            "INSERT INTO crew_member (agent_id, host_id) SELECT id, %s FROM made",
            (ids, role, status, Jsonb(dict(config)), Jsonb(list(capabilities)), heartbeat, host_id),
        )


async def note(connection: Connection, host_id: UUID, members: Sequence[Progress], now: datetime) -> None:
    """Write what the host's members are doing and have done; of members that it no longer has nothing is written."""
    await connection.execute(
        "WITH told AS (SELECT * FROM unnest(%(id)s::uuid[], %(status)s::text[], %(failed)s::bool[], "
        "%(rests)s::timestamptz[], %(failures)s::int[], %(completed)s::bigint[], %(busy)s::bigint[], "
        "%(errors)s::bigint[]) AS told(id, status, failed, rests, failures, completed, busy, errors)), "
        "mine AS (UPDATE crew_member SET "
        "rests_until = CASE WHEN told.failed THEN told.rests ELSE crew_member.rests_until END, "
        "failures_in_a_row = CASE WHEN told.failed THEN told.failures ELSE crew_member.failures_in_a_row END, "
        "tasks_completed = told.completed, busy_ms = told.busy, error_count = told.errors FROM told "
        "WHERE crew_member.agent_id = told.id AND crew_member.host_id = %(host)s RETURNING told.id, told.status) "
        "UPDATE agents SET status = mine.status, last_heartbeat = %(now)s FROM mine WHERE agents.id = mine.id",
        {
            "id": [member.agent_id for member in members],
            "status": [str(member.status) for member in members],
            "failed": [member.failures_changed for member in members],
            "rests": [member.rests_until for member in members],
            "failures": [member.failures_in_a_row for member in members],
            "completed": [member.tasks_completed for member in members],
            "busy": [member.busy_ms for member in members],
            "errors": [member.error_count for member in members],
            "host": host_id,
            "now": now,
        },
    )


async def give_back(connection: Connection, host_id: UUID, agent_ids: Sequence[UUID]) -> list[UUID]:
    """Those of `agent_ids` that were the host's: now nobody's, and offline."""
    cursor = await connection.execute(
        "WITH mine AS (UPDATE crew_member SET host_id = NULL WHERE host_id = %s AND agent_id = ANY(%s) "
        "RETURNING agent_id) UPDATE agents SET status = 'offline' FROM mine WHERE agents.id = mine.agent_id "
        "RETURNING agents.id",
        (host_id, list(agent_ids)),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def orders(connection: Connection, host_id: UUID) -> Orders:
    """What people decided about the host's members."""
    cursor = await connection.execute(
        "SELECT count(*) AS hosted, "
        "coalesce(array_agg(agent_id) FILTER (WHERE paused_at IS NOT NULL), '{}') AS paused, "
        "coalesce(array_agg(agent_id) FILTER (WHERE retired_at IS NOT NULL), '{}') AS retired "
        "FROM crew_member WHERE host_id = %s",
        (host_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return Orders(0, frozenset(), frozenset())
    return Orders(row["hosted"], frozenset(row["paused"]), frozenset(row["retired"]))


async def hosted_ids(connection: Connection, host_id: UUID) -> frozenset[UUID]:
    cursor = await connection.execute("SELECT agent_id FROM crew_member WHERE host_id = %s", (host_id,))
    return frozenset([row["agent_id"] for row in await cursor.fetchall()])


async def forgiven(connection: Connection, agent_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of `agent_ids` whose failures a person has forgiven."""
    cursor = await connection.execute(
        "SELECT agent_id FROM crew_member WHERE agent_id = ANY(%s) AND failures_in_a_row = 0", (list(agent_ids),)
    )
    return frozenset([row["agent_id"] for row in await cursor.fetchall()])


async def get(connection: Connection, agent_id: UUID) -> MemberRecord | None:
    async with connection.cursor(row_factory=class_row(MemberRecord)) as cursor:
        await cursor.execute("SELECT * FROM crew_member WHERE agent_id = %s", (agent_id,))
        return await cursor.fetchone()


async def pause(connection: Connection, agent_id: UUID, now: datetime) -> None:
    """The agent takes no more work once what it does is done; the same again changes nothing."""
    await connection.execute(
        "INSERT INTO crew_member (agent_id, paused_at) VALUES (%(id)s, %(now)s) ON CONFLICT (agent_id) "
        "DO UPDATE SET paused_at = coalesce(crew_member.paused_at, %(now)s)",
        {"id": agent_id, "now": now},
    )


async def resume(connection: Connection, agent_id: UUID) -> None:
    """The agent may work again; its failures are forgiven."""
    await connection.execute(
        "UPDATE crew_member SET paused_at = NULL, rests_until = NULL, failures_in_a_row = 0 WHERE agent_id = %s",
        (agent_id,),
    )


async def retire(connection: Connection, agent_id: UUID, now: datetime) -> None:
    """The agent never works again; its row stays, since what it did names it."""
    await connection.execute(
        "INSERT INTO crew_member (agent_id, retired_at) VALUES (%(id)s, %(now)s) ON CONFLICT (agent_id) "
        "DO UPDATE SET retired_at = coalesce(crew_member.retired_at, %(now)s)",
        {"id": agent_id, "now": now},
    )
    await connection.execute(
        "UPDATE agents SET status = 'offline' FROM crew_member WHERE agents.id = %s "
        "AND crew_member.agent_id = agents.id AND crew_member.host_id IS NULL",
        (agent_id,),
    )
