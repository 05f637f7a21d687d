"""Limits by people: they bind instead of the settings from the next decision on, until they are lifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chimera.contracts.budget import LimitChange, LimitSet
from chimera.core.clock import Clock
from chimera.core.errors import Conflict, InternalError, ValidationFailed
from chimera.core.identity import new_id
from chimera.core.limits import DAILY_BUDGET_USD_MAX
from chimera.core.money import CENT
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection
from chimera.storage.records import budget_alert, budget_change, budget_tracking, ledger
from chimera.storage.records.budget_change import BudgetChange
from chimera.storage.records.budget_tracking import BudgetRecord
from chimera.treasury.alerts import line_name, percents_reached, threshold_alert
from chimera.treasury.amounts import usd_text
from chimera.treasury.policy import BudgetLimits

LIMIT_USD_MAX = Decimal("99999999.99")
REASON_CHARACTERS_MAX = 500
NAME_CHARACTERS_MAX = 100


@dataclass(frozen=True, slots=True)
class LimitWish:
    """What a person wants. Without `limit_usd` the limit by people is lifted; `seen_version` is the one he saw."""

    period: BudgetPeriod
    category: BudgetCategory
    limit_usd: Decimal | None
    by: str
    reason: str
    seen_version: int


def effective_limits(by_people: Mapping[tuple[str, str], Decimal], settings: BudgetLimits) -> BudgetLimits:
    """The limits in force: a person's where one binds, otherwise the setting."""

    def limit(period: BudgetPeriod, category: BudgetCategory) -> Decimal:
        return by_people.get((period.value, category.value)) or settings(period, category)

    return limit


def binding(changes: Sequence[BudgetChange]) -> dict[tuple[str, str], Decimal]:
    """The limits that bind after these newest changes; those lifted are left out."""
    return {
        (change.period, change.category): change.limit_amount for change in changes if change.limit_amount is not None
    }


async def set_limit(connection: Connection, wish: LimitWish, settings: BudgetLimits, clock: Clock) -> LimitSet:
    """Enter the change and bring the current line to it, under the head's lock, so that the next decision sees it.

    A limit below what is spent leaves the line standing at what is spent. Thresholds that a lower limit makes the
    line pass are alerted.

    Raises:
        ValidationFailed: no reason or name, an amount that is none, or more than $1,000 for a day.
        Conflict: somebody changed the limit meanwhile, or there is none to lift.
    """
    _check(wish)
    if await ledger.lock_head(connection) is None:
        raise InternalError("the ledger's head is gone: restore the database from a backup")
    latest = await budget_change.newest_of(connection, wish.period, wish.category)
    bound = effective_limits(binding([latest] if latest else []), settings)(wish.period, wish.category)
    _refuse_stale(wish, latest, bound)
    wanted = wish.limit_usd if wish.limit_usd is not None else settings(wish.period, wish.category)
    change = BudgetChange(
        period=wish.period.value,
        category=wish.category.value,
        version=(latest.version if latest else 0) + 1,
        limit_amount=wish.limit_usd,
        previous_amount=bound,
        changed_by=wish.by,
        reason=wish.reason,
        changed_at=clock.now(),
    )
    await budget_change.insert(connection, change)
    line = await _apply(connection, change, wanted, clock)
    return LimitSet(change=limit_change(change), wanted=wanted, line_limit=None if line is None else line.limit_amount)


def limit_change(change: BudgetChange) -> LimitChange:
    """The row as it is listed."""
    return LimitChange(
        period=BudgetPeriod(change.period),
        category=BudgetCategory(change.category),
        version=change.version,
        limit=change.limit_amount,
        previous=change.previous_amount,
        changed_by=change.changed_by,
        reason=change.reason,
        changed_at=change.changed_at,
    )


def _check(wish: LimitWish) -> None:
    _check_words("reason", wish.reason, REASON_CHARACTERS_MAX, "say why the limit changes")
    _check_words("by", wish.by, NAME_CHARACTERS_MAX, "say who changes the limit")
    amount = wish.limit_usd
    if amount is None:
        return
    if not amount.is_finite() or not 0 < amount <= LIMIT_USD_MAX or amount != amount.quantize(CENT):
        raise ValidationFailed(
            f"{amount} is no limit: write dollars and whole cents, more than 0 and at most {LIMIT_USD_MAX}",
            {"limit": str(amount)},
        )
    if wish.period is BudgetPeriod.DAILY and amount > DAILY_BUDGET_USD_MAX:
        raise ValidationFailed(
            f"${usd_text(amount)} is too much for a day: a daily limit is at most ${usd_text(DAILY_BUDGET_USD_MAX)}",
            {"limit": str(amount), "at_most": str(DAILY_BUDGET_USD_MAX)},
        )


def _check_words(field: str, words: str, characters_max: int, remedy: str) -> None:
    if not words.strip() or len(words) > characters_max or "\x00" in words:
        raise ValidationFailed(f"{field}: {remedy}, in 1 to {characters_max} characters without NUL", {"field": field})


def _refuse_stale(wish: LimitWish, latest: BudgetChange | None, bound: Decimal) -> None:
    version = latest.version if latest else 0
    name = line_name(wish.period, wish.category)
    if wish.seen_version != version:
        by = f", changed by {latest.changed_by} at {latest.changed_at:%Y-%m-%d %H:%M} UTC" if latest else ""
        raise Conflict(
            f"{name} limit was changed meanwhile: it is ${usd_text(bound)} now (version {version}{by}), and you saw "
            f"version {wish.seen_version}. Look at `chimera budget show`, then set it again",
            {"limit": float(bound), "version": version, "changed_by": latest.changed_by if latest else None},
        )
    if wish.limit_usd is None and (latest is None or latest.limit_amount is None):
        raise Conflict(
            f"{name} limit is the setting's already (${usd_text(bound)}): there is nothing to lift",
            {"limit": float(bound), "version": version},
        )


async def _apply(connection: Connection, change: BudgetChange, wanted: Decimal, clock: Clock) -> BudgetRecord | None:
    """Bring the line of the current period, if there is one, to its new limit; alert what it passes by that."""
    line = await budget_tracking.set_current_limit(
        connection, BudgetPeriod(change.period), BudgetCategory(change.category), wanted, change.changed_at
    )
    if line is None:
        return None
    told = percents_reached(_cents(line.used_amount), _cents(change.previous_amount))
    passed = [
        threshold_alert(
            new_id(clock),
            period=BudgetPeriod(line.period),
            category=BudgetCategory(line.category),
            period_start=line.period_start,
            percent=percent,
            used_usd=line.used_amount,
            limit_usd=line.limit_amount,
            at=change.changed_at,
        )
        for percent in percents_reached(_cents(line.used_amount), _cents(line.limit_amount))
        if percent not in told
    ]
    await budget_alert.add(connection, passed)
    return line


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
