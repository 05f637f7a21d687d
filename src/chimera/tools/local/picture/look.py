"""What one video looks like: layout, colours, type and the variants of each part, all settled by seed and tone."""

import random
from dataclasses import dataclass

from chimera.core.vocabulary import Aspect
from chimera.tools.local.picture.lettering import Lettering
from chimera.tools.local.picture.palette import Palette, palette_for
from chimera.tools.local.picture.stage_layout import StageLayout, stage_layout
from chimera.tools.local.picture.typefaces import Face, typefaces


@dataclass(frozen=True, slots=True)
class Variants:
    """One choice a part, as a small number that the part interprets modulo what it offers."""

    backdrop: int
    headline: int
    transition: int
    ratio: int
    series: int
    communities: int
    hook: int


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a painter needs besides the numbers."""

    layout: StageLayout
    palette: Palette
    lettering: Lettering
    display: Face
    variants: Variants
    seed: int


def look_for(aspect: Aspect, tone: str, seed: int) -> Look:
    """The look of one video; the same arguments give the same look."""
    chance = random.Random(seed)  # noqa: S311 (decoration, not a secret)
    palette = palette_for(tone, chance.getrandbits(16))
    display = chance.choice((Face.CONDENSED, Face.BLACK, Face.ROUND))
    return Look(
        layout=stage_layout(aspect),
        palette=palette,
        lettering=Lettering(typefaces()),
        display=display,
        variants=Variants(*(chance.getrandbits(8) for _ in range(7))),
        seed=seed,
    )
