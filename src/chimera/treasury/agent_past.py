"""What is remembered of one agent: rhythm, prices, texts, errors, claims and silence, each updated row by row."""

import math
from array import array

from chimera.core.vocabulary import Decision
from chimera.treasury.past_request import PastRequest
from chimera.treasury.recent_texts import RecentTexts, shape_of
from chimera.treasury.rhythm import Rhythm
from chimera.treasury.usual_price import UsualPrice

_APPROVED, _REJECTED = Decision.APPROVED.value, Decision.REJECTED.value
_HABIT_EVERY, _HABIT_SHARE = 4, 1 / 5
"""Habits are looked at in every fourth approved request, since that costs time."""
_ERRORS_KEPT = 0.9
_STREAK_MAX = 8
_SPOILED_SEQS_MAX = 8
_STANDING_APPROVALS = 3
"""So many approvals that were not spoiled end a row of errors."""
_CLAIM_SHARE = 1 / 16
_HOUR_MICROS = 3_600_000_000
SLEEP_MICROS = 36 * _HOUR_MICROS
SLEEP_USUAL_TIMES = 2.0
SLEEP_FULL_TIMES = 3.0
WAKE_MICROS = 6 * _HOUR_MICROS


class AgentPast:
    """All of it is bounded: about 2.5 KB, however many rows it has counted."""

    __slots__ = (
        "approved",
        "claim_deviation",
        "claim_mean",
        "claims",
        "decided",
        "error_streak",
        "errors",
        "exact_habit",
        "first_at",
        "last_at",
        "last_seq",
        "longest_silence",
        "prices",
        "rhythm",
        "similar_habit",
        "sleep",
        "spoiled_seqs",
        "standing",
        "texts",
        "woke_at",
    )

    def __init__(self) -> None:
        self.rhythm, self.texts = Rhythm(), RecentTexts()
        self.prices: dict[str, UsualPrice] = {}
        self.last_seq = self.approved = self.claims = 0
        self.first_at = self.last_at = self.longest_silence = self.woke_at = 0
        self.decided = self.errors = self.sleep = 0.0
        self.claim_mean = self.claim_deviation = self.exact_habit = self.similar_habit = 0.0
        self.error_streak = self.standing = 0
        self.spoiled_seqs = array("q")

    def take(self, row: PastRequest) -> bool:
        """Count a row; whether what it usually pays for this type was computed again."""
        approved = row.decision == _APPROVED
        self.last_seq = row.seq
        exact, shape = hash(row.justification), shape_of(row.justification)
        if approved and self.approved % _HABIT_EVERY == 0:
            self._learn_habit(exact, shape, row)
        rejected = row.decision == _REJECTED
        self.texts.take(0 if rejected else exact, shape, row.cost_micros, row.at_micros, row.seq)
        self.rhythm.take(row.at_micros, row.cost_micros, approved)
        self._pass_time(row.at_micros)
        if rejected:
            self._fail()
        if not approved:
            return False
        return self._approve(row)

    def spoil(self, seq: int) -> None:
        """An approval bought nothing, or more than was approved; told twice, it counts once."""
        if seq in self.spoiled_seqs:
            return
        self.spoiled_seqs.append(seq)
        self.last_seq = max(self.last_seq, seq)
        del self.spoiled_seqs[:-_SPOILED_SEQS_MAX]
        self.texts.excuse(seq)
        self.errors = min(self.errors + 1, max(self.decided, 1))
        self.error_streak = min(self.error_streak + 1, _STREAK_MAX)
        self.standing = max(0, self.standing - 1)

    def sleeping(self, at_micros: int) -> float:
        """From 0, awake, to 1: a silence of days, much longer than any before, that just ends or ended lately."""
        if not self.approved:
            return 0.0
        silence = at_micros - self.last_at
        if silence > SLEEP_MICROS:
            return self._depth(silence)
        if self.sleep and at_micros - self.woke_at < WAKE_MICROS:
            return self.sleep
        return 0.0

    def mean_gap_seconds(self) -> float:
        """Between approved requests, over all that is remembered."""
        return (self.last_at - self.first_at) / 1e6 / self.approved if self.approved else 0.0

    def _depth(self, silence: int) -> float:
        times = silence / max(SLEEP_MICROS, SLEEP_USUAL_TIMES * self.longest_silence)
        return min(1.0, max(0.0, math.log(times) / math.log(SLEEP_FULL_TIMES)))

    def _pass_time(self, at_micros: int) -> None:
        if not self.last_at:
            self.first_at = self.last_at = at_micros
            return
        silence = at_micros - self.last_at
        if silence <= 0:
            return
        if silence > _HOUR_MICROS:
            if silence > SLEEP_MICROS and self.approved:
                self.sleep, self.woke_at = self._depth(silence), at_micros
            self.longest_silence = max(silence, int(self.longest_silence * 0.98))
        self.last_at = at_micros

    def _fail(self) -> None:
        self.decided = self.decided * _ERRORS_KEPT + 1
        self.errors = self.errors * _ERRORS_KEPT + 1
        self.error_streak = min(self.error_streak + 1, _STREAK_MAX)

    def _approve(self, row: PastRequest) -> bool:
        self.approved += 1
        self.decided = self.decided * _ERRORS_KEPT + 1
        self.errors *= _ERRORS_KEPT
        self.standing += 1
        if self.standing >= _STANDING_APPROVALS:
            self.standing = self.error_streak = 0
        if row.roi_hundredths > 0:
            self._learn_claim(math.log(row.roi_hundredths))
        price = self.prices.get(row.request_type)
        if price is None:
            price = self.prices[row.request_type] = UsualPrice()
        computed = price.take(row.cost_micros)
        if row.spoiled:
            self.spoil(row.seq)
        return computed

    def _learn_claim(self, claim: float) -> None:
        self.claims += 1
        share = max(_CLAIM_SHARE, 1 / self.claims)
        away = claim - self.claim_mean
        self.claim_mean += share * away
        if self.claims > 1:
            self.claim_deviation += max(_CLAIM_SHARE, 1 / (self.claims - 1)) * (abs(away) - self.claim_deviation)

    def _learn_habit(self, exact: int, shape: int, row: PastRequest) -> None:
        copies = self.texts.copies(exact, shape, row.cost_micros, row.at_micros)
        self.exact_habit += _HABIT_SHARE * (copies.exact - self.exact_habit)
        self.similar_habit += _HABIT_SHARE * (copies.similar - self.similar_habit)
