"""A budget line as Redis shows it (specification section 4, `budget:{period}:{category}`) and as people see it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chimera.contracts.contract import Contract, Moment, Usd
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod


class BudgetState(Contract):
    period: BudgetPeriod
    category: BudgetCategory
    limit: Usd
    spent: Usd
    remaining: Usd
    last_updated: Moment


class BudgetLine(Contract):
    """A current line whole. `held` lies inside `spent`; `debt` and `carried` don't, and lower what remains.

    `version` counts the limits people set, 0 where nobody ever did: a change must name the one its author saw.
    `alerts` are the percentages told for this line.
    """

    period: BudgetPeriod
    category: BudgetCategory
    period_start: Moment
    period_end: Moment
    limit: Usd
    limit_origin: Literal["setting", "person"]
    version: Annotated[int, Field(ge=0)]
    spent: Usd
    held: Usd
    debt: Usd
    carried: Usd
    remaining: Usd
    alerts: tuple[int, ...]
    last_updated: Moment


class LimitChange(Contract):
    """A person set a limit, or lifted it (no `limit`); `previous` is the limit that bound before."""

    period: BudgetPeriod
    category: BudgetCategory
    version: Annotated[int, Field(ge=1)]
    limit: Usd | None
    previous: Usd
    changed_by: str
    reason: str
    changed_at: Moment


class LimitSet(Contract):
    """What came of a change. `wanted` binds from now on; a line that spent more already stands at what it spent
    (`line_limit`, None where no line was needed yet), so that nothing more fits until its period ends."""

    change: LimitChange
    wanted: Usd
    line_limit: Usd | None


class BudgetNotice(Contract):
    """An alert as it is listed; only a threshold names a line and its `percent`."""

    id: UUID
    kind: Literal["threshold", "overrun", "pause"]
    period: BudgetPeriod | None
    category: BudgetCategory | None
    period_start: Moment | None
    percent: int | None
    message: str
    created_at: Moment


class BudgetLineList(Contract):
    """Every current line, whole."""

    budgets: tuple[BudgetLine, ...]


class BudgetLimit(Contract):
    """The limit in force of a period and category, whoever set it; its ETag names the version that a change is made
    on. `reason` and those beside it are None where no person ever set one."""

    period: BudgetPeriod
    category: BudgetCategory
    limit: Usd
    limit_origin: Literal["setting", "person"]
    version: Annotated[int, Field(ge=0)]
    changed_by: str | None
    reason: str | None
    changed_at: Moment | None


class LimitChangePage(Contract):
    """Changes of limits, the newest first; `next_cursor` asks for those behind them."""

    changes: tuple[LimitChange, ...]
    next_cursor: str | None


class BudgetNoticePage(Contract):
    """Alerts, the newest first; `next_cursor` asks for those behind them."""

    alerts: tuple[BudgetNotice, ...]
    next_cursor: str | None
