"""One real narration, said once for all tests."""

import pytest

from chimera.contracts.production import Narration, VoiceJob
from chimera.core.errors import EngineUnavailable
from chimera.tools.local.voice.job import run

SHORT_JOB = VoiceJob(beats=("Bitcoin rose 24% today.", "Posts about it doubled."), voice="af_heart", speed=1.0)


@pytest.fixture(scope="session")
def reported() -> list[float]:
    return []


@pytest.fixture(scope="session")
def narration(tmp_path_factory: pytest.TempPathFactory, reported: list[float]) -> Narration:
    """Eight words in two beats; `reported` holds its progress."""
    try:
        return run(SHORT_JOB, tmp_path_factory.mktemp("narration"), reported.append)
    except EngineUnavailable as error:
        pytest.skip(error.message)
