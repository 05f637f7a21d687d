"""The SafetyGateway (specification section 5): every text that goes out passes here, and what fails stays in."""

from collections.abc import Callable, Mapping, Sequence

from chimera.contracts.review import SafetyFinding, SafetyReport, SafetyVerdict
from chimera.safety.finding import Found
from chimera.safety.group_hostility import find_group_hostility
from chimera.safety.personal_data import find_personal_data
from chimera.safety.policy import SafetyPolicy
from chimera.safety.topics import TOPICS, sensitive_topics
from chimera.safety.word_lists import find_listed_words

Check = Callable[[str], list[Found]]

_SEVERITY = (SafetyVerdict.PASSED, SafetyVerdict.HUMAN, SafetyVerdict.BLOCKED)
_CHECKS: tuple[Check, ...] = (find_listed_words, find_group_hostility, find_personal_data)
_FINDINGS_MAX = 200


class SafetyGateway:
    """Checks texts under one policy. It fails closed: what can't be checked is blocked."""

    def __init__(self, policy: SafetyPolicy, checks: Sequence[Check] = _CHECKS) -> None:
        self._policy = policy
        self._checks = checks

    def check(self, texts: Mapping[str, str]) -> SafetyReport:
        """The verdict over all `texts` (script, title, every on-screen string), each under the name of its place.

        The gravest finding decides. Never raises: a failing check is itself a finding, and blocks.
        """
        limits = self._policy.limits
        if len(texts) > limits.texts:
            refusal = _unchecked("texts", f"{len(texts)} texts are more than the {limits.texts} checked at once")
            return self._report((refusal,), ())
        findings: list[SafetyFinding] = []
        topics: set[str] = set()
        for where, text in texts.items():
            found, text_topics = self._check_text(where, text)
            findings += found
            topics |= text_topics
        return self._report(tuple(findings), tuple(topic for topic in TOPICS if topic in topics))

    def _check_text(self, where: str, text: str) -> tuple[list[SafetyFinding], set[str]]:
        if len(text) > self._policy.limits.characters:
            return [_unchecked(where, f"longer than {self._policy.limits.characters} characters, not read")], set()
        try:
            found = [found for check in self._checks for found in check(text)]
            topics = set(sensitive_topics([text]))
            judged = [self._judged(where, one) for one in (*found, *(_of_topic(topic) for topic in sorted(topics)))]
        except Exception as failure:  # noqa: BLE001  whatever broke, an unchecked text must not go out
            return [_unchecked(where, f"a check failed ({type(failure).__name__}), so the text is not passed")], set()
        return judged, topics

    def _judged(self, where: str, found: Found) -> SafetyFinding:
        verdicts: Mapping[str, SafetyVerdict] = {
            str(kind): verdict for kind, verdict in getattr(self._policy, found.check).items()
        }
        return SafetyFinding(
            check=found.check,
            verdict=verdicts[found.kind],
            where=where,
            excerpt=found.excerpt,
            explanation=found.explanation,
        )

    def _report(self, findings: Sequence[SafetyFinding], topics: tuple[str, ...]) -> SafetyReport:
        gravest_first = sorted(findings, key=lambda finding: -_SEVERITY.index(finding.verdict))
        return SafetyReport(
            verdict=gravest_first[0].verdict if gravest_first else SafetyVerdict.PASSED,
            sensitive_topics=topics,
            findings=tuple(gravest_first[:_FINDINGS_MAX]),
            policy_hash=self._policy.sha256,
        )


def _of_topic(topic: str) -> Found:
    return Found("sensitive_topic", topic, topic, f"the text is about {topic}: a person decides")


def _unchecked(where: str, explanation: str) -> SafetyFinding:
    return SafetyFinding(
        check="gateway", verdict=SafetyVerdict.BLOCKED, where=where, excerpt="", explanation=explanation
    )
