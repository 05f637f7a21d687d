"""Makes deploy/grafana/*.json: `python scripts/make_dashboards.py [FOLDER]`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
WIDTH, HEIGHT = 12, 8


@dataclass(frozen=True)
class Graph:
    """One panel: what it tells, in which unit, by which queries (each with its legend)."""

    title: str
    unit: str
    queries: Sequence[tuple[str, str]]
    told: str = ""


STUDIO = (
    Graph(
        "Left of the budgets",
        "currencyUSD",
        [("max by (period, category) (chimera_budget_remaining_usd)", "{{period}} {{category}}")],
    ),
    Graph(
        "Spent in the period under way",
        "currencyUSD",
        [('max by (period) (budget_spent_total{category="total"})', "{{period}}")],
        "Without what is only held; starts anew with each period.",
    ),
    Graph(
        "Held",
        "currencyUSD",
        [("max(chimera_holds_open_usd)", "held"), ("max(chimera_holds_open)", "approvals")],
    ),
    Graph(
        "Rows of the ledger a second",
        "ops",
        [("max by (approved) (rate(ledger_transactions_total[5m]))", "approved {{approved}}")],
    ),
    Graph(
        "Waiting for a person",
        "short",
        [
            ("max(chimera_escalations_waiting)", "requests for money"),
            ("max(chimera_reviews_waiting)", "reviews"),
            ("max(chimera_dead_letters)", "given up"),
        ],
    ),
    Graph(
        "Stopped on purpose",
        "bool",
        [("max(chimera_studio_halted)", "studio halted"), ("max(chimera_spending_paused)", "spending paused")],
    ),
    Graph("Tasks that wait", "short", [("sum by (role) (max by (role, priority) (chimera_tasks_queued))", "{{role}}")]),
    Graph(
        "At work",
        "short",
        [
            ("max(chimera_tasks_running)", "tasks"),
            ("max(chimera_hosts_alive)", "processes"),
            ("sum(max by (role) (chimera_agents))", "agents"),
        ],
    ),
    Graph(
        "Time in a stage, P95",
        "s",
        [('max by (stage) (content_pipeline_stage_duration_seconds{quantile="0.95"})', "{{stage}}")],
        "The slowest process's, over its last ten minutes.",
    ),
    Graph(
        "Time for a video, P95",
        "s",
        [('max by (resolution) (video_production_duration_seconds{quantile="0.95"})', "{{resolution}}")],
    ),
)
PROCESSES = (
    Graph(
        "Tasks ended a second", "ops", [("sum by (role, status) (rate(agent_tasks_total[5m]))", "{{role}} {{status}}")]
    ),
    Graph(
        "Agents' response time, P95 over all processes",
        "s",
        [("histogram_quantile(0.95, sum by (role, le) (rate(chimera_agent_response_seconds_bucket[5m])))", "{{role}}")],
        "Section 6: the CFO 0.3 s, the director 1 s, the scout 2 s.",
    ),
    Graph(
        "The CFO's response time by process",
        "s",
        [('agent_response_time_seconds{role="cfo"}', "{{instance}} {{quantile}}")],
    ),
    Graph(
        "HTTP requests a second",
        "reqps",
        [("sum by (status) (rate(chimera_http_requests_total[5m]))", "{{status}}")],
    ),
    Graph(
        "HTTP response time, P95",
        "s",
        [
            (
                "histogram_quantile(0.95, sum by (route, le) (rate(chimera_http_request_duration_seconds_bucket[5m])))",
                "{{route}}",
            )
        ],
    ),
    Graph("HTTP requests under way", "short", [("sum by (instance) (chimera_http_requests_open)", "{{instance}}")]),
    Graph(
        "Tool calls a second",
        "ops",
        [("sum by (tool, status) (rate(chimera_tool_calls_total[5m]))", "{{tool}} {{status}}")],
    ),
    Graph("Database answers", "bool", [("chimera_database_up", "{{instance}}")]),
)


def board(uid: str, title: str, graphs: Sequence[Graph]) -> Dashboard:
    """A dashboard of two columns over any Prometheus."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["chimera"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("utc")
        .with_variable(DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    for graph in graphs:
        made = made.with_panel(_panel(graph))
    return made


def _panel(graph: Graph) -> timeseries.Panel:
    panel = timeseries.Panel().title(graph.title).description(graph.told).unit(graph.unit).min(0)
    panel = panel.datasource(SOURCE).height(HEIGHT).span(WIDTH)
    for number, (expression, legend) in enumerate(graph.queries):
        target = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(chr(ord("A") + number))
        panel = panel.with_target(target)
    return panel


def texts() -> dict[str, str]:
    """Each file's name and text."""
    boards = {
        "studio.json": board("chimera-studio", "Chimera: the studio", STUDIO),
        "processes.json": board("chimera-processes", "Chimera: its processes", PROCESSES),
    }
    return {name: JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n" for name, made in boards.items()}


def main(folder: Path) -> None:
    """Write the dashboards."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "deploy" / "grafana")
