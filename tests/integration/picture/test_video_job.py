"""One short video made whole and read back by an independent decoder (the ffmpeg program of imageio-ffmpeg)."""

import re
import resource
import subprocess
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np
import pytest

from chimera.contracts.evidence import BucketCount, SentimentFacts, Share, SourceFacts, TrendEvidence
from chimera.contracts.production import Soundtrack, SpokenWord, Video, VideoJob
from chimera.contracts.storyboard import Beat, Scene, Storyboard
from chimera.core.errors import ToolFailed, VideoTooLong
from chimera.core.vocabulary import Aspect, QualityPreset
from chimera.tools.local.picture.job import run

NOON = datetime(2013, 4, 11, 12, tzinfo=UTC)
DURATION_MS = 4_000
SCENES = ((Scene.HOOK, "A sudden rise"), (Scene.SERIES, "How the day went"), (Scene.CLOSING, "What comes next?"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a stereo tone at 48 kHz."""
    path = tmp_path_factory.mktemp("sound") / "soundtrack.wav"
    moments = np.arange(DURATION_MS * 48) / 48_000
    tone = (0.2 * np.sin(2 * np.pi * 220 * moments) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.repeat(tone, 2).tobytes())
    return path


def make_evidence() -> TrendEvidence:
    series = tuple(
        BucketCount(start=NOON - timedelta(hours=24 - hour), mentions=hour * hour // 9, expected=Decimal("2.5"))
        for hour in range(24)
    )
    return TrendEvidence(
        source=SourceFacts(
            name="recorded", kind="recorded", label="Recorded sample", platform="reddit", posts_read=900
        ),
        as_of=NOON,
        timeframe_seconds=86_400,
        window_start=NOON - timedelta(hours=24),
        window_end=NOON,
        baseline_start=NOON - timedelta(days=7),
        mentions=370,
        expected=Decimal("52.8"),
        ratio=Decimal("7.01"),
        first_seen=NOON - timedelta(hours=20),
        peak_start=NOON - timedelta(hours=1),
        peak_mentions=58,
        bucket_seconds=3600,
        series=series,
        communities=(Share(name="r/bitcoin", mentions=141),),
        community_count=37,
        phrases=(Share(name="mt gox", mentions=88),),
        top_posts=(),
        sentiment=SentimentFacts(mean=Decimal("0.14"), sample_size=370),
    )


def make_job(sound: Path, aspect: Aspect = Aspect.VERTICAL, duration_ms: int = DURATION_MS) -> VideoJob:
    text = "It rose all day."
    words = tuple(
        SpokenWord(text=word, start_ms=300 + place * 280, end_ms=560 + place * 280, beat=place // 4)
        for place, word in enumerate(text.split() * len(SCENES))
    )
    storyboard = Storyboard(
        title="Bitcoin is rising",
        description="",
        tags=(),
        topic="Bitcoin",
        source_label="Recorded sample: posts of April 2013",
        disclosure="Made by a machine: synthetic voice",
        persona="p",
        tone="humorous",
        beats=tuple(
            Beat(scene=scene, text=text, headline=headline, visual_prompt="numbers") for scene, headline in SCENES
        ),
    )
    track = Soundtrack(audio=sound, duration_ms=duration_ms, words=words, integrated_lufs=-14, true_peak_dbtp=-1)
    return VideoJob(
        storyboard=storyboard,
        evidence=make_evidence(),
        soundtrack=track,
        aspect=aspect,
        quality_preset=QualityPreset.DRAFT,
        seed=5,
    )


@pytest.fixture(scope="module")
def heard() -> list[float]:
    """What the job told of its progress."""
    return []


@pytest.fixture(scope="module")
def made(sound: Path, heard: list[float], tmp_path_factory: pytest.TempPathFactory) -> Video:
    return run(make_job(sound), tmp_path_factory.mktemp("video"), heard.append)


@pytest.fixture(scope="module")
def report(made: Video) -> str:
    """What the independent program says about the file."""
    return ffmpeg("-i", str(made.video), "-f", "null", "-")[1]


def ffmpeg(*arguments: str) -> tuple[bytes, str]:
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *arguments], capture_output=True, check=True, timeout=60
    )
    return done.stdout, done.stderr.decode()


def test_the_streams_are_h264_high_in_bt709_and_aac_stereo(report: str) -> None:
    assert re.search(r"Video: h264 \(High\).*yuv420p\(tv, bt709.*720x1280.*30 fps", report)
    assert re.search(r"Audio: aac \(LC\).*48000 Hz, stereo", report)


def test_the_file_lasts_as_long_as_the_soundtrack(made: Video, report: str) -> None:
    (hours, minutes, seconds) = re.search(r"Duration: (\d+):(\d+):([\d.]+)", report).groups()  # type: ignore[union-attr]
    assert int(hours) * 3600 + int(minutes) * 60 + float(seconds) == pytest.approx(DURATION_MS / 1000, abs=0.05)
    assert made.duration_ms == DURATION_MS


def test_the_index_stands_before_the_media(made: Video) -> None:
    content = made.video.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_title_and_disclosure_stand_in_the_metadata(report: str) -> None:
    assert re.search(r"title\s*: Bitcoin is rising", report)
    assert re.search(r"comment\s*: Made by a machine", report)


def test_the_decoded_frames_are_neither_black_nor_frozen(made: Video) -> None:
    raw, _ = ffmpeg("-i", str(made.video), "-vf", "fps=2,scale=180:320", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 320, 180).astype(int)
    assert len(frames) == 8
    assert all(frame.std() > 10 for frame in frames)
    assert all(np.abs(before - after).mean() > 0.3 for before, after in pairwise(frames))


def test_the_caption_files_carry_the_cues_of_the_answer(made: Video) -> None:
    written = made.captions_srt.read_text(encoding="utf-8")
    assert written.count("-->") == len(made.cues) == made.captions_vtt.read_text(encoding="utf-8").count("-->")
    assert " ".join(cue.text.replace("\n", " ") for cue in made.cues) == " ".join(["It rose all day."] * len(SCENES))


def test_the_thumbnail_is_a_jpeg_of_the_frame_size_under_two_megabytes(made: Video) -> None:
    content = made.thumbnail.read_bytes()
    assert content[:3] == b"\xff\xd8\xff"
    assert 20_000 < len(content) <= 2_000_000
    _, told = ffmpeg("-i", str(made.thumbnail), "-f", "null", "-")
    assert "720x1280" in told


def test_progress_rises_to_one_and_comes_twice_a_second(made: Video, heard: list[float]) -> None:
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) == 2 * made.duration_ms // 1000 + 1


def test_nothing_but_the_finished_files_is_left(made: Video) -> None:
    names = {path.name for path in made.video.parent.iterdir()}
    assert names == {"video.mp4", "thumbnail.jpg", "captions.srt", "captions.vtt"}


@pytest.mark.parametrize(("aspect", "size"), [(Aspect.WIDE, (1280, 720)), (Aspect.SQUARE, (720, 720))])
def test_other_aspects_have_their_own_sizes(sound: Path, tmp_path: Path, aspect: Aspect, size: tuple[int, int]) -> None:
    video = run(make_job(sound, aspect, duration_ms=1_200), tmp_path, lambda _: None)
    assert (video.width, video.height) == size
    assert f"{size[0]}x{size[1]}" in ffmpeg("-i", str(video.video), "-f", "null", "-")[1]


def test_a_missing_soundtrack_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="is not there"):
        run(make_job(tmp_path / "absent.wav"), tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_soundtrack_that_is_no_sound_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"not a sound")
    with pytest.raises(ToolFailed, match="could not be encoded"):
        run(make_job(broken), tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == [broken]


def test_eleven_minutes_are_too_long(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(VideoTooLong, match="at most 600 s"):
        run(make_job(sound, duration_ms=660_000), tmp_path, lambda _: None)


@pytest.fixture
def room_for_bytes() -> Iterator[Callable[[int], None]]:
    """Lets this process write files of only so many bytes, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_no_partial_file_is_left(
    sound: Path, tmp_path: Path, room_for_bytes: Callable[[int], None]
) -> None:
    room_for_bytes(50_000)
    with pytest.raises(ToolFailed, match="free some space"):
        run(make_job(sound), tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_listener_that_raises_stops_the_work_and_leaves_nothing(sound: Path, tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        if fraction > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(make_job(sound), tmp_path, stop)
    assert list(tmp_path.iterdir()) == []
