"""Approvals that wait to be settled, as people see them; pure but for `page`."""

from collections.abc import Sequence

from chimera.contracts.spending import OpenHold
from chimera.core.vocabulary import RequestType
from chimera.storage.database import Connection
from chimera.storage.records import spend_hold
from chimera.storage.records.keyset import Behind
from chimera.storage.records.spend_hold import SpendHold
from chimera.treasury.amounts import cents_of_micros, usd_of_cents


async def page(connection: Connection, behind: Behind, limit: int) -> Sequence[OpenHold]:
    """The next ones behind one of them, the first to expire first."""
    return tuple(told(hold) for hold in await spend_hold.page(connection, behind, limit))


def told(hold: SpendHold) -> OpenHold:
    return OpenHold(
        tx_id=hold.tx_id,
        request_id=hold.request_id,
        agent_id=hold.agent_id,
        request_type=RequestType(hold.request_type),
        amount_usd=usd_of_cents(cents_of_micros(hold.amount_micros)),
        expires_at=hold.expires_at,
        submitted=hold.submitted_at is not None,
    )
