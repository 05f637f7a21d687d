"""`chimera doctor`: what is real, local or missing on this machine, and how to mend it."""

import json as jsons
import os
import sys

from rich.console import Console
from rich.table import Table

from chimera.cli.failure import EXIT_MISSING
from chimera.cli.finding import Finding, State, is_well, report
from chimera.cli.options import Json
from chimera.config.settings import Settings

_STYLES = {State.REAL: "green", State.LOCAL: "cyan", State.MISSING: "bold red"}


async def doctor(*, json: Json = False) -> None:
    """Look at everything Chimera needs: real (the full thing), local (Chimera's own way) or missing.

    Ends with exit code 5 when something needed is missing.
    """
    from chimera.cli.inspection import inspect

    findings = await inspect(Settings.from_environment(os.environ))
    if json:
        sys.stdout.write(jsons.dumps(report(findings), indent=2) + "\n")
    else:
        _print(findings)
    if not is_well(findings):
        raise SystemExit(EXIT_MISSING)


def _print(findings: tuple[Finding, ...]) -> None:
    table = Table("What", "State", "Found", "To do")
    for finding in findings:
        style = _STYLES[finding.state] if finding.needed or finding.state is not State.MISSING else "yellow"
        table.add_row(finding.name, f"[{style}]{finding.state}[/]", finding.detail, finding.remedy)
    Console().print(table)
    Console(stderr=True).print("Everything needed is there." if is_well(findings) else "Something needed is missing.")
