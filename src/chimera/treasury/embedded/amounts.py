"""Money and limits as another program writes them; never a float."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from chimera.core.errors import Conflict, ValidationFailed
from chimera.core.limits import DAILY_BUDGET_USD_MAX
from chimera.core.money import CENT
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.storage.database import Connection
from chimera.storage.records import budget_change, budget_tracking
from chimera.treasury.amounts import usd_text
from chimera.treasury.limits import LIMIT_USD_MAX, binding
from chimera.treasury.policy import BudgetLimits

Amount = Decimal | int | str
Limits = Mapping[tuple[BudgetPeriod, BudgetCategory], Decimal]

_MICRO = Decimal("0.000001")
_DAYS = {BudgetPeriod.DAILY: 1, BudgetPeriod.WEEKLY: 7, BudgetPeriod.MONTHLY: 31}
_AMOUNT_MAX = Decimal(10) ** 12


def usd(amount: Amount, field: str) -> Decimal:
    """The amount in USD, zero or more, rounded up to a millionth.

    Raises:
        ValidationFailed: a float, no number, negative, or beyond all sense.
    """
    number = _number(amount, field)
    if not 0 <= number < _AMOUNT_MAX:
        raise ValidationFailed(
            f"{field}: {amount} is no amount of money, write dollars, zero or more", {"field": field}
        )
    return number.quantize(_MICRO, rounding=ROUND_CEILING)


def limits_given(limits: Mapping[str, Amount]) -> Limits:
    """The limit of every line. `daily` must be named; a week holds seven of it and a month 31 unless they are too.

    A category has its period's limit, unless it has one of its own under `daily_compute` and the like.

    Raises:
        ValidationFailed: says which limit is wrong.
    """
    named = {name: _limit(amount, name) for name, amount in limits.items()}
    if unknown := sorted(named.keys() - _names()):
        raise ValidationFailed(
            f"limits: {', '.join(unknown)} is no limit: name daily, weekly, monthly or, say, daily_compute"
        )
    if BudgetPeriod.DAILY.value not in named:
        raise ValidationFailed('limits: say what may be spent in a day, such as {"daily": "50"}', {"field": "daily"})
    daily = named[BudgetPeriod.DAILY.value]
    if daily > DAILY_BUDGET_USD_MAX:
        raise ValidationFailed(f"limits: daily is at most {DAILY_BUDGET_USD_MAX}", {"field": "daily"})
    totals = {period: named.get(period.value, daily * days) for period, days in _DAYS.items()}
    return {
        (period, category): named.get(_name(period, category), totals[period])
        for period in BudgetPeriod
        for category in BudgetCategory
    }


async def settle_limits(connection: Connection, limits: Mapping[str, Amount]) -> BudgetLimits:
    """The limits given, where the books let them: a program that joins never raises what stands.

    What it does not name is cut to what stands. A limit that a person set binds everybody, whatever is given here.

    Raises:
        ValidationFailed: a limit is wrong.
        Conflict: a named limit is above what stands.
    """
    wanted = dict(limits_given(limits))
    by_people = binding(await budget_change.newest(connection))
    for line in await budget_tracking.newest(connection):
        place = BudgetPeriod(line.period), BudgetCategory(line.category)
        if (line.period, line.category) in by_people or wanted[place] <= line.limit_amount:
            continue
        if (name := _name(*place)) in limits:
            raise Conflict(
                f"limits: {name} is ${usd_text(wanted[place])} here, and ${usd_text(line.limit_amount)} in the books: "
                f"name that, or let a person raise it for all (`chimera budget set {line.period} {line.category}`)",
                {"limit": name, "here": float(wanted[place]), "in_the_books": float(line.limit_amount)},
            )
        wanted[place] = line.limit_amount
    return lambda period, category: wanted[period, category]


def _names() -> set[str]:
    return {_name(period, category) for period in BudgetPeriod for category in BudgetCategory}


def _name(period: BudgetPeriod, category: BudgetCategory) -> str:
    return period.value if category is BudgetCategory.TOTAL else f"{period}_{category}"


def _limit(amount: Amount, name: str) -> Decimal:
    number = _number(amount, name)
    if not 0 < number <= LIMIT_USD_MAX or number != number.quantize(CENT):
        raise ValidationFailed(f"limits: {name} must be dollars and whole cents, above 0, at most {LIMIT_USD_MAX}")
    return number.quantize(CENT)


def _number(amount: Amount, field: str) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
        raise ValidationFailed(
            f'{field}: write money as text or Decimal, such as "0.30"; a {type(amount).__name__} is not exact',
            {"field": field},
        )
    try:
        number = Decimal(amount)
    except InvalidOperation as error:
        raise ValidationFailed(f"{field}: {amount!r} is no number", {"field": field}) from error
    if not number.is_finite():
        raise ValidationFailed(f"{field}: {amount} is no amount of money", {"field": field})
    return number
