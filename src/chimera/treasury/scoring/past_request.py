"""One decided request, as the risk score remembers it."""

from typing import NamedTuple
from uuid import UUID


class PastRequest(NamedTuple):
    """From the ledger or just decided; `at_micros` is Unix time, `roi_hundredths` 0 means unknown.

    A person's answer to an escalation is one more of these: an approval teaches what is usual, a refusal is an error.
    """

    seq: int
    agent_id: UUID
    request_type: str
    cost_micros: int
    justification: str
    at_micros: int
    decision: str
    roi_hundredths: int = 0
    spoiled: bool = False
    """The approval was voided, expired or overran."""
