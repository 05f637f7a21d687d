"""Conditions of a page: only those that were asked for stand in the statement, so that each has its own plan."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Behind = tuple[datetime, UUID] | None
"""The moment and id of the row behind which a page begins; None for the first page."""


@dataclass
class Conditions:
    """What the rows of a page have in common; `values` stand for the placeholders, in their order."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        self.parts.append(condition)
        self.values += values

    @property
    def where(self) -> str:
        return f"WHERE {' AND '.join(self.parts)}" if self.parts else ""


def newest_first(behind: Behind, since: datetime | None, table: str = "") -> Conditions:
    """A page ordered by `created_at DESC, id DESC`: the rows behind one of them, none older than `since`."""
    prefix, conditions = f"{table}." if table else "", Conditions()
    if behind is not None:
        conditions.add(f"({prefix}created_at, {prefix}id) < (%s, %s)", *behind)
    if since is not None:
        conditions.add(f"{prefix}created_at >= %s", since)
    return conditions
