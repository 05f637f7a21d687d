"""`agent:{id}:state` in Redis (specification section 4): its text, written and read in pipelines of bounded size.

Redis is a view and never the truth: a failing Redis costs the view, not the work.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError
from redis.asyncio import Redis

from chimera.contracts.agent_state import AgentState
from chimera.core.limits import AGENT_STATE_TTL_SECONDS
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.members import Work

PIPELINE_COMMANDS_MAX = 250
"""So many that a round trip is cheap, so few that the event loop is not held up for long."""
KEYS_ASKED_MAX = 1_000
_KEYS = "agent:*:state"
_OUR_TEXT = re.compile(rb'\{"agent_id":"[0-9a-f-]{36}","role":"([a-z]+)","status":"([a-z]+)",')
_ROLES = {role.value.encode(): role for role in Role}
Item = TypeVar("Item")


def state_key(agent_id: UUID) -> str:
    return f"agent:{agent_id}:state"


def moment_text(moment: datetime) -> str:
    """The moment as a contract writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def state_text(
    agent_id: UUID, role: Role, status: AgentStatus, current_task: UUID | None, heartbeat: str, work: Work
) -> str:
    """What `AgentState.model_dump_json` would write, a good deal sooner; `heartbeat` by `moment_text`."""
    task = "null" if current_task is None else f'"{current_task}"'
    return (
        f'{{"agent_id":"{agent_id}","role":"{role.value}","status":"{status.value}","current_task":{task},'
        f'"last_heartbeat":"{heartbeat}","metrics":{{"tasks_completed":{work.tasks_completed},'
        f'"avg_execution_time_ms":{work.avg_execution_time_ms},"error_count":{work.error_count}}}}}'
    )


def state_of(text: str | bytes | None) -> AgentState | None:
    """The state, if there is one and it is one."""
    if text is None:
        return None
    try:
        return AgentState.model_validate_json(text)
    except ValidationError:
        return None


async def write_states(redis: Redis, texts: Mapping[UUID, str]) -> None:
    """Show these states for the next 300 seconds.

    Raises:
        redis.exceptions.RedisError: some may not be shown.
    """
    for batch in batches(texts.items(), PIPELINE_COMMANDS_MAX):
        pipeline = redis.pipeline(transaction=False)
        for agent_id, text in batch:
            pipeline.execute_command("SET", state_key(agent_id), text, "EX", AGENT_STATE_TTL_SECONDS)
        await pipeline.execute()


async def delete_states(redis: Redis, agent_ids: Iterable[UUID]) -> None:
    """Show these agents no more; errors as `write_states`."""
    for batch in batches(agent_ids, KEYS_ASKED_MAX):
        await redis.delete(*[state_key(agent_id) for agent_id in batch])


async def read_states(redis: Redis, agent_ids: Iterable[UUID]) -> dict[UUID, AgentState]:
    """The states that are shown; errors as `write_states`."""
    found: dict[UUID, AgentState] = {}
    for batch in batches(agent_ids, KEYS_ASKED_MAX):
        texts = await redis.mget([state_key(agent_id) for agent_id in batch])
        states = zip(batch, map(state_of, texts), strict=True)
        found.update({agent_id: state for agent_id, state in states if state is not None})
    return found


async def shown(redis: Redis, agent_ids: Iterable[UUID]) -> set[UUID]:
    """Those that have a state, whatever it says; errors as `write_states`."""
    found: set[UUID] = set()
    for batch in batches(agent_ids, KEYS_ASKED_MAX):
        pipeline = redis.pipeline(transaction=False)
        for agent_id in batch:
            pipeline.exists(state_key(agent_id))
        found.update(agent_id for agent_id, there in zip(batch, await pipeline.execute(), strict=True) if there)
    return found


async def live_counts(redis: Redis) -> dict[Role, int]:
    """How many agents of each role have a live state, by role; errors as `write_states`."""
    counts: dict[Role, int] = {}
    seen: set[bytes | str] = set()
    cursor = 0
    while True:
        cursor, keys = await redis.scan(cursor, match=_KEYS, count=KEYS_ASKED_MAX)
        fresh = [key for key in dict.fromkeys(keys) if key not in seen]
        seen.update(fresh)
        texts = await redis.mget(fresh) if fresh else []
        for role in map(_live_role, texts):
            if role is not None:
                counts[role] = counts.get(role, 0) + 1
        if cursor == 0:
            return counts


def _live_role(text: str | bytes | None) -> Role | None:
    """The role of an agent that is not offline; read without the whole document where the text is as we write it."""
    if isinstance(text, bytes) and (ours := _OUR_TEXT.match(text)):
        role, status = ours.groups()
        return _ROLES.get(role) if status != b"offline" else None
    state = state_of(text)
    return None if state is None or state.status is AgentStatus.OFFLINE else state.role


def batches(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, `size` at a time."""
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch
