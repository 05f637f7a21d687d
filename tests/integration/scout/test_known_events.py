"""Events of the full archive, which is not part of the repository: CHIMERA_REDDIT_ARCHIVE names its path."""

import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chimera.agents.scout.agent import find
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.sources.catalogue import open_source

ARCHIVE = Path(
    os.environ.get("CHIMERA_REDDIT_ARCHIVE", "../shared/data/reddit_2013/reddit_2013-04-01_2013-05-15.csv.gz")
)


@pytest.mark.slow
@pytest.mark.skipif(not ARCHIVE.is_file(), reason="the Reddit archive is not on this machine")
@pytest.mark.parametrize(
    ("as_of", "name"),
    [
        ("2013-04-08T18:00", "Margaret Thatcher"),
        ("2013-04-15T20:00", "Boston Marathon"),
        ("2013-04-18T18:00", "Fertilizer Plant"),
        ("2013-04-26T20:00", "George Jones"),
        ("2013-04-29T20:00", "Jason Collins"),
        ("2013-05-03T06:00", "Jeff Hanneman"),
        ("2013-05-14T20:00", "Angelina Jolie"),
    ],
)
def test_a_known_event_is_the_strongest_topic_of_its_hour(as_of: str, name: str) -> None:
    request = TrendAnalysisRequest(timeframe="24h", min_velocity=Decimal("0.5"))
    assert find(request, open_source(str(ARCHIVE)), datetime.fromisoformat(as_of + "+00:00"))[0].name == name
