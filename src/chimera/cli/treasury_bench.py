"""`chimera bench treasury`: signed approvals beside a bare COPY of the same rows, latencies, and what must be true."""

import os
import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number as Between
from rich.console import Console
from rich.table import Table

from chimera.bench.treasury.report import Load, TreasuryBench
from chimera.bench.treasury.run import run_bench
from chimera.bench.treasury.size import full, quick
from chimera.cli.bench_tables import goals_table
from chimera.cli.options import Json
from chimera.cli.progress import shown_progress
from chimera.config.settings import Settings
from chimera.core.secret import revealed

Rounds = Annotated[int, Parameter(validator=Between(gte=1, lte=50), help="How often the ratio is measured.")]
Quick = Annotated[bool, Parameter(name="--quick", negative="", help="Everything small: to see that it works.")]


def bench_treasury(*, rounds: Rounds = 5, quick_run: Quick = False, json: Json = False) -> None:
    """Time signed approvals beside a bare COPY of the same rows, on new databases of its own.

    With DATABASE_URL they are made on that server and dropped again; otherwise an embedded one is started for it.
    """
    size = quick(rounds) if quick_run else full(rounds)
    settings = Settings.from_environment(os.environ)
    with shown_progress(as_json=json) as progress:
        report = run_bench(revealed(settings.database_owner_url or settings.database_url), size, progress)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
        return
    console = Console()
    for table in (_ratios(report), _loads(report.loads), goals_table(report.goals)):
        console.print(table)


def _ratios(report: TreasuryBench) -> Table:
    found, where = report.ratio, report.machine
    title = f"{where.cpu}, {where.cores} cores, Python {where.python}, PostgreSQL {where.postgresql}"
    table = Table(
        "Rows of 1,024 a transaction", "A second", "R best", "R median", "CPU us client", "server", title=title
    )
    for name, rate, best, median, cpu in (
        ("bare COPY", found.bare_copy_rows_per_second_best, None, None, found.bare_copy_cpu),
        (
            "signed approvals, held", found.approvals_per_second_best, found.ratio_best, found.ratio_median,
            found.approval_cpu,
        ),
        (
            "without holds", max(one.approvals_without_holds_per_second for one in found.rounds),
            found.ratio_without_holds_best, found.ratio_without_holds_median, found.approval_without_hold_cpu,
        ),
    ):  # fmt: skip
        server = "" if cpu.server_us is None else f"{cpu.server_us:.1f}"
        table.add_row(name, f"{rate:,.0f}", _ratio(best), _ratio(median), f"{cpu.client_us:.1f}", server)
    return table


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _loads(loads: tuple[Load, ...]) -> Table:
    table = Table("Load", "Decisions a second", "P50 ms", "P95 ms", "P99 ms")
    for load in loads:
        table.add_row(
            _load_name(load),
            f"{load.decisions_per_second:,.0f}",
            *(f"{value:.1f}" for value in (load.p50_ms, load.p95_ms, load.p99_ms)),
        )
    return table


def _load_name(load: Load) -> str:
    if load.kind == "open_loop":
        return f"{load.arrivals_per_second:,} a second, open loop"
    return "cfo.approve, one by one" if load.kind == "cfo_approve_one_by_one" else f"{load.in_flight:,} in flight"
