"""Personas load from the package or a file, and a wrong one is told where."""

import json
from pathlib import Path

import pytest

from chimera.agents.director.persona import load_persona, persona_names
from chimera.agents.director.tone import tone_rules
from chimera.core.errors import ValidationFailed

GOOD = {
    "name": "N",
    "tone": "humorous",
    "target_audience": "all",
    "brand_guidelines": {"voice": "casual", "avoid": ["jargon"]},
}


def test_the_shipped_personas_all_load_with_a_known_tone() -> None:
    personas = [load_persona(name) for name in persona_names()]
    assert len({persona.name for persona in personas}) >= 3
    assert all(tone_rules(persona.tone).note is None for persona in personas)
    assert load_persona().name == "The Plain Counter"


def test_a_file_of_ones_own_loads(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(GOOD))
    assert load_persona(str(path)).name == "N"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**GOOD, "mood": "bright"}, "mood"),
        ({key: value for key, value in GOOD.items() if key != "tone"}, "tone"),
        ({**GOOD, "brand_guidelines": {"voice": "casual"}}, "brand_guidelines.avoid"),
        ({**GOOD, "name": ""}, "name"),
    ],
)
def test_an_unknown_or_missing_field_is_named(tmp_path: Path, document: object, field: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ValidationFailed) as refusal:
        load_persona(str(path))
    assert field in refusal.value.message


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"not json", b"{" + b" " * 70_000])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(ValidationFailed):
        load_persona(str(path))


def test_an_unknown_persona_names_the_known_ones() -> None:
    with pytest.raises(ValidationFailed, match="plain_counter"):
        load_persona("nobody")


def test_an_unknown_tone_is_neutral_with_a_note() -> None:
    rules = tone_rules("purple")
    assert rules.tone == "neutral"
    assert rules.note is not None
    assert tone_rules("Sarcastic but informative").tone == "humorous"
