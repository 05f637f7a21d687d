"""A person changes a limit over the one he saw; nobody else does, and nobody over another's change."""

from decimal import Decimal

import pytest

from chimera.contracts.budget import BudgetLimit, BudgetLineList, LimitChangePage, LimitSet
from chimera.contracts.spending_orders import BudgetList
from chimera.core.clock import FixedClock
from chimera.core.errors import Forbidden, PreconditionFailed, ValidationFailed
from chimera.core.vocabulary import PersonRole, Role
from chimera.runtime.operations.desk import Desk
from factories_operations import CREATOR, FINANCE, LINE, OPERATOR, agent, ask, person, tag

pytestmark = pytest.mark.engines


async def set_limit(desk: Desk, amount: str | None, *, seen: BudgetLimit | None = None) -> LimitSet:
    seen = seen or await ask(desk, "budgets.limit", FINANCE, BudgetLimit, **LINE)
    limit = None if amount is None else Decimal(amount)
    return await ask(
        desk, "budgets.set", FINANCE, LimitSet, if_match=tag(seen), **LINE, limit=limit, reason="a quiet week"
    )


async def test_a_limit_by_a_person_binds_under_its_name(desk: Desk) -> None:
    done = await set_limit(desk, "40.00")
    assert (done.change.version, done.change.changed_by, done.wanted) == (1, "ada", Decimal("40.00"))
    bound = await ask(desk, "budgets.limit", CREATOR, BudgetLimit, **LINE)
    assert (bound.limit, bound.limit_origin, bound.version, bound.reason) == (Decimal(40), "person", 1, "a quiet week")
    lines = (await ask(desk, "budgets.lines", OPERATOR, BudgetLineList)).budgets
    assert next(line.limit for line in lines if (line.period, line.category) == tuple(LINE.values())) == 40
    told = (await ask(desk, "budgets.show", OPERATOR, BudgetList)).budgets
    assert {line.limit for line in told if (line.period, line.category) == tuple(LINE.values())} == {Decimal(40)}


async def test_who_saw_an_earlier_limit_changes_nothing(desk: Desk) -> None:
    seen = await ask(desk, "budgets.limit", FINANCE, BudgetLimit, **LINE)
    await set_limit(desk, "40.00", seen=seen)
    with pytest.raises(PreconditionFailed):
        await set_limit(desk, "50.00", seen=seen)
    assert (await ask(desk, "budgets.limit", FINANCE, BudgetLimit, **LINE)).limit == 40


async def test_a_limit_is_lifted_and_the_setting_binds_again(desk: Desk) -> None:
    await set_limit(desk, "40.00")
    await set_limit(desk, None)
    bound = await ask(desk, "budgets.limit", FINANCE, BudgetLimit, **LINE)
    assert (bound.limit_origin, bound.version) == ("setting", 2)


@pytest.mark.parametrize("if_match", [None, "*", 'W/"0"', "nonsense"])
async def test_a_change_names_what_it_is_made_on(desk: Desk, if_match: str | None) -> None:
    wanted = {**LINE, "limit": Decimal(1), "reason": "x"}
    with pytest.raises(ValidationFailed if if_match is None else PreconditionFailed):
        await ask(desk, "budgets.set", FINANCE, LimitSet, if_match=if_match, **wanted)


@pytest.mark.parametrize("caller", [CREATOR, OPERATOR, person(PersonRole.VIEWER), *map(agent, Role)])
async def test_only_finance_changes_limits(desk: Desk, caller: object) -> None:
    with pytest.raises(Forbidden):
        await ask(desk, "budgets.set", caller, LimitSet, if_match="*", **LINE, limit=Decimal(1), reason="x")  # type: ignore[arg-type]


async def test_the_history_is_paged_also_within_one_moment(desk: Desk, clock: FixedClock) -> None:
    for amount in ("10.00", "20.00", "30.00"):
        await set_limit(desk, amount)
    versions, cursor = [], None
    for _ in range(3):
        page = await ask(desk, "budgets.history", FINANCE, LimitChangePage, limit=1, cursor=cursor)
        versions += [change.version for change in page.changes]
        cursor = page.next_cursor
    assert (versions, cursor) == ([3, 2, 1], None)
    with pytest.raises(ValidationFailed, match="next_cursor"):
        await ask(desk, "budgets.history", FINANCE, LimitChangePage, cursor="bm9uc2Vuc2U=")
