"""Options that several commands share."""

from typing import Annotated, Literal

from cyclopts import Parameter

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print exactly one JSON document.")]

AspectName = Annotated[Literal["9:16", "16:9", "1:1"], Parameter(help="Shape of the video.")]
"""The values of `Aspect` as a person types them; cyclopts would ask for an enum's member names."""
