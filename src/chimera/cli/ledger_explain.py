"""`chimera ledger explain TX`: why one row of the ledger is as it is, point by point."""

from uuid import UUID

from chimera.bootstrap.studio import Studio
from chimera.cli.document import print_json
from chimera.cli.explanation_text import print_explanation
from chimera.cli.options import Json
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.cli.transaction import transaction, whole_id
from chimera.security.decision_signature import read_document
from chimera.treasury.explanation import explain

ENTRIES_SEARCHED = 1000


async def explain_(tx: str, *, json: Json = False) -> None:
    """Tell why a row of the ledger is as it is: the rule, its inputs, the points, from the signed document alone.

    Parameters
    ----------
    tx
        The transaction, or six or more hexadecimal digits of it that fit only one of the newest 1,000.
    """
    async with studio_of_environment() as studio:
        signed = await studio.treasury.signed_decision_of_tx(await meant_row(studio, tx))
    explanation = explain(read_document(signed.document))
    if json:
        print_json(explanation.model_dump(mode="json"))
    else:
        print_explanation(explanation, screen())


async def meant_row(studio: Studio, tx: str) -> UUID:
    """The row a person means by its id or by part of it."""
    if (exact := whole_id(tx)) is not None:
        return exact
    entries = await studio.treasury.entries(ENTRIES_SEARCHED)
    return transaction(tx, [entry.tx_id for entry in entries], among=f"the newest {ENTRIES_SEARCHED:,} rows")
