"""Every route: nobody gets in without a token or the right, and no answer is one that the document leaves out."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chimera.api.openapi import failures_of, openapi_document
from chimera.contracts.error import ErrorEnvelope
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.known import KnownOperation
from chimera.runtime.operations.operation import AnyOperation
from chimera.security.permissions import RIGHTS, SUBJECTS
from factories_front import House, open_house

pytestmark = pytest.mark.engines


@pytest.fixture
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, redis_url, tmp_path) as opened:
        yield opened


REFUSED = {(401, "UNAUTHENTICATED"), (429, "RATE_LIMITED")}
"""The second for a stranger who tries too much."""


def may_ask(operation: AnyOperation, role: Role | PersonRole) -> bool:
    if isinstance(operation, KnownOperation):
        return True
    if operation.right is None:
        return role in SUBJECTS[operation.name]
    return operation.right in RIGHTS[role]


def somewhere(operation: AnyOperation) -> str:
    """Its address, with an id that there is not in each of its fields."""
    return "/".join(str(uuid4()) if part.startswith("{") else part for part in operation.path.split("/"))


async def ask(client: httpx.AsyncClient, operation: AnyOperation) -> httpx.Response:
    body = {"json": {"surprise": 1}} if operation.method in {"POST", "PUT"} else {}
    return await client.request(operation.method, somewhere(operation), **body)  # type: ignore[arg-type]


def code_of(answer: httpx.Response) -> str:
    return ErrorEnvelope.model_validate_json(answer.content).error.code


async def test_without_a_token_nothing_is_answered(house: House) -> None:
    assert house.front.operations
    async with house.client(None) as nobody:
        for operation in house.front.operations:
            answer = await ask(nobody, operation)
            assert (answer.status_code, code_of(answer)) in REFUSED, operation.name


async def test_without_the_right_nothing_is_done_and_with_it_the_answer_is_a_documented_one(house: House) -> None:
    for role in (*Role, *PersonRole):
        async with house.client(role) as client:
            for operation in house.front.operations:
                answer = await ask(client, operation)
                if not may_ask(operation, role):
                    assert (answer.status_code, code_of(answer)) == (403, "FORBIDDEN"), (operation.name, role)
                elif answer.status_code >= 400:
                    codes = failures_of(operation).get(answer.status_code, ())
                    assert code_of(answer) in codes, (operation.name, answer.text)


def test_every_operation_has_a_name_and_an_address_of_its_own(house: House) -> None:
    operations = house.front.operations
    assert len({operation.name for operation in operations}) == len(operations)
    assert len({(operation.method, operation.path) for operation in operations}) == len(operations)


def test_the_document_refers_to_nothing_that_is_not_in_it(house: House) -> None:
    document = openapi_document(house.front.operations, "1")
    schemas = document["components"]["schemas"]
    left: list[object] = [document]
    while left:
        found = left.pop()
        if isinstance(found, dict):
            reference = found.get("$ref")
            assert not isinstance(reference, str) or reference.rpartition("/")[2] in schemas, reference
            left += found.values()
        elif isinstance(found, list):
            left += found
