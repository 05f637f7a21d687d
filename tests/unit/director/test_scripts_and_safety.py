"""What the director writes about an everyday topic never sends the piece to a person by its own words."""

import pytest

from chimera.agents.director.composer import compose
from chimera.agents.director.persona import load_persona, persona_names
from chimera.contracts.evidence import Share
from chimera.contracts.review import SafetyVerdict
from chimera.pipeline.outgoing_texts import outgoing_texts
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import load_policy
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
