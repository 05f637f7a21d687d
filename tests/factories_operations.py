"""Operations asked directly, by callers of any role, on a real database."""

from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from redis.asyncio import Redis

from chimera.contracts.contract import Contract
from chimera.core.clock import Clock
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, PersonRole, Role
from chimera.runtime.operations.catalogue import all_operations
from chimera.runtime.operations.desk import Desk, PieceEngine
from chimera.runtime.operations.operation import AnyOperation, Call
from chimera.runtime.operations.tags import tag_of
from chimera.security.permissions import Caller
from chimera.storage.database import Database
from chimera.treasury.ledger_check import Trusted
from chimera.treasury.policy import BudgetLimits
from chimera.treasury.treasury import Treasury
from factories_treasury import TOTALS

Answer = TypeVar("Answer", bound=Contract)


class NoEngine:
    """Knows of no piece, and is never begun."""

    async def is_known(self, content_id: UUID) -> bool:
        del content_id
        return False


def person(role: PersonRole, name: str = "ada") -> Caller:
    return Caller(uuid4(), role, name=name)


def agent(role: Role, agent_id: UUID | None = None) -> Caller:
    return Caller(agent_id or uuid4(), role)


VIEWER, CREATOR = person(PersonRole.VIEWER), person(PersonRole.CREATOR)
FINANCE, OPERATOR = person(PersonRole.FINANCE), person(PersonRole.OPERATOR)


def desk_on(
    database: Database,
    clock: Clock,
    treasury: Treasury | None = None,
    *,
    engine: PieceEngine | None = None,
    limits: BudgetLimits | None = None,
) -> Desk:
    """A desk without Redis; money is asked of `treasury`."""
    return Desk(
        home=Path("nowhere"),
        clock=clock,
        database=database,
        redis=Redis(host="127.0.0.1", port=1),
        blobs=cast("Any", None),
        treasurer=cast("Any", treasury),
        own_treasury=treasury,
        limits=limits or (lambda period, _category: TOTALS[period]),
        trusted=Trusted(() if treasury is None else (treasury.public_key,)),
        engine=engine or cast("Any", NoEngine()),
    )


def operation_named(desk: Desk, name: str) -> AnyOperation:
    return next(operation for operation in all_operations(desk) if operation.name == name)


async def ask(
    desk: Desk, name: str, caller: Caller, answers: type[Answer], /, *, if_match: str | None = None, **fields: object
) -> Answer:
    """What the operation answers to this caller."""
    operation = operation_named(desk, name)
    call = Call(caller, uuid4(), if_match=if_match)
    answer = await operation(call, operation.asks.model_validate(fields))
    assert isinstance(answer, answers)
    return answer


def tag(document: Contract) -> str:
    """The ETag under which the document was answered."""
    return tag_of(document.model_dump_json().encode())


LINE = {"period": BudgetPeriod.DAILY, "category": BudgetCategory.COMPUTE}
