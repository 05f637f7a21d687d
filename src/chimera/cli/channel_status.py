"""`chimera studio status`: each channel with its money, its next slots, what is under way and what came last."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from chimera.agents.planner.cadence import due_slots, next_slots
from chimera.agents.planner.channel import ENDED, Channel, OrderedTask, set_aside
from chimera.cli.screen import visible
from chimera.core.clock import Clock
from chimera.core.vocabulary import TaskKind
from chimera.runtime.coordination.channels import read_channel
from chimera.storage.database import Database
from chimera.storage.records import objective as objectives
from chimera.storage.records.objective import ObjectiveRecord

NEXT_SLOTS = 3
LAST_OUTCOMES = 5


async def status_document(database: Database, clock: Clock) -> dict[str, Any]:
    """What `--json` prints."""
    now = clock.now()
    async with database.transaction() as connection:
        records = await objectives.all_of(connection)
        channels = [(record, await read_channel(connection, record, now)) for record in records]
    return {"objectives": [_channel(record, channel, now) for record, channel in channels]}


def _channel(record: ObjectiveRecord, channel: Channel, now: datetime) -> dict[str, Any]:
    ended = [task for task in channel.tasks if task.state in ENDED and task.kind is TaskKind.CONTENT]
    latest = sorted(ended, key=lambda task: task.ended_at or task.created_at, reverse=True)[:LAST_OUTCOMES]
    return {
        "name": record.name,
        "state": record.state,
        "reason": record.state_reason,
        "version": record.version,
        "budget_usd": {
            "daily": float(channel.objective.daily_budget_usd),
            "set_aside_today": float(set_aside(channel, now)),
        },
        "due_now": [slot.at.isoformat() for slot in due_slots(channel.objective, now)],
        "next": [slot.at.isoformat() for slot in next_slots(channel.objective, now, NEXT_SLOTS)],
        "under_way": [_task(task) for task in channel.tasks if task.state not in ENDED],
        "last": [_task(task) for task in latest],
    }


def _task(task: OrderedTask) -> dict[str, Any]:
    return {
        "task_id": str(task.id),
        "kind": task.kind.value,
        "slot": task.slot.isoformat(),
        "attempt": task.attempt,
        "state": task.state.value,
        "reason": task.reason or None,
    }


def print_status(document: dict[str, Any], console: Console) -> None:
    """The same for people."""
    if not document["objectives"]:
        console.print("No channel yet: `chimera studio example > channel.toml`, then `chimera studio run`")
    for channel in document["objectives"]:
        why = f" ({escape(visible(channel['reason']))})" if channel["reason"] else ""
        console.print(f"[bold]{channel['name']}[/] {channel['state']}{why}, version {channel['version']}")
        money = channel["budget_usd"]
        console.print(f"  today: ${money['set_aside_today']:.2f} of ${money['daily']:.2f} spent or set aside")
        console.print(f"  next: {', '.join(map(_short, channel['next'])) or 'none within eight days'}")
        for title in ("under_way", "last"):
            for task in channel[title]:
                said = f": {escape(visible(task['reason']))}" if task["reason"] else ""
                label = title.replace("_", " ")
                slot = _short(task["slot"])
                console.print(f"  {label}: {slot} {task['kind']} (try {task['attempt']}) {task['state']}{said}")


def _short(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"
