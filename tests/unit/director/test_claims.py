"""The claim checker lets only those numbers and names stand that the evidence holds."""

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chimera.agents.director.claims import Claim, allowed_claims, unsupported
from chimera.agents.director.number_words import read_number_words
from chimera.contracts.evidence import SentimentFacts
from factories_rises import rise

EVIDENCE = rise(2).evidence.model_copy(
    update={
        "mentions": 17,
        "expected": Decimal("2.9"),
        "ratio": Decimal("5.86"),
        "timeframe_seconds": 86_400,
        "series": (),
        "communities": (),
        "phrases": (),
        "peak_mentions": 6,
        "sentiment": SentimentFacts(mean=Decimal(0), sample_size=17),
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "17 posts in 24 hours.",
        "Seventeen posts in twenty-four hours.",
        "We expected about 3 posts, and 17 came.",
        "About 5.9 times the usual.",
        "At least 5 times the usual.",
        "Talk of North Korea went on.",
        "A single corner held it.",
    ],
)
def test_what_the_evidence_holds_may_stand(text: str) -> None:
    openers = frozenset({"seventeen", "we", "about", "at", "talk", "a"})
    assert unsupported(text, "North Korea", EVIDENCE, openers) == ()


@pytest.mark.parametrize(
    "text",
    [
        "19 posts came.",
        "17 posts in 17 hours.",
        "17 hours went by.",
        "exactly 3 posts were expected.",
        "3 posts were expected.",
        "5.9 times the usual.",
        "about 6 times the usual.",
        "It doubled.",
        "Half of them came late.",
        "A dozen posts.",
        "Nineteen posts.",
        "17k posts.",
        "One post.",
        "The 3rd wave.",
    ],
)
def test_a_number_the_evidence_does_not_hold_is_found(text: str) -> None:
    assert "number" in {fault.kind for fault in unsupported(text, "North Korea", EVIDENCE)}


@pytest.mark.parametrize("text", ["then Obama spoke of it.", "it came from the BBC.", "Obama spoke of it."])
def test_a_name_the_evidence_does_not_hold_is_found(text: str) -> None:
    assert {fault.kind for fault in unsupported(text, "North Korea", EVIDENCE, frozenset({"it"}))} == {"name"}


def test_a_topic_with_a_number_is_a_name_and_not_a_count() -> None:
    assert unsupported("17 posts on iPhone 15 came.", "iPhone 15", EVIDENCE) == ()
    assert unsupported("15 posts on iPhone 15 came.", "iPhone 15", EVIDENCE)
    assert unsupported("a phrase says 19 posts.", "19", EVIDENCE)


def test_a_ratio_held_down_by_the_scouts_floor_may_not_be_called_about() -> None:
    floored = EVIDENCE.model_copy(update={"expected": Decimal("0.1"), "ratio": Decimal(17)})
    claims = allowed_claims(floored)
    assert Claim("times", "at least", Decimal(17)) in claims
    assert Claim("times", "about", Decimal(17)) not in claims


@settings(max_examples=80, deadline=None)
@given(number=st.integers(0, 10**6), stranger=st.integers(1, 10**7))
def test_any_other_count_of_posts_is_refused(number: int, stranger: int) -> None:
    found = rise(number)
    evidence = found.evidence
    known = {claim.value for claim in allowed_claims(evidence) if claim.unit == "post"}
    assume(Decimal(stranger) not in known)
    assert unsupported(f"there were {stranger:,} posts.", found.topic, evidence)
    assert not unsupported(f"there were {evidence.mentions:,} posts.", found.topic, evidence)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("twenty-five", 25),
        ("two hundred and six", 206),
        ("three thousand four hundred", 3400),
        ("a dozen", None),
        ("dozen", 12),
        ("twice", 2),
        ("half", None),
        ("hundred", 100),
        ("one million two", 1_000_002),
    ],
)
def test_number_words_are_read(words: str, value: int | None) -> None:
    read = read_number_words(re.findall(r"[\w-]+", words), 0)[1]
    assert read == (None if value is None else Decimal(value))
