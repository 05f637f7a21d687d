"""The director: `internal.agent.director.create_brief` (specification section 3)."""

from copy import copy
from typing import Any, Self
from uuid import UUID

from pydantic import ValidationError

from chimera.agents.director.composer import compose
from chimera.agents.director.cost_estimate import CostEstimate, CostHistory, duration_seconds, estimate_cost
from chimera.agents.director.engagement import EngagementHistory, projected_engagement
from chimera.agents.director.options import BriefOptions
from chimera.agents.director.price_book import PriceBook
from chimera.agents.director.production_history import cost_history
from chimera.agents.director.projected_return import ProjectedReturn, projected_return
from chimera.agents.director.tone import tone_rules
from chimera.contracts.brief import Brief, BriefRequest, PersonalityProfile, words_in
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.storyboard import Storyboard
from chimera.core.clock import Clock, elapsed_ms
from chimera.core.errors import Conflict, NotFound, ValidationFailed
from chimera.core.vocabulary import Aspect, ContentFormat, QualityPreset
from chimera.security.permissions import Permission, caller_of, require
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, production_history, trends
from chimera.storage.records.content_pipeline import ContentRecord
from chimera.storage.records.trends import TrendRecord

HISTORY_PRODUCTIONS_MAX = 50
TELLINGS_MAX = 8
"""How often a script that must differ from the one before is composed anew."""
SCRIPT_SOURCE = "composer"

_TARGET_PLATFORMS: dict[Aspect, tuple[str, ...]] = {
    Aspect.VERTICAL: ("youtube", "tiktok", "instagram"),
    Aspect.WIDE: ("youtube",),
    Aspect.SQUARE: ("instagram", "facebook"),
}


