"""Who may do what (specification section 7): rights by role, and which roles may call which subject. Deny by default.

The lists of scout, director, artist and cfo are the specification's to the letter; the others are added to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from chimera.core.errors import Forbidden
from chimera.core.vocabulary import PersonRole, Role

OTHER_PROGRAM = "name"
"""The field of an agent's config that tells that another program registered it, to ask for money and nothing else."""


class Permission(StrEnum):
    READ_TRENDS = "read:trends"
    WRITE_TRENDS = "write:trends"
    READ_CONTENT = "read:content_pipeline"
    WRITE_CONTENT = "write:content_pipeline"
    READ_VIDEO = "read:video_metadata"
    WRITE_VIDEO = "write:video_metadata"
    CALL_TOOLS = "call:mcp_tools"
    CALL_PUBLISHING = "call:publish_tools"
    READ_LEDGER = "read:ledger"
    WRITE_LEDGER = "write:ledger"
    APPROVE = "approve:transactions"
    READ_BUDGET = "read:budget"
    WRITE_BUDGET = "write:budget"
    WRITE_TASKS = "write:tasks"
    REVIEW = "review:content"
    REQUEST_SPEND = "request:spend"
    SCHEDULE = "schedule:content"
    ANSWER_ESCALATIONS = "answer:escalations"
    PAUSE_SPEND = "pause:spend"
    HALT = "halt:studio"
    WRITE_AGENTS = "write:agents"
    WRITE_WEBHOOKS = "write:webhooks"


_P = Permission
_VIEWER = frozenset({_P.READ_TRENDS, _P.READ_CONTENT, _P.READ_VIDEO})
_CREATOR = _VIEWER | {_P.WRITE_CONTENT, _P.WRITE_TASKS, _P.SCHEDULE, _P.READ_BUDGET}
_FINANCE = _VIEWER | {
    _P.READ_LEDGER, _P.READ_BUDGET, _P.WRITE_BUDGET, _P.ANSWER_ESCALATIONS, _P.PAUSE_SPEND
}  # fmt: skip
_OPERATOR = _CREATOR | {_P.REVIEW, _P.HALT, _P.PAUSE_SPEND, _P.WRITE_AGENTS, _P.READ_LEDGER, _P.WRITE_WEBHOOKS}

RIGHTS: Mapping[Role | PersonRole, frozenset[Permission]] = MappingProxyType(
    {
        Role.SCOUT: frozenset({_P.READ_TRENDS, _P.WRITE_TRENDS}),
        Role.DIRECTOR: frozenset({_P.READ_TRENDS, _P.WRITE_CONTENT}),
        Role.ARTIST: frozenset({_P.READ_CONTENT, _P.WRITE_CONTENT, _P.WRITE_VIDEO, _P.CALL_TOOLS}),
        Role.CFO: frozenset({_P.READ_LEDGER, _P.WRITE_LEDGER, _P.APPROVE}),
        Role.PLANNER: frozenset({_P.READ_TRENDS, _P.READ_CONTENT, _P.READ_BUDGET, _P.WRITE_TASKS}),
        Role.JUDGE: frozenset({_P.READ_TRENDS, _P.READ_CONTENT, _P.WRITE_CONTENT, _P.READ_VIDEO, _P.REVIEW}),
        Role.WORKER: frozenset(
            {
                _P.READ_CONTENT, _P.WRITE_CONTENT, _P.READ_VIDEO, _P.WRITE_VIDEO, _P.CALL_PUBLISHING,
                _P.REQUEST_SPEND,
            }
        ),
        PersonRole.VIEWER: _VIEWER,
        PersonRole.CREATOR: _CREATOR,
        PersonRole.FINANCE: _FINANCE,
        PersonRole.OPERATOR: _OPERATOR,
        PersonRole.ADMIN: _OPERATOR | _FINANCE,
    }
)  # fmt: skip

ROLES: Mapping[str, Role | PersonRole] = MappingProxyType({role.value: role for role in RIGHTS})
"""Agents' and people's roles by their names."""

_EVERY_ROLE_BUT_THE_CFO: frozenset[Role | PersonRole] = frozenset(Role) - {Role.CFO}
_MAKERS: frozenset[Role | PersonRole] = frozenset(
    {Role.PLANNER, Role.WORKER, PersonRole.CREATOR, PersonRole.OPERATOR, PersonRole.ADMIN}
)
SUBJECTS: Mapping[str, frozenset[Role | PersonRole]] = MappingProxyType(
    {
        "internal.agent.scout.analyze": _MAKERS,
        "internal.agent.director.create_brief": _MAKERS,
        # Paid: its money is asked for first, and the planner can't spend.
        "internal.agent.artist.produce": _MAKERS - {Role.PLANNER},
        "internal.agent.cfo.approve": _EVERY_ROLE_BUT_THE_CFO,
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts. An agent's role is what its row says; `other_program` tells that it only may ask for money; `name` is
    a person's."""

    id: UUID
    role: Role | PersonRole
    other_program: bool = False
    name: str | None = None

    @property
    def rights(self) -> frozenset[Permission]:
        if self.other_program:
            return frozenset({Permission.REQUEST_SPEND})
        return RIGHTS.get(self.role, frozenset())


class AgentRow(Protocol):
    """What is needed of a row of `agents`."""

    @property
    def id(self) -> UUID: ...

    @property
    def role(self) -> Role: ...

    @property
    def config(self) -> dict[str, Any]: ...


def caller_of(row: AgentRow | None, agent_id: UUID) -> Caller:
    """The agent as its row tells; what it says of itself does not count.

    Raises:
        Forbidden: it has no row.
    """
    if row is None:
        raise Forbidden(f"agent {agent_id} is not registered: it may do nothing here", {"agent_id": str(agent_id)})
    return Caller(row.id, row.role, OTHER_PROGRAM in row.config)


def require(caller: Caller, permission: Permission) -> None:
    """Return if the caller has the right.

    Raises:
        Forbidden: it has not; the details tell who and what.
    """
    if permission not in caller.rights:
        raise Forbidden(
            f"{caller.role} {caller.id} has no right to {permission}: let an agent do it whose role has it",
            {"agent_id": str(caller.id), "role": caller.role.value, "permission": permission.value},
        )


def require_subject(caller: Caller, subject: str) -> None:
    """Return if the caller may call the subject.

    Raises:
        Forbidden: it may not, or there is no such subject.
    """
    allowed = SUBJECTS.get(subject, frozenset())
    asks_for_money = caller.other_program and subject == "internal.agent.cfo.approve"
    if asks_for_money or (caller.role in allowed and not caller.other_program):
        return
    raise Forbidden(
        f"{caller.role} {caller.id} may not call {subject}",
        {"agent_id": str(caller.id), "role": caller.role.value, "subject": subject},
    )


def require_own(caller: Caller, agent_id: UUID) -> None:
    """Return if the id is the caller's: nobody asks in another's name.

    Raises:
        Forbidden: it is somebody else's.
    """
    if caller.id != agent_id:
        raise Forbidden(
            f"{caller.role} {caller.id} can't ask in the name of {agent_id}: agent_id is the token's own",
            {"agent_id": str(agent_id), "caller": str(caller.id)},
        )
