"""The artist over real tools' processes: stored once, paid for, and resumed after a kill without double work."""

import asyncio
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chimera.agents.artist.agent import Artist
from chimera.agents.artist.production import (
    Production,
    ProductionOptions,
    asset_of,
    production_request_id,
    quality_request_of,
)
from chimera.contracts.asset import ProductionRequest, ToolChoice
from chimera.contracts.storyboard import Storyboard
from chimera.core.clock import FixedClock
from chimera.core.errors import BudgetExceeded, Conflict, InvalidSignature, NotFound, ToolFailed, ValidationFailed
from chimera.core.progress import Progress, ProgressEvent, silent
from chimera.core.vocabulary import FileType, QualityPreset, Resolution, Role
from chimera.storage.blobs import SealedBlobs
from chimera.storage.database import Database
from chimera.storage.records import agents, content_pipeline, trends, video_metadata
from chimera.tools.permit import Permit
from chimera.tools.toolbox import Toolbox
from factories_production import AS_OF, make_evidence, make_storyboard
from factories_sealing import folder_blobs

LOCAL = ToolChoice(image="local", video="local", audio="local")


class Studio:
    """A brief in the database and an artist to produce it."""

    def __init__(
        self, database: Database, blobs: SealedBlobs, toolbox: Toolbox, clock: FixedClock, work_folder: Path
    ) -> None:
        self.database, self.blobs, self.clock = database, blobs, clock
        self.toolbox, self.work_folder = toolbox, work_folder
        self.agent_id, self.content_id = uuid4(), uuid4()
        self.free_bytes_min = 1
        self.media = Path()

    async def brief(self, board: Storyboard) -> None:
        trend_id = uuid4()
        async with self.database.transaction() as connection:
            self.agent_id = await agents.ensure(connection, Role.ARTIST, [], self.agent_id)
            director_id = await agents.ensure(connection, Role.DIRECTOR, [], uuid4())
            metadata = {"evidence": make_evidence().model_dump(mode="json")}
            await trends.insert(
                connection,
                trends.TrendRecord(
                    trend_id, "bitcoin", 40, Decimal("0.4"), Decimal(2), ["reddit"], metadata, None, AS_OF
                ),
            )
            await content_pipeline.insert_draft(
                connection, self.content_id, trend_id=trend_id, script=board.script, visual_prompts=[],
                metadata={"storyboard": board.model_dump(mode="json")}, director_agent_id=director_id,
            )  # fmt: skip

    @property
    def artist(self) -> Artist:
        return Artist(
            self.agent_id, self.database, self.blobs, self.toolbox, clock=self.clock, work_folder=self.work_folder,
            usd_per_cpu_second=Decimal("0.0005"), free_bytes_min=self.free_bytes_min,
        )  # fmt: skip

    async def produce(
        self,
        permit: Permit,
        tools: ToolChoice = LOCAL,
        options: ProductionOptions | None = None,
        progress: Progress = silent,
    ) -> Production:
        request = ProductionRequest(brief_id=self.content_id, tools=tools, quality_preset=QualityPreset.DRAFT)
        return await self.artist.produce(request, approval=permit.approval, options=options, progress=progress)

    @property
    def folder(self) -> Path:
        return self.work_folder / str(self.content_id)

    def runs(self) -> int:
        path = self.folder / "runs.txt"
        return len(path.read_text().split()) if path.exists() else 0


@pytest.fixture
async def studio(database: Database, toolbox: Toolbox, clock: FixedClock, tmp_path: Path, work: Path) -> Studio:
    opened = Studio(database, folder_blobs(tmp_path), toolbox, clock, work / "own")
    opened.media = tmp_path / "media"
    await opened.brief(make_storyboard())
    return opened


@pytest.fixture
def permit_of(approve: Callable[..., Permit]) -> Callable[..., Permit]:
    def make(studio: Studio, attempt: int = 1, amount: str = "0.25") -> Permit:
        return approve(
            request_id=production_request_id(studio.content_id, attempt), agent_id=studio.agent_id, amount=amount
        )

    return make


def stored_files(studio: Studio, production: Production) -> dict[FileType, Path]:
    """Plain copies of the sealed files."""
    folder = studio.blobs.copies_folder()
    return {file.type: studio.blobs.materialise(file.url, folder) for file in production.files}


