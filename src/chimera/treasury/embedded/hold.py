"""One spending of another program: approved and begun when its block begins; settled, voided or kept when it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self
from uuid import UUID

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.errors import BudgetExceeded, ChimeraError, Forbidden, InternalError, OutcomeUnknown, WaitsForHuman
from chimera.treasury.amounts import usd_text
from chimera.treasury.embedded.amounts import Amount, usd
from chimera.treasury.embedded.seen_through import SeenThrough
from chimera.treasury.refusal import require_approved
from chimera.treasury.treasury import Treasury

NEVER_ENTERED = "Cancelled before anything was done with it"
NOTHING_SPENT = "Nothing was spent"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """`hold_for` is how long an approval waits to be begun; `accept_less` whether less than asked for will do."""

    hold_for: timedelta
    accept_less: bool


class Hold:
    """The block's money. Say `actual` or `unspent` in it; the last word counts.

    Without a word, and also when the block raises, the money counts in full until `settle` or `void` is called with
    the `request_id`: what may have been spent is never released.
    """

    def __init__(
        self,
        request: ApprovalRequest,
        terms: Terms,
        *,
        treasury: Treasury,
        seen_through: SeenThrough,
        before: Callable[[], Awaitable[None]],
    ) -> None:
        self.request = request
        self.terms = terms
        self._treasury = treasury
        self._seen_through = seen_through
        self._before = before
        self._approved: tuple[Approval, Decimal] | None = None
        self._begun = False
        self._left = False
        self._actual: Decimal | None = None
        self._why_unspent = NOTHING_SPENT

    @property
    def request_id(self) -> UUID:
        """Names this spending in the ledger, and for `settle` and `void`."""
        return self.request.request_id

    @property
    def approval(self) -> Approval:
        """The signed decision, a person's where one was needed."""
        return self._granted()[0]

    @property
    def approved_usd(self) -> Decimal:
        """How much may be spent: what was asked for, or less where a person allowed less."""
        return self._granted()[1]

    def actual(self, spent: Amount) -> None:
        """This much was really spent, in USD; more than approved is entered as an overrun, 0 gives all of it back.

        Raises:
            ValidationFailed: no amount of money.
        """
        self._actual = usd(spent, "actual")

    def unspent(self, reason: str) -> None:
        """Nothing was spent: the money goes back into the budget."""
        self._actual, self._why_unspent = Decimal(0), reason

    async def __aenter__(self) -> Self:
        opening: asyncio.Task[None] = self._seen_through.begin(self._open())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._left = True
            if opening.done() and self._begun:
                opening = self._seen_through.begin(self._give_back())
            await asyncio.wait({opening})
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._actual is None:
            if error is None:
                raise OutcomeUnknown(f"the block did not say what was spent; {self._remedy()}", self._details())
            error.add_note(self._remedy())
            return
        try:
            await self._seen_through.to_its_end(self._close(self._actual))
        except ChimeraError as failure:
            failure.add_note(self._remedy())
            if error is None:
                raise
            error.add_note(f"{failure.message}; {self._remedy()}")

    async def _open(self) -> None:
        await self._before()
        self._approved = await self._ask()
        await self._treasury.begin_spending(self.request_id, once=True)
        self._begun = True
        if self._left:
            await self._give_back()

    async def _ask(self) -> tuple[Approval, Decimal]:
        approval = await self._treasury.decide(self.request, hold_for=self.terms.hold_for)
        try:
            require_approved(approval, self.request)
        except WaitsForHuman as waiting:
            return await self._answered(waiting)
        return approval, self.request.request_cost

    async def _answered(self, waiting: WaitsForHuman) -> tuple[Approval, Decimal]:
        """What a person answered meanwhile; `waiting` is raised again where nobody did."""
        asked = await self._treasury.escalation(UUID(str(waiting.details["tx_id"])))
        if asked.state == "waiting":
            raise waiting
        if asked.approval is None or asked.approved_usd is None or asked.state != "approved":
            by = f"{asked.answered_by} rejected it: " if asked.state == "rejected" else ""
            raise Forbidden(f"{by}{asked.answer_reason}", waiting.details) from waiting
        if asked.approved_usd < self.request.request_cost and not self.terms.accept_less:
            raise BudgetExceeded(
                f"{asked.answered_by} approved ${usd_text(asked.approved_usd)} of the "
                f"${usd_text(self.request.request_cost)} asked for: say accept_less=True, or ask less",
                {**waiting.details, "remaining": float(asked.approved_usd)},
            ) from waiting
        return asked.approval, asked.approved_usd

    async def _close(self, actual: Decimal) -> None:
        if actual:
            await self._treasury.settle(self.request_id, actual)
        else:
            await self._treasury.void(self.request_id, self._why_unspent)

    async def _give_back(self) -> None:
        try:
            await self._treasury.void(self.request_id, NEVER_ENTERED)
        except ChimeraError as failure:
            _log.warning("%s; %s", failure.message, self._remedy())

    def _granted(self) -> tuple[Approval, Decimal]:
        if self._approved is None:
            raise InternalError("nothing is approved yet: enter the block with `with` or `async with` first")
        return self._approved

    def _remedy(self) -> str:
        amount = usd_text(self._approved[1] if self._approved else self.request.request_cost)
        return (
            f"up to ${amount} may have been spent, and count in full. Look up what was, then settle it: "
            f'cfo.settle("{self.request_id}", amount), or cfo.void("{self.request_id}", reason) if it was nothing'
        )

    def _details(self) -> dict[str, str | int | float | bool | None]:
        return {"request_id": str(self.request_id), "approved": float(self.approved_usd)}
