"""Whatever is done in whatever order, the books are those of the model: a state machine against a real ledger."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from nacl.signing import SigningKey
from psycopg import sql
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import BudgetExceeded, ChimeraError, Conflict, SpendPaused
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod, RequestType
from chimera.storage.access import application_url
from chimera.storage.database import Database, open_database
from chimera.treasury.limits import LimitWish, set_limit
from factories_treasury import Office, register_spender
from treasury_model import CATEGORIES, PERIODS, Approved, Model, Waiting, cents

pytestmark = pytest.mark.engines

LIMITS = {"daily": 10_000, "weekly": 18_000, "monthly": 25_000}
START = datetime(2026, 2, 25, 22, 0, tzinfo=UTC)
AGENTS = 6
Result = TypeVar("Result")

types = st.sampled_from([kind.value for kind in RequestType])
costs = st.integers(1, 9_000).map(lambda count: count * 10_000)
holds = st.sampled_from([None, timedelta(minutes=10), timedelta(hours=30)])
steps = st.sampled_from([1 / 60, 9, 11, 60, 150, 60 * 24, 60 * 24 * 7, 60 * 24 * 16])
backs = st.sampled_from([1, 2, 45, 150, 60 * 24 * 3])


def usd(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6)


class Books(RuleBasedStateMachine):
    """`server` and `template` are set by the test: each example has a database of its own."""

    server: str
    template: str
    requests = Bundle("requests")
    escalated = Bundle("escalated")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.answers: dict[UUID, tuple[ApprovalRequest, Approval]] = {}
        self.people: dict[tuple[str, str], int] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.model = Model({(period, name): LIMITS[period] for period in PERIODS for name in CATEGORIES})
        self.run(self.begin())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def begin(self) -> None:
        self.name = f"chimera_test_{uuid4().hex[:12]}"
        await asyncio.to_thread(
            _execute,
            self.server,
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (self.name, self.template))),
        )
        url = application_url(urlunsplit(urlsplit(self.server)._replace(path=f"/{self.name}")))
        self.database: Database = await self.stack.enter_async_context(open_database(url))
        self.clock = FixedClock(START)
        async with self.database.transaction() as connection:
            cfo = uuid4()
            await connection.execute("INSERT INTO agents (id, role) VALUES (%s, 'cfo')", (cfo,))
        self.agents = [await register_spender(self.database) for _ in range(AGENTS)]
        redis = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
        self.office = Office(self.clock, redis, SigningKey(bytes(range(32))), cfo, self.agents[0])
        self._settings()
        self.treasury = self.office.treasury(self.database)

    def _settings(self) -> None:
        for (period, name), amount in self.model.wanted.items():
            if (period, name) not in self.people:
                self.office.limits[BudgetPeriod(period), BudgetCategory(name)] = Decimal(amount).scaleb(-2)

    def teardown(self) -> None:
        try:
            report = self.run(self.treasury.verify())
            assert report.problems == ()
            assert report.entries == self.model.rows
            spending = self.run(self.treasury.spending())
            held = [one for one in self.model.approved.values() if one.held_until and not one.closed]
            assert spending.open_holds == len(held)
            assert spending.held_usd == Decimal(sum(cents(one.micros) for one in held)).scaleb(-2)
            assert spending.paused == self.model.paused
        finally:
            self.run(self.treasury.aclose())
            self.run(self.stack.aclose())
            self.runner.close()
            _execute(self.server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    # Asking.

    def make(self, micros: int, roi: int, kind: str) -> ApprovalRequest:
        agent = self.agents[len(self.answers) % AGENTS]
        return self.office.request(
            str(usd(micros)), roi=str(Decimal(roi).scaleb(-2)), request_type=kind, agent_id=agent
        )

    def follow(self, request: ApprovalRequest, answer: Approval, hold: timedelta | None, at: datetime) -> list[UUID]:
        """Let the model decide, and hold the answer to it; the escalated transaction, if it is one."""
        micros, roi, kind = (
            int(request.request_cost * 1_000_000),
            int(request.projected_roi * 100),
            request.request_type,
        )
        refusal = self.model.expected(kind, micros, roi, at)
        document = self.run(self.treasury.signed_decision(request.request_id)).document
        risky = answer.risk_score > Decimal("0.7")
        decision = "rejected" if refusal else "escalated" if risky else "approved"
        assert f'"decision":"{decision}"' in document
        assert f'"reason_code":"{refusal or ("RISK_TOO_HIGH" if risky else "WITHIN_RULES")}"' in document
        assert answer.approved == (decision == "approved")
        self.answers[request.request_id] = (request, answer)
        if decision == "approved":
            until = at + hold if hold else None
            self.model.approve(Approved(request.request_id, kind, micros, at, until))
        self.model.enter(at)
        assert min(answer.budget_remaining.daily, answer.budget_remaining.weekly, answer.budget_remaining.monthly) == (
            Decimal(self.model.room(kind, at)).scaleb(-2)
        )
        if decision != "escalated":
            return []
        tx_id = UUID(answer.conditions[0].partition(":")[2])
        self.model.waiting[tx_id] = Waiting(request.request_id, kind, micros, at + timedelta(hours=24), hold)
        return [tx_id]

    @initialize(target=requests)
    def first(self) -> Any:
        return self._ask(1_000_000, 250, "compute", timedelta(hours=30), None)[0]

    @rule(target=requests, cost=costs, roi=st.sampled_from([100, 150, 250]), kind=types, hold=holds)
    def ask(self, cost: int, roi: int, kind: str, hold: timedelta | None) -> Any:
        return self._ask(cost, roi, kind, hold, None)[0]

    @rule(target=escalated, cost=costs, kind=types, hold=holds)
    def ask_far_above_the_estimate(self, cost: int, kind: str, hold: timedelta | None) -> Any:
        return multiple(*self._ask(cost, 250, kind, hold, Decimal("0.000001"))[1])

    @rule(cost=st.sampled_from([10_000_010_000, 99_999_999_990_000]))
    def ask_too_much(self, cost: int) -> None:
        self._ask(cost, 250, "compute", None, None)

    def _ask(
        self, cost: int, roi: int, kind: str, hold: timedelta | None, estimate: Decimal | None
    ) -> tuple[UUID, list[UUID]]:
        request = self.make(cost, roi, kind)
        at = self.model.open(self.clock.now())
        answer = self.run(self.treasury.decide(request, estimate_usd=estimate, hold_for=hold))
        return request.request_id, self.follow(request, answer, hold, at)

    @rule(target=requests, cost=costs, kind=types, hold=holds, count=st.integers(2, 9))
    def ask_together(self, cost: int, kind: str, hold: timedelta | None, count: int) -> Any:
        made = {request.request_id: request for request in (self.make(cost, 250, kind) for _ in range(count))}
        at = self.model.open(self.clock.now())

        async def all_of_them() -> dict[UUID, Approval]:
            given = await asyncio.gather(*(self.treasury.decide(one, hold_for=hold) for one in made.values()))
            return {answer.request_id: answer for answer in given}

        given = self.run(all_of_them())
        entries = reversed(self.run(self.treasury.entries(count)))
        for request_id in [entry.request_id for entry in entries]:
            self.follow(made[request_id], given[request_id], hold, at)
        return multiple(*made)

    @rule(request_id=requests)
    def ask_again(self, request_id: UUID) -> None:
        request, answer = self.answers[request_id]
        self.model.open(self.clock.now())
        assert self.run(self.treasury.decide(request)) == answer

    @rule(request_id=requests)
    def ask_something_else_under_the_same_id(self, request_id: UUID) -> None:
        request, _ = self.answers[request_id]
        self.model.open(self.clock.now())
        other = request.model_copy(update={"request_cost": request.request_cost + 1})
        assert isinstance(self.attempt(self.treasury.decide(other)), Conflict)

    # What becomes of it.

    def attempt(self, work: Coroutine[Any, Any, Any]) -> Any:
        async def tried() -> Any:
            try:
                return await work
            except ChimeraError as refusal:
                return refusal

        return self.run(tried())

    @rule(request_id=requests)
    def begin_spending(self, request_id: UUID) -> None:
        one = self.model.approved.get(request_id)
        given = self.attempt(self.treasury.begin_spending(request_id))
        fresh = one and one.held_until and not one.closed and (one.submitted or one.held_until > self.clock.now())
        assert isinstance(given, ChimeraError) != bool(fresh)
        if one and fresh:
            one.submitted = True

    @rule(request_id=requests, share=st.sampled_from([1, 50, 100, 130, 900]))
    def settle(self, request_id: UUID, share: int) -> None:
        one = self.model.approved.get(request_id)
        actual = max(1, (one.micros if one else 1_000_000) * share // 100)
        at = self.model.open(self.clock.now())
        given = self.attempt(self.treasury.settle(request_id, usd(actual)))
        self.closed(one, "settle", actual, given, at)

    @rule(request_id=requests)
    def void(self, request_id: UUID) -> None:
        one = self.model.approved.get(request_id)
        at = self.model.open(self.clock.now())
        self.closed(one, "void", 0, self.attempt(self.treasury.void(request_id, "not needed")), at)

    def closed(self, one: Approved | None, how: str, micros: int, given: Any, at: datetime) -> None:
        if one is None or (one.closed is not None and one.closed != (how, micros)):
            assert isinstance(given, ChimeraError)
            return
        assert not isinstance(given, ChimeraError)
        assert given.kind == how
        if one.closed is None:
            self.model.close(one, how, micros)
            self.model.enter(at)

    @rule(request_id=requests, shares=st.lists(st.sampled_from([0, 40, 100, 120]), min_size=2, max_size=5))
    def race_to_close(self, request_id: UUID, shares: list[int]) -> None:
        """Void (0) and settle at once: one of them counts, and the others are told so."""
        one = self.model.approved.get(request_id)
        if one is None or one.closed:
            return
        at = self.model.open(self.clock.now())
        actuals = [max(1, one.micros * share // 100) if share else 0 for share in shares]

        async def race() -> list[Any]:
            works = [
                self.treasury.settle(request_id, usd(actual)) if actual else self.treasury.void(request_id, "no")
                for actual in actuals
            ]
            return await asyncio.gather(*works, return_exceptions=True)

        given = self.run(race())
        won = [
            (entry.kind, actual)
            for entry, actual in zip(given, actuals, strict=True)
            if not isinstance(entry, ChimeraError)
        ]
        assert len({(str(kind), actual) for kind, actual in won}) == 1
        self.model.close(one, str(won[0][0]), won[0][1])
        self.model.enter(at)

    @rule(target=requests, tx_id=escalated, share=st.sampled_from([0, 30, 100]))
    def answer(self, tx_id: UUID, share: int) -> Any:
        one = self.model.waiting[tx_id]
        amount = max(1, one.micros * share // 100) if share else one.micros
        at = self.model.open(self.clock.now())
        given = self.attempt(
            self.treasury.answer(tx_id, by="ada", approve=bool(share), reason="seen", amount_usd=usd(amount))
        )
        if one.answer is not None or one.expired:
            assert isinstance(given, ChimeraError) == (one.expired or one.answer != (bool(share), amount))
        elif one.expires_at <= at:
            assert isinstance(given, Conflict)
        elif share and self.model.paused:
            assert isinstance(given, SpendPaused)
        elif share and cents(amount) > self.model.room(one.request_type, at):
            assert isinstance(given, BudgetExceeded)
        else:
            assert given.approved == bool(share)
            one.answer = (bool(share), amount)
            if share:
                until = at + one.hold if one.hold else None
                self.model.approve(Approved(one.request_id, one.request_type, amount, at, until))
                self.model.enter(at)
                return one.request_id
            self.model.enter(at)
        return multiple()

    @rule()
    def sweep(self) -> None:
        now = self.clock.now()
        gone, silent = self.model.expirable(now), self.model.lapsable(now)
        if gone or silent:
            at = self.model.open(now)
            self.model.enter(at, len(gone) + len(silent))
        assert self.run(self.treasury.sweep()) == len(gone) + len(silent)
        for one in gone:
            self.model.close(one, "expire", 0)
        for other in silent:
            other.expired, other.answer = True, (False, other.micros)

    @rule()
    def pause(self) -> None:
        at = self.model.open(self.clock.now())
        self.run(self.treasury.pause(by="ada", reason="a look"))
        if not self.model.paused:
            self.model.paused = True
            self.model.enter(at)

    @rule()
    def resume(self) -> None:
        at = self.model.open(self.clock.now())
        given = self.attempt(self.treasury.resume(by="ada", reason="seen"))
        assert isinstance(given, Conflict) != self.model.paused
        if self.model.paused:
            self.model.paused = False
            self.model.enter(at)

    # Time and limits.

    @rule(minutes=steps)
    def time_passes(self, minutes: float) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def midnight_comes(self) -> None:
        now = self.clock.now()
        self.clock.advance(
            now.replace(hour=23, minute=59, second=59, microsecond=999_999) - now + timedelta(microseconds=1)
        )

    @rule(minutes=backs)
    def the_clock_goes_back(self, minutes: int) -> None:
        self.clock.advance(-timedelta(minutes=minutes))

    @rule(period=st.sampled_from(PERIODS), name=st.sampled_from(CATEGORIES), amount=st.integers(1, 30_000))
    def the_settings_change(self, period: str, name: str, amount: int) -> None:
        if (period, name) not in self.people:
            self.model.wanted[period, name] = amount
            self._settings()

    @rule(period=st.sampled_from(PERIODS), name=st.sampled_from(CATEGORIES), amount=st.integers(1, 30_000))
    def a_person_sets_a_limit(self, period: str, name: str, amount: int) -> None:
        version = self.versions.get((period, name), 0)
        wish = LimitWish(
            BudgetPeriod(period), BudgetCategory(name), Decimal(amount).scaleb(-2), "ada", "a test", version
        )

        async def change() -> None:
            async with self.database.transaction() as connection:
                await set_limit(connection, wish, self.office.limit, self.clock)

        self.run(change())
        self.versions[period, name] = version + 1
        self.people[period, name] = self.model.wanted[period, name] = amount
        self.model.set_line_limits(period, name, self.clock.now())

    @invariant()
    def every_line_is_that_of_the_model(self) -> None:
        rows = self.run(self._lines())
        found = {
            (row["period"], row["category"], row["period_start"].astimezone(UTC)): tuple(
                int(row[name] * 100) for name in ("spent_amount", "held_amount", "debt_amount", "carried_amount")
            )
            for row in rows
        }
        assert found == {key: (one.spent, one.held, one.debt, one.carried) for key, one in self.model.lines.items()}
        assert all(row["spent_amount"] <= row["limit_amount"] for row in rows)

    async def _lines(self) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            return await (await connection.execute("SELECT * FROM budget_tracking")).fetchall()


def _execute(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def test_the_books_are_those_of_the_model(postgres_url: str, migrated_template: str) -> None:
    Books.server, Books.template = postgres_url, migrated_template
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=50,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.slow
def test_the_books_are_those_of_the_model_for_long(postgres_url: str, migrated_template: str) -> None:
    Books.server, Books.template = postgres_url, migrated_template
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=400, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
