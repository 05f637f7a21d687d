"""`chimera review`: what waits for a person's decision."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.studio import studio_of_environment
from chimera.storage.records import review_item
from chimera.storage.records.review_item import ReviewItem

ITEMS_MAX = 200


async def review_list(*, json: Json = False) -> None:
    """What waits for a person, the longest waiting first, then what was decided."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        items = await review_item.listed(connection, ITEMS_MAX)
    if json:
        print_json(document(items))
    else:
        Console().print(table(items) if items else "Nothing waits for a decision.")


def document(items: Sequence[ReviewItem]) -> dict[str, list[dict[str, object]]]:
    """The list as JSON."""
    return {"items": [_item(item) for item in items]}


def table(items: Sequence[ReviewItem]) -> Table:
    """The list for a terminal; names come from sources, so their markup is escaped."""
    rows = Table("State", "Kind", "Subject", "Reason", "Since", "Id", title="Review list")
    for item in items:
        since = f"{item.created_at:%Y-%m-%d %H:%M}"
        rows.add_row(item.state, item.kind, escape(item.subject), escape(item.reason), since, str(item.id))
    return rows


def _item(item: ReviewItem) -> dict[str, object]:
    return {
        "id": str(item.id),
        "kind": item.kind,
        "trend_id": str(item.trend_id) if item.trend_id else None,
        "content_id": str(item.content_id) if item.content_id else None,
        "subject": item.subject,
        "topics": item.topics,
        "reason": item.reason,
        "state": item.state,
        "created_at": item.created_at.isoformat(),
        "decided_at": item.decided_at.isoformat() if item.decided_at else None,
        "decided_by": item.decided_by,
    }
