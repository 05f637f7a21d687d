"""What agents asked for before, read from the ledger for the risk score; synchronous, for the writer's own thread."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import psycopg


class PastRequestRow(NamedTuple):
    """One decided request, in the field order of `treasury.past.PastRequest`."""

    seq: int
    agent_id: UUID
    request_type: str
    cost_micros: int
    justification: str
    at_micros: int
    decision: str
    roi_hundredths: int
    spoiled: bool


def pasts_of(
    connection: "psycopg.Connection[object]", agent_ids: Collection[UUID], rows_max: int
) -> list[PastRequestRow]:
    """The newest `rows_max` decided requests of each agent, oldest first within an agent."""
    raise NotImplementedError
