"""The artist (specification section 3, `internal.agent.artist.produce`): voice, then sound, then video, then stored."""

import asyncio
import errno
import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Self
from uuid import UUID

from pydantic import ValidationError

from chimera.agents.artist.attempt_use import attempt_use
from chimera.agents.artist.direction import Mood, Voice, mood_for, seed_for, speed_for, voice_for
from chimera.agents.artist.media_jobs import MediaJobs, Tools
from chimera.agents.artist.production import (
    Production,
    ProductionOptions,
    asset_id_of,
    production_request_id,
    resolution_of,
)
from chimera.agents.artist.stored_media import StoredMedia, still_stored, store, video_record
from chimera.contracts.approval import SignedDecision
from chimera.contracts.asset import ProductionRequest, ToolChoice
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.production import Narration, SoundJob, Soundtrack, Video, VideoJob, VoiceJob
from chimera.contracts.storyboard import Storyboard
from chimera.core.clock import Clock
from chimera.core.errors import Forbidden, NotFound, ToolFailed, ValidationFailed
from chimera.core.progress import Progress, ProgressEvent, silent
from chimera.core.vocabulary import ContentFormat, QualityPreset
from chimera.storage.blobs import Blobs
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, trends, video_metadata
from chimera.telemetry import metrics
from chimera.tools.permit import Permit
from chimera.tools.pricing import production_cost_usd
from chimera.tools.registry import resolve

