"""`chimera run`: one piece, from posts to the local channel."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter, validators
from rich.console import Console

from chimera.agents.director.persona import DEFAULT_PERSONA, load_persona
from chimera.agents.scout.agent import Scout
from chimera.bootstrap.scouting import scout_of
from chimera.bootstrap.studio import Studio, open_studio
from chimera.bootstrap.workshop import Workshop, open_workshop
from chimera.cli.content_schedule import parse_time
from chimera.cli.options import (
    AsOf,
    AspectName,
    ColumnMapping,
    Json,
    MinVelocity,
    Quality,
    SourceName,
    Timeframe,
    Words,
)
from chimera.cli.person import As, person
from chimera.cli.progress import shown_progress
from chimera.cli.run_summary import run_summary
from chimera.cli.scout import parse_as_of, scout_request
from chimera.cli.waiting import finish_what_was_left, outcome_or_refusal, say
from chimera.config.settings import Settings
from chimera.contracts.asset import ToolChoice
from chimera.contracts.choice import Choice
from chimera.contracts.order import ContentOutcome
from chimera.contracts.run_report import RunReport
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.core.clock import SystemClock
from chimera.core.errors import NoTrends, ValidationFailed, WaitsForHuman
from chimera.core.limits import SCRIPT_WORDS_MAX, SCRIPT_WORDS_MIN
from chimera.core.progress import Progress, ProgressEvent
from chimera.core.vocabulary import Aspect, BudgetCategory, QualityPreset, Role
from chimera.pipeline import one_piece
from chimera.pipeline.planning import checked_time
from chimera.pipeline.releasing import release_answered
from chimera.pipeline.trend_record import trend_of
from chimera.sources.catalogue import open_source
from chimera.sources.post import PostSource
from chimera.storage.records import trends

LOCAL_TOOLS = ToolChoice(image="local", video="local", audio="local")
Persona = Annotated[str, Parameter(help="A shipped persona's name, or a personality_profile as a JSON file.")]
_SCRIPT_WORDS = validators.Number(gte=SCRIPT_WORDS_MIN, lte=SCRIPT_WORDS_MAX)
WordsMin = Annotated[int, Parameter(validator=_SCRIPT_WORDS, help="Shortest script, in words.")]
WaitSeconds = Annotated[
    float,
    Parameter(validator=validators.Number(gte=0, lte=604_800), help="How long to wait for a person's approval."),
]
PublishAt = Annotated[
    str | None, Parameter(help="When it goes out, with its zone (ISO 8601): 2026-02-06T18:30:00+01:00; else at once.")
]
WordsMax = Annotated[int, Parameter(validator=_SCRIPT_WORDS, help="Longest script, in words.")]


async def run(
    *,
    source: SourceName = "recorded",
    as_of: AsOf = None,
    keywords: Words = None,
    columns: ColumnMapping = None,
    timeframe: Timeframe = "24h",
    min_velocity: MinVelocity = "0.5",
    persona: Persona = DEFAULT_PERSONA,
    aspect: AspectName = "9:16",
    quality: Quality = QualityPreset.STANDARD,
    words_min: WordsMin = 110,
    words_max: WordsMax = 140,
    publish_at: PublishAt = None,
    as_: As = None,
    wait: WaitSeconds = 0.0,
    json: Json = False,
) -> None:
    """Make one video about something that rises, from posts to the local channel.

    What an earlier run left unfinished is finished instead of beginning another, unless all of it waits for a person.
    With --publish-at the run goes on until then; stopped before, the next run or a worker lets the piece go out.
    """
    settings = Settings.from_environment(os.environ)
    request = scout_request(timeframe, min_velocity, keywords or (), ())
    profile = load_persona(persona)
    if words_min > words_max:
        raise ValidationFailed(f"--words-min {words_min} is above --words-max {words_max}: turn them round")
    opened = open_source(source, columns)
    moment = parse_as_of(as_of) if as_of is not None else opened.end()
    goes_out = checked_time(parse_time(publish_at), SystemClock().now()) if publish_at is not None else None
    planned_by = person(as_) if goes_out is not None else ""
    wish = one_piece.PieceWish(
        profile, words_min, words_max, Aspect(aspect), quality, LOCAL_TOOLS, goes_out, planned_by
    )
    with shown_progress(as_json=json) as progress:
        async with _open_workshop(settings, progress) as shop:
            shop.crew.halt.require_free()
            await shop.studio.sweep()
            await release_answered(shop.crew)
            outcome = await finish_what_was_left(shop.crew, shop.durable, wait)
            if outcome is None:
                scout = scout_of(shop.studio, shop.crew.agent_ids[Role.SCOUT], opened, moment)
                begun = await _begin_new(shop, scout, opened, request, wish)
                if goes_out is not None:
                    say(f"It goes out at {goes_out:%Y-%m-%d %H:%M:%S} UTC, once it is passed ({begun})")
                outcome = await outcome_or_refusal(shop.crew, shop.durable, begun, wait)
            elif goes_out is not None:
                say("--publish-at is for a new piece: this one was begun by an earlier run, and its plan is left alone")
            report = await _report(shop.studio, outcome)
            summary = await run_summary(shop.studio, report)
    if json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        Console().print(summary)


@asynccontextmanager
async def _open_workshop(settings: Settings, progress: Progress) -> AsyncIterator[Workshop]:
    progress(ProgressEvent("engines", 0.0, "starting PostgreSQL and Valkey"))
    clock = SystemClock()
    started_at = clock.monotonic()
    async with open_studio(settings, clock) as studio:
        progress(ProgressEvent("engines", 1.0, f"ready in {clock.monotonic() - started_at:.1f} s"))
        async with open_workshop(studio, progress) as shop:
            yield shop


async def _begin_new(
    shop: Workshop, scout: Scout, source: PostSource, request: TrendAnalysisRequest, wish: one_piece.PieceWish
) -> UUID:
    say(f"Source: {source.label}")
    analysis = await one_piece.find(shop.crew, scout, request)
    budget_usd = await _budget_left(shop.studio)
    async with one_piece.choosing_alone(shop.crew):
        choice = await one_piece.choose(shop.crew, analysis, budget_usd)
        begun = choice.trend_id and await one_piece.begin(shop.crew, shop.durable, choice.trend_id, wish)
    for passed in choice.passed_over:
        if passed.waits_for_human:
            say(f"Passed over: {passed.topic} ({passed.reason}); see `chimera review list`")
    if begun is None:
        raise _nothing_to_make(choice)
    return begun


def _nothing_to_make(choice: Choice) -> NoTrends | WaitsForHuman:
    waiting = [passed.topic for passed in choice.passed_over if passed.waits_for_human]
    if waiting and len(waiting) == len(choice.passed_over):
        return WaitsForHuman(
            f"all that rises needs a person's word first: {', '.join(waiting)}. See `chimera review list`",
            {"waiting": list(waiting)},
        )
    return NoTrends(
        f"nothing to make: {choice.reason}. Look at another time with --as-of, or lower --min-velocity",
        {"passed_over": [f"{passed.topic}: {passed.reason}" for passed in choice.passed_over]},
    )


async def _budget_left(studio: Studio) -> Decimal:
    lines = await studio.treasurer.budgets()
    counted = {BudgetCategory.COMPUTE, BudgetCategory.TOTAL}
    return min(line.remaining for line in lines if line.category in counted)


async def _report(studio: Studio, outcome: ContentOutcome) -> RunReport:
    if outcome.publication is None:
        reasons = "; ".join(outcome.review.reasons) or "the review asks for a person"
        raise WaitsForHuman(
            f"the piece is made and waits for a person: {reasons}. See `chimera review list`",
            {"content_id": str(outcome.content_id)},
        )
    async with studio.database.transaction() as connection:
        records = await trends.get_many(connection, [outcome.brief.trend_id])
    return RunReport(
        content_id=outcome.content_id,
        trend=trend_of(records[0]),
        brief=outcome.brief,
        approvals=outcome.approvals,
        asset=outcome.asset,
        publication=outcome.publication,
    )
