"""What `chimera spend` prints."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from rich.console import Console

from chimera.cli.spend_text import print_holds, print_spending
from chimera.contracts.spending import OpenHold, Spending
from chimera.core.vocabulary import RequestType

NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


def console(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None)


def printed(used: Console) -> str:
    assert isinstance(used.file, io.StringIO)
    return used.file.getvalue()


def hold(number: int, expires_at: datetime, *, submitted: bool = False) -> OpenHold:
    return OpenHold(
        tx_id=UUID(int=9),
        request_id=UUID(int=number),
        agent_id=UUID(int=7),
        request_type=RequestType.COMPUTE,
        amount_usd=Decimal("12.5"),
        expires_at=expires_at,
        submitted=submitted,
    )


def test_a_pause_tells_since_when_by_whom_and_why() -> None:
    used = console()
    paused = Spending(
        paused=True,
        paused_at=NOON,
        paused_by="ana",
        reason="odd\x1b[2J invoices",
        open_holds=2,
        held_usd=Decimal(25),
        debt_usd=Decimal(3),
    )
    print_spending(paused, used)
    assert printed(used).startswith("Spending is paused since 2026-02-06 12:00 UTC by ana: odd [2J invoices\n")
    assert "chimera spend resume" in printed(used)
    assert "Open holds: 2, $25.00\nDebt: $3.00\n" in printed(used)


def test_spending_that_goes_on_says_so() -> None:
    used = console()
    going = Spending(
        paused=False,
        paused_at=None,
        paused_by=None,
        reason=None,
        open_holds=0,
        held_usd=Decimal(0),
        debt_usd=Decimal(0),
    )
    print_spending(going, used)
    assert printed(used) == "Spending goes on.\nOpen holds: 0, $0.00\nDebt: $0.00\n"


def test_a_hold_tells_when_it_expires_and_one_that_was_begun_never_does() -> None:
    used = console(80)
    print_holds(
        [
            hold(1, NOON + timedelta(minutes=30)),
            hold(2, NOON - timedelta(minutes=1)),
            hold(3, NOON - timedelta(minutes=1), submitted=True),
        ],
        NOON,
        used,
    )
    shown = printed(used)
    assert "30m left" in shown
    assert "time is over" in shown
    assert "never, it was begun" in shown
    assert all(str(UUID(int=number)) in shown for number in (1, 2, 3))
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_without_holds_it_says_so() -> None:
    used = console()
    print_holds([], NOON, used)
    assert "No approval is held" in printed(used)
