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
EXIT_INTERRUPTED = 130


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
        sys.stderr.write(f"{failure.code}: {failure.message}\n")
        for name, value in failure.details.items():
            sys.stderr.write(f"  {name}: {value}\n")
    return exit_code_of(failure)


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
