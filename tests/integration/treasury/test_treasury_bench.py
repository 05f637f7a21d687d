"""The treasury's benchmark, run small: its document is whole, nothing was overspent. How fast it is, is not asked."""

import json
from decimal import Decimal

import psycopg
import pytest

from chimera.bench.treasury.report import TreasuryBench
from chimera.bench.treasury.run import run_bench
from chimera.bench.treasury.size import Size
from chimera.core.progress import ProgressEvent
from chimera.storage.scratch import scratch_database

SMALL = Size(
    rounds=1,
    batches=2,
    in_flight=((1, 5), (256, 300)),
    arrivals_per_second=(100,),
    seconds=0.2,
    one_by_one=5,
    repeated=100,
    tight=900,
)


@pytest.fixture(scope="module")
def run(postgres_url: str) -> tuple[TreasuryBench, list[ProgressEvent]]:
    """One small run on scratch databases of the tests' server."""
    told: list[ProgressEvent] = []
    return run_bench(postgres_url, SMALL, told.append), told


def test_nothing_is_overspent_lost_or_answered_twice_in_another_way(
    run: tuple[TreasuryBench, list[ProgressEvent]],
) -> None:
    sound = run[0].soundness
    assert sound.overspend_usd == sound.tight_cap_overspend_usd == Decimal("0.00")
    assert sound.spent_is_sum_of_rows
    assert sound.problems_found == 0
    assert sound.repeated_requests == 100
    assert sound.repeated_answers_that_differ == 0
    assert sound.approved_share >= 0.9


def test_a_small_cap_is_used_up_and_refuses_the_rest(run: tuple[TreasuryBench, list[ProgressEvent]]) -> None:
    sound = run[0].soundness
    assert sound.tight_cap_refused > 0
    assert Decimal("0.00") <= sound.tight_cap_usd - sound.tight_cap_approved_usd < Decimal("0.09")


def test_the_document_tells_machine_figures_and_goals(run: tuple[TreasuryBench, list[ProgressEvent]]) -> None:
    report, _ = run
    document = json.loads(report.model_dump_json())
    assert TreasuryBench.model_validate(document) == report
    assert document["machine"]["postgresql_settings"]["fsync"] in {"on", "off"}
    assert document["ratio"]["batch_rows_mean"] == 1024
    assert [load["kind"] for load in document["loads"]] == [
        "cfo_approve_one_by_one", "in_flight", "in_flight", "open_loop",
    ]  # fmt: skip
    goals = {goal["name"]: goal for goal in document["goals"]}
    assert goals["overspend_usd"]["met"]
    assert goals["ratio_best"]["at_least"] == 0.55


def test_every_step_tells_when_it_is_done(run: tuple[TreasuryBench, list[ProgressEvent]]) -> None:
    done = [event.step for event in run[1] if event.fraction == 1]
    assert done == ["prepare", "ratio", "loads", "soundness"]


def test_a_scratch_database_is_gone_after_its_block(postgres_url: str) -> None:
    with scratch_database(postgres_url) as url, psycopg.connect(url) as connection:
        name = connection.info.dbname
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None
