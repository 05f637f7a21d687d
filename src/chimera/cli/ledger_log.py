"""`chimera ledger prove|check|export|checkpoint|rotate-key`: the ledger outside its database."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Parameter
from nacl.signing import VerifyKey

from chimera.cli.document import print_json
from chimera.cli.failure import EXIT_FAILURE
from chimera.cli.options import Json
from chimera.core.errors import EngineUnavailable, NotFound, ToolFailed, ValidationFailed
from chimera.core.secret import revealed
from chimera.security.keys import read_public_key
from chimera.security.signed_note import NoteKey
from chimera.treasury.log.proof import check as check_proof
from chimera.treasury.log.proof import read_proof

Out = Annotated[Path | None, Parameter(help="The file to write; default: standard output.")]
Format = Annotated[str, Parameter(help="csv or jsonl.")]
Keys = Annotated[
    list[Path] | None,
    Parameter(name="--key", negative="", help="A public key you trust: a PEM file (cfo.pub, log.pub) or a vkey."),
]
PROOF_BYTES_MAX = 1024 * 1024
_KEY_BYTES_MAX = 16 * 1024


async def prove(tx: str, *, out: Out = None) -> None:
    """Write the proof of one transaction: a file that anybody can check without a database.

    Parameters
    ----------
    tx
        The transaction, or six or more hexadecimal digits of it that fit only one of the newest 1,000.
    """
    from chimera.bootstrap.ledger_log import prove_transaction
    from chimera.cli.ledger_explain import meant_row
    from chimera.cli.studio import studio_of_environment

    async with studio_of_environment() as studio:
        proof = await prove_transaction(studio, await meant_row(studio, tx))
    with _target(out) as file:
        file.write(proof.model_dump_json(indent=2) + "\n")


def check(file: Path, *, key: Keys = None, json: Json = False) -> None:
    """Check a proof offline, against the public keys you trust: the CFO's and the log's.

    Ends with exit code 1 unless it is proven under keys you gave.
    """
    report = check_proof(read_proof(read_bounded(file, PROOF_BYTES_MAX)), [_public_key(path) for path in key or []])
    if json:
        print_json(report.model_dump(mode="json"))
    else:
        sys.stdout.write(
            f"{report.verdict}\n  transaction: {report.tx_id}\n  row: {report.row} of {report.tree_size}\n"
            f"  ledger: {report.ledger}\n  CFO's key: {report.cfo_key_id} ({_given(report.cfo_key_given)})\n"
            f"  log's key: {report.log_public_key} ({_given(report.log_key_given)})\n"
        )
        sys.stdout.writelines(f"  wrong: {problem}\n" for problem in report.problems)
    if not report.ok:
        raise SystemExit(EXIT_FAILURE)


async def export(*, format: Format = "csv", out: Out = None) -> None:  # noqa: A002 - the option's name
    """Write the whole ledger as CSV or JSON lines."""
    from chimera.cli.studio import studio_of_environment
    from chimera.treasury.export_entries import exported_lines, wanted_format

    wanted = wanted_format(format)
    async with studio_of_environment() as studio, studio.database.transaction() as connection:
        with _target(out) as file:
            async for line in exported_lines(connection, wanted):
                file.write(line)


async def checkpoint(*, json: Json = False) -> None:
    """Publish the ledger now and print its signed checkpoint."""
    from chimera.bootstrap.ledger_log import studio_publisher
    from chimera.cli.studio import studio_of_environment

    async with studio_of_environment() as studio:
        publisher = studio_publisher(studio)
        await publisher.publish()
        newest, key = await publisher.newest(), await publisher.log_key()
    if newest is None:
        raise NotFound("the ledger is empty: there is nothing to publish before the first decision")
    if json:
        print_json(
            {
                "origin": newest.origin,
                "size": newest.size,
                "root": newest.root.hex(),
                "note": newest.note,
                "log_public_key": str(key),
                "path": str(publisher.folder.folder),
            }
        )
    else:
        sys.stdout.write(newest.note)


async def rotate_key(*, json: Json = False) -> None:
    """Retire the CFO's key and begin a new one; old rows go on verifying."""
    from chimera.cli.studio import studio_of_environment
    from chimera.storage.database import open_database
    from chimera.treasury.key_rotation import rotate_cfo_key

    async with studio_of_environment() as studio:
        if studio.owner_url is None:
            raise EngineUnavailable("only the database's owner may retire a key: set DATABASE_OWNER_URL")
        async with open_database(studio.owner_url) as owned:
            configured = revealed(studio.settings.cfo_private_key)
            rotation = await rotate_cfo_key(owned, studio.home / "keys", configured, studio.clock)
    if json:
        print_json(
            {
                "old_key_id": rotation.old_key_id,
                "new_key_id": rotation.new_key_id,
                "retired_file": str(rotation.retired_file),
            }
        )
        return
    then = (
        "Start every process that approves anew, and back up the keys folder."
        if rotation.new_key_id
        else "Now put another key into CFO_PRIVATE_KEY: the next decision begins it."
    )
    new = rotation.new_key_id or "none yet"
    sys.stdout.write(f"{rotation.old_key_id} is retired ({rotation.retired_file}), current: {new}. {then}\n")


def read_bounded(path: Path, bytes_max: int) -> str:
    """The text of a file that a person named.

    Raises:
        NotFound: it can't be read; ValidationFailed: it is too long or no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
        if len(content) > bytes_max:
            raise ValidationFailed(f"{path} is longer than {bytes_max} bytes: name another file")
        return content.decode()
    except OSError as error:
        raise NotFound(f"{path} can't be read: {error.strerror}", {"path": str(path)}) from error
    except UnicodeDecodeError as error:
        raise ValidationFailed(f"{path} is no text: name another file", {"path": str(path)}) from error


def _public_key(path: Path) -> VerifyKey:
    text = read_bounded(path, _KEY_BYTES_MAX)
    return read_public_key(path) if text.startswith("-----BEGIN") else NoteKey.parse(text).public_key


def _given(is_given: bool) -> str:
    return "given by you" if is_given else "not given: told by the file only"


def _target(out: Path | None) -> "nullcontext[TextIO] | TextIO":
    if out is None:
        return nullcontext(sys.stdout)
    try:
        return out.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ToolFailed(f"{out} can't be written: {error.strerror}", {"path": str(out)}) from error
