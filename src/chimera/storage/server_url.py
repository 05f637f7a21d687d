"""PostgreSQL urls with session settings in them, so that whoever opens the url works under these settings."""

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit, urlunsplit


def with_settings(url: str, settings: Mapping[str, str]) -> str:
    """The url with these settings for its sessions, beside those it has already."""
    parts = urlsplit(url)
    query = [item for item in parts.query.split("&") if item]
    given = [unquote(item.removeprefix("options=")) for item in query if item.startswith("options=")]
    rest = [item for item in query if not item.startswith("options=")]
    options = " ".join([*given, *(f"-c {name}={value}" for name, value in settings.items())])
    return urlunsplit(parts._replace(query="&".join([*rest, f"options={quote(options, safe='')}"])))