async def test_a_brief_becomes_stored_media_with_its_rows_and_its_cost(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    told: list[ProgressEvent] = []
    choice = ToolChoice(image="dall-e-3", video="runway-gen2", audio="elevenlabs")
    options = ProductionOptions(estimated_cpu_seconds={"voice": Decimal("3.5")})
    made = await studio.produce(permit_of(studio), choice, options, told.append)
    assert set(stored_files(studio, made)) == {FileType.VIDEO, FileType.THUMBNAIL, FileType.CAPTIONS}
    assert [use.tool for use in made.tools] == ["local/voice", "local/sound", "local/video"]
    assert all(use.cpu_seconds > 0 for use in made.tools)
    assert made.tools[0].estimated_cpu_seconds == Decimal("3.5")
    assert made.production_cost >= sum(use.cost_usd for use in made.tools)
    assert made.production_cost >= Decimal("0.01")
    assert len(made.tool_notes) == 3
    assert [event.fraction for event in told] == sorted(event.fraction for event in told)
    async with studio.database.transaction() as connection:
        row = await content_pipeline.get(connection, studio.content_id)
        video = await video_metadata.of_content(connection, studio.content_id)
    assert row is not None
    assert video is not None
    assert (row.media_url, row.production_cost) == (made.video_url, made.production_cost)
    assert row.artist_agent_id == studio.agent_id
    assert [use["tool"] for use in row.metadata["tools"]] == ["local/voice", "local/sound", "local/video"]
    assert row.metadata["video_size"] == {"width": 1080, "height": 1920}
    assert (video.id, video.resolution, video.fps, video.codec) == (made.asset_id, Resolution.FULL_HD, 30, "h264")
    asset = asset_of(made, Decimal("0.91"), 4200)
    assert json.loads(asset.model_dump_json())["files"][0]["type"] == "video"
    files = stored_files(studio, made)
    asked = quality_request_of(made, files[FileType.VIDEO], files[FileType.CAPTIONS], files[FileType.THUMBNAIL])
    assert asked.narration_words == made.narration_words != ()


async def test_producing_again_answers_the_same_asset_without_running_anything(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    first = await studio.produce(permit_of(studio))
    runs = studio.runs()
    assert await studio.produce(permit_of(studio)) == first
    assert studio.runs() == runs == 2


async def test_cleared_work_holds_no_plain_media_and_still_tells_what_was_used(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    made = await studio.produce(permit_of(studio))
    runs = studio.runs()

    await studio.artist.clear_work(studio.content_id)

    left = await asyncio.to_thread(files_under, studio.folder)
    assert not {name for name in left if Path(name).suffix in {".mp4", ".wav", ".jpg", ".srt", ".vtt"}}
    assert await studio.artist.used(studio.content_id, 1) == made.production_cost
    assert await studio.produce(permit_of(studio)) == made
    assert studio.runs() == runs


async def test_a_production_cut_off_goes_on_with_its_finished_jobs(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    studio.content_id = uuid4()
    await studio.brief(make_storyboard("hang"))
    cut_off = asyncio.create_task(studio.produce(permit_of(studio)))
    hanging = studio.folder / "hanging"
    async with asyncio.timeout(10):
        while not hanging.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
    cut_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut_off
    async with studio.database.transaction() as connection:
        assert await video_metadata.of_content(connection, studio.content_id) is None
    (studio.folder / "go").touch()
    made = await studio.produce(permit_of(studio))
    assert studio.runs() == 3  # the voice once, the video twice
    assert [use.tool for use in made.tools] == ["local/voice", "local/sound", "local/video", "local/video"]


async def test_another_voice_under_the_same_attempt_is_a_conflict_and_a_new_attempt_is_not(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    await studio.produce(permit_of(studio))
    next(studio.media.rglob("video.mp4")).unlink()
    with pytest.raises(Conflict):
        await studio.produce(permit_of(studio), options=ProductionOptions(voice="am_michael"))
    made = await studio.produce(permit_of(studio, attempt=2), options=ProductionOptions(voice="am_michael", attempt=2))
    assert (made.voice, made.attempt) == ("am_michael", 2)


async def test_an_approval_of_another_piece_or_agent_starts_nothing(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    permit = permit_of(studio)
    studio.agent_id, agent_id = uuid4(), studio.agent_id
    with pytest.raises(InvalidSignature):
        await studio.produce(permit)
    studio.agent_id = agent_id
    with pytest.raises(InvalidSignature):
        await studio.produce(permit, options=ProductionOptions(attempt=2))
    assert studio.runs() == 0


async def test_an_approval_too_small_for_any_tool_starts_none(studio: Studio, permit_of: Callable[..., Permit]) -> None:
    with pytest.raises(BudgetExceeded):
        await studio.produce(permit_of(studio, amount="0.000001"))
    assert studio.runs() == 0


async def test_running_costs_over_the_approved_amount_stop_before_the_next_tool(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    with pytest.raises(BudgetExceeded):
        await studio.produce(permit_of(studio, amount="0.0005"))
    assert studio.runs() == 1
    async with studio.database.transaction() as connection:
        assert await video_metadata.of_content(connection, studio.content_id) is None


async def test_too_little_disk_is_told_before_anything_is_spent(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    studio.free_bytes_min = 2**60
    with pytest.raises(ToolFailed, match="free some space"):
        await studio.produce(permit_of(studio))
    assert studio.runs() == 0


def files_under(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@contextmanager
def no_file_over(size_bytes: int) -> Iterator[None]:
    """This process can't write a larger file, as on a disk that fills up while writing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_fills_while_storing_leaves_no_half_file_and_no_row(
    studio: Studio, permit_of: Callable[..., Permit], tmp_path: Path
) -> None:
    assert await studio.toolbox.healthy()  # its process was started without the limit
    with no_file_over(1250), pytest.raises(ToolFailed, match="can't be stored"):
        await studio.produce(permit_of(studio))
    assert files_under(tmp_path / "media") == set()
    async with studio.database.transaction() as connection:
        assert await video_metadata.of_content(connection, studio.content_id) is None
    assert (await studio.produce(permit_of(studio))).files
    assert studio.runs() == 2


async def test_an_unknown_brief_and_an_unknown_tool_are_named(studio: Studio, permit_of: Callable[..., Permit]) -> None:
    permit = permit_of(studio)
    with pytest.raises(ValidationFailed, match="sora"):
        await studio.produce(permit, ToolChoice(image="local", video="sora", audio="local"))
    studio.content_id = UUID(int=1)
    with pytest.raises(NotFound):
        await studio.produce(permit)


async def test_a_brief_without_a_storyboard_is_refused_before_anything_runs(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    async with studio.database.transaction() as connection:
        await content_pipeline.merge_metadata(connection, studio.content_id, {"storyboard": {"title": "x"}})
    with pytest.raises(ValidationFailed, match="storyboard"):
        await studio.produce(permit_of(studio))
    assert studio.runs() == 0


async def test_what_an_attempt_used_is_its_productions_cost(studio: Studio, permit_of: Callable[..., Permit]) -> None:
    made = await studio.produce(permit_of(studio))
    assert await studio.artist.used(studio.content_id, 1) == made.production_cost
    assert await studio.artist.used(studio.content_id, 2) == 0


async def test_an_opened_scratch_folder_proves_that_no_job_was_submitted(studio: Studio) -> None:
    assert await studio.artist.used(studio.content_id, 1) is None
    await studio.artist.open_work(studio.content_id)
    assert await studio.artist.used(studio.content_id, 1) == 0


async def test_a_production_given_up_between_two_tools_used_what_the_first_one_did(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    with pytest.raises(BudgetExceeded):
        await studio.produce(permit_of(studio, amount="0.0005"))
    used = await studio.artist.used(studio.content_id, 1)
    assert used is not None
    assert used >= Decimal("0.01")


async def test_a_job_that_still_runs_is_ended_before_its_use_is_told(
    studio: Studio, permit_of: Callable[..., Permit]
) -> None:
    studio.content_id = uuid4()
    await studio.brief(make_storyboard("hang"))
    producing = asyncio.create_task(studio.produce(permit_of(studio)))
    hanging = studio.folder / "hanging"
    async with asyncio.timeout(10):
        while not hanging.exists():  # noqa: ASYNC110 - another process makes the file
            await asyncio.sleep(0.01)
    used = await studio.artist.used(studio.content_id, 1)
    assert used is not None
    assert used >= Decimal("0.01")
    producing.cancel()
    await asyncio.gather(producing, return_exceptions=True)
    assert await studio.artist.used(studio.content_id, 1) is not None
