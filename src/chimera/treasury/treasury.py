"""The one place where money is decided: one short transaction an approval, and only then the answer."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

import psycopg
from nacl.signing import SigningKey, VerifyKey
from redis.asyncio import Redis

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.budget import BudgetState
from chimera.contracts.ledger import LedgerEntry, VerificationReport
from chimera.core.clock import Clock
from chimera.core.errors import EngineUnavailable, Forbidden, InternalError, NotFound, ValidationFailed
from chimera.storage.database import Connection, Database
from chimera.storage.records import ledger
from chimera.treasury.approving import Desk, Outcome, Spending, SpendingPolicy
from chimera.treasury.budget_view import BudgetView, budget_state
from chimera.treasury.budgets import read_budgets
from chimera.treasury.document import approval_of, entry_of, signed_decision_of
from chimera.treasury.verify import verify_ledger

ENTRIES_MAX = 1000
_ATTEMPTS_MAX = 3


class Treasury:
    """Decides about requests for money, and shows what was decided."""

    def __init__(
        self,
        *,
        database: Database,
        redis: Redis,
        clock: Clock,
        key: SigningKey,
        cfo_agent_id: UUID,
        policy: SpendingPolicy,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._cfo_agent_id = cfo_agent_id
        self._view = BudgetView(redis, clock)
        self._desk = Desk(clock=clock, key=key, cfo_agent_id=cfo_agent_id, policy=policy)
        self.public_key: VerifyKey = key.verify_key

    async def decide(self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None) -> Approval:
        """Decide about a request, sign the decision and enter it into the ledger; a repeated one is answered again.

        `execution_time_ms` runs from the call to the signed row; the commit follows it.

        Raises:
            ValidationFailed, Conflict, NotFound, Forbidden: no decision was made, nothing was written.
            EngineUnavailable: the database can't be reached; ask again with the same request id.
        """
        spending = Spending(request, self._clock.monotonic(), estimate_usd)
        self._refuse_unfit(request)
        outcome = await self._decided(spending)
        if outcome.lines:
            states = [budget_state(line) for line in outcome.lines]
            await self._view.write(states, outcome.ledger_id, outcome.record.seq)
        return approval_of(outcome.record)

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        """The signed decision on a request.

        Raises:
            NotFound: no such request was decided.
        """
        async with self._connection() as connection:
            record = await ledger.decision_of_request(connection, request_id)
        if record is None:
            raise NotFound(f"request {request_id} was never decided", {"request_id": str(request_id)})
        return signed_decision_of(record)

    async def signed_decision_of_tx(self, tx_id: UUID) -> SignedDecision:
        """The signed decision of a ledger transaction.

        Raises:
            NotFound: no such transaction.
        """
        async with self._connection() as connection:
            record = await ledger.get(connection, tx_id)
        if record is None:
            raise NotFound(f"the ledger has no transaction {tx_id}", {"tx_id": str(tx_id)})
        return signed_decision_of(record)

    async def budgets(self) -> tuple[BudgetState, ...]:
        """Every current budget line as the next decision will see it."""
        async with self._connection() as connection:
            lines = await read_budgets(connection, self._policy.limits, self._clock.now())
        return tuple(budget_state(line) for line in lines)

    async def entries(self, limit: int, before_seq: int | None = None) -> tuple[LedgerEntry, ...]:
        """The newest ledger rows before `before_seq`, newest first, at most 1,000."""
        async with self._connection() as connection:
            records = await ledger.newest(connection, min(limit, ENTRIES_MAX), before_seq)
        return tuple(entry_of(record) for record in records)

    async def verify(self, retired_keys: Collection[VerifyKey] = ()) -> VerificationReport:
        """Check the whole ledger, trusting the CFO's own public key and the `retired_keys` given."""
        async with self._connection() as connection:
            return await verify_ledger(connection, (self.public_key, *retired_keys), self._clock.now())

    def _refuse_unfit(self, request: ApprovalRequest) -> None:
        if request.agent_id == self._cfo_agent_id:
            raise Forbidden(
                "the CFO can't approve its own request: ask as another agent", {"agent_id": str(request.agent_id)}
            )
        if "\x00" in request.justification:
            raise ValidationFailed("justification: the NUL character can't be stored", {"field": "justification"})

    async def _decided(self, spending: Spending) -> Outcome:
        """A connection lost at any point, the commit included, is settled by asking again: request ids are unique."""
        for attempts_left in reversed(range(_ATTEMPTS_MAX)):
            try:
                async with self._database.transaction() as connection:
                    return await self._desk.approve(connection, spending)
            except psycopg.OperationalError as error:
                if not attempts_left:
                    raise _unreachable(error) from error
            except psycopg.Error as error:
                raise _refused_by_database(error) from error
        raise AssertionError("the last attempt answers or raises")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._database.transaction() as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise _unreachable(error) from error
        except psycopg.Error as error:
            raise _refused_by_database(error) from error


def _unreachable(error: psycopg.Error) -> EngineUnavailable:
    return EngineUnavailable(
        f"the ledger can't be reached, so nothing is approved: {str(error).strip() or type(error).__name__}. "
        "See `chimera doctor`, then ask again with the same request_id"
    )


def _refused_by_database(error: psycopg.Error) -> InternalError:
    return InternalError(f"the database refused the ledger's statement, nothing was approved: {str(error).strip()}")
