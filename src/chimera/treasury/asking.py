"""What callers say, checked before anything is written: amounts, names, reasons, times. Pure."""

from datetime import timedelta
from decimal import Decimal

from chimera.contracts.approval import ApprovalRequest
from chimera.core.errors import ValidationFailed
from chimera.core.money import MICROS_PER_USD, micros_from_usd
from chimera.treasury.amounts import cents_of_micros, hundredths_exact
from chimera.treasury.ask import Ask

HOLD_MAX = timedelta(days=30)
ESTIMATE_USD_MAX = 1_000_000
SPENT_USD_MAX = 1_000_000
"""A hundred times the largest transaction: more is a slip of the pen, and would not fit the budget's columns."""
NAME_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 2000


def ask_of(request: ApprovalRequest, estimate_usd: Decimal | None) -> Ask:
    """The request as the rules see it.

    Raises:
        ValidationFailed: text that can't be stored, or an estimate that is none.
    """
    if not _is_text(request.justification):
        raise ValidationFailed("justification: it holds a NUL or half a character", {"field": "justification"})
    if estimate_usd is not None and not (estimate_usd.is_finite() and 0 <= estimate_usd <= ESTIMATE_USD_MAX):
        raise ValidationFailed(
            f"the estimate must be an amount from 0 to {ESTIMATE_USD_MAX}", {"field": "estimate_usd"}
        )
    micros = micros_from_usd(request.request_cost)
    return Ask(
        request.request_id,
        request.agent_id,
        request.request_type.value,
        micros,
        cents_of_micros(micros),
        hundredths_exact(request.projected_roi),
        request.justification,
        None if estimate_usd is None else int(estimate_usd * 1_000_000),
    )


def whole_seconds(hold_for: timedelta | None) -> int | None:
    """How long a hold lasts; None asks for none."""
    if hold_for is None:
        return None
    if not timedelta(seconds=1) <= hold_for <= HOLD_MAX:
        raise ValidationFailed(f"a hold lasts from one second to {HOLD_MAX.days} days", {"field": "hold_for"})
    return int(hold_for.total_seconds())


def spent_micros(amount_usd: Decimal) -> int:
    """A positive amount in micro-dollars."""
    try:
        micros = micros_from_usd(amount_usd)
    except ValueError as error:
        raise ValidationFailed(f"the amount is wrong: {error}", {"field": "amount"}) from error
    if not 0 < micros <= SPENT_USD_MAX * MICROS_PER_USD:
        raise ValidationFailed(f"the amount must be more than zero and at most {SPENT_USD_MAX}", {"field": "amount"})
    return micros


def name_of(by: str) -> str:
    """Who decides, as the ledger tells it."""
    if not by.strip() or len(by) > NAME_CHARACTERS_MAX or not by.isprintable():
        raise ValidationFailed(
            f"say who decides: a name of 1 to {NAME_CHARACTERS_MAX} printable characters", {"field": "by"}
        )
    return by


def _is_text(words: str) -> bool:
    """Whether they can be stored: no NUL, no half of a surrogate pair."""
    try:
        return b"\x00" not in words.encode()
    except UnicodeEncodeError:
        return False


def reason_of(reason: str) -> str:
    """Why, as the ledger tells it."""
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX or not _is_text(reason):
        raise ValidationFailed(f"give a reason of 1 to {REASON_CHARACTERS_MAX} characters", {"field": "reason"})
    return reason