class Director:
    """Writes one brief for one content piece, from the trend's evidence alone."""

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        clock: Clock,
        price_book: PriceBook,
        engagement_history: EngagementHistory = EngagementHistory(),  # noqa: B008 - frozen
    ) -> None:
        self._agent_id = agent_id
        self._database = database
        self._clock = clock
        self._price_book = price_book
        self._engagement_history = engagement_history

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same director under another agent's name."""
        other = copy(self)
        other._agent_id = agent_id
        return other

    async def create_brief(
        self, request: BriefRequest, *, content_id: UUID, options: BriefOptions | None = None
    ) -> Brief:
        """The brief of piece `content_id`, written as a draft row; a repeat with the same id answers the same brief.

        A tone set for the agent takes the place of the persona's. Where the piece wants another draft than the one that
        stands, a script that differs from that takes its place.

        Raises:
            Forbidden: this agent may not write content pieces.
            NotFound: no such trend.
            Conflict: `content_id` is a piece of another trend, or not one with a brief.
            ValidationFailed: the trend holds no usable evidence, or the script can't be written as asked.
        """
        started_at = self._clock.monotonic()
        async with self._database.transaction() as connection:
            require(caller_of(await agents.get(connection, self._agent_id), self._agent_id), Permission.WRITE_CONTENT)
            known = await content_pipeline.get(connection, content_id)
            stands = known is not None and known.draft_written >= known.draft_wanted
            trend = None if stands else await trends.get(connection, request.trend_id)
            past = [] if stands else await production_history.newest(connection, HISTORY_PRODUCTIONS_MAX)
            config = await agents.config_of(connection, self._agent_id)
        if known is not None:
            before = _brief_of(known, request.trend_id)
            if stands:
                return before
        if trend is None:
            raise NotFound(
                f"there is no trend {request.trend_id}: run the scout first", {"trend_id": str(request.trend_id)}
            )
        if config.tone is not None:
            profile = request.personality_profile.model_copy(update={"tone": config.tone})
            request = request.model_copy(update={"personality_profile": profile})
        number = known.draft_wanted if known is not None else 1
        draft = self._differing(
            request,
            trend,
            content_id,
            options or BriefOptions(),
            cost_history(past),
            number,
            known.script if known else None,
        )
        brief = self._brief(request, content_id, draft, elapsed_ms(self._clock, started_at))
        return await self._keep(brief, number, {**draft.metadata, "brief": brief.model_dump(mode="json")})

    def _differing(
        self,
        request: BriefRequest,
        trend: TrendRecord,
        content_id: UUID,
        options: BriefOptions,
        history: CostHistory,
        number: int,
        before: str | None,
    ) -> "_Draft":
        """Draft `number`: what the piece's id makes of the trend, told otherwise than `before`.

        Raises:
            ValidationFailed: it can't be told otherwise.
        """
        if number == 1:
            return self._draft(request, trend, str(content_id), options, history)
        for turn in range(TELLINGS_MAX):
            draft = self._draft(request, trend, f"{content_id}/{number}/{turn}", options, history)
            if draft.storyboard.script != before:
                return draft
        raise ValidationFailed(
            f"the trend {trend.id} can't be told otherwise: retry from generating, with the script that stands",
            {"trend_id": str(trend.id)},
        )

    async def estimate_again(self, content_id: UUID, quality_preset: QualityPreset) -> None:
        """Estimate what the piece will cost in this quality, where its brief was written for another.

        Raises:
            NotFound: no such piece, or its trend is gone.
        """
        async with self._database.transaction() as connection:
            piece = await content_pipeline.get(connection, content_id)
            trend = await trends.get(connection, piece.trend_source_id) if piece else None
            past = await production_history.newest(connection, HISTORY_PRODUCTIONS_MAX)
        if piece is None or trend is None:
            raise NotFound(f"there is no brief {content_id}", {"brief_id": str(content_id)})
        if piece.metadata.get("quality_preset") == quality_preset:
            return
        aspect = Aspect(piece.metadata.get("aspect", Aspect.VERTICAL))
        estimate = self._estimate(piece.storyboard, quality_preset, aspect, cost_history(past))
        gain = self._gain(trend, aspect, estimate)
        told = _priced(estimate, gain) | {"quality_preset": quality_preset.value}
        async with self._database.transaction() as connection:
            await content_pipeline.merge_metadata(connection, content_id, told)

    def _estimate(
        self, storyboard: Storyboard, quality_preset: QualityPreset, aspect: Aspect, history: CostHistory
    ) -> CostEstimate:
        note = self._price_book.age_note(self._clock.now().date())
        return estimate_cost(
            duration_seconds(words_in(storyboard.script), len(storyboard.beats)),
            quality_preset,
            aspect,
            price_book=self._price_book,
            history=history,
            notes=(note,) if note else (),
        )

    def _gain(self, trend: TrendRecord, aspect: Aspect, estimate: CostEstimate) -> ProjectedReturn:
        engagement = projected_engagement(_TARGET_PLATFORMS[aspect], self._engagement_history)
        return projected_return(trend.rising_velocity, engagement, estimate.estimated_cost_usd)

    def _draft(
        self,
        request: BriefRequest,
        trend: TrendRecord,
        seed: str,
        options: BriefOptions,
        history: CostHistory,
    ) -> "_Draft":
        storyboard = compose(
            trend.topic,
            evidence_of(trend),
            request.personality_profile,
            seed=seed,
            words_min=options.words_min,
            words_max=options.words_max,
        )
        estimate = self._estimate(storyboard, options.quality_preset, options.aspect, history)
        gain = self._gain(trend, options.aspect, estimate)
        return _Draft(request.personality_profile, options, storyboard, estimate, gain)

    def _brief(self, request: BriefRequest, content_id: UUID, draft: "_Draft", execution_time_ms: int) -> Brief:
        return Brief(
            brief_id=content_id,
            trend_id=request.trend_id,
            format=ContentFormat.VIDEO,
            script=draft.storyboard.script,
            visual_prompts=tuple(beat.visual_prompt for beat in draft.storyboard.beats),
            tone_guidelines=_tone_guidelines(draft.profile),
            target_platforms=_TARGET_PLATFORMS[draft.options.aspect],
            estimated_cost=draft.estimate.estimated_cost_usd,
            projected_engagement=draft.gain.projected_engagement,
            execution_time_ms=execution_time_ms,
        )

    async def _keep(self, brief: Brief, number: int, metadata: dict[str, Any]) -> Brief:
        """Write the draft and answer what stands there, which is another process's where that was faster."""
        async with self._database.transaction() as connection:
            if number == 1:
                await content_pipeline.insert_draft(
                    connection,
                    brief.brief_id,
                    trend_id=brief.trend_id,
                    script=brief.script,
                    visual_prompts=list(brief.visual_prompts),
                    metadata=metadata,
                    director_agent_id=self._agent_id,
                )
            else:
                await content_pipeline.rewrite_draft(
                    connection,
                    brief.brief_id,
                    number=number,
                    script=brief.script,
                    visual_prompts=list(brief.visual_prompts),
                    metadata={**metadata, "draft_written": number},
                    director_agent_id=self._agent_id,
                )
            kept = await content_pipeline.get(connection, brief.brief_id)
        if kept is None:
            raise Conflict(f"the draft {brief.brief_id} was deleted while it was written: try again")
        return _brief_of(kept, brief.trend_id)


