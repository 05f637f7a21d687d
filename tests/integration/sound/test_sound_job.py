"""The sound tool, measured by another program's loudness meter."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]
import numpy as np
import pytest

from chimera.contracts.production import Narration, SoundJob, Soundtrack
from chimera.core.errors import ToolFailed, VideoTooLong
from chimera.tools.local.sound.job import run
from chimera.tools.local.wav import write_wav


@pytest.fixture(scope="module")
def soundtrack(narration: Narration, tmp_path_factory: pytest.TempPathFactory) -> Soundtrack:
    job = SoundJob(narration=narration, mood="bright", seed=5)
    return run(job, tmp_path_factory.mktemp("soundtrack"), lambda _: None)


@pytest.fixture(scope="module")
def metered(soundtrack: Soundtrack) -> tuple[float, float]:
    """Integrated loudness and true peak as ffmpeg's ebur128 filter measures them."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-i", str(soundtrack.audio)]
    measured = subprocess.run(
        [*command, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stderr
    summary = measured[measured.rindex("Summary:") :]
    loudness, peak = re.search(r"I:\s+(-?[\d.]+) LUFS", summary), re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    assert loudness is not None
    assert peak is not None
    assert "48000 Hz, stereo, s16" in measured
    return float(loudness[1]), float(peak[1])


def test_another_meter_agrees_on_minus_14_lufs(soundtrack: Soundtrack, metered: tuple[float, float]) -> None:
    assert metered[0] == pytest.approx(-14.0, abs=0.5)
    assert soundtrack.integrated_lufs == pytest.approx(metered[0], abs=0.2)


def test_another_meter_finds_no_true_peak_above_minus_1_dbtp(
    soundtrack: Soundtrack, metered: tuple[float, float]
) -> None:
    assert metered[1] <= -1.0
    assert soundtrack.true_peak_dbtp == pytest.approx(metered[1], abs=0.3)


def test_words_are_shifted_by_the_lead_in_and_the_tail_is_added(narration: Narration, soundtrack: Soundtrack) -> None:
    assert [word.start_ms - 400 for word in soundtrack.words] == [word.start_ms for word in narration.words]
    assert soundtrack.duration_ms == pytest.approx(narration.duration_ms + 1_600, abs=2)


def test_the_same_job_gives_the_same_bytes(narration: Narration, soundtrack: Soundtrack, tmp_path: Path) -> None:
    again = run(SoundJob(narration=narration, mood="bright", seed=5), tmp_path, lambda _: None)
    assert again.audio.read_bytes() == soundtrack.audio.read_bytes()


def test_a_silent_narration_is_refused(narration: Narration, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    write_wav(silent, np.zeros(48_000, dtype=np.float32), 24_000)
    job = SoundJob(narration=narration.model_copy(update={"audio": silent}), mood="calm", seed=1)
    with pytest.raises(ToolFailed, match="silent"):
        run(job, tmp_path, lambda _: None)


@pytest.mark.parametrize("content", [b"", b"no audio at all", None])
def test_a_damaged_or_missing_narration_is_refused(narration: Narration, tmp_path: Path, content: bytes | None) -> None:
    damaged = tmp_path / "damaged.wav"
    if content is not None:
        damaged.write_bytes(content)
    job = SoundJob(narration=narration.model_copy(update={"audio": damaged}), mood="calm", seed=1)
    with pytest.raises(ToolFailed, match="make the narration again"):
        run(job, tmp_path, lambda _: None)


def test_more_than_ten_minutes_are_refused(narration: Narration, tmp_path: Path) -> None:
    with pytest.raises(VideoTooLong):
        run(SoundJob(narration=narration, mood="calm", seed=1, tail_ms=600_000), tmp_path, lambda _: None)
