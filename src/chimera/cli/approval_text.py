"""How requests that wait for a person look: in a list, one whole, and as they come."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chimera.cli.explanation_text import explanation_parts
from chimera.cli.moments import minute, time_left
from chimera.cli.screen import Row, print_lines, row_lines, visible
from chimera.contracts.budget import BudgetLine
from chimera.contracts.escalation import Escalation
from chimera.contracts.explanation import Explanation
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.treasury.amounts import usd_text

NOTHING_WAITS = "Nothing waits for a decision about money."
_STYLES = {"waiting": "yellow", "approved": "green", "rejected": "red", "expired": "red"}
_TITLES = ("state", " USD", "type", " ROI", " risk", "until or since", "transaction", "for")


def print_escalations(listed: Sequence[Escalation], now: datetime, console: Console) -> None:
    """Waiting ones with the time they have left, answered ones with the moment of the answer."""
    if listed:
        print_lines(escalation_lines(listed, now, console.width), console)
    else:
        console.print(NOTHING_WAITS)


def escalation_lines(listed: Sequence[Escalation], now: datetime, width: int) -> list[Text]:
    """The list in `width` columns."""
    return row_lines(_TITLES, [_row(escalation, now) for escalation in listed], width)


def arrival(escalation: Escalation) -> str:
    """One line for a request that has just come to wait."""
    return (
        f"{minute(escalation.asked_at)} UTC  ${usd_text(escalation.request_cost)} {escalation.request_type}  "
        f"risk {escalation.risk_score:.2f}  {escalation.tx_id}  {visible(escalation.justification)}"
    )


def print_answer(escalation: Escalation, console: Console) -> None:
    """What became of it."""
    by = f" by {visible(escalation.answered_by)}" if escalation.answered_by else ""
    amount = ""
    if escalation.approved_usd is not None:
        less = f" of ${usd_text(escalation.request_cost)} asked for"
        amount = (
            f" ${usd_text(escalation.approved_usd)}{less if escalation.approved_usd < escalation.request_cost else ''}"
        )
    console.print(
        Text(f"{escalation.state.capitalize()}{amount}{by}.", style=_STYLES[escalation.state]), highlight=False
    )
    if escalation.answer_reason:
        console.print(Text(visible(escalation.answer_reason)))


def print_escalation(
    escalation: Escalation,
    explanation: Explanation,
    budgets: Sequence[BudgetLine],
    *,
    asked_by: str,
    now: datetime,
    console: Console,
) -> None:
    """All that a person needs to answer: what is asked for, by whom, why it waits, what the budgets still hold."""
    console.print(_facts(escalation, asked_by, now))
    console.print(Text("\nWhy it was not decided without a person", style="bold"))
    for part in explanation_parts(explanation):
        console.print(Padding(part, (0, 0, 0, 2)))
    console.print(Text("\nWhat the budgets still hold", style="bold"))
    console.print(Padding(_budgets(escalation, budgets), (0, 0, 0, 2)))
    if escalation.state == "waiting":
        console.print(Text(f"\nchimera approvals approve {escalation.tx_id}"), soft_wrap=True)
        console.print(Text(f"chimera approvals reject {escalation.tx_id} --reason WHY"), soft_wrap=True)


def _facts(escalation: Escalation, asked_by: str, now: datetime) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    waiting = escalation.state == "waiting"
    left = f" ({time_left(escalation.expires_at, now)})" if waiting else ""
    amount = usd_text(escalation.request_cost)
    facts = {
        "State": escalation.state,
        "Asked for": f"${amount} of {escalation.request_type}, claimed ROI {escalation.projected_roi}",
        "Justification": escalation.justification,
        "Asked by": asked_by,
        "Asked at": f"{minute(escalation.asked_at)} UTC",
        "Expires": f"{minute(escalation.expires_at)} UTC{left}" if waiting else "",
        "Answered": _answered(escalation),
        "Approved": "" if escalation.approved_usd is None else f"${usd_text(escalation.approved_usd)}",
        "Answer": escalation.answer_reason or "",
        "Transaction": str(escalation.tx_id),
        "Request": str(escalation.request_id),
    }
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(visible(value)))
    return table


def _answered(escalation: Escalation) -> str:
    if escalation.answered_at is None:
        return ""
    by = f" by {escalation.answered_by}" if escalation.answered_by else ""
    return f"{minute(escalation.answered_at)} UTC{by}"


def _budgets(escalation: Escalation, budgets: Sequence[BudgetLine]) -> Table:
    """What the lines still hold that the request would be charged to."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    categories = [
        category
        for category in BudgetCategory
        if category.value == escalation.request_type.value or category is BudgetCategory.TOTAL
    ]
    remaining = {(line.period, line.category): line.remaining for line in budgets}
    for category in categories:
        table.add_column(category.value, justify="right")
    for period in BudgetPeriod:
        cells = []
        for category in categories:
            left = remaining[period, category]
            cells.append(Text(f"{left:.2f}", style="red" if left < escalation.request_cost else ""))
        table.add_row(period.value, *cells)
    return table


def _row(escalation: Escalation, now: datetime) -> Row:
    waiting = escalation.state == "waiting"
    moment = escalation.answered_at or escalation.asked_at
    cells = (
        Text(escalation.state, style=_STYLES[escalation.state]),
        Text(usd_text(escalation.request_cost)),
        Text(escalation.request_type.value),
        Text(f"{escalation.projected_roi}"),
        Text(f"{escalation.risk_score:.2f}"),
        Text(time_left(escalation.expires_at, now) if waiting else minute(moment)),
    )
    return Row(cells, str(escalation.tx_id), escalation.justification)
