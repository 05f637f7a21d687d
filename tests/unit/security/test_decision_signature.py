"""A decision is accepted only with its own signature, in its one text form, under the CFO's key."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from chimera.contracts.approval import SignedDecision
from chimera.core.errors import InvalidSignature
from chimera.security.decision_signature import DOMAIN, canonical, key_id_of, read_verified, sign, verify

KEY = SigningKey(bytes(range(32)))
TX_ID = UUID("0190aaaa-0000-7000-8000-000000000001")
DOCUMENT = canonical({"tx_id": str(TX_ID), "decision": "approved", "amount": "15.00"})


def signed(document: str = DOCUMENT, key: SigningKey = KEY, **changes: object) -> SignedDecision:
    fields = {
        "tx_id": TX_ID,
        "document": document,
        "signature": sign(document, key),
        "key_id": key_id_of(key.verify_key),
    }
    return SignedDecision.model_validate({**fields, **changes})


def test_a_signed_decision_reads_back() -> None:
    assert read_verified(signed(), KEY.verify_key) == {
        "tx_id": str(TX_ID),
        "decision": "approved",
        "amount": "15.00",
    }


def test_the_signature_is_known_and_repeatable() -> None:
    """Ed25519 is deterministic (RFC 8032): the key and text below give this value anywhere."""
    assert sign("{}", KEY) == sign("{}", KEY)
    assert KEY.verify_key.verify(DOMAIN + b"{}", bytes.fromhex(sign("{}", KEY)[2:])) == DOMAIN + b"{}"


@given(position=st.integers(0, 127), digit=st.sampled_from("0123456789abcdef"))
def test_a_signature_with_another_digit_is_refused(position: int, digit: str) -> None:
    digits = sign(DOCUMENT, KEY)[2:]
    changed = digits[:position] + digit + digits[position + 1 :]
    if changed == digits:
        verify(DOCUMENT, "0x" + changed, KEY.verify_key)
        return
    with pytest.raises(InvalidSignature):
        verify(DOCUMENT, "0x" + changed, KEY.verify_key)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0x",
        "0x12",
        sign(DOCUMENT, KEY)[2:],
        sign(DOCUMENT, KEY).upper(),
        sign(DOCUMENT, KEY) + "\n",
        "0x" + "é" * 128,
    ],
)
def test_a_signature_in_another_form_is_refused(signature: str) -> None:
    with pytest.raises(InvalidSignature):
        verify(DOCUMENT, signature, KEY.verify_key)


@pytest.mark.parametrize(
    "decision",
    [
        signed(document=canonical({"tx_id": str(TX_ID), "amount": "99.00"}), signature=sign(DOCUMENT, KEY)),
        signed(tx_id=UUID(int=7)),
        signed(key=SigningKey(bytes(32))),
        signed(key=SigningKey(bytes(32)), key_id=key_id_of(KEY.verify_key)),
        signed(document='{"tx_id": "spaced"}'),
        signed(document='["no object"]'),
        signed(document="no json"),
        signed(document="[" * 100_000),
    ],
    ids=["document", "transaction", "key", "key under our name", "not canonical", "array", "text", "deep"],
)
def test_a_decision_that_is_not_the_cfos_is_refused(decision: SignedDecision) -> None:
    with pytest.raises(InvalidSignature):
        read_verified(decision, KEY.verify_key)


def test_a_signature_without_the_domain_is_of_something_else() -> None:
    bare = "0x" + KEY.sign(DOCUMENT.encode()).signature.hex()
    with pytest.raises(InvalidSignature):
        verify(DOCUMENT, bare, KEY.verify_key)
