"""How the ledger, its verification and the budgets look on a terminal and in a pipe."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from chimera.contracts.budget import BudgetState
from chimera.contracts.ledger import LedgerEntry, VerificationReport

_BAR_CELLS = 24
_STYLE_OF_DECISION = {"approved": "green", "rejected": "red", "escalated": "yellow"}


def print_report(report: VerificationReport, console: Console | None = None) -> None:
    """One line if all is well, otherwise what is wrong."""
    console = console or Console()
    books = (
        f"{report.entries} rows, {report.approved} approved, ${report.approved_usd}, {report.budget_lines} budget lines"
    )
    if report.ok:
        console.print(Text(f"The ledger verifies: {books}.", style="green"))
        return
    console.print(Text(f"The ledger does not verify: {report.problems_found} problems in {books}.", style="red"))
    for problem in report.problems:
        console.print(Text(f"  {problem.code}: {problem.message}"), soft_wrap=True)
    if (unseen := report.problems_found - len(report.problems)) > 0:
        console.print(Text(f"  and {unseen} more"))


def print_entries(entries: Sequence[LedgerEntry], console: Console | None = None) -> None:
    """The rows as a table, newest first."""
    console = console or Console()
    if not entries:
        console.print("The ledger is empty: nothing was ever asked for.")
        return
    table = Table("seq", "decided (UTC)", "decision", "type", "USD", "risk", "transaction", "for")
    table.columns[4].justify = "right"
    for entry in entries:
        table.add_row(
            str(entry.seq),
            f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
            Text(entry.decision or entry.kind, style=_STYLE_OF_DECISION.get(entry.decision or "", "")),
            entry.request_type,
            f"{entry.amount:.2f}",
            "" if entry.risk_score is None else f"{entry.risk_score:.2f}",
            str(entry.tx_id),
            Text(_visible(entry.justification), overflow="ellipsis", no_wrap=True),
        )
    console.print(table)


def print_budgets(budgets: Sequence[BudgetState], console: Console | None = None) -> None:
    """The lines as a table with a bar of what is spent."""
    table = Table("period", "category", "limit", "spent", "remaining", "used")
    for column in table.columns[2:5]:
        column.justify = "right"
    for line in budgets:
        table.add_row(
            line.period.value,
            line.category.value,
            f"{line.limit:.2f}",
            f"{line.spent:.2f}",
            f"{line.remaining:.2f}",
            ProgressBar(total=float(line.limit), completed=float(line.spent), width=_BAR_CELLS),
            end_section=line.category.value == "total",
        )
    (console or Console()).print(table)


def _visible(text: str) -> str:
    """A spender's words on one line, without characters that could steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
