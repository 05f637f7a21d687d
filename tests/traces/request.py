"""One request for money as it happened, with what an examiner of fraud would say of it afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Outcome = Literal["settled", "voided", "overrun"]

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class TracedRequest:
    """`attack` names the attack that the request is part of; None is honest, or not to be judged (see `judged`)."""

    at: datetime
    agent: int
    request_type: str
    cost: Decimal
    #: What the price book says, None where it has no such service.
    estimate: Decimal | None
    projected_roi: Decimal
    justification: str
    #: What becomes of the money if the request is approved, and how long after.
    outcome: Outcome = "settled"
    closes_after: timedelta = timedelta(seconds=20)
    #: What kind of honest work it is, or the attack's name for anything in an episode.
    kind: str = "video"
    attack: str | None = None
    episode: int | None = None
    #: Opens an attack, at a time when nobody could know.
    lead_in: bool = False
    #: Honest work of an agent while that agent's own attack runs, or in the hour after it.
    bystander: bool = False
    #: The episode is one of the difficult ones.
    hard: bool = False

    @property
    def judged(self) -> bool:
        return not (self.lead_in or self.bystander)

    @property
    def spent(self) -> Decimal:
        """What an approval costs in the end; an overrun is 15% more than was asked."""
        if self.outcome == "voided":
            return Decimal(0)
        return dollars(float(self.cost) * 1.15) if self.outcome == "overrun" else self.cost


def dollars(amount: float) -> Decimal:
    """Small amounts keep micro-dollars, as metered calls have; the others are whole cents."""
    return max(MICRO, Decimal(repr(amount)).quantize(MICRO if amount < 1 else CENT, ROUND_HALF_UP))


def ratio(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(CENT, ROUND_HALF_UP)


def in_order(requests: Iterable[TracedRequest]) -> list[TracedRequest]:
    return sorted(requests, key=lambda request: (request.at, request.agent, request.justification))
