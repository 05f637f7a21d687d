"""A small real job for the tests: it writes a WAV of silence, and does what its first beat tells it to."""

import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable
from pathlib import Path

from chimera.contracts.production import (
    CaptionCue,
    Narration,
    SoundJob,
    Soundtrack,
    SpokenWord,
    Video,
    VideoJob,
    VoiceJob,
)
from chimera.core.errors import VideoTooLong


def run(job: VoiceJob, folder: Path, progress: Callable[[float], None]) -> Narration:
    """Write a narration; the first beat names what happens on the way."""
    with (folder / "runs.txt").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    progress(0.5)
    order, *rest = job.beats[0].split()
    if order in ORDERS:
        ORDERS[order](folder, rest)
    with wave.open(str(folder / "narration.wav"), "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(24_000)
        audio.writeframes(bytes(24_000))
    words = tuple(SpokenWord(text=beat, start_ms=0, end_ms=500, beat=index) for index, beat in enumerate(job.beats))
    return Narration(audio=folder / "narration.wav", duration_ms=500, voice=job.voice, words=words)


def run_sound(job: SoundJob, folder: Path, progress: Callable[[float], None]) -> Soundtrack:
    """Answer the narration as a soundtrack of its own, without anything added."""
    progress(1.0)
    return Soundtrack(
        audio=job.narration.audio,
        duration_ms=job.narration.duration_ms,
        words=job.narration.words,
        integrated_lufs=-14.0,
        true_peak_dbtp=-1.5,
    )


def run_video(job: VideoJob, folder: Path, progress: Callable[[float], None]) -> Video:
    """Write four small files that stand for a video's; a title of `hang` hangs first."""
    with (folder / "runs.txt").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    if job.storyboard.title == "hang":
        _hang(folder, [])
    for name in ("video.mp4", "thumbnail.jpg", "captions.srt", "captions.vtt"):
        (folder / name).write_bytes(name.encode() * 100)
    return Video(
        video=folder / "video.mp4",
        thumbnail=folder / "thumbnail.jpg",
        captions_srt=folder / "captions.srt",
        captions_vtt=folder / "captions.vtt",
        cues=tuple(CaptionCue(start_ms=word.start_ms, end_ms=word.end_ms, text="x") for word in job.soundtrack.words),
        width=1080,
        height=1920,
        fps=30,
        duration_ms=job.soundtrack.duration_ms,
        codec="h264",
    )


def _hang(folder: Path, rest: list[str]) -> None:
    """Start a child of its own and wait until a file appears, such as never."""
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (folder / "grandchild.pid").write_text(str(child.pid))
    (folder / "hanging").touch()
    while not (folder / "go").exists():
        threading.Event().wait(0.02)
    child.kill()
    child.wait()


def _crash(folder: Path, rest: list[str]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill(folder: Path, rest: list[str]) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")


def _burn(folder: Path, rest: list[str]) -> None:
    """Use CPU in this process and in a child."""
    subprocess.run([sys.executable, "-c", "sum(range(6_000_000))"], check=True)
    sum(range(6_000_000))


def _spin(folder: Path, rest: list[str]) -> None:
    """Use CPU for ever."""
    while True:
        pass


def _too_long(folder: Path, rest: list[str]) -> None:
    raise VideoTooLong("the narration takes 700 seconds: 600 are allowed", {"duration_seconds": 700})


def _break(folder: Path, rest: list[str]) -> None:
    raise KeyError("secret")


def _chatter(folder: Path, rest: list[str]) -> None:
    print("this must not reach the protocol")  # noqa: T201
    print("nor this", file=sys.stderr)  # noqa: T201


ORDERS = {
    "hang": _hang,
    "crash": _crash,
    "fill": _fill,
    "burn": _burn,
    "spin": _spin,
    "too-long": _too_long,
    "break": _break,
    "chatter": _chatter,
}
