"""A frame's pixels and the canvas that draws straight into them."""

import numpy as np
import numpy.typing as npt
import skia  # type: ignore[import-not-found]

from chimera.tools.local.picture.frame_format import FrameFormat

Pixels = npt.NDArray[np.uint8]


class Sheet:
    """One frame: `pixels` are rows of RGBA bytes, `canvas` works in design units."""

    def __init__(self, form: FrameFormat) -> None:
        self.pixels: Pixels = np.zeros((form.height, form.width, 4), np.uint8)
        info = skia.ImageInfo.Make(form.width, form.height, skia.kRGBA_8888_ColorType, skia.kOpaque_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels, form.width * 4)
        self.canvas: skia.Canvas = self._surface.getCanvas()
        self.canvas.scale(form.scale, form.scale)
