"""Personas: the specification's personality_profile, from the shipped files or a file of one's own."""

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from chimera.contracts.brief import PersonalityProfile
from chimera.contracts.error import validation_failed
from chimera.core.errors import ValidationFailed

DEFAULT_PERSONA = "plain_counter"
PERSONA_BYTES_MAX = 64 * 1024
_FIELDS = "name, tone, target_audience and brand_guidelines with voice and avoid"


def persona_names() -> tuple[str, ...]:
    """The shipped personas' names."""
    folder = resources.files("chimera.agents.director.personas")
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")))


def load_persona(name_or_path: str = DEFAULT_PERSONA) -> PersonalityProfile:
    """The shipped persona of that name, or the one in the JSON file at that path.

    Raises:
        ValidationFailed: no such persona, an unreadable file, or an unknown or missing field; the message names it.
    """
    if name_or_path in persona_names():
        text = resources.files("chimera.agents.director.personas").joinpath(f"{name_or_path}.json").read_text("utf-8")
    else:
        text = _read(name_or_path)
    try:
        return PersonalityProfile.model_validate_json(text)
    except ValidationError as error:
        failure = validation_failed(error)
        raise ValidationFailed(
            f"the persona {name_or_path} is wrong at {failure.message}; a persona has exactly the fields {_FIELDS}",
            failure.details,
        ) from error


def _read(path_text: str) -> str:
    path = Path(path_text)
    known = ", ".join(persona_names())
    try:
        if path.stat().st_size > PERSONA_BYTES_MAX:
            raise ValidationFailed(f"the persona file {path_text} is above {PERSONA_BYTES_MAX} bytes: shorten it")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ValidationFailed(
            f"the persona {path_text!r} can't be read ({error}): name one of {known}, or give the path of a JSON file",
            {"persona": path_text},
        ) from error
