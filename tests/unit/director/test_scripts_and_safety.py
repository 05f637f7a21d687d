"""What the director writes about an everyday topic never sends the piece to a person by its own words."""

import re
from importlib import resources

import pytest

from chimera.agents.director.composer import compose
from chimera.agents.director.persona import load_persona, persona_names
from chimera.contracts.evidence import Share
from chimera.contracts.review import SafetyVerdict
from chimera.pipeline.outgoing_texts import outgoing_texts
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
from chimera.safety.topics import sensitive_topics
from factories_rises import rise

SCRIPTS_EACH = 60


@pytest.mark.parametrize("persona", persona_names())
def test_every_text_of_an_everyday_piece_passes(persona: str) -> None:
    gateway = SafetyGateway(load_policy())
    profile = load_persona(persona)
    held: list[str] = []
    for number in range(SCRIPTS_EACH):
        evidence = rise(number).evidence.model_copy(
            update={"phrases": (Share(name="album", mentions=3), Share(name="trailer", mentions=2))}
        )
        board = compose("Blue Harbor", evidence, profile, seed=str(number), words_min=110, words_max=140)
        report = gateway.check(outgoing_texts(board, evidence))
        if report.verdict is not SafetyVerdict.PASSED:
            held += [f"{found.where}: {found.explanation}: {board.script}" for found in report.findings]
    assert held == []


def expansions(pattern: str) -> list[str]:
    """Every sentence that a pattern line can become, its facts as the word "thing"."""
    choice = re.search(r"\(([^()]*)\)", pattern)
    if choice is None:
        return [re.sub(r"\{[^}]*\}", "thing", pattern)]
    return [
        sentence
        for option in choice[1].split("|")
        for sentence in expansions(pattern[: choice.start()] + option + pattern[choice.end() :])
    ]


def test_no_sentence_of_ours_touches_a_sensitive_topic_by_itself() -> None:
    """Weak words count from two on, so each sentence is also read twice."""
    touching: list[str] = []
    for file in resources.files("chimera.agents.director.sentences").iterdir():
        if not file.name.endswith(".txt"):
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                pattern = re.sub(r"^\[[^\]]*\]\s*", "", line)
                touching += [text for text in expansions(pattern) if sensitive_topics([f"{text} {text}"])]
    assert touching == []
