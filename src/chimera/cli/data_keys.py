"""`chimera keys rotate-data`, `chimera keys seal-media`: the keys that media and secrets are sealed under."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from chimera.bootstrap import data_keys
from chimera.bootstrap.media import mark_all_sealed
from chimera.bootstrap.studio import Studio
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.cli.studio import studio_of_environment
from chimera.core.errors import Conflict, NotFound

MEDIA_MAX = 1_000_000
Rewrap = Annotated[bool, Parameter(name="--rewrap", negative="")]


async def rotate_data(*, rewrap: Rewrap = False, json: Json = False) -> None:
    """Seal under a new data key from now on; what is older still opens. Nothing has to stop.

    Parameters
    ----------
    rewrap
        Change the master key instead: wrap the data keys with CHIMERA_DATA_KEY (the old one being in
        CHIMERA_DATA_KEY_PREVIOUS), or with a new keys/data.key of this home.
    """
    async with studio_of_environment() as studio:
        if rewrap:
            told = {"rewrapped": await data_keys.rewrap(studio.settings, studio.home, studio.database)}
            text = f"{told['rewrapped']} data keys are wrapped with the new master key. Keep it in your backup.\n"
        else:
            row = await data_keys.rotate(studio.settings, studio.home, studio.database, studio.clock)
            told = {"data_key": row.number}
            text = f"Data key {row.number} seals from now on. `chimera keys seal-media` seals older media under it.\n"
    if json:
        print_json(told)
    else:
        sys.stdout.write(text)


async def seal_media(*, json: Json = False) -> None:
    """Seal media that lie under an older data key, or from an earlier version under none, under the newest.

    It may run beside everything else and may be stopped at any time; running it again goes on.
    """
    async with studio_of_environment() as studio:
        sealed, seen = await asyncio.to_thread(_seal_all, studio)
    if json:
        print_json({"sealed": sealed, "media": seen})
    else:
        sys.stdout.write(f"{sealed} of {seen} media were sealed under the newest data key; the others were already.\n")


def _seal_all(studio: Studio) -> tuple[int, int]:
    urls = list(_urls(studio))
    sealed = 0
    with _progress() as progress:
        task = progress.add_task("Sealing", total=len(urls))
        for url in urls:
            sealed += _sealed(studio, url)
            progress.advance(task)
    mark_all_sealed(studio.home)
    return sealed, len(urls)


def _urls(studio: Studio) -> Iterator[str]:
    for shelf in studio.blobs.shelves:
        for key, _ in zip(shelf.keys(), range(MEDIA_MAX), strict=False):
            yield shelf.address + key


def _sealed(studio: Studio, url: str) -> bool:
    try:
        return studio.blobs.reseal(url)
    except (Conflict, NotFound):
        return False  # replaced meanwhile, by one under the newest key, or deleted


def _progress() -> Progress:
    """A bar on a terminal, nothing otherwise."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console,
        disable=not console.is_terminal, transient=True,
    )  # fmt: skip
