"""The one place where money is decided: requests go to the writer, answers come back after the commit."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg
from nacl.signing import SigningKey, VerifyKey
from redis.asyncio import Redis

from chimera.contracts.approval import Approval, ApprovalRequest, SignedDecision
from chimera.contracts.budget import BudgetState
from chimera.contracts.escalation import Escalation
from chimera.contracts.ledger import LedgerEntry, VerificationReport
from chimera.contracts.spending import OpenHold, Spending
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, EngineUnavailable, InternalError, NotFound, ValidationFailed
from chimera.core.identity import RandomBytes, new_id
from chimera.storage.database import Connection, Database, connect_writer
from chimera.storage.records import budget_change, escalation, ledger, spend_hold
from chimera.storage.records.ledger import LedgerRecord
from chimera.treasury import escalations, open_holds
from chimera.treasury.acts.act import Act, Answer, Expire, Lapse, Pause, Resume, Settle, Void
from chimera.treasury.ask import Ask
from chimera.treasury.asking import ask_of, name_of, reason_of, spent_micros, whole_seconds
from chimera.treasury.budget_view import BudgetView, budget_state
from chimera.treasury.budgets import read_budgets
from chimera.treasury.document import approval_of as approval_of_row
from chimera.treasury.document import entry_of, signed_decision_of
from chimera.treasury.limits import binding, effective_limits
from chimera.treasury.policy import SpendingPolicy
from chimera.treasury.spending_view import read_spending
from chimera.treasury.verify import verify_ledger
from chimera.treasury.writing.answers import approval_of
from chimera.treasury.writing.clerk import Clerk
from chimera.treasury.writing.job import ActAnswer, DecidedAnswer, Given, Job, LoopDelivery
from chimera.treasury.writing.writer import Observe, Writer

ENTRIES_MAX = 1000
SWEEP_ROWS_MAX = 500
NO_REASON = "No reason given"


class Treasury:
    """Decides about requests for money, follows what becomes of them, and shows what was decided.

    To be closed (`async with`, or `aclose`) once anything was decided. Without `redis` no view is written.
    """

    def __init__(
        self,
        *,
        database: Database,
        redis: Redis | None,
        clock: Clock,
        key: SigningKey,
        cfo_agent_id: UUID,
        policy: SpendingPolicy,
        random_bytes: RandomBytes = os.urandom,
        observe: Observe = lambda _step: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._view = None if redis is None else BudgetView(redis, clock)
        clerk = Clerk(clock=clock, key=key, cfo_agent_id=cfo_agent_id, policy=policy, random_bytes=random_bytes)
        self._writer = Writer(lambda: connect_writer(database.url), clerk, observe)
        self._delivery: LoopDelivery | None = None
        self.public_key: VerifyKey = key.verify_key

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Answer what was asked, and end the writer; the last view of the budgets is written."""
        await asyncio.to_thread(self.close)
        if self._view is not None:
            await self._view.flush(self._writer.shown)

    @property
    def entered_seq(self) -> int:
        """The last row that this treasury entered, or 0."""
        return 0 if self._writer.shown is None else self._writer.shown.seq

    def close(self) -> None:
        """Answer what was asked, and end the writer; for those who have no event loop."""
        self._writer.close()

    async def decide(
        self, request: ApprovalRequest, *, estimate_usd: Decimal | None = None, hold_for: timedelta | None = None
    ) -> Approval:
        """Decide about a request, sign the decision and enter it into the ledger; a repeated one is answered again.

        With `hold_for` an approval is a hold: its holder calls `begin_spending` in that time and settles it, or it
        expires and its money is released. Without, it counts as spent until its holder settles or voids it.
        `execution_time_ms` runs from the call to the signed row; the commit follows it.

        Raises:
            ValidationFailed, Conflict, NotFound, Forbidden: no decision was made, nothing was written.
            RateLimited: too many wait for a decision.
            EngineUnavailable: the database can't be reached; ask again with the same request id.
        """
        given = await self._do(ask_of(request, estimate_usd), whole_seconds(hold_for))
        if not isinstance(given, DecidedAnswer):
            raise InternalError("a request was answered with something else than a decision")
        await self._show()
        return approval_of(request.request_id, given)

    async def begin_spending(self, request_id: UUID, *, once: bool = False) -> None:
        """Say that the effect of a hold is about to begin: from here on it never expires.

        May be repeated, unless `once`: then only the first of all callers gets through.

        Raises:
            NotFound: the request was never approved.
            Conflict: it is no hold, was closed, or its time is over: ask anew. With `once`: it was begun before.
        """
        submit = spend_hold.submit_first if once else spend_hold.submit
        async with self._connection() as connection:
            approval = await ledger.approval_of_request(connection, request_id)
            if approval is None:
                raise NotFound(f"request {request_id} was never approved", {"request_id": str(request_id)})
            if not await submit(connection, approval.tx_id, self._clock.now()):
                begun = " or was begun before" if once else ""
                raise Conflict(
                    f"the approval of request {request_id} is no longer open{begun}: ask again under a new request_id",
                    {"request_id": str(request_id), "tx_id": str(approval.tx_id)},
                )

    async def settle(self, request_id: UUID, actual_usd: Decimal) -> LedgerEntry:
        """Close an approval at what was really spent. More than approved is entered as an overrun beside it.

        Raises:
            ValidationFailed: not a positive amount of at most six decimals.
            NotFound, Conflict: the request was never approved, or closed in another way.
        """
        return await self._act_entry(Settle(request_id, spent_micros(actual_usd)))

    async def void(self, request_id: UUID, reason: str) -> LedgerEntry:
        """Close an approval of which nothing was spent.

        Raises:
            NotFound, Conflict: the request was never approved, or closed in another way.
        """
        return await self._act_entry(Void(request_id, reason_of(reason)))

    async def answer(
        self, tx_id: UUID, *, by: str, approve: bool, reason: str, amount_usd: Decimal | None = None
    ) -> Approval:
        """A person's answer to an escalation, in full or for less; the same answer again is answered again.

        Raises:
            ValidationFailed: no name, no reason to reject, or more than was asked for.
            Forbidden: the requester answers himself.
            NotFound, Conflict: no such escalation, or it was answered otherwise or expired.
            BudgetExceeded, SpendPaused: it can't be approved now.
        """
        if not approve and not reason.strip():
            raise ValidationFailed("a rejection needs a reason: say why", {"field": "reason"})
        micros = None if amount_usd is None else spent_micros(amount_usd)
        act = Answer(tx_id, name_of(by), approve, reason_of(reason or NO_REASON), micros)
        return approval_of_row(await self._act_row(act))

    async def pause(self, *, by: str, reason: str) -> LedgerEntry:
        """Stop all spending: every request is rejected until it is resumed."""
        return await self._act_entry(Pause(new_id(self._clock), name_of(by), reason_of(reason)))

    async def resume(self, *, by: str, reason: str) -> LedgerEntry:
        """Let spending go on.

        Raises:
            Conflict: it is not paused.
        """
        return await self._act_entry(Resume(new_id(self._clock), name_of(by), reason_of(reason)))

    async def sweep(self) -> int:
        """Release holds and reject escalations whose time is over, at most 500 of each; answers how many were found."""
        at = self._clock.now()
        async with self._connection() as connection:
            acts: list[Act] = [Expire(tx_id) for tx_id in await spend_hold.expired(connection, at, SWEEP_ROWS_MAX)]
            acts += [Lapse(tx_id) for tx_id in await escalation.expired(connection, at, SWEEP_ROWS_MAX)]
        await asyncio.gather(*(self._do(act, None) for act in acts))
        return len(acts)

    async def escalation(self, tx_id: UUID) -> Escalation:
        """An escalated request and what became of it.

        Raises:
            NotFound: no such escalation.
        """
        async with self._connection() as connection:
            found = await escalations.read(connection, [tx_id])
        if tx_id not in found:
            raise NotFound(f"{tx_id} is no escalated request: see `chimera approvals list`", {"tx_id": str(tx_id)})
        return found[tx_id]

    async def escalations(self, limit: int) -> tuple[Escalation, ...]:
        """Those that wait, the longest waiting first, then the last answered ones."""
        async with self._connection() as connection:
            wanted = await escalation.waiting(connection, limit)
            wanted += await escalation.answered(connection, limit - len(wanted))
            found = await escalations.read(connection, wanted)
        return tuple(found[tx_id] for tx_id in wanted if tx_id in found)

    async def open_holds(self, limit: int) -> tuple[OpenHold, ...]:
        """Approvals that wait to be settled, the next to expire first."""
        async with self._connection() as connection:
            return tuple(await open_holds.page(connection, None, limit))

    async def spending(self) -> Spending:
        """Whether spending is paused, what is held, what was overspent."""
        async with self._connection() as connection:
            return await read_spending(connection, self._policy.limits, self._clock.now())

    async def signed_decision(self, request_id: UUID) -> SignedDecision:
        """The signed decision on a request; a person's answer where there is one.

        Raises:
            NotFound: no such request was decided.
        """
        async with self._connection() as connection:
            record = await ledger.decision_of_request(connection, request_id)
        if record is None:
            raise NotFound(f"request {request_id} was never decided", {"request_id": str(request_id)})
        return signed_decision_of(record)

    async def signed_decision_of_tx(self, tx_id: UUID) -> SignedDecision:
        """The signed document of a ledger transaction.

        Raises:
            NotFound: no such transaction.
        """
        return signed_decision_of(await self._row(tx_id))

    async def budgets(self) -> tuple[BudgetState, ...]:
        """Every current budget line as the next decision will see it."""
        async with self._connection() as connection:
            changes = await budget_change.newest(connection)
            limits = effective_limits(binding(changes), self._policy.limits)
            lines = await read_budgets(connection, limits, self._clock.now())
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

    async def _act_entry(self, act: Act) -> LedgerEntry:
        return entry_of(await self._act_row(act))

    async def _act_row(self, act: Act) -> LedgerRecord:
        given = await self._do(act, None)
        if not isinstance(given, ActAnswer) or given.tx_id is None:
            raise InternalError("an act was answered without a row")
        await self._show()
        return await self._row(given.tx_id)

    async def _show(self) -> None:
        if self._view is not None:
            await self._view.show(self._writer.shown, busy=self._writer.outstanding > 0)

    async def _do(self, work: Ask | Act, hold_seconds: int | None) -> Given:
        loop = asyncio.get_running_loop()
        if self._delivery is None or self._delivery.loop is not loop:
            self._delivery = LoopDelivery(loop)
        answered: asyncio.Future[Given] = loop.create_future()
        self._writer.submit([Job(work, hold_seconds, self._clock.monotonic(), self._delivery, answered)])
        return await answered

    async def _row(self, tx_id: UUID) -> LedgerRecord:
        async with self._connection() as connection:
            record = await ledger.get(connection, tx_id)
        if record is None:
            raise NotFound(f"the ledger has no transaction {tx_id}", {"tx_id": str(tx_id)})
        return record

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._database.transaction() as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise EngineUnavailable(
                f"the ledger can't be reached: {str(error).strip() or type(error).__name__}. See `chimera doctor`"
            ) from error
        except psycopg.Error as error:
            raise InternalError(f"the database refused the ledger's statement: {str(error).strip()}") from error
