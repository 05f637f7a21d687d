"""Limits of sections 3 and 6 refuse with the envelope's codes, and one value beyond is one too many."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from chimera.contracts.approval import ApprovalRequest
from chimera.contracts.asset import AssetFile
from chimera.contracts.brief import Script
from chimera.contracts.contract import Contract
from chimera.contracts.error import ErrorEnvelope, validation_failed
from chimera.contracts.trend import TrendAnalysisRequest
from chimera.core.clock import FixedClock
from chimera.core.errors import ValidationFailed, VideoTooLong
from chimera.core.timeframe import parse_timeframe

AN_ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"
ANALYZE: dict[str, Any] = {"timeframe": "24h", "min_velocity": 0.5}
APPROVE: dict[str, Any] = {
    "request_id": AN_ID,
    "agent_id": AN_ID,
    "request_type": "api_call",
    "request_cost": 15.0,
    "projected_roi": 2.5,
    "justification": "a video",
}
FILE: dict[str, Any] = {"type": "video", "url": "local://assets/a.mp4", "size_bytes": 1, "duration_seconds": 30}


@pytest.mark.parametrize("velocity", [0, 0.5, 10])
def test_min_velocity_from_0_to_10_is_accepted(velocity: float) -> None:
    assert TrendAnalysisRequest.model_validate({**ANALYZE, "min_velocity": velocity}).min_velocity == velocity


@pytest.mark.parametrize(
    ("contract", "document", "field", "wrong"),
    [
        (TrendAnalysisRequest, ANALYZE, "min_velocity", -0.01),
        (TrendAnalysisRequest, ANALYZE, "min_velocity", 10.01),
        (TrendAnalysisRequest, ANALYZE, "min_velocity", float("nan")),
        (TrendAnalysisRequest, ANALYZE, "timeframe", "yesterday"),
        (TrendAnalysisRequest, ANALYZE, "timeframe", "14m"),
        (TrendAnalysisRequest, ANALYZE, "timeframe", "31d"),
        (ApprovalRequest, APPROVE, "request_cost", 0),
        (ApprovalRequest, APPROVE, "request_cost", -1),
        (ApprovalRequest, APPROVE, "request_cost", float("inf")),
        (ApprovalRequest, APPROVE, "request_cost", 0.0000001),
        (ApprovalRequest, APPROVE, "request_type", "bribe"),
        (ApprovalRequest, APPROVE, "justification", ""),
        (AssetFile, FILE, "size_bytes", 100 * 1024 * 1024 + 1),
        (AssetFile, FILE, "duration_seconds", 601),
    ],
)
def test_a_value_beyond_the_limit_is_refused_by_name(
    contract: type[Contract], document: dict[str, Any], field: str, wrong: object
) -> None:
    with pytest.raises((ValidationError, ValidationFailed), match=field):
        contract.model_validate({**document, field: wrong})


@pytest.mark.parametrize("text", ["24h", "7d", "PT24H", "P7D", "15m", "30d", "P1W", "P1DT12H"])
def test_a_timeframe_is_written_short_or_as_iso_8601(text: str) -> None:
    assert parse_timeframe(text).total_seconds() > 0


@pytest.mark.parametrize(("words", "fits"), [(99, False), (100, True), (500, True), (501, False)])
def test_a_script_has_100_to_500_words(words: int, fits: bool) -> None:
    text = " ".join(["word"] * words)
    if fits:
        assert Script(text=text).text == text
    else:
        with pytest.raises(ValidationError, match="100 to 500"):
            Script(text=text)


def test_a_refusal_names_every_wrong_field_in_one_envelope(clock: FixedClock) -> None:
    with pytest.raises(ValidationError) as caught:
        ApprovalRequest.model_validate({**APPROVE, "request_cost": -1, "request_type": "bribe"})
    envelope = ErrorEnvelope.of(validation_failed(caught.value), clock, UUID(AN_ID)).error
    problems = TypeAdapter(list[dict[str, str]]).validate_python(envelope.details["problems"])
    assert envelope.code == "VALIDATION_FAILED"
    assert {problem["field"] for problem in problems} == {"request_cost", "request_type"}


def test_the_codes_of_section_8_exist_with_their_status() -> None:
    from chimera.core import errors

    codes = {
        kind.code: kind.status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ChimeraError)
    }
    assert {
        "BUDGET_EXCEEDED": 402,
        "ROI_TOO_LOW": 422,
        "INVALID_SIGNATURE": 403,
        "AGENT_OFFLINE": 503,
        "MCP_TIMEOUT": 504,
        "QUALITY_FAILED": 422,
        "VIDEO_TOO_LONG": 422,
    }.items() <= codes.items()
    assert VideoTooLong("too long").status == 422
