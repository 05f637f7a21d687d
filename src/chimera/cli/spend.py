"""`chimera spend pause|resume|status|holds|settle|void`: stop all spending at once, see and close what is held."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from chimera.cli.books import print_entries
from chimera.cli.document import print_json
from chimera.cli.options import Json, Limit
from chimera.cli.person import As, person
from chimera.cli.screen import screen
from chimera.cli.spend_text import print_holds, print_spending
from chimera.cli.studio import studio_of_environment
from chimera.contracts.ledger import LedgerEntry
from chimera.contracts.spending import Spending

Reason = Annotated[str, Parameter(help="Why; it stands in the ledger.")]
RequestId = Annotated[UUID, Parameter(help="The request that was approved, as `chimera spend holds` lists it.")]
Spent = Annotated[Decimal, Parameter(help="What was spent, in USD.")]


async def pause(*, reason: Reason, as_: As = None, json: Json = False) -> None:
    """Refuse every request for money from now on, until `chimera spend resume`."""
    by = person(as_)
    async with studio_of_environment() as studio:
        await studio.treasury.pause(by=by, reason=reason)
        spending = await studio.treasury.spending()
    _show(spending, as_json=json)


async def resume(*, reason: Reason, as_: As = None, json: Json = False) -> None:
    """Let spending go on after a pause; debt stays, and lowers what the budgets hold."""
    by = person(as_)
    async with studio_of_environment() as studio:
        await studio.treasury.resume(by=by, reason=reason)
        spending = await studio.treasury.spending()
    _show(spending, as_json=json)


async def status(*, json: Json = False) -> None:
    """Tell whether spending is paused (since when, by whom, why), what is held and what is owed."""
    async with studio_of_environment() as studio:
        spending = await studio.treasury.spending()
    _show(spending, as_json=json)


async def settle(request_id: RequestId, amount: Spent, *, json: Json = False) -> None:
    """Close an approval at what was really spent, where its holder can't: what a failed piece left open."""
    async with studio_of_environment() as studio:
        entry = await studio.treasury.settle(request_id, amount)
    _show_entry(entry, as_json=json)


async def void(request_id: RequestId, *, reason: Reason, json: Json = False) -> None:
    """Close an approval of which nothing was spent: its money is free again."""
    async with studio_of_environment() as studio:
        entry = await studio.treasury.void(request_id, reason)
    _show_entry(entry, as_json=json)


async def holds(*, limit: Limit = 20, json: Json = False) -> None:
    """List the approvals that their holders have not settled."""
    async with studio_of_environment() as studio:
        found = await studio.treasury.open_holds(limit)
    if json:
        print_json({"holds": [hold.model_dump(mode="json") for hold in found]})
    else:
        print_holds(found, studio.clock.now(), screen())


def _show_entry(entry: LedgerEntry, *, as_json: bool) -> None:
    if as_json:
        print_json(entry.model_dump(mode="json"))
    else:
        print_entries([entry], screen())


def _show(spending: Spending, *, as_json: bool) -> None:
    if as_json:
        print_json(spending.model_dump(mode="json"))
    else:
        print_spending(spending, screen())
