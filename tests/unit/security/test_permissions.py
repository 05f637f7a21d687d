"""Who may do what: the specification's lists to the letter, every other right denied by default."""

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.core.errors import Forbidden
from chimera.core.vocabulary import PersonRole, Role
from chimera.security.permissions import RIGHTS, SUBJECTS, Caller, Permission, caller_of, require, require_subject

ROLES: tuple[Role | PersonRole, ...] = (*Role, *PersonRole)
PAIRS = [(role, permission) for role in ROLES for permission in Permission]
GRANTED = [(role, permission) for role, permission in PAIRS if permission in RIGHTS[role]]
DENIED = [(role, permission) for role, permission in PAIRS if permission not in RIGHTS[role]]
SPECIFIED = {
    "scout": ["read:trends", "write:trends"],
    "director": ["read:trends", "write:content_pipeline"],
    "artist": ["read:content_pipeline", "write:content_pipeline", "write:video_metadata", "call:mcp_tools"],
    "cfo": ["read:ledger", "write:ledger", "approve:transactions"],
}
DECIDED = {
    "planner": "read:trends read:content_pipeline read:budget write:tasks",
    "judge": "read:trends read:content_pipeline write:content_pipeline read:video_metadata review:content",
    "worker": (
        "read:content_pipeline write:content_pipeline read:video_metadata write:video_metadata call:publish_tools "
        "request:spend"
    ),
}


class Row:
    def __init__(self, role: Role, config: dict[str, object] | None = None) -> None:
        self.id: UUID = uuid4()
        self.role = role
        self.config = config or {}


@pytest.mark.parametrize("role", SPECIFIED)
def test_the_four_lists_are_the_specification_s(role: str) -> None:
    assert RIGHTS[Role(role)] == set(SPECIFIED[role])


@pytest.mark.parametrize("role", DECIDED)
def test_the_added_roles_have_what_was_decided(role: str) -> None:
    assert RIGHTS[Role(role)] == set(DECIDED[role].split())


@pytest.mark.parametrize(("role", "permission"), GRANTED)
def test_a_granted_right_can_be_used(role: Role | PersonRole, permission: Permission) -> None:
    require(Caller(uuid4(), role), permission)


@pytest.mark.parametrize(("role", "permission"), DENIED)
def test_a_right_that_was_not_granted_is_refused_with_who_and_what(
    role: Role | PersonRole, permission: Permission
) -> None:
    caller = Caller(uuid4(), role)
    with pytest.raises(Forbidden) as refused:
        require(caller, permission)
    assert refused.value.details == {"agent_id": str(caller.id), "role": role.value, "permission": permission.value}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("role", ROLES)
def test_a_subject_is_called_by_its_roles_only(subject: str, role: Role | PersonRole) -> None:
    caller = Caller(uuid4(), role)
    if role in SUBJECTS[subject]:
        require_subject(caller, subject)
    else:
        with pytest.raises(Forbidden):
            require_subject(caller, subject)


def test_an_unknown_subject_is_nobody_s() -> None:
    with pytest.raises(Forbidden):
        require_subject(Caller(uuid4(), PersonRole.ADMIN), "internal.agent.cfo.print_money")


def test_the_planner_can_neither_call_tools_nor_have_something_produced() -> None:
    planner = Caller(uuid4(), Role.PLANNER)
    with pytest.raises(Forbidden):
        require(planner, Permission.CALL_TOOLS)
    with pytest.raises(Forbidden):
        require_subject(planner, "internal.agent.artist.produce")


def test_nobody_both_spends_and_approves() -> None:
    for rights in RIGHTS.values():
        assert not {Permission.REQUEST_SPEND, Permission.APPROVE} <= rights
        assert not {Permission.CALL_TOOLS, Permission.APPROVE} <= rights
        assert not {Permission.CALL_PUBLISHING, Permission.REVIEW} <= rights


def test_an_agent_is_what_its_row_says() -> None:
    row = Row(Role.ARTIST)
    assert caller_of(row, row.id) == Caller(row.id, Role.ARTIST)


def test_an_agent_without_a_row_may_do_nothing() -> None:
    with pytest.raises(Forbidden, match="not registered"):
        caller_of(None, uuid4())


def test_another_program_s_agent_may_ask_for_money_and_nothing_else() -> None:
    caller = caller_of(row := Row(Role.WORKER, {"name": "their bot"}), row.id)
    require(caller, Permission.REQUEST_SPEND)
    require_subject(caller, "internal.agent.cfo.approve")
    for permission in set(Permission) - {Permission.REQUEST_SPEND}:
        with pytest.raises(Forbidden):
            require(caller, permission)
    for subject in set(SUBJECTS) - {"internal.agent.cfo.approve"}:
        with pytest.raises(Forbidden):
            require_subject(caller, subject)


def test_the_document_s_table_is_the_code_s() -> None:
    document = (Path(__file__).parents[3] / "docs" / "crew.md").read_text()
    section = document.partition("## Who may do what")[2]
    rows = dict(re.findall(r"^\| (\w+) \| (`.+`) \|$", section, re.MULTILINE))
    told = {role: set(re.findall(r"`([a-z_:]+)`", rights)) for role, rights in rows.items()}
    assert told == {role.value: set(RIGHTS[role]) for role in ROLES}
