"""The main job, as a stranger sees it: one command, no network, from a real trend to a published video.

Every test reads the same finished run (see conftest): a piece whose first process was killed in the middle.
"""

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest
from nacl.signing import VerifyKey

from chimera.contracts.approval import SignedDecision
from chimera.contracts.brief import words_in
from chimera.contracts.run_report import RunReport
from chimera.security.decision_signature import read_verified
from chimera.security.keys import read_public_key
from fundamentals.conftest import FinishedRun

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def report(finished: FinishedRun) -> RunReport:
    assert finished.answer.code == 0, finished.answer.said
    return RunReport.model_validate_json(finished.answer.out)


@pytest.fixture
def told(finished: FinishedRun, report: RunReport) -> dict[str, Any]:
    """What `content show` tells of the piece."""
    document: dict[str, Any] = finished.studio.run("content", "show", str(report.content_id), "--json").document
    return document


@pytest.fixture
def bundle(finished: FinishedRun, report: RunReport, tmp_path: Path) -> Path:
    answer = finished.studio.run("export", str(report.content_id), "--to", str(tmp_path / "bundle"))
    assert answer.code == 0, answer.said
    return tmp_path / "bundle"


def probe(video: Path) -> str:
    """What an independent decoder says of the file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(video), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_one_document_comes_out_with_its_six_parts(finished: FinishedRun) -> None:
    parts = {"content_id", "trend", "brief", "approvals", "asset", "publication"}
    assert set(finished.answer.document) == parts


def test_the_killed_runs_piece_was_named_and_finished(finished: FinishedRun, report: RunReport) -> None:
    assert "left a piece unfinished" in finished.answer.said
    assert str(report.content_id) in finished.answer.said


def test_no_work_was_paid_twice(told: dict[str, Any]) -> None:
    """The voice had spoken before the kill: it counts once, and the ledger holds one approval with its settlement."""
    tools = [use["tool"] for use in told["metadata"]["tools"]]
    assert tools.count("local/voice") == 1
    assert len(told["metadata"]["approval_tx_ids"]) == 1
    assert len(told["metadata"]["ledger_tx_ids"]) == 2


def test_the_trend_really_rose(report: RunReport) -> None:
    assert report.trend.rising_velocity >= Decimal("0.5")
    assert report.trend.volume > 0
    assert all(url.startswith("https://www.reddit.com/comments/") for url in report.trend.metadata.top_posts)


def test_the_script_keeps_its_length_and_names_the_topic(report: RunReport) -> None:
    assert 110 <= words_in(report.brief.script) <= 140
    assert report.trend.topic.lower() in report.brief.script.lower()


def test_the_recorded_sample_is_named_where_it_is_used(told: dict[str, Any]) -> None:
    assert "recorded sample" in json.dumps(told["metadata"]["storyboard"]["source_label"]).lower()


def test_the_video_is_what_it_says_by_another_decoder(finished: FinishedRun, bundle: Path) -> None:
    said = probe(bundle / "video.mp4")
    assert re.search(r"Video: h264 .*720x1280", said)
    assert re.search(r"Audio: aac .*48000 Hz, stereo", said)
    length = re.search(r"Duration: 00:(\d\d):(\d\d)", said)
    assert length is not None
    assert 30 <= int(length[1]) * 60 + int(length[2]) <= 75


def test_the_captions_hold_every_word_of_the_script(report: RunReport, bundle: Path) -> None:
    lines = (bundle / "captions.srt").read_text().splitlines()
    shown = " ".join(line for line in lines if line and not line.isdigit() and "-->" not in line)
    assert shown.split() == report.brief.script.split()


def test_quality_is_above_the_threshold(report: RunReport) -> None:
    assert report.asset.quality_score > Decimal("0.80")


def test_a_stranger_can_check_the_approval_offline(finished: FinishedRun, report: RunReport, bundle: Path) -> None:
    document = next(json.loads(path.read_text()) for path in bundle.glob("*.json"))
    signed = SignedDecision.model_validate(document["signed_decisions"][0])
    fields = read_verified(signed, VerifyKey(bytes.fromhex(document["cfo_public_key"])))
    assert fields["decision"] == "approved"
    assert fields["request_id"] == str(report.approvals[0].request_id)
    on_disk = read_public_key(next((finished.studio.home / "keys").glob("*.pub")))
    assert bytes(on_disk).hex() == document["cfo_public_key"]


def test_the_ledger_verifies(finished: FinishedRun) -> None:
    answer = finished.studio.run("ledger", "verify", "--json")
    assert (answer.code, answer.document["ok"], answer.document["entries"]) == (0, True, 2)


def test_the_budget_held_what_was_approved_and_shows_what_was_spent(finished: FinishedRun, report: RunReport) -> None:
    assert report.approvals[0].budget_remaining.daily == Decimal(1000) - report.brief.estimated_cost
    answer = finished.studio.run("budget", "show", "--json")
    assert str(Decimal(1000) - report.asset.production_cost) in answer.out


def test_the_hold_was_settled_at_the_measured_cost(told: dict[str, Any], report: RunReport, bundle: Path) -> None:
    approved, settled = float(report.brief.estimated_cost), float(report.asset.production_cost)
    assert told["money"] == {"approved_usd": approved, "settled_usd": settled, "held_usd": 0}
    document = next(json.loads(path.read_text()) for path in bundle.glob("*.json"))
    rows = [json.loads(signed["document"]) for signed in document["signed_decisions"]]
    assert [row["kind"] for row in rows] == ["decision", "settle"]
    assert rows[1]["parent_tx"] == rows[0]["tx_id"]
    assert "hold_expires_at" in rows[0]


def test_estimate_and_actual_are_both_measured(told: dict[str, Any]) -> None:
    for use in told["metadata"]["tools"]:
        assert use["cpu_seconds"] > 0
        assert use["estimated_cpu_seconds"] > 0


def test_the_piece_is_published_on_the_channel(finished: FinishedRun, report: RunReport) -> None:
    post = finished.studio.home / "channel" / report.publication.platform_ids["local"]
    assert {path.name for path in post.iterdir()} >= {"video.mp4", "captions.vtt", "thumbnail.jpg", "post.json"}


def test_content_list_shows_it_published(finished: FinishedRun, report: RunReport) -> None:
    listed = finished.studio.run("content", "list", "--json").document["content"]
    assert [(piece["content_id"], piece["stage"]) for piece in listed] == [(str(report.content_id), "published")]


def test_a_budget_too_small_fails_the_next_piece_before_anything_is_made(finished: FinishedRun) -> None:
    studio = finished.studio
    media = sorted(studio.home.joinpath("media").rglob("*.mp4"))
    answer = studio.run("run", "--json", settings={"DAILY_BUDGET_LIMIT": "0.01"})
    newest = studio.run("content", "show", "newest", "--json").document
    assert (answer.code, answer.document["error"]["code"]) == (3, "BUDGET_EXCEEDED")
    assert answer.document["error"]["details"]["remaining"] == 0
    assert newest["summary"]["stage"] == "failed"
    assert sorted(studio.home.joinpath("media").rglob("*.mp4")) == media
    assert studio.run("ledger", "verify", "--json").document["ok"]


def test_a_death_is_passed_over_and_waits_for_a_person(finished: FinishedRun) -> None:
    """As of the evening of 8 April 2013 Margaret Thatcher's death is what rises most."""
    settings = {"MIN_ROI_HURDLE_RATE": "999"}
    answer = finished.studio.run("run", "--as-of", "2013-04-08T18:00Z", "--json", settings=settings)
    waiting = finished.studio.run("review", "list", "--json").document["items"]
    newest = finished.studio.run("content", "show", "newest", "--json").document
    assert "Passed over: Margaret Thatcher" in answer.said
    assert any(item["subject"] == "Margaret Thatcher" and item["state"] == "waiting" for item in waiting)
    assert (answer.code, answer.document["error"]["code"]) == (3, "ROI_TOO_LOW")
    assert newest["summary"]["stage"] == "failed"
    assert newest["summary"]["media_url"] is None
