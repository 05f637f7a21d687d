"""Which tool really runs under a name, and that unknown names are refused."""

import pytest

from chimera.core.errors import ValidationFailed
from chimera.tools.registry import ALIASES, Medium, resolve


@pytest.mark.parametrize(
    ("name", "medium"), [("dall-e-3", "image"), ("runway-gen2", "video"), ("elevenlabs", "audio"), ("local", "video")]
)
def test_the_specifications_names_run_the_local_tool(name: str, medium: Medium) -> None:
    assert resolve(name, medium).runs == "local"


@pytest.mark.parametrize(("name", "medium"), [("sora", "video"), ("dall-e-3", "video"), ("", "audio")])
def test_a_name_that_is_no_tool_for_the_medium_is_refused_with_the_known_ones(name: str, medium: Medium) -> None:
    with pytest.raises(ValidationFailed, match="local"):
        resolve(name, medium)


def test_every_alias_says_when_it_was_checked_and_what_runs_instead() -> None:
    assert all(alias.note and alias.as_of.year >= 2026 for alias in ALIASES)
    assert len({alias.name for alias in ALIASES}) == len(ALIASES)
