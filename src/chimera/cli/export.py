"""`chimera export`: one piece's video, captions, thumbnail and documents in a folder."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from chimera.bootstrap.studio import Studio, open_studio
from chimera.cli.document import print_json
from chimera.cli.options import Json
from chimera.config.settings import Settings
from chimera.contracts.content import ExportedFile
from chimera.core.clock import SystemClock
from chimera.pipeline.telling import Piece, export_bundle, find_piece, ledger_tx_ids, media_of, production_of
from chimera.platforms.export_bundle.folder import DOCUMENT, write_folder
from chimera.platforms.local_channel.channel import post_id_of

Force = Annotated[bool, Parameter(name="--force", negative="", help="Replace an export that is there already.")]


async def export(content: str, *, to: Path | None = None, force: Force = False, json: Json = False) -> None:
    """Copy a piece out: mp4, captions (srt, vtt), thumbnail, and a JSON bundle with its signed approvals.

    Parameters
    ----------
    content
        A content id, or `newest`.
    to
        The folder to make. Default: `chimera-<content id>` here.
    """
    async with open_studio(Settings.from_environment(os.environ), SystemClock()) as studio:
        piece = await find_piece(studio.database, content)
        target = await export_piece(studio, piece, to or Path(f"chimera-{piece.content.id}"), force=force)
    if json:
        names = sorted(path.name for path in target.iterdir())
        print_json({"content_id": str(piece.content.id), "path": str(target), "files": names, "bundle": DOCUMENT})
    else:
        sys.stdout.write(f"{target}\n")


async def export_piece(studio: Studio, piece: Piece, target: Path, *, force: bool) -> Path:
    """Write the piece's export; answers its folder.

    Raises:
        Conflict: the piece is not produced, or the folder exists; NotFound: a file is gone;
        ToolFailed: it can't be written.
    """
    decisions = [await studio.treasurer.signed_decision_of_tx(tx_id) for tx_id in ledger_tx_ids(piece)]

    def document_of(files: tuple[ExportedFile, ...]) -> str:
        bundle = export_bundle(
            piece,
            files,
            decisions=decisions,
            cfo_public_key=bytes(studio.treasurer.public_key).hex(),
            publication=studio.channel.probe(post_id_of(piece.content.id)),
            at=studio.clock.now(),
        )
        return bundle.model_dump_json(indent=2)

    async with media_of(production_of(piece), studio.blobs) as media:
        return write_folder(target, media, document_of, replace=force)
