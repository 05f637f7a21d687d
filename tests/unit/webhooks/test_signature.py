"""Deliveries' signatures, and what becomes of an attempt."""

import base64
from datetime import UTC, datetime, timedelta

from chimera.runtime.webhooks.attempt import ATTEMPTS_MAX, REST_MAX, outcome
from chimera.runtime.webhooks.signature import new_secret, shown_secret, signed_headers

NOW = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)


def test_a_delivery_is_signed_as_the_standards_own_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_shown_as_receivers_libraries_take_it() -> None:
    assert shown_secret(new_secret(lambda size: b"\x01" * size)).startswith("whsec_AQEB")


def test_only_a_2xx_is_a_delivery() -> None:
    states = {status: outcome(status, 1, 0, NOW).state for status in (199, 200, 204, 299, 302, 410, 500, None)}
    assert {status for status, state in states.items() if state == "delivered"} == {200, 204, 299}


def test_the_rests_grow_and_end_and_the_last_attempt_is_the_last() -> None:
    outcomes = [outcome(500, attempt, attempt - 1, NOW) for attempt in range(1, ATTEMPTS_MAX + 1)]
    rests = [result.next_at - NOW for result in outcomes]
    assert rests[:3] == [timedelta(seconds=5), timedelta(seconds=25), timedelta(seconds=125)]
    assert rests == sorted(rests)
    assert rests[-1] == REST_MAX == outcome(None, 3, 10_000, NOW).next_at - NOW
    assert [result.state for result in outcomes] == ["pending"] * (ATTEMPTS_MAX - 1) + ["dead"]
