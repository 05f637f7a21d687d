"""A secret shows itself to nobody who does not ask by name."""

import copy
import json
import logging
import pickle
import traceback

import pytest
import structlog

from chimera.core.secret import Secret, revealed

TEXT = "canary-0123456789"


def test_no_way_of_writing_it_shows_it() -> None:
    secret = Secret(TEXT)
    logged = structlog.processors.JSONRenderer()(logging.getLogger(), "info", {"secret": secret, "in": [secret]})
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s %r" % (secret, secret), logged]  # noqa: UP031
    shown += [repr({"a": secret}), repr(vars(type(secret))), str(dir(secret)), repr(secret._reveal)]
    assert not [text for text in shown if TEXT in text]
    for write in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            write(secret)


def test_only_reveal_answers_it() -> None:
    assert Secret(TEXT).reveal() == revealed(Secret(TEXT)) == TEXT
    assert revealed(None) is None
    assert Secret(TEXT) == Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert copy.deepcopy([Secret(TEXT)]) == [Secret(TEXT)]


def test_it_does_not_change_and_has_no_hash() -> None:
    with pytest.raises(AttributeError):
        Secret(TEXT).other = 1
    with pytest.raises(TypeError):
        hash(Secret(TEXT))


def test_a_trace_with_variables_does_not_show_it() -> None:
    def fail(held: Secret) -> None:
        raise ValueError(held)

    with pytest.raises(ValueError, match=r"\*\*\*") as failed:
        fail(Secret(TEXT))
    trace = traceback.TracebackException.from_exception(failed.value, capture_locals=True)
    assert TEXT not in "".join(trace.format())
