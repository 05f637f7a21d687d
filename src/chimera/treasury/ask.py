"""A request for money as the rules see it: integers only."""

from typing import NamedTuple
from uuid import UUID


class Ask(NamedTuple):
    """`charge_cents` is the cost rounded up to cents; `estimate_micros` what the price book expected, if anything."""

    request_id: UUID
    agent_id: UUID
    request_type: str
    cost_micros: int
    charge_cents: int
    roi_hundredths: int
    justification: str
    estimate_micros: int | None
