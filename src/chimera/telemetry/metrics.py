"""What this process tells Prometheus about its own work: section 9's names and our own, and one call for each edge.

What is true for the whole studio (money, the ledger, queues) is read from the database: `api/metrics.py`.
No label ever names an agent, a piece or a request.
"""

from collections.abc import Sequence

from chimera.core.vocabulary import Resolution, Role, Stage, TaskState
from chimera.telemetry.family import Family
from chimera.telemetry.meter import counter, gauge, histogram
from chimera.telemetry.summary import summary

ANSWER_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 600.0)
"""Section 6's limits are edges: 0.05, 0.3, 1, 2, 30 and 120 seconds."""

_tasks = counter("agent_tasks_total", "Tasks that agents of a role ended, by how they ended.", "role", "status")
_answers = summary(
    "agent_response_time_seconds", "How long agents of a role took; quantiles over the last ten minutes.", "role"
)
_stages = summary(
    "content_pipeline_stage_duration_seconds",
    "How long pieces were in a stage before they left it; quantiles over the last ten minutes.",
    "stage",
)
_videos = summary(
    "video_production_duration_seconds",
    "How long the artist took for a video; quantiles over the last ten minutes.",
    "resolution",
)
_answer_buckets = histogram(
    "chimera_agent_response_seconds", "How long agents of a role took, summable over processes.", ANSWER_SECONDS, "role"
)
_requests = counter("chimera_http_requests_total", "HTTP requests answered.", "method", "route", "status")
_request_buckets = histogram(
    "chimera_http_request_duration_seconds", "From a request's head to the end of its answer.", ANSWER_SECONDS, "route"
)
_open_requests = gauge("chimera_http_requests_open", "HTTP requests under way.")
_tool_calls = counter("chimera_tool_calls_total", "Calls to MCP tools, by how they ended.", "tool", "status")

_METERS = (
    _tasks,
    _answers,
    _stages,
    _videos,
    _answer_buckets,
    _requests,
    _request_buckets,
    _open_requests,
    _tool_calls,
)
_STATUS = {TaskState.DONE: "completed", TaskState.REVIEW: "completed", TaskState.QUEUED: "retried"}


def process_families() -> tuple[Family, ...]:
    """What this process has measured since it started."""
    return tuple(meter.family() for meter in _METERS)


def task_ended(role: Role, state: TaskState, seconds: float) -> None:
    """An agent of the role worked on a task for so long."""
    _tasks.of(role, _STATUS.get(state, state)).add()
    _answers.of(role).add(seconds)
    _answer_buckets.of(role).add(seconds)


def step_ended(role: Role, seconds: float, *, failed: bool) -> None:
    """An agent of the role did one step of a piece, or answered one call."""
    task_ended(role, TaskState.FAILED if failed else TaskState.DONE, seconds)


def decisions_made(seconds: Sequence[float], failures: int) -> None:
    """The CFO answered these requests for money; so many others could not be answered."""
    if failures:
        _tasks.of(Role.CFO, TaskState.FAILED).add(failures)
    if not seconds:
        return
    _tasks.of(Role.CFO, "completed").add(len(seconds))
    _answers.of(Role.CFO).add_all(seconds)
    buckets = _answer_buckets.of(Role.CFO)
    for value in seconds:
        buckets.add(value)


def stage_left(stage: Stage, seconds: float) -> None:
    _stages.of(stage).add(seconds)


def video_produced(resolution: Resolution | None, seconds: float) -> None:
    _videos.of("other" if resolution is None else resolution).add(seconds)


def request_began() -> None:
    _open_requests.of().add(1)


def request_ended(method: str, route: str, status: int, seconds: float) -> None:
    _open_requests.of().add(-1)
    _requests.of(method, route, str(status)).add()
    _request_buckets.of(route).add(seconds)


def tool_answered(tool: str, status: str) -> None:
    _tool_calls.of(tool, status).add()
