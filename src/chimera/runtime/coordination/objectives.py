"""Objectives as rows: registered from a file, changed by it, paused and set going."""

from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from chimera.contracts.objective import Objective
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.storage.database import Database
from chimera.storage.records import objective as objectives
from chimera.storage.records.objective import ObjectiveRecord

_NAMES = uuid5(NAMESPACE_URL, "chimera:objective")


@dataclass(frozen=True, slots=True)
class Registered:
    """`changes` tells what a changed file changes, field by field."""

    record: ObjectiveRecord
    outcome: Literal["new", "changed", "same"]
    changes: tuple[str, ...] = ()


def objective_id_of(name: str) -> UUID:
    """The id of the objective of that name: the same wherever it is registered."""
    return uuid5(_NAMES, name)


def objective_of(record: ObjectiveRecord) -> Objective:
    """What the row says is to be done.

    Raises:
        ValidationFailed: it was written by another version of Chimera.
    """
    try:
        return Objective.model_validate(record.document)
    except ValidationError as error:
        raise ValidationFailed(
            f"the objective {record.name} was registered by another version of Chimera: give its file again"
        ) from error


async def register(database: Database, clock: Clock, objective: Objective) -> Registered:
    """Register the objective, or let a changed one replace what stood under its name; one that is the same stays.

    Raises:
        Conflict: somebody else changed it at this moment.
    """
    document = objective.model_dump(mode="json")
    async with database.transaction() as connection:
        is_new = await objectives.add(
            connection, objective_id_of(objective.name), objective.name, document, clock.now()
        )
        found = await objectives.named(connection, objective.name)
        if found is None:
            raise NotFound(f"the objective {objective.name} is gone: register it again")
        if is_new:
            return Registered(found, "new")
        changes = tuple(_changes(found.document, document))
        if not changes:
            return Registered(found, "same")
        if not await objectives.change(connection, found.id, document, over_version=found.version):
            raise Conflict(f"somebody else has just changed {objective.name}: look at it, then start again")
        changed = await objectives.named(connection, objective.name)
    return Registered(changed or found, "changed", changes)


async def set_going(database: Database, clock: Clock, name: str) -> ObjectiveRecord:
    """Let a paused objective go on; errors as `find`."""
    found = await find(database, name)
    async with database.transaction() as connection:
        await objectives.set_state(connection, found.id, "active", None, clock.now())
    return await find(database, name)


async def pause(database: Database, clock: Clock, name: str, reason: str) -> ObjectiveRecord:
    """Order nothing more for it; what is under way is finished. Errors as `find`."""
    found = await find(database, name)
    async with database.transaction() as connection:
        await objectives.set_state(connection, found.id, "paused", reason, clock.now())
    return await find(database, name)


async def find(database: Database, name: str) -> ObjectiveRecord:
    """Raises:
    NotFound: none has this name.
    """
    async with database.transaction() as connection:
        found = await objectives.named(connection, name)
    if found is None:
        raise NotFound(f"there is no objective {name}: `chimera studio status` lists them", {"name": name})
    return found


def _changes(before: dict[str, object], after: dict[str, object]) -> list[str]:
    return [
        f"{name}: {before.get(name)} -> {after.get(name)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
