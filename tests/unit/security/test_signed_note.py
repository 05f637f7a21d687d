"""Signed notes and checkpoints: the published example verifies, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from chimera.core.errors import InvalidSignature, ValidationFailed
from chimera.security.signed_note import NoteKey, open_note, sign_note
from chimera.treasury.log.checkpoint import read_checkpoint, read_checkpoint_of_any, signed_checkpoint

#: The example of Go's golang.org/x/mod/sumdb/note, where this format comes from.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = SigningKey(bytes(range(32)))
NAME = "chimera/ledger"
OWN = NoteKey(NAME, KEY.verify_key)
ROOT = bytes(range(32))


def test_a_note_signed_elsewhere_opens_under_its_key() -> None:
    assert open_note(PETER, NoteKey.parse(VKEY)).startswith("If you think")
    assert str(NoteKey.parse(VKEY)) == VKEY


@given(st.integers(0, len(PETER.encode()) - 1), st.integers(1, 255))
def test_a_note_changed_anywhere_does_not_open_as_another_text(place: int, bits: int) -> None:
    content = bytearray(PETER.encode())
    content[place] ^= bits
    try:
        text = open_note(content.decode(errors="replace"), NoteKey.parse(VKEY))
    except InvalidSignature:
        return
    assert text == PETER.partition("\n\n")[0] + "\n"


def test_signatures_of_others_are_not_looked_at() -> None:
    note = sign_note("a\n\nb\n", NAME, KEY)
    witnessed = note + "\u2014 witness AAAAAAA=\n" + sign_note("a\n\nb\n", "else", KEY).splitlines()[-1] + "\n"
    assert open_note(witnessed, OWN) == "a\n\nb\n"
    with pytest.raises(InvalidSignature, match="not signed by"):
        open_note(note, NoteKey(NAME, SigningKey(bytes(32)).verify_key))
    with pytest.raises(InvalidSignature, match="not signed by"):
        open_note(note, NoteKey("chimera/other", KEY.verify_key))


@pytest.mark.parametrize("note", ["", "\n", "a\n", "a\n\n", "a\x00\n\n\u2014 b c\n", "a\n\n\u2014 b c", "\n\n"])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(InvalidSignature):
        open_note(note, OWN)


@pytest.mark.parametrize("text", ["", "a", "a+b+c", VKEY[:-1], VKEY.replace("c7", "c8"), "a b" + VKEY, str(OWN)[1:]])
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="not a verifier key"):
        NoteKey.parse(text)


def test_a_checkpoint_tells_origin_size_and_root() -> None:
    made = signed_checkpoint(NAME, 17, ROOT, KEY)
    assert made.note.splitlines()[:4] == [NAME, "17", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert read_checkpoint(made.note, OWN) == made
    assert signed_checkpoint(NAME, 17, ROOT, KEY) == made


@pytest.mark.parametrize(
    "body",
    ["chimera/other\n17\nAAAA\n", f"{NAME}\n017\n{'A' * 43}=\n", f"{NAME}\n-1\n{'A' * 43}=\n", f"{NAME}\n1\nAAAA\n",
     f"{NAME}\n1\n", f"{NAME}\n1\n{'A' * 43}=\n\nmore\n", f"{NAME}\n{'9' * 30}\n{'A' * 43}=\n"],
)  # fmt: skip
def test_a_signed_note_that_is_no_checkpoint_of_this_log_is_refused(body: str) -> None:
    with pytest.raises(InvalidSignature):
        read_checkpoint(sign_note(body, NAME, KEY), OWN)


def test_a_checkpoint_of_whatever_origin_is_read_under_its_key() -> None:
    note = signed_checkpoint("chimera/other", 1, ROOT, KEY).note
    assert read_checkpoint_of_any(note, KEY.verify_key).origin == "chimera/other"
    with pytest.raises(InvalidSignature, match="at most"):
        read_checkpoint(note + "x" * 70_000, OWN)
