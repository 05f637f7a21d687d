"""`chimera bench crew`: hosting, dispatch and durable work beside bare loops and two well-known task queues."""

import os
import sys
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number as Between
from rich.console import Console
from rich.table import Table

from chimera.bench.crew.report import CrewBench
from chimera.bench.crew.run import run_bench
from chimera.bench.crew.sections import SECTIONS
from chimera.bench.crew.size import full, quick
from chimera.cli.bench_tables import goals_table
from chimera.cli.options import Json
from chimera.cli.progress import shown_progress
from chimera.config.settings import Settings
from chimera.core.secret import revealed

SectionName = Literal["agents", "hints", "rows", "latency", "backlog", "queue", "workflows", "pieces", "soak"]
Rounds = Annotated[int, Parameter(validator=Between(gte=1, lte=50), help="How often each figure is measured.")]
Only = Annotated[
    list[SectionName] | None,
    Parameter(consume_multiple=True, negative="", help="These sections, not all but the soak."),
]
Pieces = Annotated[int, Parameter(validator=Between(gte=1, lte=1000), help="How many real pieces are made.")]
SoakMinutes = Annotated[
    float, Parameter(validator=Between(gte=0, lte=1440), help="How long hosted agents must not expire; 0: no soak.")
]
Quick = Annotated[bool, Parameter(name="--quick", negative="", help="Everything small: to see that it works.")]


def bench_crew(
    *,
    rounds: Rounds = 3,
    only: Only = None,
    pieces: Pieces = 3,
    soak_minutes: SoakMinutes = 0.0,
    quick_run: Quick = False,
    json: Json = False,
) -> None:
    """Measure the crew beside bare loops, dramatiq and pgqueuer, on new engines of its own.

    With DATABASE_URL the databases are made on that server and dropped again; Redis is always its own.
    """
    size = (quick if quick_run else full)(rounds, pieces, soak_minutes)
    sections = [name for name in SECTIONS if (name in only if only else name != "soak" or soak_minutes > 0)]
    settings = Settings.from_environment(os.environ)
    with shown_progress(as_json=json) as progress:
        report = run_bench(revealed(settings.database_owner_url or settings.database_url), size, sections, progress)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
        return
    console = Console()
    console.print(_measures(report))
    for left_out in report.not_measured:
        console.print(f"{left_out.name.replace('_', ' ')}: not measured, {left_out.reason}")
    console.print(goals_table(report.goals))


def _measures(report: CrewBench) -> Table:
    where = report.machine
    loads = f"{where.load_average_1m_before:.1f} before, {where.load_average_1m_after:.1f} after"
    title = (
        f"{where.cpu}, {where.cores} cores, Python {where.python}, PostgreSQL {where.postgresql}, {report.redis}; "
        f"load {loads}"
    )
    table = Table("Figure", "Least", "Median", "Most", "Unit", title=title)
    for measure in report.measures:
        values = (f"{value:,g}" for value in (measure.minimum, measure.median, measure.maximum))
        table.add_row(measure.name.replace("_", " "), *values, measure.unit)
    return table
