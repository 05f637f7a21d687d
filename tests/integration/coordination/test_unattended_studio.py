"""`chimera studio run` with the real flow: a channel makes two pieces on two trends, and nobody does anything."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fundamentals.studio_process import StudioProcess, no_network

SECONDS_MAX = 540
OBJECTIVE = """
name = "counts"
every = "2m"
prepare = "2m"
quality = "draft"
daily_budget_usd = 0.08
piece_budget_usd = 0.02

[replay]
start = 2013-04-11T12:00:00Z
step = "12h"
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[StudioProcess]:
    with no_network() as prefix:
        opened = StudioProcess(tmp_path / "home", prefix)
        yield opened
        opened.run("engines", "stop", "--force")


@pytest.mark.slow
def test_a_channel_makes_two_pieces_unattended(home: StudioProcess, tmp_path: Path) -> None:
    objective = tmp_path / "counts.toml"
    objective.write_text(OBJECTIVE, "utf-8")
    running = home.start("studio", "run", "--objective", str(objective), "--pieces", "2", "--json")
    try:
        out, said = running.communicate(timeout=SECONDS_MAX)
    finally:
        running.kill()
    assert running.returncode == 0, said
    events = [json.loads(line) for line in out.splitlines()]
    published = [event for event in events if event["event"] == "published"]
    assert len({event["content_id"] for event in published}) >= 2
    assert len({event["slot"] for event in published}) >= 2
    assert events[0]["event"] == "registered"
    listed = home.run("content", "list", "--json").document["content"]
    topics = [piece["topic"] for piece in listed if piece["stage"] == "published"]
    assert len(set(topics)) == len(topics) >= 2
    assert home.run("ledger", "verify", "--json").document["ok"] is True
    (channel,) = home.run("studio", "status", "--json").document["objectives"]
    assert channel["state"] == "active"
    assert channel["budget_usd"]["set_aside_today"] <= channel["budget_usd"]["daily"]
    again = home.run("studio", "run", "--objective", str(objective), "--until", "2026-01-01", "--json")
    assert json.loads(again.out.splitlines()[0])["details"]["outcome"] == "same"
