"""`chimera keys list|rotate`: the keys that tokens are signed with."""

from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from chimera.cli.document import print_json
from chimera.cli.moments import minute
from chimera.cli.options import Json
from chimera.cli.screen import screen
from chimera.cli.studio import studio_of_environment
from chimera.storage.records import token_key
from chimera.storage.records.token_key import TokenKeyRecord

AtOnce = Annotated[
    bool, Parameter(name="--at-once", negative="", help="Others may know the key: its tokens count no more.")
]
Kid = Annotated[str | None, Parameter(help="Retire this key, of another process, and make none.")]


async def list_(*, json: Json = False) -> None:
    """List the public keys, and until when tokens signed with them count."""
    async with studio_of_environment() as studio:
        async with studio.database.transaction() as connection:
            rows = await token_key.list_(connection)
        now = studio.clock.now()
    if json:
        print_json({"keys": [_document(row, honoured=row.honoured_until > now) for row in rows]})
        return
    table = Table(box=None)
    for heading in ("Key", "Made", "Its tokens count until", ""):
        table.add_column(heading)
    for row in rows:
        standing = "retired" if row.retired_at else "in use" if row.honoured_until > now else "run out"
        table.add_row(row.kid, minute(row.created_at), minute(row.honoured_until), standing)
    screen().print(table)


async def rotate(*, at_once: AtOnce = False, retire: Kid = None, json: Json = False) -> None:
    """Sign with a new key from now on; tokens under the one before count until they expire."""
    async with studio_of_environment() as studio:
        if retire is not None:
            await studio.identity.signing.retire(retire, at_once=at_once)
            kid = retire
        else:
            kid = (await studio.identity.signing.rotate(at_once=at_once)).kid
    if json:
        print_json({"kid": kid, "retired": retire is not None})
    else:
        screen().print(f"Retired {kid}." if retire else f"New tokens are signed with {kid}.", highlight=False)


def _document(row: TokenKeyRecord, *, honoured: bool) -> dict[str, object]:
    return {
        "kid": row.kid,
        "created_at": row.created_at.isoformat(),
        "honoured_until": row.honoured_until.isoformat(),
        "retired_at": row.retired_at.isoformat() if row.retired_at else None,
        "honoured": honoured,
    }
