"""What `chimera run` says of pieces that an earlier run left, and of those that wait for a person's approval."""

import asyncio
import sys
from uuid import UUID

from chimera.contracts.escalation import Escalation
from chimera.contracts.order import ContentOrder, ContentOutcome
from chimera.core.errors import WaitsForHuman
from chimera.core.progress import ProgressEvent
from chimera.pipeline import one_piece
from chimera.pipeline.crew import Crew
from chimera.pipeline.durable import Durable
from chimera.storage.records import trends


async def finish_what_was_left(crew: Crew, durable: Durable, wait_seconds: float) -> ContentOutcome | None:
    """The outcome of the oldest piece that an earlier run left unfinished, once all of them ended or only wait; None
    if there is none, or all of them wait for a person.

    Raises:
        ChimeraError: why one of them failed.
    """
    left = await durable.unfinished()
    for content_id, document in left:
        topic = await _topic(crew, ContentOrder.model_validate(document).trend_id)
        crew.progress(ProgressEvent("resume", 1.0, f"an earlier run left {topic!r} unfinished: going on with it"))
        say(f"An earlier run left a piece unfinished: {topic} ({content_id}). Going on with it.")
    followed = [
        one_piece.outcome_of(crew, durable, content_id, wait_seconds=wait_seconds, waits=say_waiting)
        for content_id, _ in left
    ]
    found = await asyncio.gather(*followed, return_exceptions=True)
    for failure in found:
        if isinstance(failure, BaseException):
            raise failure
    return next((outcome for outcome in found if isinstance(outcome, ContentOutcome)), None)


async def outcome_or_refusal(crew: Crew, durable: Durable, content_id: UUID, wait_seconds: float) -> ContentOutcome:
    """The outcome of a piece that this run began.

    Raises:
        WaitsForHuman: it still waits for a person's approval; nothing of it is lost.
    """
    found = await one_piece.outcome_of(crew, durable, content_id, wait_seconds=wait_seconds, waits=say_waiting)
    if isinstance(found, ContentOutcome):
        return found
    raise WaitsForHuman(
        f"the piece waits for a person's approval of ${found.request_cost}: {found.reason}. Answer with "
        f"`chimera approvals approve {found.tx_id}` (or reject), then `chimera run` finishes it",
        {"content_id": str(content_id), "tx_id": str(found.tx_id)},
    )


def say_waiting(content_id: UUID, escalation: Escalation) -> None:
    """Tell on stderr what waits and how to answer it."""
    say(
        f"Waiting for a person: ${escalation.request_cost} for {escalation.justification} ({content_id}), "
        f"risk {escalation.risk_score}, until {escalation.expires_at:%Y-%m-%d %H:%M} UTC. "
        f"Answer: chimera approvals approve {escalation.tx_id}"
    )


def say(sentence: str) -> None:
    """One line on stderr, without characters that could steer the terminal."""
    shown = "".join(character if character.isprintable() else " " for character in sentence)
    sys.stderr.write(shown + "\n")


async def _topic(crew: Crew, trend_id: UUID) -> str:
    async with crew.database.transaction() as connection:
        record = await trends.get(connection, trend_id)
    return record.topic if record else str(trend_id)
