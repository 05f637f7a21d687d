"""How agents look on a terminal and in a pipe: the count first, so that ten thousand stay readable."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chimera.cli.screen import visible
from chimera.contracts.agent_state import AgentState
from chimera.core.vocabulary import Role
from chimera.storage.records.agents import AgentRecord
from chimera.storage.records.crew_member import MemberRecord

_STANDINGS = ("busy", "idle", "error", "paused", "offline", "retired")


def print_agents(
    counts: Sequence[tuple[Role, str, int]], listed: Sequence[tuple[AgentRecord, str]], console: Console
) -> None:
    """How many of each role are how, then the listed ones."""
    numbers = {(role, standing): number for role, standing, number in counts}
    summary = Table(box=None, pad_edge=False, header_style="bold")
    summary.add_column("role")
    for standing in (*_STANDINGS, "all"):
        summary.add_column(standing, justify="right")
    for role in sorted({role for role, _, _ in counts}):
        row = [numbers.get((role, standing), 0) for standing in _STANDINGS]
        summary.add_row(role.value, *[str(number or "-") for number in row], str(sum(row)))
    console.print(summary, highlight=False)
    if not listed:
        return
    console.print()
    console.print(Text(f"{'agent':<36}  {'role':<8}  {'status':<7}  heard of", "bold"), highlight=False)
    for agent, standing in listed:
        heard = f"{agent.last_heartbeat:%Y-%m-%d %H:%M:%S}" if agent.last_heartbeat else "never"
        console.print(f"{agent.id}  {agent.role.value:<8}  {standing:<7}  {heard}", highlight=False)


def print_agent(agent: AgentRecord, member: MemberRecord | None, state: AgentState | None, console: Console) -> None:
    """Everything known about one agent."""
    lines = [("agent", str(agent.id)), ("role", agent.role.value), ("status", agent.status.value)]
    lines += [("state", _state_text(state))]
    heard = f"{agent.last_heartbeat:%Y-%m-%d %H:%M:%S} UTC" if agent.last_heartbeat else "never"
    lines += [("heard of", heard), ("capabilities", ", ".join(agent.capabilities))]
    lines += [("config", visible(json.dumps(agent.config, ensure_ascii=False)) if agent.config else "none")]
    if member is not None:
        lines += _member_lines(member)
    for name, value in lines:
        console.print(Text(f"{name:<13}", "bold") + Text(value), highlight=False, soft_wrap=True)


def _state_text(state: AgentState | None) -> str:
    if state is None:
        return "none: no process shows it"
    done = state.metrics
    task = f", at {state.current_task}" if state.current_task else ""
    return (
        f"{state.status.value}{task}; {done.tasks_completed} tasks completed in {done.avg_execution_time_ms} ms on "
        f"average, {done.error_count} failed"
    )


def _member_lines(member: MemberRecord) -> list[tuple[str, str]]:
    lines = [("host", str(member.host_id) if member.host_id else "none")]
    if member.paused_at:
        lines.append(("paused", f"since {member.paused_at:%Y-%m-%d %H:%M:%S} UTC"))
    if member.retired_at:
        lines.append(("retired", f"{member.retired_at:%Y-%m-%d %H:%M:%S} UTC"))
    if member.rests_until:
        failures = member.failures_in_a_row
        lines.append(("rests", f"until {member.rests_until:%Y-%m-%d %H:%M:%S} UTC, after {failures} failures in a row"))
    return lines
