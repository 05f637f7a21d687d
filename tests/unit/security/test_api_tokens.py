"""The tokens of the HTTP door: made once for their owner alone, and refused when something is off."""

from pathlib import Path

import pytest

from chimera.core.errors import EngineUnavailable, Unauthenticated, ValidationFailed
from chimera.security.api_tokens import TOKENS_FILE, ApiRole, api_tokens, token_to_show

TOKEN = "t" * 43


def written(folder: Path) -> dict[str, str]:
    return dict(line.split() for line in (folder / TOKENS_FILE).read_text().splitlines())


def test_the_first_serve_makes_a_token_for_each_role_and_later_ones_keep_them(tmp_path: Path) -> None:
    first = api_tokens(tmp_path)
    made = written(tmp_path)
    assert api_tokens(tmp_path) == first
    assert set(made) == {"request:spend", "finance"}
    assert len(set(made.values())) == 2
    assert (tmp_path / TOKENS_FILE).stat().st_mode & 0o777 == 0o600
    for role, token in made.items():
        assert first.role_of(f"Bearer {token}") is ApiRole(role)
        assert first.role_of(f"bearer {token}") is ApiRole(role)
        assert token not in repr(first)


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer x", "Basic {token}", "{token}", "Bearer {token} x", "Bearer é"]
)
def test_anything_but_a_right_bearer_token_is_nobody(tmp_path: Path, shown: str) -> None:
    tokens = api_tokens(tmp_path)
    with pytest.raises(Unauthenticated, match=r"keys/api\.tokens"):
        tokens.role_of(shown.format(token=written(tmp_path)["finance"]))


@pytest.mark.parametrize(
    "text", ["finance\n", f"admin {TOKEN}\n", "finance short\n", f"finance {TOKEN}\nrequest:spend {TOKEN}\n"]
)
def test_a_damaged_file_is_refused_and_says_how_it_should_look(tmp_path: Path, text: str) -> None:
    file = tmp_path / TOKENS_FILE
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(EngineUnavailable, match="each line is a role"):
        api_tokens(tmp_path)


def test_a_file_others_can_read_is_refused(tmp_path: Path) -> None:
    api_tokens(tmp_path)
    (tmp_path / TOKENS_FILE).chmod(0o644)
    with pytest.raises(EngineUnavailable, match="chmod 600"):
        api_tokens(tmp_path)


def test_a_role_without_a_line_is_known_to_nobody(tmp_path: Path) -> None:
    file = tmp_path / TOKENS_FILE
    file.write_text(f"request:spend {TOKEN}\n")
    file.chmod(0o600)
    assert [role for role, _ in api_tokens(tmp_path).hashes] == [ApiRole.SPENDER]


def test_the_token_to_show_is_read_from_the_variable_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_to_show(TOKEN, None) == token_to_show(None, file) == TOKEN


@pytest.mark.parametrize("text", ["", "short", "with spaces " * 5, f"request:spend {TOKEN}", "x" * 42 + "\r\nHost: a"])
def test_what_can_be_no_token_is_not_sent(text: str) -> None:
    with pytest.raises(ValidationFailed, match="CFO_TOKEN holds no token"):
        token_to_show(text, None)


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailed, match=r"CFO_TOKEN_FILE: .*token can't be read"):
        token_to_show(None, tmp_path / "token")
