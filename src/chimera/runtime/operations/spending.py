"""`/v1/spend`: whether spending goes on, what is held, and a person's word to stop it or let it go on."""

from typing import Annotated

from pydantic import Field

from chimera.contracts.contract import Contract
from chimera.contracts.spending import OpenHoldPage, Spending
from chimera.core.errors import Conflict, EngineUnavailable, Forbidden, ValidationFailed
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, cursor_of, read_cursor
from chimera.runtime.operations.person import person
from chimera.security.permissions import Permission
from chimera.treasury import open_holds
from chimera.treasury.asking import REASON_CHARACTERS_MAX
from chimera.treasury.spending_view import read_spending


class SpendAsked(Contract):
    """No field: all of it is told."""


class SpendReason(Contract):
    """Why; it stands in the ledger."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX)]


def spending_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """What is held, and the switch; the switch only where the CFO's key is."""

    async def status(_call: Call, _asked: SpendAsked) -> Spending:
        async with desk.database.transaction() as connection:
            return await read_spending(connection, desk.limits, desk.clock.now())

    async def holds(_call: Call, asked: PageRequest) -> OpenHoldPage:
        async with desk.database.transaction() as connection:
            rows = await open_holds.page(connection, read_cursor(asked.cursor), asked.limit + 1)
        listed = rows[: asked.limit]
        last = listed[-1] if len(rows) > asked.limit else None
        return OpenHoldPage(
            holds=tuple(listed), next_cursor=None if last is None else cursor_of(last.expires_at, last.tx_id)
        )

    async def pause(call: Call, asked: SpendReason) -> Spending:
        await desk.treasury.pause(by=person(call.caller), reason=asked.reason)
        return await status(call, SpendAsked())

    async def resume(call: Call, asked: SpendReason) -> Spending:
        await desk.treasury.resume(by=person(call.caller), reason=asked.reason)
        return await status(call, SpendAsked())

    return (
        Operation(
            name="spend.show",
            summary="Tell whether spending is paused, what is held and what is owed.",
            method="GET",
            path="/v1/spend",
            asks=SpendAsked,
            answers=Spending,
            run=status,
            right=Permission.READ_BUDGET,
        ),
        Operation(
            name="spend.holds",
            summary="List the approvals that their holders have not settled, the first to expire first.",
            method="GET",
            path="/v1/spend/holds",
            asks=PageRequest,
            answers=OpenHoldPage,
            run=holds,
            right=Permission.READ_LEDGER,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="spend.pause",
            summary="Refuse every request for money from now on, until it is resumed.",
            method="POST",
            path="/v1/spend/pause",
            asks=SpendReason,
            answers=Spending,
            run=pause,
            right=Permission.PAUSE_SPEND,
            failures=(ValidationFailed, Conflict, Forbidden, EngineUnavailable),
            rate=WRITING,
        ),
        Operation(
            name="spend.resume",
            summary="Let spending go on after a pause; debt stays, and lowers what the budgets hold.",
            method="POST",
            path="/v1/spend/resume",
            asks=SpendReason,
            answers=Spending,
            run=resume,
            right=Permission.PAUSE_SPEND,
            failures=(ValidationFailed, Conflict, Forbidden, EngineUnavailable),
            rate=WRITING,
        ),
    )
