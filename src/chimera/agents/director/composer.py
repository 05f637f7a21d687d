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
DETAILS_PER_BEAT_MAX = 3

_TOLD_ONCE = frozenset(
    {"peak", "peak_clock", "peak_date", "peak_share", "end_clock", "first_ago", "first_clock", "climb", "late", "usual",
     "times", "spread", "second", "third", "top_posts", "top_share", "p1_posts", "p2", "posts_read"}
)  # fmt: skip
"""Facts that bore when told again: patterns without them go first."""
_NEEDED_SLOTS = ("hook", "count", "meaning", "closing")


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
    room = Room(
        fact_table(topic, evidence), tone_rules(profile.tone).tone, AvoidedTerms(profile.brand_guidelines.avoid)
    )
    if term := room.avoided.found_in(room.facts.topic):
        raise ValidationFailed(
            f"the topic {room.facts.topic!r} holds the avoided term {term!r}: take it off the list or choose another "
            "trend",
            {"avoid": term},
        )
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


def _nothing_fits(room: Room, words_min: int, words_max: int) -> ValidationFailed:
    """Why no plan came out: an avoided term that a needed slot can't do without, or too little evidence."""
    dice = Dice("why")
    for slot in _NEEDED_SLOTS:
        for patterns in (slots()[slot].leads, slots()[slot].details if slot == "hook" else ()):
            if patterns and _optional(patterns, room, dice, set()) is None:
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
    said: set[Pattern] = set()
    leads = [_optional(slots()[beat.slot].leads, room, dice, said) for beat in planned]
    # The hook's detail names the source and the date: it is always said.
    source = _optional(slots()["hook"].details, room, dice, said)
    if source is None or None in leads:
        return None
    texts = [[lead] for lead in leads if lead is not None]
    texts[0].append(source)
    openings = [position for position in range(1, len(planned)) for _ in range(DETAILS_PER_BEAT_MAX)]
    for position in dice.shuffled(openings):
        if _words(texts) >= words_min:
            break
        details = tuple(pattern for pattern in slots()[planned[position].slot].details if _is_news(pattern, said))
        detail = _optional(details, room, dice, said)
        if detail and _words(texts) + words_in(detail) <= words_max:
            texts[position].append(detail)
    return texts if words_min <= _words(texts) <= words_max else None


def _is_news(detail: Pattern, said: set[Pattern]) -> bool:
    return not any(detail.facts & pattern.facts & _TOLD_ONCE for pattern in said)


def _words(texts: list[list[str]]) -> int:
    return sum(words_in(sentence) for sentences in texts for sentence in sentences)


def _avoided_term(pattern: Pattern, room: Room, dice: Dice) -> str | None:
    return room.avoided.found_in(write(pattern, room.facts, dice)) if pattern.fits(room.facts, room.tone) else None


def _optional(patterns: tuple[Pattern, ...], room: Room, dice: Dice, said: set[Pattern]) -> str | None:
    """A sentence not said yet and free of avoided terms; patterns of the tone itself come up more often."""
    fitting = [pattern for pattern in patterns if pattern.fits(room.facts, room.tone) and pattern not in said]
    toned = [pattern for pattern in fitting if pattern.tones]
    order = dice.shuffled(toned) + dice.shuffled(fitting) if toned and dice.below(6) == 0 else dice.shuffled(fitting)
    told = frozenset(fact for pattern in said for fact in pattern.facts) & _TOLD_ONCE
    for pattern in sorted(order, key=lambda pattern: len(pattern.facts & told)):
        for _ in range(WRITINGS_MAX):
            sentence = write(pattern, room.facts, dice)
            if room.avoided.found_in(sentence) is None:
                said.add(pattern)
                return sentence
    return None


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
