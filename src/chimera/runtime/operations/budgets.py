"""`/v1/budgets`: what may still be spent, the limits people set, and the alerts."""

import base64
import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from chimera.contracts.budget import BudgetLimit, BudgetLineList, BudgetNoticePage, LimitChangePage, LimitSet
from chimera.contracts.contract import Contract, Usd
from chimera.contracts.spending_orders import BudgetList
from chimera.core.errors import Conflict, Forbidden, PreconditionFailed, ValidationFailed
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.runtime.operations.desk import Desk
from chimera.runtime.operations.operation import WRITING, AnyOperation, Call, Operation
from chimera.runtime.operations.pages import PageRequest, PageSize, paged, read_cursor
from chimera.runtime.operations.person import person
from chimera.runtime.operations.tags import require_seen
from chimera.security.permissions import Permission
from chimera.storage.database import Connection
from chimera.storage.records import budget_alert, budget_change
from chimera.storage.records.budget_change import BudgetChange
from chimera.treasury.budget_lines import budget_lines, notice
from chimera.treasury.limits import REASON_CHARACTERS_MAX, LimitWish, binding, effective_limits, limit_change, set_limit

_CURSOR_CHARACTERS_MAX = 200
ChangeKey = tuple[datetime, str, str, int]


class NothingAsked(Contract):
    """No field: all of it is told."""


class LimitNamed(Contract):
    period: BudgetPeriod
    category: BudgetCategory


class LimitWanted(LimitNamed):
    """The new limit in USD; null lifts what people set, and the setting binds again. The reason is kept with it."""

    limit: Usd | None
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX)]


class ChangesAsked(Contract):
    """`cursor` is the `next_cursor` of the page before, unchanged; none asks for the first page."""

    limit: PageSize = 50
    cursor: Annotated[str, Field(min_length=1, max_length=_CURSOR_CHARACTERS_MAX)] | None = None


def budget_operations(desk: Desk) -> tuple[AnyOperation, ...]:
    """The reads of budgets, and a person's change of a limit."""

    async def show(_call: Call, _asked: NothingAsked) -> BudgetList:
        return BudgetList(budgets=await desk.treasurer.budgets())

    async def show_lines(_call: Call, _asked: NothingAsked) -> BudgetLineList:
        async with desk.database.transaction() as connection:
            return BudgetLineList(budgets=await budget_lines(connection, desk.limits, desk.clock.now()))

    async def _limit(connection: Connection, asked: LimitNamed) -> BudgetLimit:
        latest = await budget_change.newest_of(connection, asked.period, asked.category)
        bound = effective_limits(binding([latest] if latest else []), desk.limits)(asked.period, asked.category)
        return _told(asked, latest, bound)

    async def show_limit(_call: Call, asked: LimitNamed) -> BudgetLimit:
        async with desk.database.transaction() as connection:
            return await _limit(connection, asked)

    async def change_limit(call: Call, asked: LimitWanted) -> LimitSet:
        by = person(call.caller)
        async with desk.database.transaction() as connection:
            seen = await _limit(connection, asked)
            require_seen(seen, call.if_match)
        wish = LimitWish(asked.period, asked.category, asked.limit, by, asked.reason, seen.version)
        async with desk.database.transaction() as connection:
            return await set_limit(connection, wish, desk.limits, desk.clock)

    async def history(_call: Call, asked: ChangesAsked) -> LimitChangePage:
        async with desk.database.transaction() as connection:
            rows = await budget_change.page(connection, _read_key(asked.cursor), asked.limit + 1)
        listed = rows[: asked.limit]
        cursor = _key_text(listed[-1]) if len(rows) > asked.limit else None
        return LimitChangePage(changes=tuple(map(limit_change, listed)), next_cursor=cursor)

    async def alerts(_call: Call, asked: PageRequest) -> BudgetNoticePage:
        async with desk.database.transaction() as connection:
            rows = await budget_alert.page(connection, read_cursor(asked.cursor), asked.limit + 1)
        listed, cursor = paged(rows, asked.limit)
        return BudgetNoticePage(alerts=tuple(map(notice, listed)), next_cursor=cursor)

    return (
        Operation(
            name="budgets.show",
            summary="Show every current budget line as the next decision sees it.",
            method="GET",
            path="/v1/budgets",
            asks=NothingAsked,
            answers=BudgetList,
            run=show,
            right=Permission.READ_BUDGET,
            tagged=True,
        ),
        Operation(
            name="budgets.lines",
            summary="Show every current budget line whole: held, owed, carried, alerted, whose limit binds.",
            method="GET",
            path="/v1/budgets/lines",
            asks=NothingAsked,
            answers=BudgetLineList,
            run=show_lines,
            right=Permission.READ_BUDGET,
            tagged=True,
        ),
        Operation(
            name="budgets.history",
            summary="List the limits people set and lifted, the newest first.",
            method="GET",
            path="/v1/budgets/history",
            asks=ChangesAsked,
            answers=LimitChangePage,
            run=history,
            right=Permission.READ_BUDGET,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="budgets.alerts",
            summary="List the alerts, the newest first: lines that passed 50, 80 or 100 percent, overruns, pauses.",
            method="GET",
            path="/v1/budgets/alerts",
            asks=PageRequest,
            answers=BudgetNoticePage,
            run=alerts,
            right=Permission.READ_BUDGET,
            failures=(ValidationFailed,),
        ),
        Operation(
            name="budgets.limit",
            summary="Show the limit in force of a period and category; its ETag is what a change names.",
            method="GET",
            path="/v1/budgets/{period}/{category}",
            asks=LimitNamed,
            answers=BudgetLimit,
            run=show_limit,
            right=Permission.READ_BUDGET,
            tagged=True,
        ),
        Operation(
            name="budgets.set",
            summary="Set a limit that binds from the next decision on, or lift it; If-Match names the one you saw.",
            method="PUT",
            path="/v1/budgets/{period}/{category}",
            asks=LimitWanted,
            answers=LimitSet,
            run=change_limit,
            right=Permission.WRITE_BUDGET,
            failures=(ValidationFailed, PreconditionFailed, Conflict, Forbidden),
            rate=WRITING,
        ),
    )


def _told(asked: LimitNamed, latest: BudgetChange | None, bound: Decimal) -> BudgetLimit:
    return BudgetLimit(
        period=asked.period,
        category=asked.category,
        limit=bound,
        limit_origin="person" if latest and latest.limit_amount is not None else "setting",
        version=latest.version if latest else 0,
        changed_by=latest.changed_by if latest else None,
        reason=latest.reason if latest else None,
        changed_at=latest.changed_at if latest else None,
    )


def _key_text(change: BudgetChange) -> str:
    key = [change.changed_at.isoformat(), change.period, change.category, change.version]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_key(cursor: str | None) -> ChangeKey | None:
    if cursor is None:
        return None
    try:
        at, period, category, version = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment, BudgetPeriod(period), BudgetCategory(category), int(version)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValidationFailed("cursor is none of ours: take it from next_cursor, or leave it out") from error
