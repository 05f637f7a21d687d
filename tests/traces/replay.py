"""Puts a trace to the risk score as the treasury would: day budgets, decisions, and what became of the money."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, Decimal
from heapq import heappop, heappush
from uuid import UUID

from chimera.core.vocabulary import Decision
from chimera.treasury.ask import Ask
from chimera.treasury.scoring.past import PastRequest, Pasts
from chimera.treasury.scoring.risk import Day, RiskPolicy, weigh
from traces.request import TracedRequest

DAY_LIMIT_CENTS = 100_000
HURDLE = Decimal("1.5")
THRESHOLD_HUNDREDTHS = 70
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(order=True)
class Closing:
    """An approval that is still to be settled or voided."""

    at: datetime
    seq: int
    agent_id: UUID = field(compare=False)
    request: TracedRequest = field(compare=False)


class Desk:
    """Scores one request after the other. A person approves what is honest and was escalated, nothing of an attack."""

    def __init__(self, policy: RiskPolicy | None = None) -> None:
        self.policy = policy or RiskPolicy(hurdle_hundredths=150)
        self.pasts = Pasts()
        self.taken_cents: dict[date, int] = {}
        self.open: list[Closing] = []
        self.seq = 0

    def __call__(self, request: TracedRequest) -> float:
        self._close_until(request.at)
        self.seq += 1
        ask = asked(request, self.seq)
        for agent_id in self.pasts.missing([ask.agent_id]):
            self.pasts.load(agent_id, [])
        score = weigh(ask, self.pasts, self._day(request.at), micros_at(request.at), self.policy)
        decision = self._decision(request, ask.charge_cents, score.hundredths)
        row = PastRequest(
            seq=self.seq,
            agent_id=ask.agent_id,
            request_type=ask.request_type,
            cost_micros=ask.cost_micros,
            justification=ask.justification,
            at_micros=micros_at(request.at),
            decision=decision,
            roi_hundredths=ask.roi_hundredths,
        )
        self.pasts.record(row)
        honest = request.attack is None and not request.lead_in
        if decision == Decision.APPROVED or (decision == Decision.ESCALATED and honest):
            self._take(request.at, ask.charge_cents)
            heappush(self.open, Closing(request.at + request.closes_after, self.seq, ask.agent_id, request))
        return score.hundredths / 100

    def _decision(self, request: TracedRequest, cents: int, hundredths: int) -> Decision:
        if self.taken_cents.get(request.at.date(), 0) + cents > DAY_LIMIT_CENTS or request.projected_roi < HURDLE:
            return Decision.REJECTED
        return Decision.ESCALATED if hundredths > THRESHOLD_HUNDREDTHS else Decision.APPROVED

    def _day(self, at: datetime) -> Day:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        elapsed = (micros_at(at) - micros_at(midnight)) * 1_000_000 // 86_400_000_000
        return Day(DAY_LIMIT_CENTS, self.taken_cents.get(at.date(), 0), elapsed)

    def _take(self, at: datetime, cents: int) -> None:
        self.taken_cents[at.date()] = self.taken_cents.get(at.date(), 0) + cents

    def _close_until(self, at: datetime) -> None:
        """Outcomes count in the day of the approval; what was voided or cost more than asked spoils the record."""
        while self.open and self.open[0].at <= at:
            closed = heappop(self.open)
            self._take(closed.request.at, cents_of(closed.request.spent) - cents_of(closed.request.cost))
            if closed.request.outcome != "settled":
                self.pasts.spoiled(closed.agent_id, closed.seq)


def asked(request: TracedRequest, number: int) -> Ask:
    return Ask(
        request_id=UUID(int=number),
        agent_id=UUID(int=1 + request.agent),
        request_type=request.request_type,
        cost_micros=micros_of(request.cost),
        charge_cents=cents_of(request.cost),
        roi_hundredths=int(request.projected_roi * 100),
        justification=request.justification,
        estimate_micros=None if request.estimate is None else micros_of(request.estimate),
    )


def micros_of(amount: Decimal) -> int:
    return int(amount * 1_000_000)


def cents_of(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value(ROUND_CEILING))


def micros_at(at: datetime) -> int:
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
