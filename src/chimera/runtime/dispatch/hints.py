"""A hint: the queue's message (specification section 4, `task_queue:{priority}`), read strictly and written one way."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from chimera.contracts.task import QUEUE_MESSAGE_BYTES_MAX, TaskMessage
from chimera.core.vocabulary import Priority, Role

_USUAL = re.compile(
    r'^\{ ?"task_id" ?: ?"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})" ?, ?"agent_role" ?: ?"('
    + "|".join(role.value for role in Role)
    + r')" ?\}$',
    re.MULTILINE,
)
_ROLES = {role.value: role for role in Role}


class Hint(NamedTuple):
    """`task_id` is a UUID's canonical text, which most uses of a hint ask for."""

    task_id: str
    agent_role: Role
    priority: Priority


class MalformedHint(ValueError):
    """Its text is the reason."""


def read_lines(lines: bytes, count: int, priority: Priority) -> Sequence[Hint] | None:
    """So many messages, a line each and none with a line break, if all have the usual spelling; otherwise None."""
    found = _USUAL.findall(lines.decode("latin-1"))
    if len(found) != count:
        return None
    return [Hint(task_id.lower(), _ROLES[role], priority) for task_id, role in found]


def read_hint(message: bytes, priority: Priority) -> Hint:
    """The message as a hint, read by the contract.

    Raises:
        MalformedHint: it is none.
    """
    if len(message) > QUEUE_MESSAGE_BYTES_MAX:
        raise MalformedHint(f"longer than {QUEUE_MESSAGE_BYTES_MAX} bytes")
    try:
        read = TaskMessage.model_validate_json(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise MalformedHint(f"{place}: {first['msg']}" if place else first["msg"]) from error
    return Hint(str(read.task_id), read.agent_role, priority)


def hint_message(task_id: UUID | str, role: Role) -> str:
    """The specification's message, spelled as there."""
    return f'{{"task_id": "{task_id}", "agent_role": "{role.value}"}}'


def shared_list(priority: Priority) -> str:
    """The list that everybody pushes to."""
    return f"task_queue:{priority.value}"


def role_list(priority: Priority, role: Role) -> str:
    """The list of one role's hints, sorted out of the shared one."""
    return f"task_queue:{priority.value}:{role.value}"
