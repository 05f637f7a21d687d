"""Judges a risk score on traces: its ranking (AUC), what it catches above the threshold, what honest work it stops."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from traces.request import TracedRequest

THRESHOLD = 0.7


class Scorer(Protocol):
    """Called once a request, in the order of the trace; it feeds decisions and outcomes back to itself."""

    def __call__(self, request: TracedRequest) -> float: ...


@dataclass(frozen=True)
class Scored:
    request: TracedRequest
    score: float

    @property
    def caught(self) -> bool:
        return self.score > THRESHOLD


@dataclass(frozen=True)
class Row:
    """One attack, or all; shares are 0-1, None where there was nothing to count. `passed` is the share of its money."""

    name: str
    auc: float | None
    requests: int
    recall: float | None
    hard_requests: int
    hard_recall: float | None
    episodes: int
    episode_recall: float | None
    passed: float | None


@dataclass(frozen=True)
class Stopped:
    """Honest requests of one kind, and the share of them above the threshold."""

    kind: str
    requests: int
    share: float


@dataclass(frozen=True)
class Verdict:
    """`mean_recall` weighs every attack alike; `attacks.recall` weighs every request alike."""

    attacks: Row
    rows: tuple[Row, ...]
    normal: Stopped
    kinds: tuple[Stopped, ...]
    mean_recall: float | None

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def scored(trace: Iterable[TracedRequest], score: Scorer) -> list[Scored]:
    return [Scored(request, score(request)) for request in trace]


def auc(attacks: Sequence[float], normal: Sequence[float]) -> float | None:
    """The probability that an attack scores above an honest request, ties counting half (Mann-Whitney)."""
    if not attacks or not normal:
        return None
    marked = sorted([(score, True) for score in attacks] + [(score, False) for score in normal])
    rank_sum, before = 0.0, 0
    for _, tied in groupby(marked, key=lambda pair: pair[0]):
        group = [is_attack for _, is_attack in tied]
        rank_sum += sum(group) * (before + (len(group) + 1) / 2)
        before += len(group)
    wins = rank_sum - len(attacks) * (len(attacks) + 1) / 2
    return wins / (len(attacks) * len(normal))


def judge(*runs: Sequence[Scored]) -> Verdict:
    """One verdict over one or more traces; episodes of different traces are different episodes."""
    judged = [(run, one) for run, found in enumerate(runs) for one in found if one.request.judged]
    attacks = [(run, one) for run, one in judged if one.request.attack is not None]
    normal = [one for _, one in judged if one.request.attack is None]
    names = sorted({one.request.attack or "" for _, one in attacks})
    rows = tuple(_row(name, [(r, one) for r, one in attacks if one.request.attack == name], normal) for name in names)
    kinds = sorted({one.request.kind for one in normal})
    recalls = [row.recall for row in rows if row.recall is not None]
    return Verdict(
        attacks=_row("all attacks", attacks, normal),
        rows=rows,
        normal=_stopped("all honest", normal),
        kinds=tuple(_stopped(kind, [one for one in normal if one.request.kind == kind]) for kind in kinds),
        mean_recall=sum(recalls) / len(recalls) if recalls else None,
    )


def _row(name: str, attacks: Sequence[tuple[int, Scored]], normal: Sequence[Scored]) -> Row:
    hard = [one for _, one in attacks if one.request.hard]
    episodes: dict[tuple[int, int | None], bool] = {}
    for run, one in attacks:
        key = (run, one.request.episode)
        episodes[key] = episodes.get(key, False) or one.caught
    asked = sum((one.request.cost for _, one in attacks), Decimal(0))
    missed = sum((one.request.cost for _, one in attacks if not one.caught), Decimal(0))
    return Row(
        name=name,
        auc=auc([one.score for _, one in attacks], [one.score for one in normal]),
        requests=len(attacks),
        recall=_share([one.caught for _, one in attacks]),
        hard_requests=len(hard),
        hard_recall=_share([one.caught for one in hard]),
        episodes=len(episodes),
        episode_recall=_share(list(episodes.values())),
        passed=float(missed / asked) if asked else None,
    )


def _share(caught: Sequence[bool]) -> float | None:
    return sum(caught) / len(caught) if caught else None


def _stopped(kind: str, normal: Sequence[Scored]) -> Stopped:
    return Stopped(kind, len(normal), _share([one.caught for one in normal]) or 0.0)


def _lines(verdict: Verdict) -> Iterable[str]:
    yield _columns("attack", "AUC", "requests", "recall", "hard", "recall", "episodes", "recall", "$ passed")
    for row in (*verdict.rows, verdict.attacks):
        requests = (str(row.requests), _shown(row.recall, 3), str(row.hard_requests), _shown(row.hard_recall, 3))
        episodes = (str(row.episodes), _shown(row.episode_recall, 3))
        yield _columns(row.name, _shown(row.auc, 4), *requests, *episodes, _shown(row.passed, 3))
    yield _columns("mean of attacks", "", "", _shown(verdict.mean_recall, 3))
    yield _columns("honest", "requests", "stopped")
    for stopped in (*verdict.kinds, verdict.normal):
        yield _columns(stopped.kind, str(stopped.requests), f"{stopped.share:.4f}")


def _columns(name: str, *cells: str) -> str:
    return (f"{name:15}" + "".join(f"{cell:>9}" for cell in cells)).rstrip()


def _shown(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"
