"""Frames: every scene draws whatever the evidence holds, captions read well, and the picture keeps moving."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from chimera.contracts.evidence import BucketCount, SentimentFacts, Share, TrendEvidence
from chimera.contracts.production import SpokenWord, VideoJob
from chimera.contracts.storyboard import Scene
from chimera.core.vocabulary import Aspect
from chimera.tools.local.picture.caption_layer import CaptionLayer
from chimera.tools.local.picture.captions import captions
from chimera.tools.local.picture.film import Film
from chimera.tools.local.picture.frame_format import FrameFormat, frame_format
from chimera.tools.local.picture.look import Look, look_for
from chimera.tools.local.picture.sheet import Pixels, Sheet
from chimera.tools.local.picture.transitions import middle

MakeJob = Callable[..., VideoJob]
DEGENERATE: dict[str, dict[str, object]] = {
    "nothing at all": {
        "mentions": 0,
        "expected": Decimal(0),
        "ratio": Decimal(0),
        "peak_mentions": 0,
        "series": (),
        "communities": (),
        "phrases": (),
        "community_count": 0,
        "sentiment": SentimentFacts(mean=Decimal(0), sample_size=0),
    },
    "nothing expected": {"expected": Decimal(0), "ratio": Decimal(370)},
    "a million": {
        "mentions": 1_000_000,
        "ratio": Decimal("80000.5"),
        "peak_mentions": 999_999,
        "communities": (Share(name="r/" + "Supercali" * 30, mentions=900_000), Share(name="", mentions=1)),
        "phrases": (Share(name="a" * 300, mentions=999_999), Share(name="أخبار 日本 🔥", mentions=0)),
        "sentiment": SentimentFacts(mean=Decimal(-1), sample_size=1_000_000),
    },
    "hostile names": {
        "communities": tuple(Share(name="\u202e\x00<b>" + "\u0301" * 99, mentions=0) for _ in range(40)),
        "phrases": tuple(Share(name=f"{'long name ' * 9}{place}", mentions=3) for place in range(40)),
    },
}


def make_film(job: VideoJob) -> tuple[Film, FrameFormat, Look]:
    form = frame_format(job.aspect, job.quality_preset)
    look = look_for(job.aspect, job.storyboard.tone, job.seed)
    cues = captions(job.soundtrack.words, look.layout.caption_characters, job.soundtrack.duration_ms)
    return Film(job, form, look, cues), form, look


def frame(film: Film, form: FrameFormat, at: float) -> Pixels:
    sheet = Sheet(form)
    film.paint(sheet, at)
    return sheet.pixels[:, :, :3]


def changed(one: Pixels, other: Pixels) -> int:
    """Pixels that differ visibly."""
    return int((np.abs(one.astype(int) - other.astype(int)).max(axis=2) > 24).sum())


@pytest.mark.parametrize("aspect", list(Aspect))
@pytest.mark.parametrize("facts", DEGENERATE, ids=str)
def test_every_scene_draws_degenerate_evidence_inside_its_margins(
    make_job: MakeJob, evidence: TrendEvidence, aspect: Aspect, facts: str
) -> None:
    strange = evidence.model_copy(update=DEGENERATE[facts])
    job = make_job(facts=strange, aspect=aspect, topic="\u202e" + "very long topic " * 20, headline="W" * 48)
    film, form, look = make_film(job)
    plain, _, _ = make_film(make_job(facts=strange, aspect=aspect))
    area, margin = middle(look), 20
    rows = slice(round(area.y * form.scale), round((area.y + area.height) * form.scale))
    for span, other in zip(film.spans, plain.spans, strict=True):
        at = span.start + span.seconds * 0.8
        drawn = frame(film, form, at)[rows]
        usual = frame(plain, form, other.start + other.seconds * 0.8)[rows]
        assert changed(drawn[:, :margin], usual[:, :margin]) == 0
        assert changed(drawn[:, -margin:], usual[:, -margin:]) == 0


def test_one_bucket_is_enough_for_the_series(make_job: MakeJob, evidence: TrendEvidence) -> None:
    only = BucketCount(start=evidence.peak_start, mentions=3, expected=Decimal(1))
    job = make_job((Scene.HOOK, Scene.SERIES, Scene.CLOSING), facts=evidence.model_copy(update={"series": (only,)}))
    film, form, _ = make_film(job)
    span = film.spans[1]
    assert changed(frame(film, form, span.start + 0.31), frame(film, form, span.end - 0.31)) > 2000


@pytest.mark.parametrize("aspect", list(Aspect))
def test_something_visible_changes_within_every_second(make_job: MakeJob, aspect: Aspect) -> None:
    film, form, _ = make_film(make_job(aspect=aspect))
    end = film.spans[-1].end
    moments = [frame(film, form, second) for second in range(int(end))]
    assert all(changed(before, after) > 1500 for before, after in pairwise(moments))


def test_the_first_frame_already_shows_headline_and_number(make_job: MakeJob) -> None:
    job = make_job()
    film, form, look = make_film(job)
    first = frame(film, form, 0.0)
    ground = Sheet(form)
    np.copyto(ground.pixels, film._ground)
    box = look.layout.body
    part = (slice(round(box.y * form.scale), round((box.y + 280) * form.scale)), slice(None))
    assert changed(first[part], ground.pixels[:, :, :3][part]) > 5000


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("aspect", list(Aspect))
def test_captions_stand_out_at_the_contrast_wcag_asks_for(make_job: MakeJob, aspect: Aspect, seed: int) -> None:
    job = make_job((Scene.HOOK, Scene.COUNT, Scene.CLOSING), aspect=aspect, seed=seed)
    film, form, look = make_film(job)
    area = look.layout.captions
    shown = frame(film, form, 0.9)
    centre = shown[
        round((area.centre_y - 20) * form.scale) : round((area.centre_y + 20) * form.scale),
        round((area.centre_x - 90) * form.scale) : round((area.centre_x + 90) * form.scale),
    ].reshape(-1, 3)
    light = np.sort(luminance(centre))
    assert (light[-20] + 0.05) / (light[20] + 0.05) >= 4.5


def luminance(colours: Pixels) -> np.ndarray:
    share = colours.astype(float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    weighed: np.ndarray = linear @ np.array([0.2126, 0.7152, 0.0722])
    return weighed


def test_the_same_job_gives_the_same_pixels_and_another_seed_another_look(make_job: MakeJob) -> None:
    frames = []
    for seed in (7, 7, 8):
        film, form, _ = make_film(make_job(seed=seed))
        frames.append(frame(film, form, 1.5))
    assert np.array_equal(frames[0], frames[1])
    assert changed(frames[0], frames[2]) > 20_000


def test_beats_are_on_screen_from_their_first_word_to_the_next_beats_first_word(make_job: MakeJob) -> None:
    job = make_job()
    film, _, _ = make_film(job)
    firsts = [next(word.start_ms for word in job.soundtrack.words if word.beat == beat) for beat in range(1, 9)]
    assert [round(span.start * 1000) for span in film.spans[1:]] == firsts
    assert film.spans[-1].end == job.soundtrack.duration_ms / 1000


def test_a_beat_nobody_speaks_shares_the_time_of_the_one_before(make_job: MakeJob) -> None:
    job = make_job((Scene.HOOK, Scene.COUNT, Scene.CLOSING))
    words = tuple(word for word in job.soundtrack.words if word.beat != 1)
    silent = job.model_copy(update={"soundtrack": job.soundtrack.model_copy(update={"words": words})})
    film, _, _ = make_film(silent)
    assert film.spans[0].seconds == pytest.approx(film.spans[1].seconds)
    assert timedelta(seconds=film.spans[1].seconds) > timedelta(seconds=0.5)


def test_captions_stay_in_their_area_and_arabic_runs_leftwards() -> None:
    look = look_for(Aspect.VERTICAL, "calm", 3)
    texts = ["أخبار العالم اليوم في المدينة", "W" * 60, "two short lines of words"]
    for text in texts:
        words = tuple(
            SpokenWord(text=word, start_ms=place * 300, end_ms=place * 300 + 280, beat=0)
            for place, word in enumerate(text.split())
        )
        for caption in captions(words, look.layout.caption_characters, 5_000):
            placed, area = CaptionLayer(look).place(caption), look.layout.captions
            assert area.x <= placed.box.x
            assert placed.box.right <= area.right + 0.01
            assert area.y - 0.01 <= placed.box.y
            assert placed.box.bottom <= area.bottom + 0.01
            assert all(placed.box.x <= word.x and word.x + word.width <= placed.box.right for word in placed.words)
            if text == texts[0] and len(caption.lines[0]) > 1:
                assert placed.words[0].x > placed.words[1].x


@pytest.mark.parametrize("seconds", [4.0, 9.0, 15.0])
@pytest.mark.parametrize("aspect", list(Aspect))
def test_every_scene_changes_visibly_at_least_every_two_and_a_half_seconds(
    make_job: MakeJob, evidence: TrendEvidence, aspect: Aspect, seconds: float
) -> None:
    """On small evidence, in the chart's own area, so that neither captions nor the moving ground count."""
    film, form, look = make_film(slow(make_job(facts=sparse(evidence), aspect=aspect), seconds))
    body, step = look.layout.body, 0.5
    rows = slice(round(body.y * form.scale), round(body.bottom * form.scale))
    across = slice(round(body.x * form.scale), round(body.right * form.scale))
    for span in film.spans:
        moments = [span.start + step * tick for tick in range(int(span.seconds / step))]
        views = [luma(frame(film, form, at)[rows, across]) for at in moments]
        still, reference = 0.0, views[0]
        for view in views[1:]:
            moved = float((np.abs(view - reference) > 10).mean()) >= 0.015
            still, reference = (0.0, view) if moved else (still + step, reference)
            assert still <= 2.5, (span, aspect)


