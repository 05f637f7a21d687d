"""What the screen shows and what stands beside the video: headlines, picture prompts, title, description, tags."""

import re
from collections.abc import Mapping

from chimera.agents.director.dice import Dice
from chimera.agents.director.facts import FactTable
from chimera.agents.director.spoken import sentence_case
from chimera.contracts.storyboard import Scene

HEADLINE_CHARACTERS_MAX = 48
TITLE_CHARACTERS_MAX = 100
TAG_CHARACTERS_MAX = 30
TAGS_CHARACTERS_MAX = 450
"""YouTube counts at most 500 characters over all tags, quotes of tags with spaces included."""
DESCRIPTION_CHARACTERS_MAX = 4000
DISCLOSURE = "Made by AI from public post counts"

_HEADLINES: Mapping[Scene, tuple[str, ...]] = {
    Scene.HOOK: ("{topic}: {posts}", "{topic}: {posts} in {window}", "{topic}: {times} the usual"),
    Scene.COUNT: (
        "{posts}, {usual} expected", "Normal: {usual}. This time: {count}", "Expected: {usual}. Found: {count}",
    ),
    Scene.RATIO: ("{times} the usual", "{times} the normal number", "{topic}: {times} normal"),
    Scene.SERIES: ("Peak: {peak} at {peak_clock}", "Busiest {stretch}: {peak}", "{peak} in a single {stretch}"),
    Scene.COMMUNITIES: (
        "{top} leads with {top_posts}", "{top}: {top_count} of {posts}", "{spread}, {top} in front",
    ),
    Scene.PHRASES: ("Said with it: {p1}, {p2}, {p3}", "Said with it: {p1}, {p2}", "\"{p1}\": {p1_count} of {posts}"),
    Scene.TIMELINE: (
        "First post to peak: {climb}", "First post: {first_ago} before the end",
        "First post: {first_day}, {first_clock}",
    ),
    Scene.SENTIMENT: ("Mood: {mood} ({scored})", "Mood: {mood}, over {scored}"),
    Scene.CLOSING: ("What do you think?", "{topic}: what's your take?", "Tell us in the comments"),
}  # fmt: skip
_PLAIN_HEADLINES: Mapping[Scene, str] = {
    Scene.HOOK: "{posts} in {window}",
    Scene.COUNT: "{posts} in {window}",
    Scene.RATIO: "{times} the usual",
    Scene.SERIES: "Peak: {peak}",
    Scene.COMMUNITIES: "{spread}",
    Scene.PHRASES: "The words that came with it",
    Scene.TIMELINE: "{posts} in {window}",
    Scene.SENTIMENT: "Mood of the words",
    Scene.CLOSING: "Your turn: tell us",
}
_PROMPTS: Mapping[Scene, tuple[str, ...]] = {
    Scene.HOOK: (
        "The name {topic} set large, and behind it {posts} rising as dots of light",
        "Dark screen that fills with {posts} as small points, which gather into the name {topic}",
        "{topic} in bold letters over a line that turns upward, counter at {count}",
    ),
    Scene.COUNT: (
        "A counter that climbs to {posts} beside a thin mark at {usual}",
        "A grid of {posts} filling up past the line of {usual}",
        "A column of {posts} growing out of a box marked expected, {usual}",
    ),
    Scene.RATIO: (
        "A short and a tall bar to scale, the tall bar {times} the short",
        "A small disc for the usual beside a disc of {times} its area",
        "A stack of equal blocks, {times} the lowest of them",
    ),
    Scene.SERIES: (
        "A curve of posts drawn from left to right with its top marked, {peak} at {peak_clock}",
        "Bars for each {stretch} along {window}, the tallest lit at {peak}",
        "A line that climbs to {peak} over a flat dashed baseline",
    ),
    Scene.COMMUNITIES: (
        "Ranked bars of the communities with {top} on top at {top_posts}",
        "A map of rooms whose sizes follow their posts, {top} the largest with {top_posts}",
        "Bars sliding in by size, led by {top}",
    ),
    Scene.PHRASES: (
        "Words around the name {topic}, each sized by its posts, {p1} the largest",
        "Cards with the words said along, {p1} in front with {p1_posts}",
        "A ring of words turning about {topic}, {p1} nearest",
    ),
    Scene.TIMELINE: (
        "A time line that ends at {end_clock} with the peak marked at {peak_clock}",
        "A clock hand sweeping to {peak_clock} and on to {end_clock}",
        "A ribbon of {window} with a pin at the peak on {peak_date}",
        "A time line of {window} running out at {end_clock} on {end_date}",
    ),
    Scene.SENTIMENT: (
        "A gauge whose needle settles at {mood}, with {scored} written below it",
        "A scale from negative to positive, the marker {mood}, sample of {scored}",
        "A round dial, its needle at {mood}, caption {scored}",
    ),
    Scene.CLOSING: (
        "The name {topic} small above an open question, with the source and the AI label",
        "The curve of {topic} shrinks into a corner beside the call to comment and the source",
        "A quiet end card with the question, the source and the AI label",
    ),
}
_TITLES = (
    "{topic}: {posts} in {window}", "{topic}: {times} the usual number of posts", "{posts} about {topic} in {window}",
    "How {topic} got to {posts} in {window}", "The {topic} spike: {posts} in {window}",
    "{topic} on {platform}: {posts} in {window}",
)  # fmt: skip


