"""The text in `agent:{id}:state` is the contract's own, written without building the contract."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from chimera.contracts.agent_state import AgentMetrics, AgentState
from chimera.core.vocabulary import AgentStatus, Role
from chimera.runtime.roster.members import Work
from chimera.runtime.roster.states import moment_text, state_text

MOMENTS = some.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - the zone is drawn
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=some.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours))),
)
COUNTS = some.integers(0, 10**9)


@given(
    agent_id=some.uuids(),
    role=some.sampled_from(Role),
    status=some.sampled_from(AgentStatus),
    task=some.none() | some.uuids(),
    moment=MOMENTS,
    work=some.builds(Work, COUNTS, COUNTS, COUNTS),
)
def test_it_equals_the_contract_s_json_field_for_field(
    agent_id: UUID, role: Role, status: AgentStatus, task: UUID | None, moment: datetime, work: Work
) -> None:
    state = AgentState(
        agent_id=agent_id,
        role=role,
        status=status,
        current_task=task,
        last_heartbeat=moment,
        metrics=AgentMetrics(
            tasks_completed=work.tasks_completed,
            avg_execution_time_ms=work.avg_execution_time_ms,
            error_count=work.error_count,
        ),
    )
    assert state_text(agent_id, role, status, task, moment_text(moment), work) == state.model_dump_json()
