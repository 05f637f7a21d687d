"""Writes the storyboard: pure, offline, the same for the same seed; refuses what its evidence does not hold."""

from dataclasses import dataclass

from chimera.agents.director import screen_text
from chimera.agents.director.avoid import AvoidedTerms
from chimera.agents.director.claims import unsupported
from chimera.agents.director.dice import Dice
from chimera.agents.director.facts import VALUE_WORDS, FactTable, fact_table
from chimera.agents.director.plan import PlannedBeat, plan
from chimera.agents.director.sentence_patterns import Pattern, slots, vocabulary, write
from chimera.agents.director.tone import Tone, tone_rules
from chimera.contracts.brief import PersonalityProfile, words_in
from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.storyboard import Beat, Storyboard
from chimera.core.errors import InternalError, ValidationFailed

ATTEMPTS_MAX = 40
WRITINGS_MAX = 12
DETAILS_PER_BEAT_MAX = 2
TOPIC_TOLD_MAX = 3
"""After so many sentences with the topic's name, sentences without it go first."""

_TOLD_ONCE = frozenset(
    {"peak", "peak_clock", "peak_date", "peak_share", "late", "end_clock", "first_ago", "first_clock", "climb", "usual",
     "times", "spread", "top", "top_count", "top_posts", "top_share", "second", "third", "words", "q1", "p1_count",
     "q2", "mood", "scored", "posts_read"}
)  # fmt: skip
"""Facts that bore when told again: patterns without them go first."""
_NEEDED_SLOTS = ("hook", "count", "meaning", "closing")
_ANY_CONTEXT = frozenset({"told:posts", "after:hook"})


@dataclass(frozen=True, slots=True)
class Room:
    """What the sentences of one script are written under."""

    facts: FactTable
    tone: Tone
    avoided: AvoidedTerms


