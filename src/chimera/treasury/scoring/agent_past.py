"""What is remembered of one agent: pace, prices, last orders, errors, claims and silence, each updated row by row."""

import math

from chimera.core.vocabulary import Decision
from chimera.treasury.scoring.pace import HourPace, Pace
from chimera.treasury.scoring.past_request import PastRequest
from chimera.treasury.scoring.recent_texts import FAILED, PAID, WAITING, RecentTexts, read

_APPROVED, _REJECTED = Decision.APPROVED.value, Decision.REJECTED.value
_HABIT_SHARE = 1 / 8
_ERRORS_KEPT = 0.9
_STREAK_MAX = 8
_SPOILED_SEQS_MAX = 8
_STANDING_APPROVALS = 3
"""So many approvals that were not spoiled end a row of errors."""
_CLAIM_SHARE = 1 / 16
_HOUR_MICROS = 3_600_000_000
SLEEP_MICROS = 36 * _HOUR_MICROS
SLEEP_USUAL_TIMES = 2.0
SLEEP_FULL_TIMES = 2.5
WAKE_MICROS = 6 * _HOUR_MICROS


class AgentPast:
    """All of it is bounded: about 1.8 KB, however many rows it has counted."""

    __slots__ = (
        "approved",
        "claim_deviation",
        "claim_mean",
        "decided",
        "error_at",
        "error_streak",
        "errors",
        "habit",
        "last_at",
        "last_seq",
        "longest_silence",
        "pace",
        "sleep",
        "spoiled_seqs",
        "standing",
        "texts",
        "types",
        "unpaid_at",
        "waiting",
        "woke_at",
    )

    def __init__(self) -> None:
        self.pace, self.texts = Pace(), RecentTexts()
        self.types: dict[str, HourPace] = {}
        self.last_seq = self.approved = 0
        self.last_at = self.longest_silence = self.woke_at = self.error_at = self.unpaid_at = 0
        self.decided = self.errors = self.sleep = 0.0
        self.claim_mean = self.claim_deviation = self.habit = 0.0
        self.error_streak = self.standing = 0
        self.waiting = False
        self.spoiled_seqs: tuple[int, ...] = ()

    def take(self, row: PastRequest, read_from: float) -> None:
        """Count a row; what it says is remembered from an amount of `read_from` on."""
        _, _, kind, micros, text, at, decision, roi, spoiled = row
        approved = decision == _APPROVED
        self.last_seq = row.seq
        if micros >= read_from and self._read(row, text, approved):
            return
        self.pace.take(at, micros, approved)
        pace = self.types.get(kind)
        if pace is None:
            pace = self.types[kind] = HourPace()
        pace.take(at, micros, approved)
        if at > self.last_at:
            self._pass_time(at)
        if approved:
            self._approve(roi)
            if spoiled:
                self.spoil(row.seq)
        elif decision == _REJECTED:
            self._fail(at)

    def conclude(self) -> None:
        """All rows that are ever known of it are taken; a very busy agent's habits are what they show."""
        for pace in (self.pace, *self.types.values()):
            pace.conclude()

    def spoil(self, seq: int) -> None:
        """An approval bought nothing, or more than was approved; told twice, it counts once."""
        if seq in self.spoiled_seqs:
            return
        self.spoiled_seqs = (*self.spoiled_seqs[1 - _SPOILED_SEQS_MAX :], seq)
        self.last_seq = max(self.last_seq, seq)
        self.texts.fail(seq)
        self.unpaid_at = self.last_at
        self.errors = min(self.errors + 1, max(self.decided, 1))
        self.error_streak = min(self.error_streak + 1, _STREAK_MAX)
        self.error_at = self.last_at
        self.standing = max(0, self.standing - 1)

    def sleeping(self, at_micros: int) -> float:
        """From 0, awake, to 1: a silence of days, much longer than any before, that just ends or ended lately."""
        silence = at_micros - self.last_at
        if silence > SLEEP_MICROS:
            return self._depth(silence) if self.approved else 0.0
        if self.sleep and at_micros - self.woke_at < WAKE_MICROS:
            return self.sleep
        return 0.0

    def _read(self, row: PastRequest, text: str, approved: bool) -> bool:
        """Remember the order; whether it was a person's answer to one that is counted already."""
        reading, texts = read(text), self.texts
        rejected = row.decision == _REJECTED
        state = PAID if approved else FAILED if rejected else WAITING
        if state != WAITING and self.waiting and texts.answer(reading, state):
            return True
        if approved:
            self.habit += _HABIT_SHARE * (texts.same_order(reading.order) - self.habit)
        if not approved:
            self.unpaid_at = row.at_micros
            self.waiting = self.waiting or state == WAITING
        texts.take(reading, row.cost_micros, row.roi_hundredths, row.at_micros, row.seq, state)
        return False

    def _depth(self, silence: int) -> float:
        times = silence / max(SLEEP_MICROS, SLEEP_USUAL_TIMES * self.longest_silence)
        return min(1.0, max(0.0, math.log(times) / math.log(SLEEP_FULL_TIMES)))

    def _pass_time(self, at_micros: int) -> None:
        silence = at_micros - self.last_at
        if silence > _HOUR_MICROS and self.last_at:
            if silence > SLEEP_MICROS and self.approved:
                self.sleep, self.woke_at = self._depth(silence), at_micros
            self.longest_silence = max(silence, int(self.longest_silence * 0.98))
        self.last_at = at_micros

    def _fail(self, at_micros: int) -> None:
        self.decided = self.decided * _ERRORS_KEPT + 1
        self.errors = self.errors * _ERRORS_KEPT + 1
        self.error_at = at_micros
        self.error_streak = min(self.error_streak + 1, _STREAK_MAX)

    def _approve(self, roi_hundredths: int) -> None:
        self.approved += 1
        self.decided = self.decided * _ERRORS_KEPT + 1
        self.errors *= _ERRORS_KEPT
        if self.error_streak:
            self.standing += 1
            if self.standing >= _STANDING_APPROVALS:
                self.standing = self.error_streak = 0
        if roi_hundredths > 0:
            self._learn_claim(math.log(roi_hundredths))

    def _learn_claim(self, claim: float) -> None:
        share = _CLAIM_SHARE if self.approved > 16 else 1 / self.approved
        away = claim - self.claim_mean
        self.claim_mean += share * away
        self.claim_deviation += (share if self.approved > 1 else 0) * (abs(away) - self.claim_deviation)
