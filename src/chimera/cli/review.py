"""`chimera review`: what waits for a person's decision, and the decision."""

import sys
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.person import As, person
from chimera.cli.screen import visible
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ValidationFailed
from chimera.runtime.coordination.answers import REASON_CHARACTERS_MAX, answer, entry_of
from chimera.storage.records import review_item
from chimera.storage.records.review_item import ReviewItem

ITEMS_MAX = 200
Item = Annotated[UUID, Parameter(help="The item's id, from `chimera review list`.")]
Reason = Annotated[str, Parameter(help="Why; it is kept with the decision.")]
_FOLLOWS = {
    "trend": "it can be chosen now",
    "content": "it goes out with the next round of `chimera studio run` or `chimera worker`, or the next `chimera run`",
    "task": "the work counts, and what needs it goes on",
}


async def review_list(*, json: Json = False) -> None:
    """What waits for a person, the longest waiting first, then what was decided."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        items = await review_item.listed(connection, ITEMS_MAX)
    if json:
        print_json(document(items))
    else:
        Console().print(table(items) if items else "Nothing waits for a decision.")


async def approve(item: Item, *, reason: Reason = "", as_: As = None, json: Json = False) -> None:
    """Approve what waits: a trend can be chosen then, a piece goes out, a task's work counts. Never one's own."""
    await _answer(item, approve=True, by=person(as_), reason=_checked(reason), as_json=json)


async def reject(item: Item, *, reason: Reason, as_: As = None, json: Json = False) -> None:
    """Reject what waits; the reason is required, and stands in what fails by it."""
    if not reason.strip():
        raise ValidationFailed("--reason: say why", {"field": "reason"})
    await _answer(item, approve=False, by=person(as_), reason=_checked(reason), as_json=json)


async def _answer(item_id: UUID, *, approve: bool, by: str, reason: str, as_json: bool) -> None:
    async with studio_of_environment() as studio:
        item = await answer(studio.database, studio.clock, item_id, by=by, approve=approve, reason=reason)
    if as_json:
        print_json(entry_of(item).model_dump(mode="json"))
        return
    follows = f": {_FOLLOWS[item.kind]}" if item.state == "approved" else ""
    sys.stdout.write(visible(f"{item.subject}: {item.state} by {item.decided_by}{follows}") + "\n")


def _checked(reason: str) -> str:
    if len(reason) > REASON_CHARACTERS_MAX or "\0" in reason:
        raise ValidationFailed(f"--reason: at most {REASON_CHARACTERS_MAX} characters", {"field": "reason"})
    return reason.strip()


def document(items: Sequence[ReviewItem]) -> dict[str, list[dict[str, object]]]:
    """The list as JSON."""
    return {"items": [entry_of(item).model_dump(mode="json") for item in items]}


def table(items: Sequence[ReviewItem]) -> Table:
    """The list for a terminal; names come from sources, so their markup is escaped."""
    rows = Table("State", "Kind", "Subject", "Reason", "Since", "Id", title="Review list")
    for item in items:
        since = f"{item.created_at:%Y-%m-%d %H:%M}"
        rows.add_row(item.state, item.kind, escape(item.subject), escape(item.reason), since, str(item.id))
    return rows
