"""Channels' objectives as they stand (`/v1/objectives`)."""

from typing import Any, Literal
from uuid import UUID

from chimera.contracts.contract import Contract, Moment


class ObjectiveStanding(Contract):
    """`document` is the objective as it was registered; `version` counts its changes."""

    objective_id: UUID
    name: str
    state: Literal["active", "paused", "ended"]
    state_reason: str | None
    version: int
    active_since: Moment
    document: dict[str, Any]
    created_at: Moment
    updated_at: Moment


class ObjectiveList(Contract):
    """Every objective, by name; there are at most 100."""

    objectives: tuple[ObjectiveStanding, ...]