def headline(scene: Scene, facts: FactTable, dice: Dice) -> tuple[str, ...]:
    """Headlines of at most 48 characters that fit the scene, the best one first."""
    return _fitting((*dice.shuffled(_HEADLINES[scene]), _PLAIN_HEADLINES[scene]), facts, HEADLINE_CHARACTERS_MAX)


def visual_prompt(scene: Scene, facts: FactTable, dice: Dice) -> str:
    """One picture that draws the scene from the facts."""
    return _fitting(tuple(dice.shuffled(_PROMPTS[scene])), facts, 300)[0]


def titles(facts: FactTable, dice: Dice) -> tuple[str, ...]:
    """Titles of at most 100 characters, the chosen one first."""
    return _fitting((*dice.shuffled(_TITLES), "{topic}"), facts, TITLE_CHARACTERS_MAX)


def description(facts: FactTable, source_label: str) -> str:
    """What stands below the video: the counts, the source by its own label, and the AI label; no angle brackets."""
    values = facts.values
    counts = (
        f"{facts.topic}: {values['posts']} in the {values['window']} up to {values['end_date']}, "
        f"{values['end_clock']} UTC. Expected for such a time: {values['usual']}; that is {values['times']} the usual."
    )
    source = f"Source: {source_label}. Baseline since {values['baseline_date']}. No repeated text is counted again."
    limits = "The counts show attention, not its cause."
    if "mood" in values:
        limits += " The tone is a word score, not a judgement."
    lines = (counts, source, limits, f"{DISCLOSURE}.")
    return plain("\n".join(lines))[:DESCRIPTION_CHARACTERS_MAX]


def tags(facts: FactTable) -> tuple[str, ...]:
    """Up to eight search words, each at most 30 characters, within YouTube's limit over all."""
    values = facts.values
    names = (facts.topic, *(values[name] for name in ("p1", "p2", "p3", "top", "platform") if name in values))
    wanted = dict.fromkeys(plain(name).replace(",", " ").lower() for name in (*names, "trend", "data"))
    chosen: list[str] = []
    for tag in wanted:
        if tag and len(tag) <= TAG_CHARACTERS_MAX and sum(map(len, chosen)) + len(tag) <= TAGS_CHARACTERS_MAX:
            chosen.append(tag)
    return tuple(chosen)


def plain(text: str) -> str:
    """`text` without the angle brackets and control characters that no platform takes."""
    return "".join(sign for sign in text if sign not in "<>" and (sign == "\n" or sign.isprintable()))


def _fitting(patterns: tuple[str, ...], facts: FactTable, characters_max: int) -> tuple[str, ...]:
    written = (_filled(pattern, facts.values) for pattern in patterns)
    fitting = tuple(text for text in written if text is not None and len(text) <= characters_max)
    return fitting or (facts.topic[:characters_max].rstrip(),)


def _filled(pattern: str, values: Mapping[str, str]) -> str | None:
    try:
        text = pattern.format_map(values)
    except KeyError:
        return None
    return sentence_case(text)


def vocabulary() -> frozenset[str]:
    """Every word the headlines, prompts and titles can write of their own accord, in lower case."""
    tables = (*_HEADLINES.values(), tuple(_PLAIN_HEADLINES.values()), *_PROMPTS.values(), _TITLES)
    words = (word for table in tables for pattern in table for word in re.findall(r"[a-z']+", pattern.lower()))
    return frozenset(words)
