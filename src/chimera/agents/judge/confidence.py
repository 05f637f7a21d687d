"""How sure the judge is of what a task's worker produced, by kind of task; pure.

Each kind has a list of checks. A check that fails counts with its weight against the work, a grave one makes it
worthless: the confidence is the least of what its checks leave, and every failed check gives a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chimera.contracts.evidence import TrendEvidence
from chimera.contracts.review import Review, ReviewOutcome
from chimera.contracts.trend import Trend
from chimera.core.limits import QUALITY_SCORE_THRESHOLD, TREND_VOLUME_MAX
from chimera.core.vocabulary import Stage

SURE = Decimal(1)
WORTHLESS = Decimal(0)
THIN = Decimal("0.80")
"""True as far as it goes, on little evidence."""
FLAWED = Decimal("0.60")
"""Part of it is wrong: better done again."""
MENTIONS_THICK = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """`sensitive` names the topics that always wait for a person, where none has passed them."""

    confidence: Decimal
    reasons: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanWork:
    """What a scan answered, with the evidence its rows hold (None: none usable), and what was asked for."""

    found: Sequence[tuple[Trend, TrendEvidence | None]]
    min_velocity: Decimal
    as_of: datetime
    timeframe_seconds: int


@dataclass(frozen=True, slots=True)
class ChoiceWork:
    """A choice as it stands at the moment of the review. `taken` says why the topic is not free (any more), `left_usd`
    what is left of the objective's day without this piece."""

    trend: Trend
    evidence: TrendEvidence | None
    was_found: bool
    taken: str | None
    sensitive_unpassed: tuple[str, ...]
    left_usd: Decimal
    piece_usd: Decimal


@dataclass(frozen=True, slots=True)
class PieceWork:
    """A finished piece: where it stands, its own review, and whether a person has passed it."""

    stage: Stage
    review: Review | None
    passed_by_person: bool


Check = tuple[bool, Decimal, str]
"""Whether it holds, what confidence is left where it does not, and the reason to tell then."""


def judge_scan(work: ScanWork) -> Judged:
    """Evidence complete and the numbers consistent with it."""
    checks: list[Check] = [(bool(work.found), WORTHLESS, "it found nothing and did not say so")]
    for trend, evidence in work.found:
        checks += _trend_checks(trend, evidence)
        checks.append(
            (trend.rising_velocity >= work.min_velocity, FLAWED, f"{trend.topic}: rises less than was asked for")
        )
        if evidence is not None:
            as_asked = evidence.as_of == work.as_of and evidence.timeframe_seconds == work.timeframe_seconds
            checks.append((as_asked, FLAWED, f"{trend.topic}: looked at another time than was asked for"))
    ids = [trend.trend_id for trend, _ in work.found]
    checks.append((len(set(ids)) == len(ids), FLAWED, "it names a trend twice"))
    return _judged(checks)


def judge_choice(work: ChoiceWork) -> Judged:
    """Chosen from what was found, still free, within the day's budget, and on evidence that carries a piece."""
    checks: list[Check] = [
        (work.was_found, WORTHLESS, "the scan did not find this trend"),
        (work.taken is None, WORTHLESS, work.taken or ""),
        (
            work.left_usd >= work.piece_usd,
            WORTHLESS,
            f"${max(work.left_usd, WORTHLESS):.2f} of the day's budget are left, ${work.piece_usd:.2f} are needed",
        ),
        *_trend_checks(work.trend, work.evidence),
        (work.trend.volume >= MENTIONS_THICK, THIN, f"only {work.trend.volume} mentions"),
    ]
    return _judged(checks, work.sensitive_unpassed)


def judge_piece(work: PieceWork) -> Judged:
    """The piece's own review: measured quality, safety, and the confidence it was passed with."""
    review = work.review
    if review is None:
        return Judged(WORTHLESS, ("the piece was not reviewed",))
    checks: list[Check] = [
        (work.stage is Stage.PUBLISHED, WORTHLESS, f"the piece is in stage {work.stage}, not published"),
        (review.outcome is ReviewOutcome.PASSED, WORTHLESS, "it went out without being passed"),
        (
            review.quality.quality_score > QUALITY_SCORE_THRESHOLD,
            FLAWED,
            f"its quality {review.quality.quality_score} is not above {QUALITY_SCORE_THRESHOLD}",
        ),
    ]
    if work.passed_by_person:
        return _judged(checks)
    checks.append((review.confidence >= SURE, review.confidence, "; ".join(review.reasons)))
    return _judged(checks, review.safety.sensitive_topics)


def _trend_checks(trend: Trend, evidence: TrendEvidence | None) -> list[Check]:
    if evidence is None:
        return [(False, WORTHLESS, f"{trend.topic}: its row holds no usable evidence")]
    topic = trend.topic
    return [
        (
            trend.volume == min(evidence.mentions, TREND_VOLUME_MAX),
            WORTHLESS,
            f"{topic}: {trend.volume} mentions told, {evidence.mentions} counted",
        ),
        (evidence.ratio > 1 and evidence.mentions > evidence.expected, FLAWED, f"{topic}: its counts show no rise"),
        (
            evidence.window_start <= evidence.first_seen <= evidence.window_end == evidence.as_of,
            FLAWED,
            f"{topic}: its evidence lies outside its window",
        ),
        (
            0 < evidence.peak_mentions <= evidence.mentions and bool(evidence.series),
            FLAWED,
            f"{topic}: its course over time is missing or does not add up",
        ),
        (bool(evidence.top_posts), FLAWED, f"{topic}: no post stands behind it"),
    ]


def _judged(checks: Iterable[Check], sensitive: tuple[str, ...] = ()) -> Judged:
    failed = [(left, reason) for holds, left, reason in checks if not holds]
    confidence = min((left for left, _ in failed), default=SURE)
    return Judged(confidence, tuple(dict.fromkeys(reason for _, reason in failed if reason))[:12], sensitive)
