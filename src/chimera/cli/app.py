"""The `chimera` command: which commands there are, and the one edge where failures become text and exit codes."""

import os
import sys

from cyclopts import App, CycloptsError

from chimera import __version__
from chimera.cli.failure import EXIT_INTERRUPTED, EXIT_USAGE, show_failure

app = App(
    name="chimera",
    help="An autonomous content studio that cannot overspend.",
    version=__version__,
    result_action="return_value",
)
for _name, _target in {
    "run": "chimera.cli.run:run",
    "scout": "chimera.cli.scout:scout",
    "serve": "chimera.cli.serve:serve",
    "export": "chimera.cli.export:export",
    "doctor": "chimera.cli.doctor:doctor",
    "env": "chimera.cli.environment:env",
}.items():
    app.command(_target, name=_name)

_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "content": (
        "Content pieces: what was made and where it stands.",
        {
            "list": "chimera.cli.content:list_content",
            "show": "chimera.cli.content:show",
            "open": "chimera.cli.content:open_content",
        },
    ),
    "review": ("What waits for a person.", {"list": "chimera.cli.review:review_list"}),
    "budget": ("Budget lines.", {"show": "chimera.cli.budget:show"}),
    "ledger": (
        "The signed ledger.",
        {"verify": "chimera.cli.ledger:verify", "show": "chimera.cli.ledger:show"},
    ),
    "engines": (
        "The embedded PostgreSQL and Valkey.",
        {
            "start": "chimera.cli.engines:start",
            "stop": "chimera.cli.engines:stop",
            "status": "chimera.cli.engines:status",
        },
    ),
    "bench": ("Measured times, with a baseline in the same run.", {"run": "chimera.cli.bench:bench_run"}),
}
for _group, (_help, _commands) in _GROUPS.items():
    _sub = App(name=_group, help=_help)
    for _name, _target in _commands.items():
        _sub.command(_target, name=_name)
    app.command(_sub)


def main() -> None:
    """Run one command and leave with its exit code (0 ok, 1 failure, 2 usage, 3 refused, 4 waiting, 5 missing)."""
    arguments = sys.argv[1:]
    as_json = "--json" in arguments
    try:
        result = app(arguments, exit_on_error=False, print_error=not as_json)
    except CycloptsError as error:
        if as_json:
            show_failure(error, as_json=True)
        sys.exit(EXIT_USAGE)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the edge: every failure leaves as one clear error
        sys.exit(show_failure(error, as_json=as_json))
    sys.exit(result if isinstance(result, int) else 0)
