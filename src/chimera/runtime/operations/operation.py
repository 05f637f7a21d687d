"""One thing an outside caller can ask for: its name, its documents, who may, and what does it.

HTTP routes, the OpenAPI document and MCP tools are all made from these, so that they can't differ.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from chimera.contracts.contract import Contract
from chimera.core.clock import Clock
from chimera.core.errors import ChimeraError
from chimera.core.identity import new_id
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


BODY_BYTES_MAX = 32 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known caller. `terms` is what stands beside section 3's closed body, `if_match` the version
    that the caller changes (RFC 9110, section 13.1.1), `wait_seconds` how long it would wait for what takes time
    (RFC 7240, `Prefer: wait`), `created_id` the id that an Idempotency-Key has reserved for what is made."""

    caller: Caller
    request_id: UUID
    terms: Contract | None = None
    if_match: str | None = None
    wait_seconds: float | None = None
    created_id: UUID | None = None

    def id_to_create(self, clock: Clock) -> UUID:
        """The id for what this request makes: the same one where it is done again under its Idempotency-Key."""
        return self.created_id or new_id(clock)


@dataclass(frozen=True, slots=True)
class Operation(Generic[Asked, Answered]):
    """`asks` holds everything the caller gives: fields named in `path` stand in the address; the others in the query of
    a GET or DELETE, in the JSON body otherwise. `right` is None where section 7's table of subjects decides by name.

    `creates` tells that an Idempotency-Key is taken, `tagged` that the answer has an ETag. What takes longer than its
    caller waits is answered with `accepted` (status 202), whose `status_url` tells what becomes of it.
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
    accepted: type[Contract] | None = None
    body_bytes_max: int = BODY_BYTES_MAX

    def admit(self, caller: Caller) -> None:
        """Return if the caller may ask.

        Raises:
            Forbidden: it may not.
        """
        if self.right is None:
            require_subject(caller, self.name)
        else:
            require(caller, self.right)

    async def __call__(self, call: Call, asked: Asked) -> Answered:
        """The answer to a caller who may ask.

        Raises:
            Forbidden: the caller may not; nothing was done.
            ChimeraError: one of `failures`.
        """
        self.admit(call.caller)
        return await self.run(call, asked)


AnyOperation = Operation[Any, Any]
