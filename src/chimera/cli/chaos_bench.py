"""`chimera bench chaos`: kills, stops and cuts a crew at work, then checks that nothing was lost, doubled or left."""

import secrets
import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number as Between
from rich.console import Console
from rich.table import Table

from chimera.bench.chaos.report import ChaosReport
from chimera.bench.chaos.run import ChaosSize, run_chaos
from chimera.bench.chaos.storm import MINUTES_MAX
from chimera.cli.options import Json
from chimera.core.progress import Progress, ProgressEvent, silent

Kills = Annotated[
    int, Parameter(validator=Between(gte=1, lte=10_000), help="How many kills; other faults come on top.")
]
Seed = Annotated[int | None, Parameter(validator=Between(gte=0), help="Repeats the faults of an earlier run.")]
Pieces = Annotated[int, Parameter(validator=Between(gte=1, lte=64), help="Pieces in flight at a time.")]
Hosts = Annotated[int, Parameter(validator=Between(gte=1, lte=16), help="Processes that make them.")]
Minutes = Annotated[
    float, Parameter(validator=Between(gt=0, lte=1440), help="Faults that did not strike by then are left out.")
]
RealVoice = Annotated[
    bool, Parameter(name="--real-voice", negative="", help="Speak the scripts instead of humming them: slower.")
]
Keep = Annotated[bool, Parameter(name="--keep-home", negative="", help="Leave the home for a look at it.")]


def bench_chaos(
    *,
    kills: Kills = 20,
    seed: Seed = None,
    pieces: Pieces = 6,
    hosts: Hosts = 3,
    minutes: Minutes = MINUTES_MAX,
    real_voice: RealVoice = False,
    keep_home: Keep = False,
    json: Json = False,
) -> int:
    """Kill -9, stop and cut processes and engines of a crew at work, in a new home of its own; then check everything.

    Ends with exit code 1 if anything was lost, doubled or left behind. docs/benchmarks.md tells what is checked.
    """
    size = ChaosSize(kills, secrets.randbelow(1_000_000) if seed is None else seed, pieces, hosts, real_voice, minutes)
    report = run_chaos(size, silent if json else _lines(), keep_home=keep_home)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        console = Console()
        for table in (_faults(report), _pieces(report), _recoveries(report), _violations(report)):
            console.print(table)
        console.print(_told(report), highlight=False)
        console.print(f"Seed {report.seed}: chimera bench chaos --kills {kills} --seed {report.seed}", highlight=False)
    return 1 if report.violations else 0


def _lines() -> Progress:
    """A line for every event: a storm is long, and each fault is worth one."""

    def told(event: ProgressEvent) -> None:
        sys.stderr.write(f"{event.step} {event.fraction:4.0%}: {event.message}\n")
        sys.stderr.flush()

    return told


def _faults(report: ChaosReport) -> Table:
    title = f"{len(report.faults)} faults, {report.kills} of them kills, in {report.seconds:.0f} s"
    table = Table("Fault", "Moment", "Struck", "At that very moment", title=title)
    for count in report.counts:
        table.add_row(count.kind.value, count.moment.value, str(count.done), str(count.met))
    return table


def _pieces(report: ChaosReport) -> Table:
    table = Table("Pieces", "", title=f"{len(report.pieces)} pieces ordered")
    for end, count in report.ends.items():
        table.add_row(end, str(count))
    reasons = [piece.reason for piece in report.pieces if piece.reason]
    for reason in sorted(set(reasons)):
        table.add_row(f"  {reason}", str(reasons.count(reason)))
    return table


def _recoveries(report: ChaosReport) -> Table:
    table = Table("Recovery, seconds", "Pieces", "Taken over P50", "P95", "Went on P50", "P95", "Longest")
    for times in report.recoveries:
        values = (
            times.taken_over_p50, times.taken_over_p95, times.went_on_p50, times.went_on_p95, times.went_on_max,
        )  # fmt: skip
        table.add_row(times.kind, str(times.pieces), *("" if value is None else f"{value:.1f}" for value in values))
    return table


def _violations(report: ChaosReport) -> Table:
    table = Table("Violation", "Piece", "", title="Nothing lost, doubled or left" if not report.violations else None)
    for violation in report.violations:
        table.add_row(violation.code, str(violation.content_id or ""), violation.message)
    return table


def _told(report: ChaosReport) -> str:
    exits = ", ".join(f"{count} with {code}" for code, count in report.exits_by_themselves.items()) or "none"
    return (
        f"{report.cores} cores, load {report.load_average_1m}. {report.passed_over} faults found nothing to hit, "
        f"{report.left_out} were left out. {report.starts} starts of {report.hosts} processes; ended by themselves: "
        f"{exits}. "
        f"At rest {report.rest_seconds:.0f} s after the storm, {report.answered} requests for money answered; "
        f"told to stop, they ended after {', '.join(map(str, report.end_seconds))} s. "
        f"Tasks: {report.tasks}. Ledger: {report.ledger_entries} rows."
    )
