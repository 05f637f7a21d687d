"""`chimera config show|check`: what the studio is told by its variables, and whether it can be run by it."""

import os
import sys
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.config.settings import Settings
from chimera.config.showing import ShownVariable, shown_variables


def show(*, json: Json = False) -> None:
    """List every variable with its value and where that comes from; secrets only as set or unset."""
    found = shown_variables(os.environ)
    if json:
        print_json({"variables": [asdict(variable) for variable in found]})
        return
    Console(width=None if sys.stdout.isatty() else 160).print(_table(found))


def check(*, json: Json = False) -> None:
    """Read every variable as a start would, fetch the secrets that Vault or AWS keep, and list everything wrong.

    Raises:
        ValidationFailed: names every variable that is wrong.
        EngineUnavailable: only a store does not answer.
    """
    settings = Settings.from_environment(os.environ)
    if json:
        print_json({"ok": True, "home": str(settings.chimera_home)})
    else:
        sys.stdout.write("every variable is as it should be\n")


def _table(found: tuple[ShownVariable, ...]) -> Table:
    table = Table("Variable", "Value", "From")
    for variable in found:
        source = f"{variable.source}: {variable.where}" if variable.where else variable.source
        style = "" if variable.is_set else "dim"
        table.add_row(variable.name, escape(variable.as_read), escape(source), style=style)
    return table
