"""How an explained ledger row looks: the rule, what it looked at, each risk factor with its points and meaning."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chimera.cli.screen import visible
from chimera.contracts.explanation import Explanation


def print_explanation(explanation: Explanation, console: Console) -> None:
    """The whole explanation of one row."""
    console.print(Text.assemble((f"{visible(explanation.kind)} ", "bold"), visible(explanation.tx_id)))
    for part in explanation_parts(explanation):
        console.print(part)


def explanation_parts(explanation: Explanation) -> Iterator[RenderableType]:
    """Its paragraphs; every word of a spender in it is made harmless."""
    yield Text.assemble((f"{visible(explanation.rule)}: ", "bold"), visible(explanation.sentence))
    if explanation.reason:
        yield Text(visible(explanation.reason))
    if explanation.inputs:
        yield Text("Looked at:")
        yield _pairs(explanation)
    if explanation.risk_score is not None:
        factors = "" if explanation.factors else ", no factor has points"
        yield Text(f"Risk score {visible(explanation.risk_score)}{factors}")
    if explanation.factors:
        yield _factors(explanation)
    yield Text.assemble(("Effect: ", "bold"), visible(explanation.effect))


def _pairs(explanation: Explanation) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in explanation.inputs.items():
        table.add_row(Text(visible(name)), Text(visible(value)))
    return Padding(table, (0, 0, 0, 2))


def _factors(explanation: Explanation) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("factor", no_wrap=True)
    table.add_column("measured", overflow="fold")
    table.add_column("means", overflow="fold", ratio=1)
    for factor in explanation.factors:
        table.add_row(*(Text(visible(word)) for word in (factor.points, factor.code, factor.value, factor.meaning)))
    return Padding(table, (0, 0, 0, 2))
