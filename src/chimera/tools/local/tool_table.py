"""Which local tools there are: each tool's job and result contracts, its function, its time limit."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from chimera.contracts.contract import Contract
from chimera.contracts.production import SoundJob, VideoJob, VoiceJob
from chimera.core.errors import ToolFailed, ValidationFailed
from chimera.core.limits import PRODUCTION_SECONDS_MAX_VIDEO

ToolName = Literal["voice", "sound", "video"]
JobFunction = Callable[[Contract, Path, Callable[[float], None]], Contract]


@dataclass(frozen=True, slots=True)
class LocalTool:
    """`function` is `module:name` of a `run(job, folder, progress) -> result`; loaded only in the job's process."""

    name: ToolName
    job_contract: type[Contract]
    function: str
    description: str
    limit_seconds: int = PRODUCTION_SECONDS_MAX_VIDEO


LOCAL_TOOLS: Mapping[str, LocalTool] = MappingProxyType(
    {
        "voice": LocalTool(
            "voice", VoiceJob, "chimera.tools.local.voice.job:run", "Speak the beats; answers audio and word times."
        ),
        "sound": LocalTool(
            "sound", SoundJob, "chimera.tools.local.sound.job:run", "Lay a music bed under a narration, at -14 LUFS."
        ),
        "video": LocalTool(
            "video", VideoJob, "chimera.tools.local.picture.job:run", "Draw and encode the storyboard with its sound."
        ),
    }
)


def tools_with(functions: Mapping[str, str]) -> Mapping[str, LocalTool]:
    """The table with some tools' functions replaced, such as `{"voice": "my_voice.job:run"}`.

    Raises:
        ValidationFailed: no tool of that name.
    """
    for name in functions:
        if name not in LOCAL_TOOLS:
            raise ValidationFailed(f"there is no tool {name!r}: known are {', '.join(LOCAL_TOOLS)}")
    return {name: replace(tool, function=functions.get(name, tool.function)) for name, tool in LOCAL_TOOLS.items()}


def load(function: str) -> JobFunction:
    """The function behind `module:name`.

    Raises:
        ToolFailed: it can't be imported; the message says what is missing.
    """
    module, _, name = function.partition(":")
    try:
        return cast("JobFunction", getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError) as error:
        raise ToolFailed(f"the tool {function} can't be loaded: {error}. See `chimera doctor`") from error
