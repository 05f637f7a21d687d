"""What is asked wrongly gets one clear error, an exit code, and loses nothing."""

from pathlib import Path

import pytest

from fundamentals.studio_process import StudioProcess

pytestmark = pytest.mark.timeout(900)


def code_of(studio: StudioProcess, *arguments: str) -> tuple[int, str]:
    answer = studio.run(*arguments, "--json")
    return answer.code, answer.document["error"]["code"]


def test_nothing_rising_is_said_so(studio: StudioProcess) -> None:
    assert code_of(studio, "run", "--keywords", "zzyzxqueen") == (1, "NO_TRENDS")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "--source", "no-such-file.csv"), "SOURCE_UNAVAILABLE"),
        (("run", "--min-velocity", "10.5"), "VALIDATION_FAILED"),
        (("run", "--min-velocity", "nan"), "VALIDATION_FAILED"),
        (("run", "--timeframe", "yesterday"), "VALIDATION_FAILED"),
        (("run", "--as-of", "soon"), "VALIDATION_FAILED"),
        (("run", "--aspect", "4:3"), "VALIDATION_FAILED"),
        (("run", "--persona", "nobody-here"), "VALIDATION_FAILED"),
        (("run", "--words-min", "20"), "VALIDATION_FAILED"),
        (("content", "show", "0190aaaa-0000-7000-8000-000000000001"), "NOT_FOUND"),
        (("serve", "--host", "192.0.2.1"), "VALIDATION_FAILED"),
    ],
)
def test_bad_input_is_one_envelope(studio: StudioProcess, arguments: tuple[str, ...], code: str) -> None:
    number, said = code_of(studio, *arguments)
    assert said == code
    assert number in {2, 5}


def test_an_empty_file_and_wrong_columns_are_told_apart(studio: StudioProcess, tmp_path: Path) -> None:
    empty, other = tmp_path / "empty.csv", tmp_path / "other.csv"
    empty.write_text("")
    other.write_text("colour,shape\nred,round\n")
    messages = [
        studio.run("run", "--source", str(path), "--json").document["error"]["message"] for path in (empty, other)
    ]
    assert messages[0] != messages[1]


def test_an_unknown_persona_field_is_named(studio: StudioProcess, tmp_path: Path) -> None:
    persona = tmp_path / "persona.json"
    persona.write_text(
        '{"name": "A", "tone": "warm", "target_audience": "all", "mood": "x",'
        ' "brand_guidelines": {"voice": "casual", "avoid": []}}'
    )
    answer = studio.run("run", "--persona", str(persona), "--json")
    assert answer.code == 2
    assert "mood" in answer.document["error"]["message"]
