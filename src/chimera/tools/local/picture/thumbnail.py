"""The still that stands for the video: the hook, its number settled, without captions."""

from pathlib import Path

import skia  # type: ignore[import-not-found]

from chimera.contracts.storyboard import Scene, Storyboard
from chimera.core.errors import ToolFailed
from chimera.tools.local.picture.film import Film
from chimera.tools.local.picture.frame_format import FrameFormat
from chimera.tools.local.picture.sheet import Sheet

_BYTES_MAX = 2_000_000


def write_thumbnail(film: Film, storyboard: Storyboard, form: FrameFormat, target: Path) -> None:
    """A JPEG of at most 2 MB, there whole or not at all.

    Raises:
        ToolFailed: it could not be written.
    """
    hooks = [index for index, beat in enumerate(storyboard.beats) if beat.scene is Scene.HOOK]
    sheet = Sheet(form)
    film.paint(sheet, film.settled(hooks[0] if hooks else 0), with_captions=False)
    image = skia.Image.fromarray(sheet.pixels, colorType=skia.kRGBA_8888_ColorType)
    for quality in (90, 80, 60):
        encoded = bytes(image.encodeToData(skia.EncodedImageFormat.kJPEG, quality))
        if len(encoded) <= _BYTES_MAX:
            break
    write_whole(target, encoded)


def write_whole(target: Path, content: bytes) -> None:
    """Write `content` under the name `target`, there whole or not at all.

    Raises:
        ToolFailed: it could not be written.
    """
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.write_bytes(content)
        partial.replace(target)
    except OSError as failure:
        partial.unlink(missing_ok=True)
        raise ToolFailed(f"{target.name} could not be written in {target.parent}: {failure.strerror}") from failure
