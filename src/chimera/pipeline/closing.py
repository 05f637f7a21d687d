"""How an approval is closed that no finished production settles: void, settled at what was used, or kept. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Closing:
    """`amount_usd` is what is settled; `kept` and `voided` settle nothing."""

    ending: Literal["settled", "voided", "kept"]
    amount_usd: Decimal | None = None


def closing_of(*, submitting: bool, used_usd: Decimal | None) -> Closing:
    """Before the first tool job could be submitted nothing was spent. After that what the jobs used counts, and where
    that can't be established (`used_usd` is None) the approval stays as it is and counts in full."""
    if not submitting or used_usd == 0:
        return Closing("voided")
    if used_usd is None:
        return Closing("kept")
    return Closing("settled", used_usd)
