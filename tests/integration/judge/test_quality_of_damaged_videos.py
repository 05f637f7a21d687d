"""A good video scores at least 0.85; each damaged version of it falls below 0.8, and worse damage never scores higher.

The material is made here: moving graphics, burned-in captions and speech-like bursts at the words' times.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import cast

import av
import numpy as np
import pyloudnorm  # type: ignore[import-untyped]
import pytest
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from chimera.agents.judge.quality import measure_quality
from chimera.contracts.production import CaptionCue, SpokenWord
from chimera.contracts.review import QualityReport, QualityRequest
from chimera.core.vocabulary import Aspect, QualityPreset

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]

RATE_HZ = 48_000
SIZES = {Aspect.VERTICAL: (720, 1280), Aspect.WIDE: (1280, 720), Aspect.SQUARE: (720, 720)}
CAPTION_TOPS = {Aspect.VERTICAL: 0.66, Aspect.WIDE: 0.77, Aspect.SQUARE: 0.77}
TEXT = "Robots drew more posts today than usual, and nobody knows why. Tell us"


def spoken_words(text: str, seed: int = 3) -> tuple[SpokenWord, ...]:
    """Words of natural lengths, with a longer pause after punctuation."""
    chance = np.random.default_rng(seed)
    words, at = [], 400
    for word in text.split():
        length = 110 + 28 * len(word) + int(chance.integers(0, 60))
        words.append(SpokenWord(text=word, start_ms=at, end_ms=at + length, beat=0))
        at += length + (260 if word[-1] in ",." else 60)
    return tuple(words)


def caption_cues(words: tuple[SpokenWord, ...], size: int = 3) -> tuple[CaptionCue, ...]:
    groups = [words[start : start + size] for start in range(0, len(words), size)]
    ends = [group[0].start_ms for group in groups[1:]] + [groups[-1][-1].end_ms + 300]
    return tuple(
        CaptionCue(start_ms=group[0].start_ms, end_ms=end, text=" ".join(word.text for word in group))
        for group, end in zip(groups, ends, strict=True)
    )


def speech_like(words: tuple[SpokenWord, ...], seconds: float, seed: int = 1) -> Sound:
    """Harmonic bursts with formants at the words' times over a quiet chord, at -14 LUFS, stereo."""
    chance = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    mono = 0.01 * np.sin(2 * np.pi * 110 * t) + 0.008 * np.sin(2 * np.pi * 165 * t)
    for word in words:
        begin, end = (round(ms * RATE_HZ / 1000) for ms in (word.start_ms, word.end_ms))
        part = t[: max(0, min(end, len(t)) - begin)]
        pitch, formant = 110 + 30 * chance.random(), 500 + 900 * chance.random()
        harmonics = [
            np.sin(2 * np.pi * pitch * k * part) / (1 + ((pitch * k - formant) / 300) ** 2) for k in range(1, 24)
        ]
        mono[begin : begin + len(part)] += np.sum(harmonics, axis=0) * np.hanning(len(part)) ** 0.3
    for _ in range(4):
        mono = mono * 10 ** ((-14 - pyloudnorm.Meter(RATE_HZ).integrated_loudness(mono)) / 20) * 10 ** (-3.01 / 20)
        mono = 0.85 * np.tanh(mono / 0.85)
    return np.stack((mono, mono)).astype(np.float32)


