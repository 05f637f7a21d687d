"""What is measured is told in Prometheus' text format: names, types, quantiles within a percent, bounded series."""

import math
import shutil
import subprocess
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from chimera.core.vocabulary import Resolution, Role, Stage, TaskState
from chimera.telemetry import metrics
from chimera.telemetry.family import Family, Sample, exposition
from chimera.telemetry.meter import OTHER, SERIES_MAX, counter, gauge, histogram
from chimera.telemetry.summary import QUANTILES, RELATIVE_ERROR, SKETCH_SECONDS, SKETCHES, Quantiles, summary

SECTION_9 = {
    "agent_tasks_total": ({"role", "status"}, "counter"),
    "agent_response_time_seconds": ({"role", "quantile"}, "summary"),
    "content_pipeline_stage_duration_seconds": ({"stage", "quantile"}, "summary"),
    "video_production_duration_seconds": ({"resolution", "quantile"}, "summary"),
}
"""Of the six names, those that a process tells of itself; the ledger's and the budgets' come from the database."""


class Seconds:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def measured() -> str:
    metrics.task_ended(Role.SCOUT, TaskState.DONE, 1.5)
    metrics.decisions_made([0.01, 0.02], failures=1)
    metrics.stage_left(Stage.GENERATING, 12.0)
    metrics.video_produced(Resolution.FULL_HD, 40.0)
    metrics.request_began()
    metrics.request_ended("GET", "/health", 200, 0.01)
    metrics.tool_answered("voice_submit", "completed")
    return exposition(metrics.process_families())


def test_the_names_of_section_9_have_their_labels_and_types() -> None:
    text = measured()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    for name, (labels, kind) in SECTION_9.items():
        family = found[name.removesuffix("_total") if kind == "counter" else name]
        assert family.type == kind
        assert any(sample.name == name and set(sample.labels) == labels for sample in family.samples)
    assert 'agent_tasks_total{role="scout",status="completed"}' in text
    assert 'agent_response_time_seconds{role="cfo",quantile="0.95"}' in text
    assert 'agent_response_time_seconds_count{role="cfo"}' in text
    assert 'content_pipeline_stage_duration_seconds{stage="generating",quantile="0.95"} ' in text
    assert 'video_production_duration_seconds{resolution="1080p",quantile="0.95"} ' in text


def test_every_other_name_begins_with_chimera() -> None:
    own = {family.name for family in metrics.process_families()} - SECTION_9.keys()
    assert own
    assert all(name.startswith("chimera_") for name in own)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian package prometheus)")
def test_promtool_has_nothing_to_say() -> None:
    command = ["promtool", "check", "metrics"]
    found = subprocess.run(command, input=measured(), capture_output=True, text=True, timeout=30, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=300))
def test_quantiles_are_within_one_percent(values: list[float]) -> None:
    series = Quantiles()
    for value in values:
        series.add(value)
    ordered = sorted(values)
    told = {dict(sample.labels)["quantile"]: sample.value for sample in series.samples(()) if not sample.suffix}
    for quantile in QUANTILES:
        rank = quantile * (len(values) - 1)
        low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
        assert low * (1 - RELATIVE_ERROR) * 0.999999 <= told[repr(quantile)] <= high * (1 + RELATIVE_ERROR) * 1.000001


def test_a_quantile_tells_of_the_last_ten_minutes_and_the_count_of_everything() -> None:
    seconds = Seconds()
    series = Quantiles(seconds)
    series.add(100.0)
    seconds.now = SKETCH_SECONDS * (SKETCHES - 1)
    series.add(1.0)
    assert _told(series, "0.5") == pytest.approx(1.0, rel=0.02)
    seconds.now = SKETCH_SECONDS * SKETCHES
    assert _told(series, "0.99") == pytest.approx(1.0, rel=0.02)
    seconds.now = SKETCH_SECONDS * SKETCHES * 3
    assert math.isnan(_told(series, "0.99"))
    assert [sample.value for sample in series.samples(()) if sample.suffix] == [101.0, 2]


def _told(series: Quantiles, quantile: str) -> float:
    return next(s.value for s in series.samples(()) if dict(s.labels).get("quantile") == quantile)


def test_several_measured_at_once_count_like_one_by_one() -> None:
    together, apart = Quantiles(), Quantiles()
    together.add_all([0.1, 0.2, 0.3])
    for value in (0.1, 0.2, 0.3):
        apart.add(value)
    assert list(together.samples(())) == list(apart.samples(()))


def test_nothing_is_lost_between_threads() -> None:
    count, quantiles = counter("hits_total", "Hits.").of(), summary("took_seconds", "Took.").of()

    def work() -> None:
        for _ in range(2_000):
            count.add()
            quantiles.add(0.5)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sample.value for sample in count.samples(())] == [8_000]
    assert [sample.value for sample in quantiles.samples(())][-1] == 8_000


def test_one_series_too_many_is_counted_under_other() -> None:
    meter = counter("hits_total", "Hits.", "path")
    for number in range(SERIES_MAX + 50):
        meter.of(str(number)).add()
    samples = meter.family().samples
    assert len(samples) == SERIES_MAX + 1
    assert next(sample.value for sample in samples if sample.labels == (("path", OTHER),)) == 50


def test_a_series_needs_every_label() -> None:
    with pytest.raises(ValueError, match="path"):
        counter("hits_total", "Hits.", "path").of()


def test_buckets_are_cumulative_and_end_with_everything() -> None:
    meter = histogram("took_seconds", "Took.", (0.1, 1.0))
    for value in (0.1, 0.5, 7.0):
        meter.of().add(value)
    family = next(iter(text_string_to_metric_families(exposition([meter.family()]))))
    buckets = {sample.labels["le"]: sample.value for sample in family.samples if sample.name.endswith("_bucket")}
    assert buckets == {"0.1": 1, "1.0": 2, "+Inf": 3}


def test_a_level_goes_up_and_down() -> None:
    level = gauge("open", "Open.").of()
    level.add(3)
    level.add(-1)
    assert [sample.value for sample in level.samples(())] == [2]
    level.set(9)
    assert [sample.value for sample in level.samples(())] == [9]


label_values = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


@given(st.lists(label_values, min_size=1, max_size=5, unique=True), st.floats(allow_nan=False))
def test_any_label_and_number_is_read_back_as_it_was(values: list[str], number: float) -> None:
    samples = tuple(Sample((("of", value),), number) for value in values)
    text = exposition([Family("chimera_x", "gauge", "What\\ever\nit is.", samples)])
    (family,) = text_string_to_metric_families(text)
    assert [(sample.labels["of"], sample.value) for sample in family.samples] == [(value, number) for value in values]
