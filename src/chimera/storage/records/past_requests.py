"""What agents asked for before, read from the ledger for the risk score; synchronous, for the writer's own thread."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import args_row

#: Each agent's index is walked newest first and no further than needed. A person's answer to an escalation counts as
#: one more decided request; settlements and the like decide nothing.
_PASTS = """
SELECT past.* FROM unnest(%(agents)s::uuid[]) AS asked(agent_id) CROSS JOIN LATERAL (
    SELECT seq, agent_id, request_type, amount_micros AS cost_micros, justification,
        (extract(epoch FROM created_at) * 1000000)::bigint AS at_micros, decision,
        (projected_roi * 100)::bigint AS roi_hundredths,
        approved AND EXISTS (
            SELECT 1 FROM ledger AS child
            WHERE child.parent_tx = row.tx_id AND child.kind IN ('void', 'expire', 'overrun')
        ) AS spoiled
    FROM ledger AS row
    WHERE row.agent_id = asked.agent_id AND row.decision IS NOT NULL AND row.seq IS NOT NULL
    ORDER BY row.created_at DESC, row.seq DESC LIMIT %(rows_max)s
) AS past ORDER BY past.agent_id, past.seq
"""


class PastRequestRow(NamedTuple):
    """One decided request, in the field order of `treasury.past.PastRequest`: `PastRequest(*row)`."""

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
    with connection.cursor(row_factory=args_row(PastRequestRow)) as cursor:
        cursor.execute(_PASTS, {"agents": list(agent_ids), "rows_max": rows_max})
        return cursor.fetchall()