STEP = "produce"
FREE_BYTES_MIN = 500 * 1024 * 1024
"""A production's scratch files and media together, with room to spare."""
_PLAIN_MEDIA = frozenset({".wav", ".mp4", ".jpg", ".srt", ".vtt"})
_SHARES = {"voice": (0.0, 0.3), "sound": (0.3, 0.1), "video": (0.4, 0.58)}


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is produced: the brief's storyboard and the evidence behind it; `made` is an earlier production."""

    content_id: UUID
    storyboard: Storyboard
    evidence: TrendEvidence
    made: Production | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything decided before the first tool runs."""

    options: ProductionOptions
    quality_preset: QualityPreset
    tool_notes: tuple[str, ...]
    voice: Voice
    mood: Mood
    speed: float
    seed: int


class Artist:
    """Makes the media of approved briefs. `usd_per_cpu_second` is the configured price of local work."""

    def __init__(
        self,
        agent_id: UUID,
        database: Database,
        blobs: Blobs,
        toolbox: Tools,
        *,
        clock: Clock,
        work_folder: Path,
        usd_per_cpu_second: Decimal,
        free_bytes_min: int = FREE_BYTES_MIN,
    ) -> None:
        self._agent_id = agent_id
        self._database = database
        self._blobs = blobs
        self._toolbox = toolbox
        self._clock = clock
        self._work_folder = work_folder
        self._usd_per_cpu_second = usd_per_cpu_second
        self._free_bytes_min = free_bytes_min

    def speaking_as(self, agent_id: UUID) -> Self:
        """The same artist under another agent's name."""
        other = copy(self)
        other._agent_id = agent_id
        return other

    async def produce(
        self,
        request: ProductionRequest,
        *,
        approval: SignedDecision,
        options: ProductionOptions | None = None,
        progress: Progress = silent,
    ) -> Production:
        """Produce the brief's media, or go on where an earlier call was cut off; a finished one is answered again.

        Raises:
            NotFound, ValidationFailed: no such brief, no video brief, or unknown tools.
            Forbidden: a tool that was not left to this artist.
            InvalidSignature, BudgetExceeded: the approval does not cover this production; nothing was started.
            McpTimeout, ToolFailed, VideoTooLong: a tool failed; nothing is published.
        """
        notes = tool_notes(request.tools)
        await self._require_left_to_it(request.tools)
        piece = await self._piece(request.brief_id)
        plan = _plan(piece, request, options or ProductionOptions(), notes)
        made = piece.made
        if made and made.attempt >= plan.options.attempt and await asyncio.to_thread(still_stored, self._blobs, made):
            return made
        try:
            return await self._make(piece, plan, approval, progress)
        except OSError as error:
            raise _disk_failure(error) from error

    async def open_work(self, content_id: UUID) -> None:
        """Make the piece's scratch folder: from then on it tells what tools ran for the piece, and that none did.

        Raises:
            ToolFailed: the disk is nearly full, or can't be written.
        """
        try:
            await asyncio.to_thread(self._work_folder_of, content_id)
        except OSError as error:
            raise _disk_failure(error) from error

    async def clear_work(self, content_id: UUID) -> None:
        """Remove the plain media that tools left in the piece's scratch folder; what ran, and its cost, stays told."""
        await asyncio.to_thread(_clear, self._work_folder / str(content_id))

    async def used(self, content_id: UUID, attempt: int) -> Decimal | None:
        """What this attempt at the piece really cost, its jobs ended; zero if no tool ever ran, None if that can't be
        known: a job that does not end, one that left no word of its use, or no scratch folder."""
        async with self._database.transaction() as connection:
            row = await content_pipeline.get(connection, content_id)
        made = row.metadata.get("production") if row else None
        if made and made.get("attempt") == attempt:
            return Production.model_validate(made).production_cost
        folder = self._work_folder / str(content_id)
        if not await asyncio.to_thread(folder.is_dir):
            return None
        return await attempt_use(self._toolbox, folder.resolve(), content_id, attempt, self._usd_per_cpu_second)

    async def _make(self, piece: _Piece, plan: _Plan, approval: SignedDecision, progress: Progress) -> Production:
        began_at = self._clock.monotonic()
        folder = await asyncio.to_thread(self._work_folder_of, piece.content_id)
        jobs = MediaJobs(
            tools=self._toolbox,
            content_id=piece.content_id,
            folder=folder,
            permit=Permit(
                approval,
                production_request_id(piece.content_id, plan.options.attempt),
                self._agent_id,
                usd_per_cpu_second=self._usd_per_cpu_second,
            ),
            attempt=plan.options.attempt,
            usd_per_cpu_second=self._usd_per_cpu_second,
            estimated_cpu_seconds=plan.options.estimated_cpu_seconds,
        )
        soundtrack, video = await _run_jobs(jobs, piece, plan, progress)
        prefix = f"assets/{asset_id_of(piece.content_id)}"
        stored = await asyncio.to_thread(store, self._blobs, prefix, video)
        production = _production(plan, jobs, stored, soundtrack, video)
        await self._record(piece, production, video)
        metrics.video_produced(resolution_of(video), self._clock.monotonic() - began_at)
        progress(ProgressEvent(STEP, 1.0, "stored"))
        return production

    async def _require_left_to_it(self, tools: ToolChoice) -> None:
        async with self._database.transaction() as connection:
            left = (await agents.config_of(connection, self._agent_id)).tools
        denied = sorted({tools.image, tools.video, tools.audio} - set(left)) if left is not None else []
        if denied:
            raise Forbidden(
                f"artist {self._agent_id} may not work with {', '.join(denied)}: see `chimera agents show`",
                {"agent_id": str(self._agent_id), "tools": [*denied]},
            )

    async def _piece(self, content_id: UUID) -> _Piece:
        async with self._database.transaction() as connection:
            row = await content_pipeline.get(connection, content_id)
            trend = await trends.get(connection, row.trend_source_id) if row else None
        if row is None or trend is None:
            raise NotFound(f"there is no brief {content_id}", {"brief_id": str(content_id)})
        if row.format is not ContentFormat.VIDEO:
            raise ValidationFailed(f"brief {content_id} is for a {row.format}; the local tools make videos")
        try:
            made = row.metadata.get("production")
            return _Piece(
                content_id,
                row.storyboard,
                trend.evidence,
                Production.model_validate(made) if made else None,
            )
        except ValidationError as error:
            raise ValidationFailed(
                f"brief {content_id} can't be produced: its storyboard or evidence is incomplete; make a new brief"
            ) from error

    def _work_folder_of(self, content_id: UUID) -> Path:
        """The piece's scratch folder, on a disk with enough room."""
        folder = self._work_folder / str(content_id)
        folder.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < self._free_bytes_min:
            raise ToolFailed(
                f"the disk is nearly full: {free_bytes // 2**20} MB are free under {folder}, "
                f"{self._free_bytes_min // 2**20} MB are needed; free some space and run it again",
                {"free_bytes": free_bytes, "needed_bytes": self._free_bytes_min},
            )
        return folder.resolve()

    async def _record(self, piece: _Piece, production: Production, video: Video) -> None:
        document = production.model_dump(mode="json")
        told: dict[str, object] = {name: document[name] for name in ("tools", "tool_notes", "asset_id")}
        told |= {"production": document, "video_size": {"width": video.width, "height": video.height}}
        async with self._database.transaction() as connection:
            await video_metadata.put(connection, video_record(piece.storyboard, production, video, self._clock.now()))
            await content_pipeline.set_production(
                connection,
                piece.content_id,
                artist_agent_id=self._agent_id,
                media_url=production.video_url,
                production_cost=production.production_cost,
            )
            await content_pipeline.merge_metadata(connection, piece.content_id, told)


