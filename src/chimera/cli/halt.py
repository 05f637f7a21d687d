"""`chimera halt|unhalt`: stop everything at its next safe point, and let it go on."""

import sys
from typing import Annotated

from cyclopts import Parameter

from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.person import As, person
from chimera.cli.screen import visible
from chimera.cli.studio import studio_of_environment
from chimera.contracts.halt import HaltState
from chimera.core.errors import ValidationFailed
from chimera.pipeline import halting

REASON_CHARACTERS_MAX = 500
NO_REASON = "no reason given"
Reason = Annotated[str, Parameter(help="Why; whoever asks is told.")]


async def halt(*, reason: Reason, as_: As = None, json: Json = False) -> None:
    """Stop everything at its next safe point: running steps finish, nothing new begins, nothing is published."""
    by, why = person(as_), _reason(reason)
    async with studio_of_environment() as studio:
        state = await halting.halt(studio.database, studio.clock, by=by, reason=why)
    _show(state, as_json=json)


async def unhalt(*, reason: Reason = NO_REASON, as_: As = None, json: Json = False) -> None:
    """Let everything go on where it stopped."""
    by, why = person(as_), _reason(reason)
    async with studio_of_environment() as studio:
        state = await halting.unhalt(studio.database, studio.clock, by=by, reason=why)
    _show(state, as_json=json)


def _reason(text: str) -> str:
    if not 0 < len(text.strip()) <= REASON_CHARACTERS_MAX or "\0" in text:
        raise ValidationFailed(f"--reason: say why, in 1 to {REASON_CHARACTERS_MAX} characters", {"field": "reason"})
    return text.strip()


def _show(state: HaltState, *, as_json: bool) -> None:
    if as_json:
        print_json(state.model_dump(mode="json"))
        return
    already = "" if state.changed else "already "
    if state.halted:
        sentence = f"The studio is {already}halted by {state.by} since {state.since:%Y-%m-%d %H:%M} UTC: {state.reason}"
    elif state.since is None:
        sentence = "The studio is at work; it was never halted."
    else:
        at = "is at work" if not state.changed else "goes on"
        sentence = f"The studio {at}; {state.by} let it go on at {state.since:%Y-%m-%d %H:%M} UTC: {state.reason}"
    sys.stdout.write(visible(sentence) + "\n")
