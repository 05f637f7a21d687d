"""Who gives a command: the name that goes into the ledger and beside a limit."""

import getpass
from typing import Annotated

from cyclopts import Parameter

from chimera.cli.transaction import whole_id
from chimera.core.errors import ValidationFailed

NAME_CHARACTERS_MAX = 100

As = Annotated[str | None, Parameter(name="--as", help="Who you are (default: the name you are logged in under).")]


def person(name: str | None) -> str:
    """The name given, otherwise that of the operating system's user; an agent's id in its usual form.

    Raises:
        ValidationFailed: there is none, or it could not be read back.
    """
    try:
        found = (getpass.getuser() if name is None else name).strip()
    except (KeyError, OSError) as error:
        raise ValidationFailed("this account has no name: say who you are with --as NAME", {"field": "as"}) from error
    if not 0 < len(found) <= NAME_CHARACTERS_MAX or not found.isprintable():
        raise ValidationFailed(
            f"--as: a name has 1 to {NAME_CHARACTERS_MAX} printable characters on one line", {"field": "as"}
        )
    exact = whole_id(found)
    return found if exact is None else str(exact)
