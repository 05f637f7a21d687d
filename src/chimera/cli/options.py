"""Options that several commands share: one name, one meaning, one help text."""

from typing import Annotated, Literal

from cyclopts import Parameter, validators

from chimera.core.vocabulary import QualityPreset

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print exactly one JSON document.")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000), help="How many of the newest.")]
Quality = Annotated[QualityPreset, Parameter(help="draft, standard or high.")]

SourceName = Annotated[
    str,
    Parameter(help="`recorded`: the sample inside the package; or a .csv, .csv.gz, .jsonl or .jsonl.gz file of posts."),
]
AsOf = Annotated[str | None, Parameter(help="Look at nothing later than this (ISO 8601; default: the source's end).")]
Timeframe = Annotated[str, Parameter(help="Length of the recent window: 24h, 7d, PT24H.")]
MinVelocity = Annotated[str, Parameter(help="Least rising velocity, 0 to 10; 1 is at least doubled.")]
Words = Annotated[
    list[str] | None, Parameter(consume_multiple=True, negative="", help="Look for these instead of whatever rises.")
]
ColumnMapping = Annotated[str | None, Parameter(help="A file's columns: time=created_utc,text=title,community=..")]

MetricsPort = Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=65_000))]

AspectName = Annotated[Literal["9:16", "16:9", "1:1"], Parameter(help="Shape of the video.")]
"""The values of `Aspect` as a person types them; cyclopts would ask for an enum's member names."""
