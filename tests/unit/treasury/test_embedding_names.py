"""What `chimera.treasury` offers to other programs, and that asking for nothing loads nothing."""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import chimera.treasury
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import BudgetCategory, BudgetPeriod
from chimera.treasury.embedded.amounts import Amount, limits_given, usd

SOURCE = Path(chimera.treasury.__file__).parents[2]


def test_every_public_name_is_there_under_its_own_name() -> None:
    for name in chimera.treasury.__all__:
        assert getattr(chimera.treasury, name).__name__ == name
    assert sorted(chimera.treasury.__all__) == chimera.treasury.__all__


def test_a_name_that_is_not_public_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(chimera.treasury, "nothing")  # noqa: B009 - mypy would refuse it


def test_importing_the_package_loads_none_of_the_machinery() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, chimera.treasury; print('psycopg' in sys.modules, 'pydantic' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"PYTHONPATH": str(SOURCE)},
    )
    assert told.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("page", ["README.md", "docs/embedding.md"])
def test_the_lines_on_the_pages_are_those_of_the_example_that_is_run(page: str) -> None:
    project = SOURCE.parent
    shown = re.search(r"```python\n(from chimera\.treasury .+?)```", (project / page).read_text(), re.DOTALL)
    assert shown is not None
    example = {line.strip() for line in (project / "docs/examples/embedded_cfo.py").read_text().splitlines()}
    assert {line.strip() for line in shown[1].splitlines()} <= example


@pytest.mark.parametrize("amount", [0.3, True, "NaN", "1e400", "Infinity", "-0.01", "thirty cents", None])
def test_an_amount_that_is_not_exact_money_is_refused(amount: Amount) -> None:
    with pytest.raises(ValidationFailed):
        usd(amount, "at_most")


def test_an_amount_finer_than_a_millionth_is_rounded_up() -> None:
    assert usd("0.0000001", "actual") == Decimal("0.000001")


def test_limits_not_named_follow_from_the_day() -> None:
    limits = limits_given({"daily": 50, "monthly": "400", "daily_compute": Decimal("7.50")})
    assert limits[BudgetPeriod.DAILY, BudgetCategory.COMPUTE] == Decimal("7.50")
    assert limits[BudgetPeriod.DAILY, BudgetCategory.STORAGE] == Decimal(50)
    assert limits[BudgetPeriod.WEEKLY, BudgetCategory.TOTAL] == Decimal(350)
    assert limits[BudgetPeriod.MONTHLY, BudgetCategory.TOTAL] == Decimal(400)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"weekly": 5},
        {"daily": 0},
        {"daily": "1000.01"},
        {"daily": "1.001"},
        {"daily": 5, "yearly": 5},
        {"daily": 0.5},
    ],
)
def test_limits_that_leave_a_doubt_are_refused(limits: dict[str, Amount]) -> None:
    with pytest.raises(ValidationFailed):
        limits_given(limits)
