"""What became of the money of one production attempt."""

from typing import Literal
from uuid import UUID

from chimera.contracts.contract import Contract, Usd

Ending = Literal["settled", "voided", "kept", "closed_before", "not_approved"]


class Settlement(Contract):
    """`kept`: what was used can't be established, so the hold stays and counts in full. `closed_before`: the ledger
    had closed it already, as it does with a hold that ran out. `actual_usd` only where something was settled."""

    request_id: UUID
    attempt: int
    ending: Ending
    actual_usd: Usd | None
    reason: str
