"""Where things stand in each aspect, in design units, clear of the buttons that platforms lay over a video."""

from dataclasses import dataclass

from chimera.core.vocabulary import Aspect


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre_x(self) -> float:
        return self.x + self.width / 2

    @property
    def centre_y(self) -> float:
        return self.y + self.height / 2

    def inset(self, across: float, down: float = 0) -> "Box":
        """The box less a margin on each side."""
        return Box(self.x + across, self.y + down, self.width - 2 * across, self.height - 2 * down)


@dataclass(frozen=True, slots=True)
class StageLayout:
    """`body` holds the chart; captions and footer never meet it. A caption line has at most `caption_characters`."""

    width: float
    height: float
    header: Box
    headline: Box
    body: Box
    captions: Box
    footer: Box
    headline_size: float
    headline_lines: int
    caption_size: float
    caption_characters: int


_LAYOUTS = {
    # 9:16: 140 above (tabs), 370 below (channel name, buttons) and 72 beside stay free of words.
    Aspect.VERTICAL: StageLayout(
        width=1080,
        height=1920,
        header=Box(72, 148, 936, 64),
        headline=Box(72, 246, 936, 236),
        body=Box(72, 548, 936, 668),
        captions=Box(72, 1252, 936, 190),
        footer=Box(72, 1462, 936, 88),
        headline_size=112,
        headline_lines=2,
        caption_size=58,
        caption_characters=30,
    ),
    Aspect.WIDE: StageLayout(
        width=1920,
        height=1080,
        header=Box(96, 58, 1728, 60),
        headline=Box(96, 190, 560, 560),
        body=Box(740, 170, 1084, 610),
        captions=Box(260, 812, 1400, 160),
        footer=Box(96, 996, 1728, 40),
        headline_size=104,
        headline_lines=4,
        caption_size=52,
        caption_characters=38,
    ),
    Aspect.SQUARE: StageLayout(
        width=1080,
        height=1080,
        header=Box(64, 44, 952, 56),
        headline=Box(64, 118, 952, 108),
        body=Box(64, 250, 952, 540),
        captions=Box(64, 812, 952, 154),
        footer=Box(64, 982, 952, 72),
        headline_size=84,
        headline_lines=1,
        caption_size=48,
        caption_characters=34,
    ),
}


def stage_layout(aspect: Aspect) -> StageLayout:
    """The layout of this aspect."""
    return _LAYOUTS[aspect]