def tool_notes(tools: ToolChoice) -> tuple[str, ...]:
    """What really runs for each tool asked for, in sentences; empty where `local` was asked for.

    Raises:
        ValidationFailed: an unknown tool.
    """
    aliases = (resolve(tools.image, "image"), resolve(tools.video, "video"), resolve(tools.audio, "audio"))
    return tuple(f"{alias.name}: {alias.note} (as of {alias.as_of})" for alias in aliases if alias.name != alias.runs)


def _plan(piece: _Piece, request: ProductionRequest, options: ProductionOptions, notes: tuple[str, ...]) -> _Plan:
    tone = piece.storyboard.tone
    return _Plan(
        options=options,
        quality_preset=request.quality_preset,
        tool_notes=notes,
        voice=options.voice or voice_for(tone),
        mood=options.mood or mood_for(tone, piece.evidence.sentiment),
        speed=speed_for(tone),
        seed=seed_for(piece.content_id) if options.seed is None else options.seed,
    )


async def _run_jobs(jobs: MediaJobs, piece: _Piece, plan: _Plan, progress: Progress) -> tuple[Soundtrack, Video]:
    beats = tuple(beat.text for beat in piece.storyboard.beats)
    voice_job = VoiceJob(beats=beats, voice=plan.voice, speed=plan.speed)
    narration = await jobs.run("voice", voice_job, Narration, _share_of("voice", "speaking", progress))
    sound_job = SoundJob(narration=narration, mood=plan.mood, seed=plan.seed)
    soundtrack = await jobs.run("sound", sound_job, Soundtrack, _share_of("sound", "mixing", progress))
    video_job = VideoJob(
        storyboard=piece.storyboard,
        evidence=piece.evidence,
        soundtrack=soundtrack,
        aspect=plan.options.aspect,
        quality_preset=plan.quality_preset,
        seed=plan.seed,
    )
    return soundtrack, await jobs.run("video", video_job, Video, _share_of("video", "drawing", progress))


def _production(plan: _Plan, jobs: MediaJobs, stored: StoredMedia, soundtrack: Soundtrack, video: Video) -> Production:
    return Production(
        asset_id=asset_id_of(jobs.content_id),
        content_id=jobs.content_id,
        attempt=plan.options.attempt,
        files=(stored.video, stored.thumbnail, stored.captions_srt, stored.captions_vtt),
        video_url=stored.video.url,
        thumbnail_url=stored.thumbnail.url,
        captions_srt_url=stored.captions_srt.url,
        captions_vtt_url=stored.captions_vtt.url,
        production_cost=production_cost_usd(use.cost_usd for use in jobs.uses),
        tools=tuple(jobs.uses),
        tool_notes=plan.tool_notes,
        aspect=plan.options.aspect,
        width=video.width,
        height=video.height,
        quality_preset=plan.quality_preset,
        voice=plan.voice,
        mood=plan.mood,
        seed=plan.seed,
        narration_words=soundtrack.words,
        cues=video.cues,
    )


def _share_of(tool: str, message: str, progress: Progress) -> Callable[[float], None]:
    start, share = _SHARES[tool]
    return lambda fraction: progress(ProgressEvent(STEP, start + share * fraction, message))


def _clear(folder: Path) -> None:
    for path in folder.glob("*.*"):
        if path.suffix in _PLAIN_MEDIA and path.is_file():
            path.unlink(missing_ok=True)


def _disk_failure(error: OSError) -> ToolFailed:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ToolFailed("the disk is full: free some space and run it again", {"errno": error.errno})
    return ToolFailed(f"the media can't be stored: {error.strerror or type(error).__name__}; see `chimera doctor`")
