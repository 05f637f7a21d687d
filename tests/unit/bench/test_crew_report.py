"""What the crew's benchmark tells (pure): spreads of rounds, goals met and missed, what could not be measured."""

import json

import pytest

from chimera.bench.crew.found import Found, Skipped, missing
from chimera.bench.crew.report import goals, measures, not_measured
from chimera.bench.crew.spread import percentile, to_digits


def found(name: str, *rounds: float) -> list[Found]:
    return [Found(name, "1/s", value, "as a test does it") for value in rounds]


@pytest.mark.parametrize(("percent", "value"), [(1, 1.0), (50, 2.0), (75, 3.0), (95, 4.0), (100, 4.0)])
def test_a_percentile_is_the_smallest_value_that_so_many_percent_do_not_exceed(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


@pytest.mark.parametrize("percent", [1, 50, 95, 100])
def test_a_single_value_is_every_percentile(percent: float) -> None:
    assert percentile([7.5], percent) == 7.5


def test_figures_are_told_with_four_digits() -> None:
    assert to_digits(65_758.12) == 65_760
    assert to_digits(0.0123456) == 0.01235
    assert to_digits(0.0) == 0.0


def test_a_figure_is_told_with_every_round_and_its_least_middle_and_most() -> None:
    (measure,) = measures(found("hints_per_second", 3.0, 1.0, 2.0))
    assert measure.rounds == (3.0, 1.0, 2.0)
    assert (measure.minimum, measure.median, measure.maximum) == (1.0, 2.0, 3.0)
    assert measure.how == "as a test does it"


def test_figures_stand_in_the_order_in_which_they_were_found() -> None:
    lines = [*found("b", 1.0), *found("a", 1.0), *found("b", 2.0)]
    assert [measure.name for measure in measures(lines)] == ["b", "a"]


def test_the_middle_round_is_held_against_a_goal() -> None:
    told = {goal.name: goal for goal in goals(measures(found("hints_per_second", 19_000, 21_000, 90_000)), {"hints"})}
    assert told["hints_per_second"].met
    told = {goal.name: goal for goal in goals(measures(found("hints_per_second", 19_000, 19_500, 90_000)), {"hints"})}
    assert not told["hints_per_second"].met


def test_one_round_with_an_error_misses_the_goal_of_none() -> None:
    lines = [*found("queue_tasks_seconds", 1.0, 1.0, 1.0), *found("queue_tasks_errors", 0.0, 0.0, 1.0)]
    told = {goal.name: goal.met for goal in goals(measures(lines), {"queue"})}
    assert told == {"queue_tasks_seconds": True, "queue_tasks_errors": False}


def test_what_could_not_be_measured_is_missed() -> None:
    told = {goal.name: goal for goal in goals((), {"rows"})}
    assert set(told) == {"tasks_per_second", "tasks_over_bare_claim", "tasks_over_pgqueuer"}
    assert all(goal.actual is None and not goal.met for goal in told.values())


def test_goals_of_sections_that_did_not_run_are_left_out() -> None:
    assert goals((), frozenset()) == ()


def test_a_line_that_is_skipped_in_every_round_is_told_once() -> None:
    told = not_measured([Skipped("pgqueuer_per_second", "not installed")] * 3)
    assert [(line.name, line.reason) for line in told] == [("pgqueuer_per_second", "not installed")]


def test_a_package_that_is_not_installed_is_named() -> None:
    line = missing("nobody_per_second", "json", "chimera_no_such_package")
    assert line is not None
    assert "chimera_no_such_package is not installed" in line.reason
    assert missing("json_per_second", json.__name__) is None
