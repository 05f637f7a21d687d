"""Whom this process asks for money: its own treasury, or the one at CFO_URL."""

from pathlib import Path

from chimera.config.settings import Settings
from chimera.security.api_tokens import token_to_show
from chimera.security.keys import cfo_public_key
from chimera.treasury.remote import RemoteTreasury


def remote_treasury(settings: Settings, home: Path) -> RemoteTreasury | None:
    """The treasury at CFO_URL, checked against a public key that is known here; None where CFO_URL is unset.

    Raises:
        ValidationFailed: a variable is not as it should be.
        EngineUnavailable: the CFO's public key is not known here.
    """
    if settings.cfo_url is None:
        return None
    return RemoteTreasury(
        settings.cfo_url,
        token_to_show(settings.cfo_token, settings.cfo_token_file),
        cfo_public_key(home / "keys", settings.cfo_public_key),
        plain_http_allowed=settings.cfo_plain_http is not None,
    )
