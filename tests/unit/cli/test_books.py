"""What `chimera ledger` and `chimera budget` print."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from rich.console import Console

from chimera.cli.books import print_budgets, print_entries, print_report
from chimera.contracts.budget import BudgetState
from chimera.contracts.ledger import LedgerEntry, LedgerProblem, VerificationReport
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


def console() -> Console:
    return Console(file=io.StringIO(), width=200, color_system=None)


def printed(used: Console) -> str:
    assert isinstance(used.file, io.StringIO)
    return used.file.getvalue()


def report(*problems: LedgerProblem, found: int = 0) -> VerificationReport:
    return VerificationReport(
        ok=not found,
        entries=4,
        approved=2,
        approved_usd=Decimal("18.01"),
        budget_lines=12,
        last_tx=None,
        key_ids=("00" * 8,),
        checked_at=NOON,
        problems_found=found,
        problems=problems,
    )


def test_books_that_agree_are_one_line() -> None:
    used = console()
    print_report(report(), used)
    assert printed(used) == "The ledger verifies: 4 rows, 2 approved, $18.01, 12 budget lines.\n"


def test_what_is_wrong_is_listed_and_the_rest_counted() -> None:
    used = console()
    print_report(report(LedgerProblem(code="HEAD", message="the head [bold] is gone", seq=None), found=7), used)
    assert "HEAD: the head [bold] is gone" in printed(used)
    assert "and 6 more" in printed(used)


def test_a_budget_line_shows_limit_spent_and_remaining() -> None:
    used = console()
    line = BudgetState(
        period=BudgetPeriod.DAILY,
        category=BudgetCategory.TOTAL,
        limit=Decimal(1000),
        spent=Decimal("15.5"),
        remaining=Decimal("984.5"),
        last_updated=NOON,
    )
    print_budgets([line], used)
    assert [cell.strip() for cell in printed(used).splitlines()[3].split("│")[1:6]] == [
        "daily",
        "total",
        "1000.00",
        "15.50",
        "984.50",
    ]


def test_a_justification_can_not_steer_the_terminal() -> None:
    used = console()
    entry = LedgerEntry(
        seq=1,
        tx_id=UUID(int=1),
        request_id=UUID(int=2),
        request_hash="",
        kind="decision",
        agent_id=UUID(int=3),
        request_type="compute",
        amount=Decimal("0.01"),
        amount_micros=1,
        currency="USD",
        projected_roi=Decimal(2),
        risk_score=Decimal("0.05"),
        decision="approved",
        approved=True,
        reason_code="WITHIN_RULES",
        parent_tx=None,
        approval_signature="0x",
        key_id="",
        document="{}",
        leaf_hash="",
        cfo_agent_id=UUID(int=4),
        justification="\x1b[2Jwiped\n[red]gone",
        execution_time_ms=1,
        created_at=NOON,
        approved_at=NOON,
    )
    print_entries([entry], used)
    assert "\x1b" not in printed(used)
    assert "[red]gone" in printed(used)


def test_an_empty_ledger_says_so() -> None:
    used = console()
    print_entries([], used)
    assert "empty" in printed(used)
