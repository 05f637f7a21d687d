"""What `chimera ledger` prints."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from rich.console import Console

from chimera.cli.books import print_entries, print_report
from chimera.contracts.ledger import LedgerEntry, LedgerProblem, VerificationReport

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


def console() -> Console:
    return Console(file=io.StringIO(), width=200, color_system=None)


def printed(used: Console) -> str:
    assert isinstance(used.file, io.StringIO)
    return used.file.getvalue()


def report(*problems: LedgerProblem, found: int = 0) -> VerificationReport:
    return VerificationReport(
        ok=not found,
        first_bad_seq=None,
        entries=4,
        approved=2,
        approved_usd=Decimal("18.01"),
        budget_lines=12,
        checkpoints=0,
        exported=None,
        root="00" * 32,
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


def entry(**changes: object) -> LedgerEntry:
    fields: dict[str, object] = {
        "seq": 1,
        "tx_id": UUID(int=1),
        "request_id": UUID(int=2),
        "request_hash": "",
        "kind": "decision",
        "agent_id": UUID(int=3),
        "request_type": "compute",
        "amount": Decimal("0.01"),
        "amount_micros": 1,
        "currency": "USD",
        "projected_roi": Decimal(2),
        "risk_score": Decimal("0.05"),
        "decision": "approved",
        "approved": True,
        "reason_code": "WITHIN_RULES",
        "parent_tx": None,
        "approval_signature": "0x",
        "key_id": "",
        "document": "{}",
        "leaf_hash": "",
        "cfo_agent_id": UUID(int=4),
        "justification": "Render a video",
        "execution_time_ms": 1,
        "created_at": NOON,
        "approved_at": NOON,
    }
    return LedgerEntry.model_validate({**fields, **changes})


FOLLOWING = {"decision": None, "approved": False, "approved_at": None, "risk_score": None, "projected_roi": None}


def test_a_justification_can_not_steer_the_terminal() -> None:
    used = console()
    print_entries([entry(justification="\x1b[2Jwiped\n[red]gone\u202e")], used)
    assert "\x1b" not in printed(used)
    assert "\u202e" not in printed(used)
    assert "[red]gone" in printed(used)


def test_what_a_tampered_row_is_accused_of_can_not_steer_the_terminal() -> None:
    used = console()
    print_report(report(LedgerProblem(code="COLUMN", message="says \x1b[2J", seq=1), found=1), used)
    assert "\x1b" not in printed(used)


@pytest.mark.parametrize("width", [80, 120, 160])
def test_rows_of_every_kind_keep_their_ids_whole_and_their_lines_within_the_width(width: int) -> None:
    used = Console(file=io.StringIO(), width=width, color_system=None)
    follow = [
        entry(seq=n, kind=kind, tx_id=UUID(int=n), parent_tx=UUID(int=1), **FOLLOWING)
        for n, kind in enumerate(("settle", "void", "expire", "overrun", "pause", "resume"), start=3)
    ]
    human = entry(seq=2, kind="human", tx_id=UUID(int=2), parent_tx=UUID(int=1), amount=Decimal(10000))
    rows = [entry(justification="word " * 40, decision="escalated", approved=False, approved_at=None), human, *follow]
    print_entries(rows, used)
    shown = printed(used)
    assert max(len(line) for line in shown.splitlines()) <= width
    assert all(str(row.tx_id) in shown for row in rows)
    assert all(row.kind in shown for row in rows)


def test_a_pause_moves_no_money() -> None:
    used = console()
    print_entries([entry(kind="pause", justification="odd invoices", **FOLLOWING)], used)
    assert "0.01" not in printed(used)
    assert "odd invoices" in printed(used)


def test_an_empty_ledger_says_so() -> None:
    used = console()
    print_entries([], used)
    assert "empty" in printed(used)


@pytest.mark.parametrize(("found", "told"), [(1, ": 1 problem in 4 rows"), (2, ": 2 problems in 4 rows")])
def test_one_problem_is_not_told_as_several(found: int, told: str) -> None:
    used = console()
    print_report(report(found=found), used)
    assert told in printed(used)
