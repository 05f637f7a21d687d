"""What `chimera queue` prints."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from chimera.cli.moments import minute
from chimera.cli.screen import Row, print_lines, row_lines, visible
from chimera.core.vocabulary import TaskState
from chimera.storage.records.dead_letter import DeadLetter
from chimera.storage.records.task import TaskRecord
from chimera.storage.records.task_waiting import QueueCount


def stats_document(
    depths: Mapping[str, int] | None, counts: Sequence[QueueCount], done_last_hour: int, letters: int
) -> dict[str, object]:
    """The figures as JSON; a list of -1 is a key that is no list, `hints` is null without Redis."""
    waiting = [count.oldest for count in counts if count.state is TaskState.QUEUED]
    return {
        "hints": None if depths is None else dict(depths),
        "tasks": [
            {
                "state": count.state,
                "priority": count.priority,
                "tasks": count.tasks,
                "oldest": count.oldest.isoformat(),
            }
            for count in counts
        ],
        "oldest_queued": min(waiting).isoformat() if waiting else None,
        "done_last_hour": done_last_hour,
        "dead_letters": letters,
    }


def print_stats(
    depths: Mapping[str, int] | None,
    counts: Sequence[QueueCount],
    document: Mapping[str, object],
    now: datetime,
    console: Console,
) -> None:
    if counts:
        print_lines(
            row_lines(
                ("State", " Tasks", "Priority", "Oldest since"),
                [
                    Row((Text(count.state), Text(f"{count.tasks:,}")), count.priority, minute(count.oldest))
                    for count in counts
                ],
                console.width,
            ),
            console,
        )
    else:
        console.print("There are no tasks.")
    if depths is None:
        console.print("Hints: Redis does not answer; tasks are taken from their table.")
    for name, depth in (depths or {}).items():
        console.print(f"{name}: {'no list, delete the key' if depth < 0 else f'{depth:,} hints'}", highlight=False)
    waiting = [count.oldest for count in counts if count.state is TaskState.QUEUED]
    if waiting:
        console.print(f"The oldest queued task waits for {int((now - min(waiting)).total_seconds()):,} s.")
    console.print(f"Done in the last hour: {document['done_last_hour']}. Dead letters: {document['dead_letters']}.")


def task_document(found: TaskRecord) -> dict[str, object]:
    return {
        "task_id": str(found.id),
        "kind": found.kind,
        "agent_role": found.agent_role,
        "priority": found.priority,
        "state": found.state,
        "attempt": found.attempt,
        "attempts_max": found.attempts_max,
        "not_before": found.not_before.isoformat(),
        "created_at": found.created_at.isoformat(),
        "error": found.error,
    }


def print_tasks(tasks: Sequence[TaskRecord], console: Console) -> None:
    if not tasks:
        console.print("Nothing is queued.")
        return
    rows = [
        Row(
            (Text(found.priority), Text(found.agent_role), Text(f"{found.attempt}/{found.attempts_max}")),
            str(found.id),
            f"{found.kind}, not before {minute(found.not_before)}",
        )
        for found in tasks
    ]
    print_lines(row_lines(("Priority", "Role", "Tried", "Task", "What"), rows, console.width), console)


def letter_document(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": str(letter.id),
        "queue": letter.queue,
        "message": letter.message,
        "reason": letter.reason,
        "task_id": str(letter.task_id) if letter.task_id else None,
        "created_at": letter.created_at.isoformat(),
    }


def print_letters(letters: Sequence[DeadLetter], console: Console) -> None:
    if not letters:
        console.print("No dead letters.")
        return
    rows = [
        Row(
            (Text(minute(letter.created_at)), Text(visible(letter.queue))),
            str(letter.task_id or "-"),
            f"{letter.reason}: {letter.message}",
        )
        for letter in letters
    ]
    print_lines(row_lines(("When", "Queue", "Task", "Why and what"), rows, console.width), console)
