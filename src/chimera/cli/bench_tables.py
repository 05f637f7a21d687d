"""Tables that several benchmarks show."""

from rich.table import Table

from chimera.bench.treasury.report import Goal


def goals_table(goals: tuple[Goal, ...]) -> Table:
    """Each goal with what was reached."""
    table = Table("Goal", "Found", "Wanted", "")
    for goal in goals:
        wanted = f"at least {goal.at_least:,g}" if goal.at_least is not None else f"at most {goal.at_most:,g}"
        found = "not measured" if goal.actual is None else f"{goal.actual:,.2f}"
        table.add_row(goal.name.replace("_", " "), found, wanted, "met" if goal.met else "missed")
    return table
