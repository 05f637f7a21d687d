"""`chimera bench run`: times of a whole run as a person sees it, beside a bare encoder's in the same run."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chimera.bench.encoder import bare_encode_cpu_seconds
from chimera.bench.observed_run import observe_run
from chimera.bench.report import RunBench, bench_of
from chimera.cli.options import AspectName, Json, Quality
from chimera.core.vocabulary import QualityPreset


def bench_run(
    *,
    quality: Quality = QualityPreset.STANDARD,
    aspect: AspectName = "9:16",
    json: Json = False,
) -> None:
    """Make one piece in a new, empty home and report how long each phase took.

    The baseline is a bare H.264 encode of the very frames that were produced, so the ratio holds on any machine.
    """
    home = Path(tempfile.mkdtemp(prefix="chimera-bench-"))
    try:
        run = observe_run(home, ("--quality", quality.value, "--aspect", aspect), _said(json))
        report = bench_of(run, bare_encode_cpu_seconds(run.video))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        Console().print(_table(report))


def _said(as_json: bool) -> int | None:
    """Where the observed run's progress goes: to our stderr, or nowhere with --json."""
    return None if as_json else sys.stderr.fileno()


def _table(report: RunBench) -> Table:
    table = Table("Phase", "Seconds", "Goal", title=f"One run, {report.cores} cores, {os.uname().machine}")
    for name, seconds in report.phases_seconds.items():
        goal = report.goals_seconds.get(name)
        table.add_row(name, f"{seconds:.1f}", "" if goal is None else f"{goal:g}")
    table.add_section()
    for name, seconds in report.tools_cpu_seconds.items():
        table.add_row(f"{name}, CPU", f"{seconds:.1f}", "")
    table.add_row("bare x264 of the same frames, CPU", f"{report.bare_encode_cpu_seconds:.1f}", "")
    table.add_row("video tool / bare x264", f"{report.video_over_bare_encode:.2f}", "")
    table.add_row("memory at most, MB", f"{report.memory_peak_mb:.0f}", "1500")
    return table
