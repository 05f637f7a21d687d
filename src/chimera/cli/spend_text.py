"""How the state of spending and open holds look on a terminal and in a pipe."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from chimera.cli.moments import minute, time_left
from chimera.cli.screen import Row, print_lines, row_lines, visible
from chimera.contracts.spending import OpenHold, Spending

_TITLES = (" USD", "type", "expires", "request", "by agent")


def print_spending(spending: Spending, console: Console) -> None:
    """Whether money may be spent, what is held, and what is owed."""
    if spending.paused:
        since = f" since {minute(spending.paused_at)} UTC" if spending.paused_at else ""
        by = f" by {visible(spending.paused_by)}" if spending.paused_by else ""
        console.print(Text(f"Spending is paused{since}{by}: {visible(spending.reason or '')}", style="red"))
        console.print('Every request is refused. `chimera spend resume --reason "..."` lets spending go on.')
    else:
        console.print(Text("Spending goes on.", style="green"))
    console.print(f"Open holds: {spending.open_holds}, ${spending.held_usd:.2f}", highlight=False)
    style = "red" if spending.debt_usd else ""
    console.print(Text(f"Debt: ${spending.debt_usd:.2f}", style=style))


def print_holds(holds: Sequence[OpenHold], now: datetime, console: Console) -> None:
    """Approvals whose holders have not settled them; those that were begun never expire."""
    if not holds:
        console.print("No approval is held: everything was settled, voided or has expired.")
        return
    print_lines(row_lines(_TITLES, [_row(hold, now) for hold in holds], console.width), console)


def _row(hold: OpenHold, now: datetime) -> Row:
    expires = "never, it was begun" if hold.submitted else time_left(hold.expires_at, now)
    cells = (Text(f"{hold.amount_usd:.2f}"), Text(hold.request_type.value), Text(expires))
    return Row(cells, str(hold.request_id), str(hold.agent_id))
