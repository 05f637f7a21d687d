"""Where each piece under way is, seen from outside: its rows in the durable engine, its jobs' folders on the disk."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

from chimera.bench.chaos.plan import Moment
from chimera.storage.piece_watch import WorkflowSeen

_AFTER: Mapping[str, Moment] = {
    "crew": Moment.BRIEF,
    "brief": Moment.APPROVE,
    "attempts": Moment.APPROVE,
    "approve": Moment.BEGIN,
    "answer": Moment.BEGIN,
    "begin": Moment.PRODUCE,
    "produce": Moment.SETTLE,
    "settle": Moment.REVIEW,
    "review": Moment.PUBLISH,
}
"""What runs once this step is kept."""
_PARTS: Mapping[str, Moment] = {"produce": Moment.PRODUCE, "publish": Moment.PUBLISH}
_USUAL_SECONDS: Mapping[Moment, float] = {
    Moment.BRIEF: 0.2,
    Moment.APPROVE: 0.15,
    Moment.BEGIN: 0.05,
    Moment.PRODUCE: 60.0,
    Moment.VOICE: 30.0,
    Moment.SOUND: 5.0,
    Moment.VIDEO: 20.0,
    Moment.SETTLE: 0.05,
    Moment.REVIEW: 4.0,
    Moment.PUBLISH: 0.1,
    Moment.STARTING: 5.0,
    Moment.ANYTIME: 0.0,
}
_REMEMBERED = 9
_QUEUED_STEPS_MAX = 100


@dataclass(frozen=True, slots=True)
class Job:
    """A tool's job of a piece; `touched_at` is when its folder last told something, in the system clock's seconds."""

    tool: Moment
    running: bool
    touched_at: float
    pid: int | None


@dataclass(frozen=True, slots=True)
class PieceSeen:
    """`moments` are what runs for it now, and `pids` whose processes do; `kept` counts its kept steps."""

    content_id: UUID
    moments: frozenset[Moment]
    pids: frozenset[int]
    kept: int
    jobs: tuple[Job, ...]
    unclaimed: bool


def pieces_of(workflows: Sequence[WorkflowSeen], work_folder: Path) -> tuple[PieceSeen, ...]:
    """Every unfinished piece, in the order of its id."""
    by_piece: dict[UUID, list[WorkflowSeen]] = defaultdict(list)
    for workflow in workflows:
        by_piece[workflow.content_id].append(workflow)
    return tuple(_piece(content_id, found, work_folder) for content_id, found in sorted(by_piece.items()))


def moment_of(workflow: WorkflowSeen) -> Moment | None:
    """Which step of the flow the workflow is at; None while it only waits for one that went to a queue (pure)."""
    if workflow.part is not None:
        return _PARTS.get(workflow.part)
    last = _last(workflow.steps)
    if last is None:
        return Moment.BRIEF
    return None if last.startswith("content/") else _AFTER.get(last)


def _last(steps: Sequence[str]) -> str | None:
    """The last kept step; a queued one is kept once its result was fetched."""
    for index in range(len(steps) - 1, -1, -1):
        name = steps[index]
        if name == "DBOS.getResult" and index > 0:
            return {"content/artist": "produce", "content/worker": "publish"}.get(steps[index - 1], steps[index - 1])
        if not name.startswith("DBOS."):
            return name
    return None


def _piece(content_id: UUID, workflows: Sequence[WorkflowSeen], work_folder: Path) -> PieceSeen:
    at_work = [seen for seen in workflows if seen.status == "PENDING"]
    moments = {moment for seen in at_work if (moment := moment_of(seen)) is not None}
    jobs = tuple(jobs_of(work_folder / str(content_id))) if Moment.PRODUCE in moments else ()
    moments |= {job.tool for job in jobs if job.running}
    return PieceSeen(
        content_id=content_id,
        moments=frozenset(moments),
        pids=frozenset(seen.pid for seen in at_work if seen.pid is not None),
        kept=_kept(workflows),
        jobs=jobs,
        unclaimed=any(seen.pid is None for seen in at_work),
    )


def _kept(workflows: Sequence[WorkflowSeen]) -> int:
    """Rises with every kept step: those of the piece's own workflow outweigh its queued ones', which go away."""
    own = sum(len(seen.steps) for seen in workflows if seen.part is None)
    queued = sum(1 + len(seen.steps) for seen in workflows if seen.part is not None)
    return own * _QUEUED_STEPS_MAX + min(queued, _QUEUED_STEPS_MAX - 1)


def jobs_of(folder: Path) -> Iterable[Job]:
    """The jobs in a piece's scratch folder; half-written ones are passed over."""
    for job in sorted(folder.glob("jobs/*")):
        with suppress(OSError, ValueError, KeyError):
            tool = Moment(json.loads((job / "request.json").read_bytes())["tool"])
            told = {path.name: path.stat().st_mtime for path in job.glob("*.json")}
            begun = "process.json" in told
            over = bool({"result.json", "error.json"} & told.keys())
            pid = int(json.loads((job / "process.json").read_bytes())["pid"]) if begun and not over else None
            yield Job(tool, begun and not over, max(told.values()), pid)


class Lengths:
    """How long each moment usually lasts, learned while watching."""

    def __init__(self) -> None:
        self._seen: dict[tuple[UUID, Moment], float] = {}
        self._lasted: dict[Moment, deque[float]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def watch(self, now: float, pieces: Sequence[PieceSeen]) -> None:
        """Take note of what runs at `now`, in seconds of any clock that only goes forward."""
        current = {(piece.content_id, moment) for piece in pieces for moment in piece.moments}
        for key in current:
            self._seen.setdefault(key, now)
        for key in [key for key in self._seen if key not in current]:
            self._lasted[key[1]].append(now - self._seen.pop(key))

    def forget(self, pieces: Iterable[UUID]) -> None:
        """What was disturbed teaches nothing."""
        for key in [key for key in self._seen if key[0] in set(pieces)]:
            del self._seen[key]

    def usual(self, moment: Moment) -> float:
        """Seconds; the median of the last ones."""
        lasted = self._lasted[moment]
        return median(lasted) if lasted else _USUAL_SECONDS[moment]
