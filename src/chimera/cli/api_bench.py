"""`chimera bench api`: decisions, analyses, reads and starts of `chimera serve`, beside a bare server."""

import sys
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number as Between
from rich.console import Console
from rich.table import Table

from chimera.bench.api.report import ApiBench
from chimera.bench.api.run import run_bench
from chimera.bench.api.sections import SECTIONS
from chimera.bench.api.size import full, quick
from chimera.cli.bench_tables import goals_table
from chimera.cli.options import Json
from chimera.cli.progress import shown_progress

SectionName = Literal["start", "approve", "scout", "reads"]
Rounds = Annotated[int, Parameter(validator=Between(gte=1, lte=50), help="How often each figure is measured.")]
Only = Annotated[
    list[SectionName] | None, Parameter(consume_multiple=True, negative="", help="These sections, not all.")
]
Quick = Annotated[bool, Parameter(name="--quick", negative="", help="Everything small: to see that it works.")]


def bench_api(*, rounds: Rounds = 3, only: Only = None, quick_run: Quick = False, json: Json = False) -> None:
    """Measure `chimera serve` over HTTP with real tokens, in homes and on engines of its own.

    The baseline is a bare server that answers the same requests with nothing done, so the ratio holds on any machine.
    """
    size = (quick if quick_run else full)(rounds)
    sections = [name for name in SECTIONS if not only or name in only]
    with shown_progress(as_json=json) as progress:
        report = run_bench(size, sections, progress)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
        return
    console = Console()
    console.print(_measures(report))
    for left_out in report.not_measured:
        console.print(f"{left_out.name}: not measured, {left_out.reason}", markup=False)
    console.print(goals_table(report.goals))


def _measures(report: ApiBench) -> Table:
    where = report.machine
    loads = f"{where.load_average_1m_before:.1f} before, {where.load_average_1m_after:.1f} after"
    title = f"{where.cpu}, {where.cores} cores, Python {where.python}, PostgreSQL {where.postgresql}; load {loads}"
    table = Table("Figure", "Least", "Median", "Most", "Unit", title=title)
    for measure in report.measures:
        values = (f"{value:,g}" for value in (measure.minimum, measure.median, measure.maximum))
        table.add_row(measure.name.replace("_", " "), *values, measure.unit)
    return table
