"""The specification's own JSON goes in and comes out unchanged; only its placeholder ids become real ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chimera.contracts.agent_state import AgentState
from chimera.contracts.approval import Approval, ApprovalRequest
from chimera.contracts.asset import Asset, ProductionRequest
from chimera.contracts.brief import Brief, BriefRequest
from chimera.contracts.budget import BudgetState
from chimera.contracts.contract import Contract
from chimera.contracts.error import ErrorEnvelope
from chimera.contracts.health import Health
from chimera.contracts.task import TaskMessage
from chimera.contracts.trend import TrendAnalysis, TrendAnalysisRequest

EXAMPLES = Path(__file__).parent / "examples"
REAL_ID = "0190aaaa-bbbb-7ccc-8ddd-eeeeffff0000"

CONTRACTS: dict[str, type[Contract]] = {
    "trend_analysis_request": TrendAnalysisRequest,
    "trend_analysis": TrendAnalysis,
    "brief_request": BriefRequest,
    "brief": Brief,
    "production_request": ProductionRequest,
    "asset": Asset,
    "approval_request": ApprovalRequest,
    "approval": Approval,
    "agent_state": AgentState,
    "budget": BudgetState,
    "task_message": TaskMessage,
    "error_envelope": ErrorEnvelope,
    "health": Health,
}


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.json").read_text().replace('"uuid"', f'"{REAL_ID}"')


def outside(value: Any) -> Any:
    """Numbers compared as JSON writes them: 12.5 is 12.5, never "12.5"."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_specifications_example_round_trips(name: str) -> None:
    document = json.loads(example(name))
    contract = CONTRACTS[name].model_validate_json(example(name))
    assert outside(json.loads(contract.model_dump_json())) == document


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_unknown_field_is_refused(name: str) -> None:
    document = {**json.loads(example(name)), "surprise": 1}
    with pytest.raises(ValidationError, match="surprise"):
        CONTRACTS[name].model_validate(document)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_every_field_of_the_example_is_declared(name: str) -> None:
    assert set(json.loads(example(name))) <= set(CONTRACTS[name].model_fields)