def luma(pixels: Pixels) -> np.ndarray:
    small: np.ndarray = pixels[::6, ::6].astype(float) @ np.array([0.257, 0.504, 0.098])
    return small


def slow(job: VideoJob, seconds: float) -> VideoJob:
    """The same job with every beat lasting so long, its words spread over it."""
    beats = len(job.storyboard.beats)
    words = tuple(
        word.model_copy(
            update={"start_ms": round(place * seconds * 1000 / 7), "end_ms": round((place + 0.9) * seconds * 1000 / 7)}
        )
        for place, word in enumerate(job.soundtrack.words)
    )
    track = job.soundtrack.model_copy(update={"words": words, "duration_ms": round(beats * seconds * 1000)})
    return job.model_copy(update={"soundtrack": track})


def sparse(evidence: TrendEvidence) -> TrendEvidence:
    """Ten posts in ten communities, a fifth of a post expected, two phrases."""
    counts = {9: 2, 13: 1, 17: 4, 21: 3}
    series = tuple(
        bucket.model_copy(update={"mentions": counts.get(hour, 0), "expected": Decimal("0.01")})
        for hour, bucket in enumerate(evidence.series)
    )
    return evidence.model_copy(
        update={
            "mentions": 10,
            "expected": Decimal("0.2"),
            "ratio": Decimal(10),
            "peak_mentions": 4,
            "peak_start": series[17].start,
            "series": series,
            "communities": tuple(Share(name=f"place{place}", mentions=1) for place in range(10)),
            "community_count": 10,
            "phrases": (Share(name="aurora", mentions=3), Share(name="tonight", mentions=2)),
            "sentiment": SentimentFacts(mean=Decimal("0.11"), sample_size=10),
        }
    )
