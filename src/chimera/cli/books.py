"""How the ledger and its verification look on a terminal and in a pipe."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from chimera.cli.screen import Row, print_lines, row_lines, screen, visible
from chimera.contracts.ledger import LedgerEntry, VerificationReport

_ENTRY_TITLES = (" seq", "decided (UTC)", "kind", "decision", "type", " USD", " risk", "transaction", "for")
_KINDS_WITHOUT_AMOUNT = frozenset({"pause", "resume"})
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
    problems = "1 problem" if report.problems_found == 1 else f"{report.problems_found} problems"
    console.print(Text(f"The ledger does not verify: {problems} in {books}.", style="red"))
    if report.first_bad_seq is not None:
        console.print(Text(f"  The first bad row is {report.first_bad_seq}."))
    for problem in report.problems:
        console.print(Text(visible(f"  {problem.code}: {problem.message}")), soft_wrap=True)
    if (unseen := report.problems_found - len(report.problems)) > 0:
        console.print(Text(f"  and {unseen} more"))


def print_entries(entries: Sequence[LedgerEntry], console: Console | None = None) -> None:
    """The rows, newest first; ids stay whole at any width."""
    console = console or screen()
    if not entries:
        console.print("The ledger is empty: nothing was ever asked for.")
        return
    print_lines(row_lines(_ENTRY_TITLES, [_row(entry) for entry in entries], console.width), console)


def _row(entry: LedgerEntry) -> Row:
    moves_money = entry.kind not in _KINDS_WITHOUT_AMOUNT
    cells = (
        str(entry.seq),
        f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
        entry.kind,
        Text(entry.decision or "", style=_STYLE_OF_DECISION.get(entry.decision or "", "")),
        entry.request_type if moves_money else "",
        f"{entry.amount:.2f}" if moves_money else "",
        "" if entry.risk_score is None else f"{entry.risk_score:.2f}",
    )
    return Row(
        tuple(cell if isinstance(cell, Text) else Text(visible(cell)) for cell in cells),
        str(entry.tx_id),
        entry.justification,
    )
