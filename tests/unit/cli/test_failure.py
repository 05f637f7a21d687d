"""What a person reads when a command fails or is stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import chimera
from chimera.cli.failure import Interrupted, failure_lines, show_failure
from chimera.cli.scout import parse_as_of
from chimera.config.settings import Settings
from chimera.core.errors import NoTrends, ValidationFailed
from chimera.core.secret import Secret

SOURCE = str(Path(chimera.__file__).parent.parent)
_STOPPED = """
import asyncio, os, signal
from chimera.cli.stopping import StopSignals
stop = StopSignals()
stop.listen()
async def work():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(30)
    finally:
        print("closed in order")
try:
    asyncio.run(work())
except KeyboardInterrupt:
    raise SystemExit(stop.exit_code)
"""


def test_several_wrong_variables_stand_in_one_message_by_their_names() -> None:
    wrong = {
        "DAILY_BUDGET_LIMIT": "2000",
        "WEEKLY_BUDGET_LIMIT": "abc",
        "BUDGET_LIMIT_DAILY_COMPUTE": "-1",
        "REDIS_URL": "http://me:hidden@host",
        "DATABASE_URL": "hidden",
    }
    with pytest.raises(ValidationFailed) as caught:
        Settings.from_environment(wrong)
    assert all(name in caught.value.message for name in wrong)
    assert "DAILY_BUDGET_LIMIT: must be at most 1000" in caught.value.message
    assert "hidden" not in caught.value.message


def test_an_owners_url_needs_the_applications_beside_it() -> None:
    with pytest.raises(ValidationFailed, match=r"DATABASE_OWNER_URL: .*needs DATABASE_URL"):
        Settings.from_environment({"DATABASE_OWNER_URL": "postgresql://owner@host/x"})
    both = {"DATABASE_OWNER_URL": "postgresql://owner@host/x", "DATABASE_URL": "postgresql://app@host/x"}
    assert Settings.from_environment(both, lambda _: ["127.0.0.1"]).database_owner_url == Secret(
        "postgresql://owner@host/x"
    )


def test_details_repeat_nothing_and_show_no_program_values() -> None:
    failure = NoTrends("nothing rises by 5", {"min_velocity": 5, "strongest": None, "posts": 3, "seen": [{"a": 1}]})
    assert failure_lines(failure) == ["NO_TRENDS: nothing rises by 5", "  posts: 3"]


def test_quoted_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_failure(ValidationFailed("columns: \x1b[31mred", {"path": "\x07"}), as_json=False) == 2
    assert "\x1b" not in (said := capsys.readouterr().err)
    assert "\x07" not in said


def test_being_stopped_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_failure(Interrupted(), as_json=False)
    assert capsys.readouterr().err.count("\n") == 1


def test_sigterm_closes_everything_in_order() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STOPPED],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "closed in order\n")


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_moment_that_no_source_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        parse_as_of(text)
