"""The document shows the specification's own JSON."""

import json
from pathlib import Path

import pytest

from chimera.api.openapi import SPECIFIED, example

SPECIFICATION = Path(__file__).parents[2] / "spec" / "examples"
SOME_ID = "018f2c4e-7b1a-7c3d-9e5f-0123456789ab"


@pytest.mark.parametrize("name", sorted(SPECIFIED.values()))
def test_an_example_is_the_specifications(name: str) -> None:
    specified = (SPECIFICATION / f"{name}.json").read_text().replace('"uuid"', f'"{SOME_ID}"')
    assert example(name) == json.loads(specified)
