"""`chimera budget show|set|history|alerts`: what may still be spent, and the limits people set."""

from decimal import Decimal
from typing import Annotated, Literal

from cyclopts import Parameter

from chimera.bootstrap.studio import Studio
from chimera.cli.budget_table import print_alerts, print_budgets, print_history, print_limit_set
from chimera.cli.document import print_json
from chimera.cli.options import Json, Limit
from chimera.cli.person import As, person
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.records import budget_alert, budget_change
from chimera.treasury.budget_lines import budget_lines, notice
from chimera.treasury.limits import LimitWish, limit_change, set_limit

Period = Annotated[Literal["daily", "weekly", "monthly"], Parameter(help="daily, weekly or monthly.")]
Category = Annotated[
    Literal["api_call", "compute", "storage", "total"], Parameter(help="api_call, compute, storage or total.")
]
Amount = Annotated[Decimal | None, Parameter(help="The new limit in USD.")]
Reason = Annotated[str, Parameter(help="Why the limit changes; kept with it.")]
Reset = Annotated[bool, Parameter(name="--reset", negative="", help="Lift the limit: the setting binds again.")]
IfVersion = Annotated[
    int | None, Parameter(name="--if-version", help="Only if this version still stands (see `budget show --json`).")
]


async def show(*, json: Json = False) -> None:
    """Show the current budget lines in USD: limit, spent, held, remaining of every period and category."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        lines = await budget_lines(connection, studio.settings.budget_limit, studio.clock.now())
    if json:
        print_json({"budgets": [line.model_dump(mode="json") for line in lines]})
    else:
        print_budgets(lines, screen())


async def set_(
    period: Period,
    category: Category,
    amount: Amount = None,
    *,
    reason: Reason,
    reset: Reset = False,
    if_version: IfVersion = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """Set a limit that binds instead of the setting from the next decision on, or lift it with --reset."""
    if (amount is None) != reset:
        raise ValidationFailed("give either the new limit in USD or --reset", {"field": "amount"})
    line, by = (BudgetPeriod(period), BudgetCategory(category)), person(as_)
    async with studio_of_environment() as studio:
        seen = await _version(studio, *line) if if_version is None else if_version
        async with studio.database.transaction() as connection:
            wish = LimitWish(*line, amount, by, reason, seen)
            done = await set_limit(connection, wish, studio.settings.budget_limit, studio.clock)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        print_limit_set(done, screen())


async def history(*, limit: Limit = 20, json: Json = False) -> None:
    """List the limits people set and lifted, the newest first."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        changes = [limit_change(change) for change in await budget_change.history(connection, limit)]
    if json:
        print_json({"changes": [change.model_dump(mode="json") for change in changes]})
    else:
        print_history(changes, screen())


async def alerts(*, limit: Limit = 20, json: Json = False) -> None:
    """List the newest alerts: budget lines that passed 50, 80 or 100 percent, overruns, pauses."""
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        found = [notice(alert) for alert in await budget_alert.newest(connection, limit)]
    if json:
        print_json({"alerts": [alert.model_dump(mode="json") for alert in found]})
    else:
        print_alerts(found, screen())


async def _version(studio: Studio, period: BudgetPeriod, category: BudgetCategory) -> int:
    async with studio.database.transaction() as connection:
        latest = await budget_change.newest_of(connection, period, category)
    return latest.version if latest else 0
