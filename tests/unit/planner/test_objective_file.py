"""An objective is read strictly, and whatever is wrong is told at once, with its line and field."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from chimera.agents.planner.objective_file import example_text, parse_objective, read_objective
from chimera.core.errors import ValidationFailed

SMALL = 'name = "counts"\nper_day = 2\ndaily_budget_usd = 1.10\npiece_budget_usd = 0.1\n'


def problem(text: str) -> str:
    with pytest.raises(ValidationFailed) as refused:
        parse_objective(text, is_json=False)
    return refused.value.message


def test_the_shipped_example_is_an_objective() -> None:
    assert parse_objective(example_text(), is_json=False).name == "daily-counts"


def test_money_is_exactly_what_is_written() -> None:
    assert parse_objective(SMALL, is_json=False).daily_budget_usd == Decimal("1.10")


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    document = {"name": "counts", "per_day": 2, "daily_budget_usd": 1.1, "piece_budget_usd": 0.1}
    path.write_text(json.dumps(document), "utf-8")
    assert read_objective(path) == parse_objective(SMALL, is_json=False)


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    told = problem('name = "Counts!"\nper_day = 0\nfoo = 1\ntime_zone = "Mars"\nquiet_hours = ["22-7"]\n')
    for expected in ("line 1, name", "line 2, per_day", "line 3, foo", "line 4, time_zone", "line 5, quiet_hours",
                     "daily_budget_usd: is missing"):  # fmt: skip
        assert expected in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('every = "1h"', "exactly one of per_day, every and publish_at"),
        ("words_min = 200", "words_min 200 is above words_max 140"),
        ("personas = []", "personas"),
        ('every = "0m"', "write it like 30m"),
        ('timeframe = "5m"', "timeframe"),
        ('quiet_hours = ["00:00-12:00", "12:00-00:00"]', "quiet"),
        ('platforms = ["moon"]', "platforms"),
        ("daily_budget_usd = 2", "TOML"),
    ],
)
def test_what_contradicts_itself_is_refused(more: str, told: str) -> None:
    assert told in problem(SMALL + more + "\n")


def test_a_time_of_publication_in_the_quiet_hours_is_refused() -> None:
    text = SMALL.replace("per_day = 2", 'publish_at = ["23:00"]\nquiet_hours = ["22:00-07:00"]')
    assert "23:00 lies in the quiet hours" in problem(text)


def test_files_it_names_are_meant_from_its_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "counts.toml"
    path.write_text(SMALL + 'source = "posts.csv"\npersonas = ["plain_counter", "own.json"]\n', "utf-8")
    read = read_objective(path)
    assert read.source == str(tmp_path / "posts.csv")
    assert read.personas == ("plain_counter", str(tmp_path / "own.json"))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match="chimera studio example"):
        read_objective(tmp_path / "none.toml")
