"""How a failure leaves the command line: a sentence on stderr (with --json the envelope on stdout), an exit code."""

import os
import sys
import traceback
from uuid import uuid4

from chimera.core.errors import (
    BadInput,
    ChimeraError,
    GovernanceRefusal,
    InternalError,
    Missing,
    ValidationFailed,
    WaitsForHuman,
)

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_WAITING = 4
EXIT_MISSING = 5


class Interrupted(ChimeraError):
    """The person, or the machine shutting down, told the command to stop."""

    code = "INTERRUPTED"

    def __init__(self) -> None:
        super().__init__("stopped; what was begun is kept, and the next `chimera run` goes on with it")


def exit_code_of(failure: ChimeraError) -> int:
    """The exit code by kind of failure: 1 failure, 2 usage, 3 refused, 4 waiting for a human, 5 missing."""
    for kind, code in (
        (GovernanceRefusal, EXIT_REFUSED),
        (WaitsForHuman, EXIT_WAITING),
        (BadInput, EXIT_USAGE),
        (Missing, EXIT_MISSING),
    ):
        if isinstance(failure, kind):
            return code
    return EXIT_FAILURE


def show_failure(error: Exception, *, as_json: bool) -> int:
    """Print the failure once and answer its exit code; CHIMERA_DEBUG adds the trace."""
    failure = _expected(error)
    if os.environ.get("CHIMERA_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    if as_json:
        from chimera.contracts.error import ErrorEnvelope
        from chimera.core.clock import SystemClock

        sys.stdout.write(ErrorEnvelope.of(failure, SystemClock(), uuid4()).model_dump_json() + "\n")
    else:
        sys.stderr.write("".join(_visible(line) + "\n" for line in failure_lines(failure)))
    return exit_code_of(failure)


def failure_lines(failure: ChimeraError) -> list[str]:
    """The sentence, then those details that people can read and the sentence does not tell already."""
    lines = [f"{failure.code}: {' '.join(failure.message.split())}"]
    for name, value in failure.details.items():
        entries = value if isinstance(value, list) else [value]
        told = [str(entry) for entry in entries if isinstance(entry, str | int | float)]
        unsaid = [entry for entry in told if entry not in failure.message]
        if len(unsaid) == 1:
            lines.append(f"  {name}: {unsaid[0]}")
        elif unsaid:
            lines += [f"  {name}:", *(f"    {entry}" for entry in unsaid)]
    return lines


def _visible(line: str) -> str:
    """Without characters that could steer the terminal: what failed may be quoted from a file."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def _expected(error: Exception) -> ChimeraError:
    if isinstance(error, ChimeraError):
        return error
    from cyclopts import CycloptsError

    if isinstance(error, CycloptsError):
        return ValidationFailed(" ".join(str(error).split()))
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        from chimera.contracts.error import validation_failed

        return validation_failed(error)
    return InternalError(
        f"an unexpected {type(error).__name__}: {error}. This is a defect: CHIMERA_DEBUG=1 shows the trace",
        {"type": type(error).__name__},
    )
