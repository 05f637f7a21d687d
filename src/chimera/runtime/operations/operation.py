"""One thing an outside caller can ask for: its name, its documents, who may, and what does it.

HTTP routes, the OpenAPI document and MCP tools are all made from these, so that they can't differ.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from chimera.contracts.contract import Contract
from chimera.core.errors import ChimeraError
from chimera.security.permissions import Caller, Permission, require, require_subject

Asked = TypeVar("Asked", bound=Contract)
Answered = TypeVar("Answered", bound=Contract)


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one caller may ask: a bucket of `burst` that fills by `per_second`."""

    per_second: float
    burst: int


READING = Rate(per_second=50, burst=100)
WRITING = Rate(per_second=10, burst=30)
DECIDING = Rate(per_second=5_000, burst=10_000)
"""Asking the CFO: the treasury's own bounded intake is what holds back a flood."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known caller. `terms` is what stands beside section 3's closed body, `if_match` the version
    that the caller changes (RFC 9110, section 13.1.1)."""

    caller: Caller
    request_id: UUID
    terms: Contract | None = None
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Operation(Generic[Asked, Answered]):
    """`asks` holds everything the caller gives: fields named in `path` stand in the address; the others in the query of
    a GET or DELETE, in the JSON body otherwise. `right` is None where section 7's table of subjects decides by name.

    `creates` tells that an Idempotency-Key is taken, `tagged` that the answer has an ETag.
    """

    name: str
    summary: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    asks: type[Asked]
    answers: type[Answered]
    run: Callable[[Call, Asked], Awaitable[Answered]]
    right: Permission | None
    failures: tuple[type[ChimeraError], ...] = ()
    terms: type[Contract] | None = None
    status: int = 200
    rate: Rate = READING
    creates: bool = False
    tagged: bool = False

    async def __call__(self, call: Call, asked: Asked) -> Answered:
        """The answer to a caller who may ask.

        Raises:
            Forbidden: the caller may not; nothing was done.
            ChimeraError: one of `failures`.
        """
        if self.right is None:
            require_subject(call.caller, self.name)
        else:
            require(call.caller, self.right)
        return await self.run(call, asked)


AnyOperation = Operation[Any, Any]
