"""The order in which a script says things: which beats it has, and what each one's picture draws."""

from dataclasses import dataclass

from chimera.agents.director.dice import Dice
from chimera.agents.director.facts import FactTable
from chimera.contracts.storyboard import Scene

WORDS_PER_BEAT = 14
BEATS_MIN = 5
BEATS_MAX = 9

_SCENES = {
    "hook": Scene.HOOK,
    "count": Scene.COUNT,
    "ratio": Scene.RATIO,
    "series": Scene.SERIES,
    "communities": Scene.COMMUNITIES,
    "phrases": Scene.PHRASES,
    "timeline": Scene.TIMELINE,
    "sentiment": Scene.SENTIMENT,
    "closing": Scene.CLOSING,
}
_NEEDS = {"series": "peak", "communities": "spread", "phrases": "p1", "timeline": "first_clock", "sentiment": "scored"}
_MEANING_SCENES = (Scene.RATIO, Scene.SERIES, Scene.TIMELINE, Scene.COUNT, Scene.COMMUNITIES)
_ORDERS = (
    ("count", "ratio", "communities", "phrases", "timeline", "series", "sentiment", "meaning"),
    ("count", "ratio", "timeline", "phrases", "communities", "sentiment", "meaning"),
    ("communities", "phrases", "count", "ratio", "series", "meaning"),
    ("timeline", "series", "count", "ratio", "communities", "phrases", "meaning"),
    ("phrases", "communities", "count", "ratio", "timeline", "sentiment", "meaning"),
    ("count", "phrases", "communities", "series", "sentiment", "ratio", "meaning"),
    ("series", "count", "ratio", "communities", "phrases", "meaning", "sentiment"),
    ("count", "communities", "phrases", "timeline", "series", "ratio", "meaning"),
    ("communities", "count", "ratio", "phrases", "sentiment", "timeline", "meaning"),
    ("phrases", "count", "ratio", "series", "communities", "meaning", "sentiment"),
    ("timeline", "communities", "phrases", "sentiment", "count", "ratio", "meaning"),
    ("count", "series", "communities", "phrases", "sentiment", "meaning", "ratio"),
)
_KEPT = frozenset({"count", "meaning"})
"""What every script says: what happened against what was expected, and what follows only as far as counts show."""
_TELLING = frozenset({"phrases", "communities"})
"""What a subject is about stands in its words and places: dropped only when all else is gone."""


@dataclass(frozen=True, slots=True)
class PlannedBeat:
    """`slot` names the sentence patterns, `scene` what the picture draws."""

    slot: str
    scene: Scene


def plan(facts: FactTable, words_target: int, dice: Dice) -> tuple[PlannedBeat, ...]:
    """Five to nine beats that the facts can fill, the hook first and the call to action last."""
    order = [slot for slot in dice.pick(_ORDERS) if _NEEDS.get(slot, "count") in facts.values]
    wanted = min(BEATS_MAX, max(BEATS_MIN, round(words_target / WORDS_PER_BEAT) - dice.below(2))) - 2
    droppable = dice.shuffled([slot for slot in order if slot not in _KEPT])
    droppable.sort(key=lambda slot: slot in _TELLING)
    dropped = set(droppable[: max(0, len(order) - wanted)])
    slots = ("hook", *(slot for slot in order if slot not in dropped), "closing")
    scenes = [_SCENES.get(slot) for slot in slots]
    return tuple(
        PlannedBeat(slot, scene or _meaning_scene(scenes, position, facts))
        for position, (slot, scene) in enumerate(zip(slots, scenes, strict=True))
    )


def _meaning_scene(scenes: list[Scene | None], position: int, facts: FactTable) -> Scene:
    """A scene the rest does not use, or else none of its neighbours; three fit any evidence, so one always does."""
    always = (Scene.RATIO, Scene.COUNT, Scene.TIMELINE)
    possible = [
        scene for scene in _MEANING_SCENES if scene in always or _NEEDS.get(scene.value, "count") in facts.values
    ]
    neighbours = {scenes[position - 1], scenes[position + 1]}
    unused = [scene for scene in possible if scene not in scenes]
    return next(scene for scene in (*unused, *possible) if scene not in neighbours)