@dataclass(frozen=True)
class Material:
    """How one video is made; a damage replaces a part."""

    aspect: Aspect
    seconds: float
    words: tuple[SpokenWord, ...]
    cues: tuple[CaptionCue, ...]
    sound: Sound | None
    srt_cues: tuple[CaptionCue, ...] = ()
    ink: int = 235
    caption_delay_ms: int = 0
    caption_until_ms: int = 10**6
    frame_at: Callable[[int], int] = lambda index: index
    touch: Callable[[int, Picture], Picture] = lambda _index, picture: picture
    frames: int | None = None
    fps: int = 30
    codec: str = "libx264"
    options: tuple[tuple[str, str], ...] = (("preset", "superfast"), ("crf", "23"))
    bit_rate: int | None = None

    def picture(self, index: int) -> Picture:
        """The luma of one frame as planned, before `touch`."""
        width, height = SIZES[self.aspect]
        luma = backdrop(width, height) + np.uint8(index % 60)
        for bar in range(4):
            length = int(width * (0.2 + 0.6 * abs(np.sin(index / 40 + bar))))
            top = int(height * (0.12 + 0.1 * bar))
            luma[top : top + height // 20, width // 12 : width // 12 + length] = 140 + 25 * bar
        at_ms = index * 1000 / 30 - self.caption_delay_ms
        for cue in self.cues:
            if cue.start_ms <= at_ms < min(cue.end_ms, self.caption_until_ms):
                self._burn(luma, cue.text)
        return luma

    def _burn(self, luma: Picture, text: str) -> None:
        lettering = caption_picture(text, self.ink, min(luma.shape))
        top = int(CAPTION_TOPS[self.aspect] * luma.shape[0])
        left = (luma.shape[1] - lettering.shape[1]) // 2
        luma[top : top + lettering.shape[0], left : left + lettering.shape[1]] = lettering


@cache
def backdrop(width: int, height: int) -> Picture:
    """A slope of grey that grows brighter for two seconds, then starts again."""
    across, down = np.linspace(0, 40, width)[None, :], np.linspace(0, 50, height)[:, None]
    return (30 + across + down).astype(np.uint8)


@cache
def caption_picture(text: str, ink: int, short_side: int) -> Picture:
    font = ImageFont.load_default(short_side / 19)
    width = int(font.getlength(text)) + 40
    image = Image.new("L", (min(width, short_side - 20), short_side // 10), 22)
    ImageDraw.Draw(image).text((20, short_side // 50), text, fill=ink, font=font)
    return np.asarray(image)


def good(aspect: Aspect = Aspect.VERTICAL, text: str = TEXT) -> Material:
    words = spoken_words(text)
    seconds = round(words[-1].end_ms / 1000 + 0.6, 1)
    cues = caption_cues(words)
    return Material(aspect, seconds, words, cues, speech_like(words, seconds), srt_cues=cues)


def encode(material: Material, folder: Path) -> QualityRequest:
    """Write the video and its captions; the request names what was wanted, not what was done."""
    video = folder / "video.mp4"
    with av.open(str(video), "w", options={"movflags": "faststart"}) as file:
        count = material.frames or round(material.seconds * material.fps)
        first = material.touch(0, material.picture(material.frame_at(0)))
        stream = cast("VideoStream", file.add_stream(material.codec, rate=material.fps, options=dict(material.options)))
        stream.height, stream.width = first.shape
        stream.pix_fmt = "yuv420p"
        if material.bit_rate:
            stream.bit_rate = material.bit_rate
        sound = file.add_stream("aac", rate=RATE_HZ, layout="stereo") if material.sound is not None else None
        for index in range(count):
            picture = material.touch(index, material.picture(material.frame_at(index * 30 // material.fps)))
            grey = np.full((picture.shape[0] // 2, picture.shape[1]), 118, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate((picture, grey)), "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, material.fps)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        if sound is not None and material.sound is not None:
            for start in range(0, material.sound.shape[1], 1024):
                part = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(material.sound[:, start : start + 1024]), "fltp", "stereo"
                )
                part.sample_rate, part.pts = RATE_HZ, start
                file.mux(sound.encode(part))
            file.mux(sound.encode(None))
    captions = folder / "captions.srt"
    captions.write_text(srt(material.srt_cues), "utf-8")
    return QualityRequest(
        video=video,
        captions_srt=captions,
        thumbnail=None,
        aspect=material.aspect,
        quality_preset=QualityPreset.DRAFT,
        narration_words=material.words,
        cues=material.cues,
    )


def srt(cues: tuple[CaptionCue, ...]) -> str:
    def clock(ms: int) -> str:
        return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"

    return "\n".join(f"{n}\n{clock(c.start_ms)} --> {clock(c.end_ms)}\n{c.text}\n" for n, c in enumerate(cues, 1))


def quality(material: Material, folder: Path) -> QualityReport:
    return measure_quality(encode(material, folder))


GOOD = good()


def black_part(seconds: float) -> Material:
    def touch(index: int, picture: Picture) -> Picture:
        return np.full_like(picture, 16) if 1 <= index / 30 < 1 + seconds else picture

    return replace(GOOD, touch=touch)


def frozen_part(seconds: float) -> Material:
    def frame_at(index: int) -> int:
        return 30 if 30 <= index < 30 + seconds * 30 else index

    return replace(GOOD, frame_at=frame_at)


def with_sound(change: Callable[[Sound], Sound]) -> Material:
    assert GOOD.sound is not None
    return replace(GOOD, sound=change(GOOD.sound.copy()))


def louder(decibels: float) -> Material:
    return with_sound(lambda sound: np.clip(sound * 10 ** (decibels / 20), -1, 1).astype(np.float32))


def silent_part(seconds: float) -> Material:
    def change(sound: Sound) -> Sound:
        sound[:, RATE_HZ : RATE_HZ + round(seconds * RATE_HZ)] = 0
        return sound

    return with_sound(change)


def late_sound(seconds: float) -> Material:
    shift = round(seconds * RATE_HZ)
    return with_sound(lambda sound: np.roll(sound, shift, axis=1))


def late_captions(milliseconds: int) -> Material:
    return replace(GOOD, caption_delay_ms=milliseconds)


def late_caption_file(milliseconds: int) -> Material:
    moved = tuple(
        cue.model_copy(update={"start_ms": cue.start_ms + milliseconds, "end_ms": cue.end_ms + milliseconds})
        for cue in GOOD.cues
    )
    return replace(GOOD, srt_cues=moved)


def captions_until(share: float) -> Material:
    return replace(GOOD, caption_until_ms=round(GOOD.cues[-1].end_ms * share))


def mush(bit_rate: int) -> Material:
    return replace(GOOD, options=(("preset", "superfast"),), bit_rate=bit_rate)


def blurred(factor: int) -> Material:
    """Scaled down and up again by `factor`, then encoded well."""

    def touch(_index: int, picture: Picture) -> Picture:
        image = Image.fromarray(picture)
        small = image.resize((image.width // factor, image.height // factor), Image.Resampling.BOX)
        return np.asarray(small.resize(image.size, Image.Resampling.BILINEAR))

    return replace(GOOD, touch=touch)


def shorter(share: float) -> Material:
    assert GOOD.sound is not None
    kept = round(GOOD.sound.shape[1] * share)
    return replace(GOOD, sound=GOOD.sound[:, :kept], frames=round(GOOD.seconds * 30 * share))


def noise_for_speech() -> Material:
    chance = np.random.default_rng(5)
    return with_sound(lambda sound: (0.12 * chance.standard_normal(sound.shape)).astype(np.float32))


def other_speech() -> Material:
    others = spoken_words(
        "Nevertheless unquestionably, in a far off land. It is, so, an old extraordinary song", seed=11
    )
    late = tuple(w.model_copy(update={"start_ms": w.start_ms + 130, "end_ms": w.end_ms + 130}) for w in others)
    return replace(GOOD, sound=speech_like(late, GOOD.seconds, seed=9))


def resized(width: int, height: int) -> Material:
    return replace(GOOD, touch=lambda _i, picture: np.asarray(Image.fromarray(picture).resize((width, height))))


def half_sound() -> Material:
    return with_sound(lambda sound: sound[:, : sound.shape[1] // 2])


DAMAGES: dict[str, Callable[[], Material]] = {
    "a black part": lambda: black_part(1.2),
    "a frozen part": lambda: frozen_part(3.0),
    "no sound": lambda: replace(GOOD, sound=None),
    "a silent part": lambda: silent_part(1.6),
    "too quiet": lambda: louder(-12),
    "clipped": lambda: louder(16),
    "no captions in the picture": lambda: captions_until(0),
    "half the captions in the picture": lambda: captions_until(0.5),
    "an empty caption file": lambda: replace(GOOD, srt_cues=()),
    "captions a second late": lambda: late_captions(1000),
    "a caption file a second late": lambda: late_caption_file(1000),
    "unreadable captions": lambda: replace(GOOD, ink=40),
    "too small": lambda: resized(540, 960),
    "the wrong aspect": lambda: resized(720, 720),
    "mush": lambda: mush(30_000),
    "blurred": lambda: blurred(6),
    "sound late": lambda: late_sound(0.8),
    "half the sound": half_sound,
    "cut in half": lambda: shorter(0.5),
    "15 frames a second": lambda: replace(GOOD, fps=15),
    "noise for speech": noise_for_speech,
    "other speech": other_speech,
    "upside down": lambda: replace(GOOD, touch=lambda _i, picture: np.ascontiguousarray(picture[::-1])),
    "another codec": lambda: replace(GOOD, codec="mpeg4", options=(), bit_rate=4_000_000),
}


EVERYDAY = (
    "a black part",
    "a frozen part",
    "no sound",
    "too quiet",
    "no captions in the picture",
    "captions a second late",
    "mush",
    "sound late",
    "other speech",
    "cut in half",
)
"""Tried in every run; the others in the long one."""

GRADED: dict[str, tuple[Callable[[], Material], ...]] = {
    "black": tuple(partial(black_part, seconds) for seconds in (0, 0.3, 0.6, 1.5)),
    "frozen": tuple(partial(frozen_part, seconds) for seconds in (0, 2.0, 3.0, 3.5)),
    "quiet": tuple(partial(louder, decibels) for decibels in (0, -3, -5, -9, -20)),
    "loud": tuple(partial(louder, decibels) for decibels in (0, 3, 8, 20)),
    "silent": tuple(partial(silent_part, seconds) for seconds in (0, 0.8, 1.1, 2)),
    "late captions": tuple(partial(late_captions, ms) for ms in (0, 200, 500, 1000)),
    "late caption file": tuple(partial(late_caption_file, ms) for ms in (0, 200, 500, 1000)),
    "late sound": tuple(partial(late_sound, seconds) for seconds in (0, 0.1, 0.3, 0.8)),
    "fewer captions": tuple(partial(captions_until, share) for share in (1, 0.7, 0.4, 0)),
    "bit rate": tuple(partial(mush, rate) for rate in (1_500_000, 150_000, 60_000, 20_000)),
    "blur": tuple(partial(blurred, factor) for factor in (1, 2, 4, 8)),
    "length": tuple(partial(shorter, share) for share in (1, 0.9, 0.6, 0.3)),
}


@pytest.fixture(scope="module")
def good_request(tmp_path_factory: pytest.TempPathFactory) -> QualityRequest:
    return encode(GOOD, tmp_path_factory.mktemp("good"))


def test_a_good_video_scores_well(good_request: QualityRequest) -> None:
    report = measure_quality(good_request)
    assert report.quality_score >= Decimal("0.85"), report
    assert not any(measure.gate_failed for measure in report.measures)


@pytest.mark.slow
@pytest.mark.parametrize("aspect", [Aspect.WIDE, Aspect.SQUARE])
@pytest.mark.parametrize("text", [TEXT, "A new song came out at noon. Ninety people wrote about it, all in joy"])
def test_a_good_video_of_another_shape_scores_well(aspect: Aspect, text: str, tmp_path: Path) -> None:
    assert quality(good(aspect, text), tmp_path).quality_score >= Decimal("0.85")


@pytest.mark.parametrize(
    "damage", [name if name in EVERYDAY else pytest.param(name, marks=pytest.mark.slow) for name in DAMAGES]
)
def test_a_damaged_video_falls_below_the_threshold(damage: str, tmp_path: Path) -> None:
    report = quality(DAMAGES[damage](), tmp_path)
    assert report.quality_score < Decimal("0.8"), report


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.3, 0.7, 0.97])
def test_a_truncated_file_falls_below_the_threshold(good_request: QualityRequest, kept: float, tmp_path: Path) -> None:
    whole = good_request.video.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: int(len(whole) * kept)])
    report = measure_quality(good_request.model_copy(update={"video": cut}))
    assert report.quality_score <= Decimal("0.5"), report


def test_a_file_that_is_no_video_scores_nought(good_request: QualityRequest, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"no video at all " * 1000)
    assert measure_quality(good_request.model_copy(update={"video": other})).quality_score == 0
    assert measure_quality(good_request.model_copy(update={"video": tmp_path / "none.mp4"})).quality_score == 0


def test_overwritten_bytes_in_the_middle_fall_below_the_threshold(good_request: QualityRequest, tmp_path: Path) -> None:
    content = bytearray(good_request.video.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 20_000] = bytes(20_000)
    spoiled = tmp_path / "spoiled.mp4"
    spoiled.write_bytes(content)
    assert measure_quality(good_request.model_copy(update={"video": spoiled})).quality_score <= Decimal("0.5")


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(GRADED))
def test_worse_damage_never_scores_higher(kind: str, tmp_path: Path) -> None:
    scores = []
    for grade, material in enumerate(GRADED[kind]):
        folder = tmp_path / str(grade)
        folder.mkdir()
        scores.append(quality(material(), folder).quality_score)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= Decimal("0.85")
    assert scores[-1] < Decimal("0.8")
