"""`chimera content resume|retry|cancel`: go on with pieces, try a failed one again, call one off."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from chimera.bootstrap.studio import open_studio
from chimera.bootstrap.workshop import EVERY_ROLE, Workshop, open_workshop
from chimera.cli.options import Json
from chimera.cli.person import As, person
from chimera.cli.progress import shown_progress
from chimera.cli.screen import visible
from chimera.cli.waiting import finish_what_was_left, outcome_or_refusal
from chimera.config.settings import Settings
from chimera.contracts.content import ContentSummary
from chimera.core.clock import SystemClock
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import Role, Stage
from chimera.pipeline.steering import FROM, Steering
from chimera.pipeline.telling import find_piece

ContentId = Annotated[UUID, Parameter(help="A content id, as `chimera content list` shows it.")]
From = Annotated[Stage, Parameter(name="--from", help="The stage to go back to: draft, generating or review.")]
_NOBODYS_QUEUES: frozenset[Role] = frozenset()


async def resume(content_id: ContentId | None = None, *, json: Json = False) -> None:
    """Go on with a piece that was left unfinished, or with all of them, until they end or wait for a person."""
    async with _workshop(EVERY_ROLE, as_json=json) as shop:
        if content_id is None:
            outcome = await finish_what_was_left(shop.crew, shop.durable, 0.0)
            if outcome is None:
                _say("Nothing is left unfinished, or all of it waits for a person.", as_json=json)
                return
            content_id = outcome.content_id
        else:
            await find_piece(shop.studio.database, str(content_id))
            await outcome_or_refusal(shop.crew, shop.durable, content_id, 0.0)
        await _show(shop, content_id, as_json=json)


async def retry(content_id: ContentId, *, from_: From, json: Json = False) -> None:
    """Try a failed piece again from a stage, and follow it to its end; its money is asked for anew where it must be."""
    if from_ not in FROM:
        raise ValidationFailed(
            f"--from {from_}: a piece is retried from {', '.join(FROM)}", {"field": "from", "stage": from_.value}
        )
    async with _workshop(EVERY_ROLE, as_json=json) as shop:
        await Steering(shop.crew, shop.durable).retry(content_id, from_)
        await outcome_or_refusal(shop.crew, shop.durable, content_id, 0.0)
        await _show(shop, content_id, as_json=json)


async def cancel(content_id: ContentId, *, as_: As = None, json: Json = False) -> None:
    """Call a piece off at its next safe point, wherever it is worked on; its money is released, or settled as used."""
    by = person(as_)
    async with _workshop(_NOBODYS_QUEUES, as_json=json) as shop:
        await Steering(shop.crew, shop.durable).cancel(content_id, by)
        await _show(shop, content_id, as_json=json)


@asynccontextmanager
async def _workshop(roles: frozenset[Role], *, as_json: bool) -> AsyncIterator[Workshop]:
    with shown_progress(as_json=as_json) as progress:
        async with (
            open_studio(Settings.from_environment(os.environ), SystemClock()) as studio,
            open_workshop(studio, progress, roles) as shop,
        ):
            yield shop


async def _show(shop: Workshop, content_id: UUID, *, as_json: bool) -> None:
    summary = (await find_piece(shop.studio.database, str(content_id))).summary
    if as_json:
        sys.stdout.write(summary.model_dump_json() + "\n")
    else:
        sys.stdout.write(visible(_sentence(summary)) + "\n")


def _sentence(summary: ContentSummary) -> str:
    why = f": {summary.waits_or_failed}" if summary.waits_or_failed else ""
    return f"{summary.title} ({summary.content_id}) is {summary.stage}{why}"


def _say(sentence: str, *, as_json: bool) -> None:
    sys.stdout.write(("null" if as_json else sentence) + "\n")
