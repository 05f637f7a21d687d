"""One approval inside its transaction: under the head's lock, look up, decide, sign, append, charge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from nacl.signing import SigningKey

from chimera.contracts.approval import ApprovalRequest
from chimera.core.clock import Clock, elapsed_ms
from chimera.core.errors import Conflict, Forbidden, InternalError, NotFound
from chimera.core.identity import new_id
from chimera.core.money import cents_up
from chimera.core.vocabulary import BudgetPeriod, RequestType, Role
from chimera.security.decision_signature import key_id_of
from chimera.storage.database import Connection
from chimera.storage.records import agents, budget_tracking, ledger, ledger_key
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.storage.records.ledger import LedgerHead, LedgerRecord
from chimera.storage.records.ledger_key import LedgerKeyRecord
from chimera.treasury.budgets import BudgetLimits, lock_budgets
from chimera.treasury.charges import charged_lines
from chimera.treasury.columns import request_hash
from chimera.treasury.decision import decide
from chimera.treasury.document import Position, decision_document, request_document, signed_record
from chimera.treasury.periods import bounds
from chimera.treasury.risk import RiskFacts, RiskScore, score


@dataclass(frozen=True, slots=True)
class SpendingPolicy:
    """The settings in force: the limits, and the return every request must at least promise."""

    limits: BudgetLimits
    hurdle_rate: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """A request as it reached the treasury. `received_at` is a `clock.monotonic()`, `estimate_usd` what the price
    book expected, if anything did."""

    request: ApprovalRequest
    received_at: float
    estimate_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The row that answers the request, and the budget lines it left; a repeated request leaves none."""

    record: LedgerRecord
    ledger_id: UUID
    lines: Sequence[BudgetRecord]


class Desk:
    """Decides under the CFO's key. Every method runs inside the caller's transaction and raises to roll it back."""

    def __init__(self, *, clock: Clock, key: SigningKey, cfo_agent_id: UUID, policy: SpendingPolicy) -> None:
        self._clock = clock
        self._key = key
        self._cfo_agent_id = cfo_agent_id
        self._policy = policy

    async def approve(self, connection: Connection, spending: Spending) -> Outcome:
        """The decision on a request: the stored one if it was decided before, otherwise a new row.

        Raises:
            Conflict: the request id was used with another body.
            NotFound: the agent is not registered.
            Forbidden: a CFO asks for money, or this process does not hold the ledger's current key.
        """
        request = spending.request
        head = await ledger.lock_head(connection)
        if head is None:
            raise InternalError("the ledger's head is gone: restore the database from a backup")
        if known := await ledger.decision_of_request(connection, request.request_id):
            return Outcome(_same(known, request), head.ledger_id, ())
        await self._require_spender(connection, request.agent_id)
        at = self._clock.now().astimezone(UTC)
        await self._require_key(connection, head, at)
        lines = await lock_budgets(connection, self._policy.limits, at)
        record = await self._decided(
            connection, spending, lines, Position(head.size + 1, new_id(self._clock), at, self._cfo_agent_id)
        )
        await ledger.append(connection, record)
        if record.approved:
            lines = await _charge(connection, record, lines)
        return Outcome(record, head.ledger_id, lines)

    async def _decided(
        self, connection: Connection, spending: Spending, lines: Sequence[BudgetRecord], position: Position
    ) -> LedgerRecord:
        risk = await self._risk(connection, spending, lines, position.decided_at)
        verdict = decide(spending.request, lines, self._policy.hurdle_rate, risk)
        fields = decision_document(spending.request, verdict, risk, position)
        return signed_record(fields, self._key, elapsed_ms(self._clock, spending.received_at))

    async def _risk(
        self, connection: Connection, spending: Spending, lines: Sequence[BudgetRecord], at: datetime
    ) -> RiskScore:
        request = spending.request
        history = await ledger.agent_history(
            connection, request.agent_id, request.request_type, request.justification, at
        )
        day = min(
            (line for line in charged_lines(request.request_type, lines) if line.period == BudgetPeriod.DAILY),
            key=lambda line: line.remaining,
        )
        return score(
            RiskFacts(
                amount_usd=cents_up(request.request_cost),
                projected_roi=request.projected_roi,
                hurdle_rate=self._policy.hurdle_rate,
                day_limit_usd=day.limit_amount,
                day_spent_usd=day.spent_amount,
                day_elapsed_share=bounds(BudgetPeriod.DAILY, at).elapsed_share(at),
                requests_last_minute=history.requests_last_minute,
                requests_last_hour=history.requests_last_hour,
                duplicates_last_ten_minutes=history.duplicates_last_ten_minutes,
                first_use=not history.approved_before,
                estimate_usd=spending.estimate_usd,
            )
        )

    async def _require_spender(self, connection: Connection, agent_id: UUID) -> None:
        agent = await agents.get(connection, agent_id)
        if agent is None:
            raise NotFound(f"agent {agent_id} is not registered: it can't ask for money", {"agent_id": str(agent_id)})
        if agent.role is Role.CFO:
            raise Forbidden("the CFO can't approve its own request: ask as another agent", {"agent_id": str(agent_id)})

    async def _require_key(self, connection: Connection, head: LedgerHead, at: datetime) -> None:
        """Sign only under the ledger's current key; the first key of all, or after a retired one, registers itself."""
        own = key_id_of(self._key.verify_key)
        current = await ledger_key.current_id(connection)
        if current == own:
            return
        if current is not None or await ledger_key.is_known(connection, own):
            raise Forbidden(
                f"the CFO's key here ({own}) is not the ledger's current one ({current or 'none: it was retired'}): "
                "put the right key into the home's keys folder or into CFO_PRIVATE_KEY",
                {"key_id": own, "current_key_id": current},
            )
        key = LedgerKeyRecord(own, bytes(self._key.verify_key), head.size + 1, None, at)
        await ledger_key.insert(connection, key)


def _same(known: LedgerRecord, request: ApprovalRequest) -> LedgerRecord:
    if known.request_hash != request_hash(request_document(request)):
        raise Conflict(
            f"request {request.request_id} was decided with another body: use a new request_id",
            {"request_id": str(request.request_id), "tx_id": str(known.tx_id)},
        )
    return known


async def _charge(connection: Connection, record: LedgerRecord, lines: Sequence[BudgetRecord]) -> list[BudgetRecord]:
    """Add the approved cents to the lines it is charged to; answers all lines as they stand then."""
    charged = {line.id for line in charged_lines(RequestType(record.request_type), lines)}
    if not await budget_tracking.spend(connection, sorted(charged), record.amount, record.created_at):
        raise InternalError("a budget line changed under its lock: nothing was approved, ask again")
    return [
        replace(line, spent_amount=line.spent_amount + record.amount, updated_at=record.created_at)
        if line.id in charged
        else line
        for line in lines
    ]
