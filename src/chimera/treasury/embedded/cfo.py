"""The CFO inside another program: its agents spend through the same treasury, under the same caps."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

from pydantic import ValidationError

from chimera.contracts.approval import ApprovalRequest
from chimera.contracts.budget import BudgetState
from chimera.contracts.error import validation_failed
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending import OpenHold
from chimera.core.clock import Clock
from chimera.core.errors import ValidationFailed
from chimera.core.identity import new_id
from chimera.core.money import cents_up
from chimera.core.vocabulary import RequestType
from chimera.storage.database import Database
from chimera.storage.records import agents
from chimera.treasury.embedded.amounts import Amount, usd
from chimera.treasury.embedded.hold import NOTHING_SPENT, Hold, Terms
from chimera.treasury.embedded.seen_through import SeenThrough
from chimera.treasury.treasury import Treasury

HOLD_FOR: Final = timedelta(minutes=10)
SWEEP_EVERY_SECONDS = 60.0
OPEN_HOLDS_MAX = 1000
NAME_CHARACTERS_MAX = 100
_AGENTS = UUID("6f1d5a1e-0a53-5c0c-9b7e-3f0d4f6c2a11")
"""The namespace of agents' ids: the same name is the same agent, wherever it is registered."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who spends, as the ledger names it."""

    id: UUID
    name: str


class EmbeddedCfo:
    """Made by `open_cfo`. `treasury` is the whole of it: escalations, pausing, the ledger and its verification."""

    def __init__(self, treasury: Treasury, database: Database, clock: Clock) -> None:
        self.treasury = treasury
        self._database = database
        self._clock = clock
        self._seen_through = SeenThrough()
        self._sweep_at = clock.monotonic()

    async def register(self, name: str) -> Agent:
        """The agent of this name, registered on first use.

        Raises:
            ValidationFailed: no name.
            EngineUnavailable: the database can't be reached.
        """
        if not name.strip() or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
            raise ValidationFailed(
                f"an agent's name has 1 to {NAME_CHARACTERS_MAX} printable characters", {"field": "name"}
            )
        agent = Agent(uuid5(_AGENTS, name), name)
        async with self._database.transaction() as connection:
            await agents.ensure_named(connection, agent.id, name)
        return agent

    def spending(
        self,
        agent: Agent,
        at_most: Amount,
        request_type: RequestType | str = RequestType.API_CALL,
        *,
        roi: Amount,
        why: str,
        request_id: UUID | str | None = None,
        hold_for: timedelta = HOLD_FOR,
        accept_less: bool = False,
    ) -> Hold:
        """A block that may spend `at_most` USD; it is entered only once that is approved and held.

        After `WaitsForHuman`, ask again with the error's `approval_request_id` and the same words to go on with the
        answer. Once begun, a request is never begun again.

        Raises:
            ValidationFailed: an amount or a word is wrong. All others come when the block is entered:
            BudgetExceeded, RoiTooLow, SpendPaused: refused, signed and in the ledger; nothing is held.
            WaitsForHuman: a person must decide; `details["tx_id"]` is what to approve.
            Forbidden: a person rejected it, or nobody answered in time.
            Conflict: the request was begun before, or is another one than before.
            EngineUnavailable, RateLimited: nothing was begun; ask again.
        """
        request = _request(
            {
                "request_id": new_id(self._clock) if request_id is None else request_id,
                "agent_id": agent.id,
                "request_type": request_type,
                "request_cost": cents_up(usd(at_most, "at_most")),
                "projected_roi": usd(roi, "roi"),
                "justification": why,
            }
        )
        return Hold(
            request,
            Terms(hold_for, accept_less),
            treasury=self.treasury,
            seen_through=self._seen_through,
            before=self._sweep_now_and_then,
        )

    async def settle(self, request_id: UUID | str, spent: Amount) -> LedgerEntry:
        """What a kept spending came to; the same amount again is answered again.

        Raises:
            ValidationFailed, NotFound, Conflict: as `Treasury.settle`.
        """
        return await self._seen_through.to_its_end(self.treasury.settle(_id(request_id), usd(spent, "spent")))

    async def void(self, request_id: UUID | str, reason: str = NOTHING_SPENT) -> LedgerEntry:
        """A kept spending came to nothing.

        Raises:
            ValidationFailed, NotFound, Conflict: as `Treasury.void`.
        """
        return await self._seen_through.to_its_end(self.treasury.void(_id(request_id), reason))

    async def unsettled(self) -> tuple[OpenHold, ...]:
        """Spendings that were begun and never settled, of all who share these books; at most 1,000."""
        return tuple(hold for hold in await self.treasury.open_holds(OPEN_HOLDS_MAX) if hold.submitted)

    async def budgets(self) -> tuple[BudgetState, ...]:
        """Every current budget line, with what remains."""
        return await self.treasury.budgets()

    async def aclose(self) -> None:
        """Wait for what is under way; the treasury stays open."""
        await self._seen_through.aclose()

    async def _sweep_now_and_then(self) -> None:
        """Release what expired, at most once a minute: nobody else may be there to do it."""
        if self._clock.monotonic() >= self._sweep_at:
            self._sweep_at = self._clock.monotonic() + SWEEP_EVERY_SECONDS
            await self.treasury.sweep()


def _request(fields: dict[str, object]) -> ApprovalRequest:
    try:
        return ApprovalRequest.model_validate(fields)
    except ValidationError as error:
        raise validation_failed(error) from error


def _id(request_id: UUID | str) -> UUID:
    try:
        return request_id if isinstance(request_id, UUID) else UUID(request_id)
    except ValueError as error:
        raise ValidationFailed(f"{request_id!r} is no request id", {"field": "request_id"}) from error
