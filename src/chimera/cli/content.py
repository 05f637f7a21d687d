"""`chimera content list|show|open`: what was made and where it stands."""

import asyncio
import os
import sys
import webbrowser
from textwrap import shorten

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chimera.bootstrap.studio import Studio, open_studio
from chimera.cli.content_schedule import plan_text
from chimera.cli.document import print_json
from chimera.cli.options import Json, Limit
from chimera.config.settings import Settings
from chimera.contracts.content import ContentDetails, ContentList, ContentSummary
from chimera.core.clock import SystemClock
from chimera.core.vocabulary import Stage
from chimera.pipeline.telling import Piece, find_piece, newest_pieces, production_of
from chimera.platforms.local_channel.address import watch_url
from chimera.platforms.local_channel.channel import post_id_of

PIPE_COLUMNS = 160
WHY_CHARACTERS_MAX = 120
_STYLES = {Stage.PUBLISHED: "green", Stage.FAILED: "red", Stage.REVIEW: "yellow"}


async def list_content(*, stage: Stage | None = None, limit: Limit = 20, json: Json = False) -> None:
    """List the newest content pieces.

    Parameters
    ----------
    stage
        Only pieces in this stage.
    """
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        pieces = await newest_pieces(studio.database, stage, limit)
    listed = ContentList(content=tuple(piece.summary for piece in pieces))
    if json:
        sys.stdout.write(listed.model_dump_json() + "\n")
    elif not pieces:
        sys.stderr.write("Nothing was made yet: `chimera run` makes a piece.\n")
    else:
        _console().print(_table(listed.content))


async def show(content: str = "newest", *, json: Json = False) -> None:
    """Show one piece: its trend, script, tools, costs and where it stands.

    Parameters
    ----------
    content
        A content id, or `newest`.
    """
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        piece = await find_piece(studio.database, content)
    details = piece.details(urls_of(piece))
    if json:
        sys.stdout.write(details.model_dump_json() + "\n")
    else:
        _console().print(_details(details))
        sys.stdout.write(f"\n{details.script or ''}\n")


async def open_content(content: str = "newest", *, json: Json = False) -> None:
    """Print where the piece's video lies; on a terminal, play it with the desktop's player too.

    A published one is played from the channel, another from a plain copy that is removed some hours later.

    Parameters
    ----------
    content
        A content id, or `newest`.
    """
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        piece = await find_piece(studio.database, content)
        path = await asyncio.to_thread(video_path, studio, piece)
    if json:
        print_json({"content_id": str(piece.content.id), "path": path, "urls": urls_of(piece)})
        return
    sys.stdout.write(f"{path}\n")
    for url in urls_of(piece).values():
        sys.stderr.write(f"{url} (while `chimera serve` runs)\n")
    if sys.stdout.isatty() and _has_desktop():
        webbrowser.open(f"file://{path}")


def urls_of(piece: Piece) -> dict[str, str]:
    """Where the piece is found by platform; the local channel's while `chimera serve` runs as by default."""
    published = piece.video.platform_ids if piece.video else {}
    return {name: watch_url(post_id) for name, post_id in published.items() if name == "local"}


def video_path(studio: Studio, piece: Piece) -> str:
    """The video as a file to play: the channel's, or a plain copy of the sealed one.

    Raises:
        Conflict: it is not produced yet; NotFound: the file is gone; SealBroken: it was changed.
    """
    url, post_id = production_of(piece).video_url, post_id_of(piece.content.id)
    if studio.channel.probe(post_id) is not None:
        return str(studio.channel.media(post_id, "video.mp4"))
    return str(studio.blobs.materialise(url, studio.blobs.copies_folder()))


def _console() -> Console:
    """Standard output; wide where it is no terminal, so that ids stay whole in a pipe."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_COLUMNS)


def _has_desktop() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _table(pieces: tuple[ContentSummary, ...]) -> Table:
    table = Table()
    for name in ("Id", "Stage", "Title", "Cost", "Quality", "Made"):
        table.add_column(name, no_wrap=name != "Title", overflow="fold")
    for piece in pieces:
        waits = piece.waits_or_failed or _goes_out(piece)
        why = shorten(waits, WHY_CHARACTERS_MAX, placeholder="…")
        title = escape(piece.title) + (f"\n[dim]{escape(why)}[/]" if why else "")
        table.add_row(
            str(piece.content_id),
            f"[{_STYLES.get(piece.stage, 'default')}]{piece.stage}[/]",
            title,
            f"${piece.production_cost:.2f}",
            "" if piece.quality_score is None else f"{piece.quality_score:.2f}",
            f"{piece.created_at:%Y-%m-%d %H:%M}",
        )
    return table


def _goes_out(piece: ContentSummary) -> str:
    """When the piece goes out, where that is planned and it is not out."""
    if piece.plan is None or piece.plan.state == "released":
        return ""
    return f"goes out: {plan_text(piece.plan)}"


def _money(details: ContentDetails) -> str:
    money = details.money
    if not money.approved_usd:
        return ""
    held = f", ${money.held_usd} held" if money.held_usd else ""
    return f"${money.approved_usd} approved, ${money.settled_usd} settled{held}"


def _details(details: ContentDetails) -> Table:
    summary = details.summary
    table = Table(show_header=False, box=None)
    rows = {
        "Id": str(summary.content_id),
        "Title": summary.title,
        "Topic": summary.topic,
        "Stage": summary.stage,
        "Why not out": summary.waits_or_failed or "",
        "Goes out": plan_text(summary.plan) if summary.plan else "",
        "Cost": f"${summary.production_cost:.2f}",
        "Money": _money(details),
        "Quality": "" if summary.quality_score is None else f"{summary.quality_score:.2f}",
        "Video": " ".join(filter(None, (summary.media_url, details.resolution))),
        "Length": f"{details.duration_seconds} s" if details.duration_seconds else "",
        "Tools": ", ".join(f"{use['tool']} {use['version']}" for use in details.metadata.get("tools", [])),
        "Ledger": ", ".join(str(tx_id) for tx_id in details.metadata.get("ledger_tx_ids", [])),
        "Page": ", ".join(details.urls.values()),
    }
    for name, value in rows.items():
        if value:
            table.add_row(f"[bold]{name}[/]", escape(str(value)))
    return table
