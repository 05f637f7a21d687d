"""PostgreSQL urls with session settings in them, so that whoever opens the url works under these settings."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit


def with_settings(url: str, settings: Mapping[str, str]) -> str:
    """The url with these settings for its sessions, beside those it has already."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = [value for name, value in query if name == "options"]
    options = " ".join([*given, *(f"-c {name}={value}" for name, value in settings.items())])
    rest = [(name, value) for name, value in query if name != "options"]
    return urlunsplit(parts._replace(query=urlencode([*rest, ("options", options)], quote_via=quote)))
