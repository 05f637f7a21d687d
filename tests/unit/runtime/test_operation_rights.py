"""Who may ask what outside: every operation names its right, and who lacks it is refused before anything is done."""

import re
from typing import Any, cast
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from chimera.contracts.contract import Contract
from chimera.core.errors import Forbidden
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.catalogue import all_operations
from chimera.runtime.operations.known import KnownOperation
from chimera.runtime.operations.operation import AnyOperation, Call
from chimera.security.permissions import SUBJECTS, Caller
from factories_operations import NoEngine


class Untouched:
    """Whatever is done with it fails the test."""

    def __getattr__(self, name: str) -> Any:
        if name == "engine":
            return NoEngine()
        if name == "redis":
            return Redis(port=1)  # not connected
        return (
            Untouched()
            if name in {"database", "clock", "treasurer", "agents", "sealer", "outbound"}
            else pytest.fail(f"{name} was touched")
        )


OPERATIONS = all_operations(cast("Any", Untouched()))
ROLES = (*Role, *PersonRole)
OPEN_TO_THE_OWNER = {"ledger.show", "ledger.explain", "approvals.show"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_whoever_lacks_the_right_is_refused_and_nothing_is_touched(operation: AnyOperation) -> None:
    if isinstance(operation, KnownOperation):
        assert operation.name in OPEN_TO_THE_OWNER
        return
    callers = [Caller(uuid4(), role, name="ada" if role in set(PersonRole) else None) for role in ROLES]
    callers.append(Caller(uuid4(), Role.WORKER, other_program=True))
    refused = [caller for caller in callers if not _may(caller, operation)]
    assert refused
    for caller in refused:
        with pytest.raises(Forbidden):
            await operation(Call(caller, uuid4()), cast("Contract", None))


def _may(caller: Caller, operation: AnyOperation) -> bool:
    if operation.right is not None:
        return operation.right in caller.rights
    if caller.other_program:
        return operation.name == "internal.agent.cfo.approve"
    return caller.role in SUBJECTS[operation.name]


def test_names_and_addresses_are_each_there_once() -> None:
    names = [operation.name for operation in OPERATIONS]
    addresses = [(operation.method, re.sub(r"\{\w+\}", "{}", operation.path)) for operation in OPERATIONS]
    assert (len(set(names)), len(set(addresses))) == (len(names), len(addresses))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_what_stands_in_the_path_is_asked_for(operation: AnyOperation) -> None:
    assert set(re.findall(r"\{(\w+)\}", operation.path)) <= set(operation.asks.model_fields)


def test_an_address_without_fields_stands_before_the_one_it_would_fit() -> None:
    """`/v1/ledger/verify` is no transaction."""
    seen: list[tuple[str, re.Pattern[str]]] = []
    for operation in OPERATIONS:
        for method, pattern in seen:
            assert not (method == operation.method and "{" not in operation.path and pattern.fullmatch(operation.path))
        if "{" in operation.path:
            seen.append((operation.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.path))))