def compose(
    topic: str,
    evidence: TrendEvidence,
    profile: PersonalityProfile,
    *,
    seed: str,
    words_min: int,
    words_max: int,
) -> Storyboard:
    """The storyboard for `topic`, with a script of `words_min` to `words_max` words.

    Raises:
        ValidationFailed: the evidence shows no rise, holds too little for that many words, or an avoided term
            can't be avoided; the message says which.
        InternalError: every script tried stated something the evidence does not hold.
    """
    room = _room(topic, evidence, profile)
    faults: list[str] = []
    for attempt in range(ATTEMPTS_MAX):
        dice = Dice(f"{seed}/{attempt}")
        planned = plan(room.facts, (words_min + words_max) // 2, dice)
        texts = _texts(planned, room, dice, words_min, words_max)
        if texts is None:
            continue
        storyboard = _storyboard(planned, texts, room, evidence, profile, dice)
        fault = _fault(storyboard, topic, evidence)
        if fault is None:
            return storyboard
        faults.append(fault)
    if faults:
        raise InternalError(
            f"every script about {room.facts.topic!r} stated something its evidence does not hold ({faults[0]}): "
            "choose another trend",
            {"topic": topic, "excerpt": faults[0]},
        )
    raise _nothing_fits(room, words_min, words_max)


def _room(topic: str, evidence: TrendEvidence, profile: PersonalityProfile) -> Room:
    avoided = AvoidedTerms(profile.brand_guidelines.avoid)
    facts = fact_table(topic, evidence)
    if term := avoided.found_in(facts.topic):
        raise ValidationFailed(
            f"the topic {facts.topic!r} holds the avoided term {term!r}: take it off the list or choose another trend",
            {"avoid": term},
        )
    return Room(facts, tone_rules(profile.tone).tone, avoided)


def _nothing_fits(room: Room, words_min: int, words_max: int) -> ValidationFailed:
    """Why no plan came out: an avoided term that a needed slot can't do without, or too little evidence."""
    dice = Dice("why")
    for slot in _NEEDED_SLOTS:
        for patterns in (slots()[slot].leads, slots()[slot].details if slot == "hook" else ()):
            if patterns and _choice(patterns, room, dice, set(), _ANY_CONTEXT) is None:
                term = next((term for pattern in patterns if (term := _avoided_term(pattern, room, dice))), None)
                return ValidationFailed(
                    f"no sentence for the {slot} is left without the avoided term {term!r}: take it off the avoid list",
                    {"avoid": term, "slot": slot},
                )
    return ValidationFailed(
        f"the evidence of {room.facts.topic!r} does not fill {words_min} to {words_max} words: ask for another length"
        + (", or shorten the avoid list" if room.avoided else ""),
        {"words_min": words_min, "words_max": words_max},
    )


def _texts(
    planned: tuple[PlannedBeat, ...], room: Room, dice: Dice, words_min: int, words_max: int
) -> list[list[str]] | None:
    """Each beat's sentences, or None where this plan does not come out at the wanted length."""
    script = _Script(planned, room, dice)
    for position in range(len(planned)):
        # The hook's detail names the source and the date: it is always said.
        if not script.add_lead(position) or (position == 0 and not script.add_detail(0, words_max, method=False)):
            return None
    openings = [position for position in range(1, len(planned) - 1) for _ in range(DETAILS_PER_BEAT_MAX)]
    openings.append(len(planned) - 1)
    order = dice.shuffled(openings)
    for position, method in [(position, method) for method in (False, True) for position in order]:
        if script.words >= words_min:
            break
        script.add_detail(position, words_max, method=method)
    return script.texts if words_min <= script.words <= words_max else None


class _Script:
    """The sentences chosen so far, beat by beat."""

    def __init__(self, planned: tuple[PlannedBeat, ...], room: Room, dice: Dice) -> None:
        self._slots = [beat.slot for beat in planned]
        self._room = room
        self._dice = dice
        self._patterns: list[list[Pattern]] = [[] for _ in planned]
        self.texts: list[list[str]] = [[] for _ in planned]

    @property
    def words(self) -> int:
        """Words of the whole script."""
        return sum(words_in(sentence) for sentences in self.texts for sentence in sentences)

    @property
    def _said(self) -> set[Pattern]:
        return {pattern for patterns in self._patterns for pattern in patterns}

    def add_lead(self, position: int) -> bool:
        """Say the beat's main fact; False where no sentence fits."""
        return self._add(position, slots()[self._slots[position]].leads, None)

    def add_detail(self, position: int, words_max: int, *, method: bool) -> bool:
        """Add to the beat what was not told yet, if it fits the length; one sentence of method at most a script."""
        said = self._said
        if method and any(pattern.is_method for pattern in said):
            return False
        details = tuple(
            pattern
            for pattern in slots()[self._slots[position]].details
            if pattern.is_method == method and not any(pattern.facts & other.facts & _TOLD_ONCE for other in said)
        )
        return self._add(position, details, words_max)

    def _add(self, position: int, patterns: tuple[Pattern, ...], words_max: int | None) -> bool:
        found = _choice(patterns, self._room, self._dice, self._said, self._context(position))
        if found is None or (words_max is not None and self.words + words_in(found[1]) > words_max):
            return False
        self._patterns[position].append(found[0])
        self.texts[position].append(found[1])
        return True

    def _context(self, position: int) -> frozenset[str]:
        """What the script itself allows at `position`: facts told before, the beat before, the beats planned."""
        told = {fact for patterns in self._patterns[: position + 1] for pattern in patterns for fact in pattern.facts}
        told |= {"posts"} if "count" in told else set()
        before = {f"after:{self._slots[position - 1]}"} if position else set()
        return frozenset({f"told:{fact}" for fact in told} | before | {f"plan:{slot}" for slot in self._slots})


def _avoided_term(pattern: Pattern, room: Room, dice: Dice) -> str | None:
    return room.avoided.found_in(write(pattern, room.facts, dice)) if pattern.fits(room.facts, room.tone) else None


def _choice(
    patterns: tuple[Pattern, ...], room: Room, dice: Dice, said: set[Pattern], context: frozenset[str]
) -> tuple[Pattern, str] | None:
    """A sentence not said yet and free of avoided terms; patterns of the tone itself come up more often."""
    fitting = [pattern for pattern in patterns if pattern.fits(room.facts, room.tone, context) and pattern not in said]
    toned = [pattern for pattern in fitting if pattern.tones]
    order = dice.shuffled(toned) + dice.shuffled(fitting) if toned and dice.below(5) < 3 else dice.shuffled(fitting)
    for pattern in sorted(order, key=lambda pattern: _staleness(pattern, said)):
        for _ in range(WRITINGS_MAX):
            sentence = write(pattern, room.facts, dice)
            if room.avoided.found_in(sentence) is None:
                return pattern, sentence
    return None


def _staleness(pattern: Pattern, said: set[Pattern]) -> int:
    """How much of a pattern the listener has heard already."""
    told = frozenset(fact for other in said for fact in other.facts)
    named = sum("topic" in other.facts for other in said)
    return len(pattern.facts & told & _TOLD_ONCE) + ("topic" in pattern.facts and named >= TOPIC_TOLD_MAX)


def _storyboard(
    planned: tuple[PlannedBeat, ...],
    texts: list[list[str]],
    room: Room,
    evidence: TrendEvidence,
    profile: PersonalityProfile,
    dice: Dice,
) -> Storyboard:
    facts = room.facts
    return Storyboard(
        title=_allowed(screen_text.titles(facts, dice), room.avoided),
        description=screen_text.description(facts, evidence.source.label),
        tags=screen_text.tags(facts),
        topic=facts.topic,
        source_label=screen_text.plain(evidence.source.label),
        disclosure=screen_text.DISCLOSURE,
        persona=profile.name,
        tone=room.tone,
        beats=tuple(
            Beat(
                scene=beat.scene,
                text=" ".join(sentences),
                headline=_allowed(screen_text.headline(beat.scene, facts, dice), room.avoided),
                visual_prompt=screen_text.visual_prompt(beat.scene, facts, dice),
            )
            for beat, sentences in zip(planned, texts, strict=True)
        ),
    )


def _allowed(texts: tuple[str, ...], avoided: AvoidedTerms) -> str:
    allowed = next((text for text in texts if avoided.found_in(text) is None), None)
    if allowed is None:
        term = avoided.found_in(texts[0])
        raise ValidationFailed(
            f"no title or headline is left without the avoided term {term!r}: take it off the avoid list",
            {"avoid": term},
        )
    return allowed


def _fault(storyboard: Storyboard, topic: str, evidence: TrendEvidence) -> str | None:
    """The earliest number or name in the storyboard that does not stand in the evidence."""
    words = vocabulary() | screen_text.vocabulary() | VALUE_WORDS
    texts = [storyboard.title, *(text for beat in storyboard.beats for text in (beat.text, beat.headline))]
    texts += [beat.visual_prompt for beat in storyboard.beats]
    found = (fault for text in texts for fault in unsupported(text, topic, evidence, words))
    return next((fault.excerpt for fault in found), None)
