"""The whole video as frames: for any moment, everything that stands on screen, from the ground up."""

from collections.abc import Sequence

import numpy as np
import skia  # type: ignore[import-not-found]

from chimera.contracts.production import SpokenWord, VideoJob
from chimera.tools.local.picture.acts import HeardWord, act_times
from chimera.tools.local.picture.backdrop import movement, paint_ground
from chimera.tools.local.picture.beat_timing import Span, beat_at, beat_spans
from chimera.tools.local.picture.caption_layer import CaptionLayer
from chimera.tools.local.picture.captions import Caption, caption_at
from chimera.tools.local.picture.frame_format import FrameFormat
from chimera.tools.local.picture.furniture import Headline, paint_labels, paint_progress
from chimera.tools.local.picture.look import Look
from chimera.tools.local.picture.scenes.catalogue import PAINTERS
from chimera.tools.local.picture.scenes.painter import BeatTime, Subject
from chimera.tools.local.picture.sheet import Sheet
from chimera.tools.local.picture.skyline import skyline
from chimera.tools.local.picture.transitions import HALF_SECONDS, transition


class Film:
    """Draws the frame of any moment; the same job gives the same pixels."""

    def __init__(self, job: VideoJob, form: FrameFormat, look: Look, cues: tuple[Caption, ...]) -> None:
        story, track = job.storyboard, job.soundtrack
        self._look, self._cues = look, cues
        self._spans = beat_spans(len(story.beats), track.words, track.duration_ms)
        subject = Subject(job.evidence, story.topic)
        self._acts = [_acts(index, span, track.words) for index, span in enumerate(self._spans)]
        self._scenes = [PAINTERS[beat.scene](look, subject) for beat in story.beats]
        self._headlines = [Headline(look, beat.headline) for beat in story.beats]
        self._captions = CaptionLayer(look)
        self._movement, self._sweep = movement(look), transition(look)
        self._skyline = skyline(look, job.evidence)
        self._labels = (story.topic, story.source_label, story.disclosure)
        ground = Sheet(form)
        paint_ground(ground.canvas, look)
        self._ground = ground.pixels

    @property
    def spans(self) -> tuple[Span, ...]:
        """When each beat is on screen."""
        return self._spans

    def settled(self, beat: int) -> float:
        """A second of the video at which this beat's picture stands still between two of its moves."""
        span, acts = self._spans[beat], self._acts[beat][0]
        moves_next = acts[2] if len(acts) > 2 else span.seconds - HALF_SECONDS
        return span.start + max(0.0, moves_next - 0.05)

    def paint(self, sheet: Sheet, at: float, *, with_captions: bool = True) -> None:
        """Draw the moment `at` (seconds) over whatever `sheet` held."""
        np.copyto(sheet.pixels, self._ground)
        canvas = sheet.canvas
        self._movement(canvas, at)
        self._skyline(canvas, min(1.0, at / self._spans[-1].end))
        self._paint_beat(canvas, at)
        self._paint_sweep(canvas, at)
        paint_progress(canvas, self._look, self._spans, at)
        paint_labels(canvas, self._look, *self._labels)
        caption = caption_at(self._cues, at * 1000) if with_captions else None
        if caption is not None:
            self._captions.paint(canvas, caption, at * 1000)

    def _paint_beat(self, canvas: skia.Canvas, at: float) -> None:
        beat = beat_at(self._spans, at)
        span = self._spans[beat]
        since = at - span.start
        self._scenes[beat](canvas, BeatTime(since, span.seconds, *self._acts[beat]))
        self._headlines[beat].paint(canvas, since + (0.5 if beat == 0 else 0.0))

    def _paint_sweep(self, canvas: skia.Canvas, at: float) -> None:
        for span in self._spans[1:]:
            if abs(at - span.start) < HALF_SECONDS and span.seconds > 2 * HALF_SECONDS:
                self._sweep(canvas, (at - span.start + HALF_SECONDS) / (2 * HALF_SECONDS))
                return


def _acts(beat: int, span: Span, words: Sequence[SpokenWord]) -> tuple[tuple[float, ...], tuple[HeardWord, ...]]:
    """When the beat's picture moves, and what is said in it."""
    heard = tuple(HeardWord(word.text, word.start_ms / 1000 - span.start) for word in words if word.beat == beat)
    return act_times(span.seconds, heard), heard