class _Draft:
    """Everything one brief is made of, and its row's metadata."""

    def __init__(
        self,
        profile: PersonalityProfile,
        options: BriefOptions,
        storyboard: Storyboard,
        estimate: CostEstimate,
        gain: ProjectedReturn,
    ) -> None:
        self.profile = profile
        self.options = options
        self.storyboard = storyboard
        self.estimate = estimate
        self.gain = gain

    @property
    def metadata(self) -> dict[str, Any]:
        note = tone_rules(self.profile.tone).note
        return {
            "storyboard": self.storyboard.model_dump(mode="json"),
            "persona": self.profile.model_dump(mode="json"),
            "script_source": SCRIPT_SOURCE,
            "aspect": self.options.aspect.value,
            "quality_preset": self.options.quality_preset.value,
            **_priced(self.estimate, self.gain),
            "notes": [text for text in (note, *self.estimate.notes) if text],
        }


def _priced(estimate: CostEstimate, gain: ProjectedReturn) -> dict[str, Any]:
    """What a piece's row tells about its cost and what it is to bring."""
    return {
        "cost_estimate": estimate.model_dump(mode="json"),
        "projected_return": gain.model_dump(mode="json"),
        "projected_roi": float(gain.projected_roi),
    }


def evidence_of(trend: TrendRecord) -> TrendEvidence:
    """The scout's evidence in the trend's row.

    Raises:
        ValidationFailed: there is none, or not in the contract's form.
    """
    try:
        return trend.evidence
    except ValidationError as error:
        raise ValidationFailed(
            f"the trend {trend.id} holds no usable evidence: scout it again", {"trend_id": str(trend.id)}
        ) from error


def _brief_of(content: ContentRecord, trend_id: UUID) -> Brief:
    if content.trend_source_id != trend_id:
        raise Conflict(
            f"the piece {content.id} belongs to another trend: use a new content id",
            {"content_id": str(content.id), "trend_id": str(content.trend_source_id)},
        )
    try:
        return Brief.model_validate(content.metadata.get("brief"))
    except ValidationError as error:
        raise Conflict(
            f"the piece {content.id} holds no brief: use a new content id", {"content_id": str(content.id)}
        ) from error


def _tone_guidelines(profile: PersonalityProfile) -> str:
    avoid = f"; avoid {', '.join(profile.brand_guidelines.avoid)}" if profile.brand_guidelines.avoid else ""
    voice = profile.brand_guidelines.voice
    return f"{profile.tone.capitalize()}, in a {voice} voice, for {profile.target_audience}{avoid}"
