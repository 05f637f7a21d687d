"""Numbers of money go through JSON without losing a digit, and text is never taken for a number."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chimera.contracts.approval import ApprovalRequest, BudgetRemaining
from chimera.contracts.exact_json import read_json, write_json
from chimera.contracts.spending_orders import Settlement
from chimera.core.errors import ValidationFailed
from chimera.core.vocabulary import RequestType


@given(
    cost=st.decimals(min_value="0.01", max_value="999999999999.99", places=2),
    roi=st.decimals(min_value=0, max_value="99999999.99", places=2),
    justification=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50),
)
def test_a_request_comes_back_as_it_was_written(cost: Decimal, roi: Decimal, justification: str) -> None:
    request = ApprovalRequest(
        request_id=uuid4(),
        agent_id=uuid4(),
        request_type=RequestType.API_CALL,
        request_cost=cost,
        projected_roi=roi,
        justification=justification,
    )
    assert read_json(write_json(request), ApprovalRequest) == request


@pytest.mark.parametrize("text", ["0.1", "1e-2", "12345678901.123456"])
def test_a_number_is_what_its_text_says(text: str) -> None:
    assert read_json(f'{{"actual_usd":{text}}}'.encode(), Settlement).actual_usd == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"actual_usd":"1.00"}',
        '{"actual_usd":true}',
        '{"actual_usd":null}',
        '{"actual_usd":NaN}',
        '{"actual_usd":1,"actual_usd":2}',
        "[]",
        "",
    ],
)
def test_what_is_ambiguous_or_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        read_json(text.encode(), Settlement)


def test_every_contract_refuses_text_for_a_number_in_json_and_takes_decimals_in_python() -> None:
    amounts = {"daily": "1.00", "weekly": "2.00", "monthly": "3.00"}
    with pytest.raises(ValidationError, match="must be a number"):
        BudgetRemaining.model_validate_json(json.dumps(amounts))
    exact = BudgetRemaining.model_validate({name: Decimal(text) for name, text in amounts.items()})
    assert exact.weekly == Decimal("2.00")


@pytest.mark.parametrize("text", ["null", "true", '"1.00"', "[]"])
def test_what_is_no_number_is_told_without_speaking_of_python(text: str) -> None:
    with pytest.raises(ValidationFailed, match="actual_usd: must be a number"):
        read_json(f'{{"actual_usd":{text}}}'.encode(), Settlement)
