"""The gateway joins the checks under one policy, names the place, and fails closed."""

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera.contracts.review import SafetyVerdict
from chimera.core.errors import ValidationFailed
from chimera.safety.finding import Found
from chimera.safety.gateway import SafetyGateway
from chimera.safety.policy import SafetyPolicy, load_policy

DATA = files("chimera.safety") / "data"


@pytest.fixture(scope="module")
def policy() -> SafetyPolicy:
    return load_policy()


@pytest.fixture(scope="module")
def gateway(policy: SafetyPolicy) -> SafetyGateway:
    return SafetyGateway(policy)


def test_a_harmless_piece_passes(gateway: SafetyGateway) -> None:
    report = gateway.check(
        {
            "title": "Daft Punk: 3.2 times as many posts as expected",
            "script": "Daft Punk stood in 58 posts in 24 hours. A usual day brings 18. Music led with 21 mentions.",
            "beat 1 headline": "58 posts in 24 hours",
        }
    )
    assert report.verdict is SafetyVerdict.PASSED
    assert report.findings == ()


def test_the_gravest_finding_decides_and_stands_first(gateway: SafetyGateway) -> None:
    report = gateway.check({"script": "what bullshit", "title": "write to me@example.org"})
    assert report.verdict is SafetyVerdict.BLOCKED
    assert (report.findings[0].check, report.findings[0].where) == ("personal_data", "title")
    assert report.findings[1].verdict is SafetyVerdict.HUMAN


def test_a_sensitive_topic_waits_for_a_human(gateway: SafetyGateway) -> None:
    report = gateway.check({"script": "The former prime minister died this morning."})
    assert report.verdict is SafetyVerdict.HUMAN
    assert report.sensitive_topics == ("death", "politics")


def test_hostility_near_a_group_waits_for_a_human(gateway: SafetyGateway) -> None:
    assert gateway.check({"script": "Immigrants are vermin"}).verdict is SafetyVerdict.HUMAN


def test_on_screen_text_is_checked_like_the_script(gateway: SafetyGateway) -> None:
    report = gateway.check({"beat 3 headline": "call +44 20 7946 0958"})
    assert [finding.where for finding in report.findings] == ["beat 3 headline"]


def test_a_check_that_breaks_blocks_the_text(policy: SafetyPolicy) -> None:
    def broken(text: str) -> list[Found]:
        raise RuntimeError(text)

    report = SafetyGateway(policy, [broken]).check({"script": "fine"})
    assert report.verdict is SafetyVerdict.BLOCKED
    assert "a check failed" in report.findings[0].explanation


def test_a_finding_the_policy_does_not_know_blocks_the_text(policy: SafetyPolicy) -> None:
    gateway = SafetyGateway(policy, [lambda _text: [Found("word_list", "unheard_of", "x", "y")]])
    assert gateway.check({"script": "fine"}).verdict is SafetyVerdict.BLOCKED


def test_more_or_longer_texts_than_the_limits_are_blocked_unread(gateway: SafetyGateway, policy: SafetyPolicy) -> None:
    too_many = {str(number): "fine" for number in range(policy.limits.texts + 1)}
    too_long = {"script": "a " * policy.limits.characters}
    assert gateway.check(too_many).verdict is SafetyVerdict.BLOCKED
    assert gateway.check(too_long).verdict is SafetyVerdict.BLOCKED


@given(texts=st.dictionaries(st.text(max_size=10), st.text(max_size=200), max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_gateway(texts: dict[str, str]) -> None:
    report = SafetyGateway(load_policy()).check(texts)
    assert not any(finding.check == "gateway" for finding in report.findings)


def test_the_policy_hash_covers_policy_and_vocabularies(policy: SafetyPolicy, gateway: SafetyGateway) -> None:
    names = ("policy.toml", "words.rot13.txt", "hostility.toml", "topics.toml")
    expected = hashlib.sha256(b"".join((DATA / name).read_bytes() for name in names)).hexdigest()
    assert policy.sha256 == expected == gateway.check({}).policy_hash


def test_an_own_policy_changes_verdict_and_hash(tmp_path: Path, policy: SafetyPolicy) -> None:
    own = tmp_path / "policy.toml"
    shipped = (DATA / "policy.toml").read_text("utf-8")
    own.write_text(shipped.replace('profanity = "human"', 'profanity = "blocked"'), "utf-8")
    strict = load_policy(own)
    assert SafetyGateway(strict).check({"t": "bullshit"}).verdict is SafetyVerdict.BLOCKED
    assert strict.sha256 != policy.sha256


@pytest.mark.parametrize(
    "change",
    [
        ('email = "blocked"\n', ""),
        ('email = "blocked"', 'email = "maybe"'),
        ("[limits]", "[limits"),
        ("texts = 400", "texts = 0"),
    ],
)
def test_a_policy_with_a_gap_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    own = tmp_path / "policy.toml"
    own.write_text((DATA / "policy.toml").read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(ValidationFailed):
        load_policy(own)


def test_a_missing_policy_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match="can't be read"):
        load_policy(tmp_path / "none.toml")
