"""Where the local channel is found unless `chimera serve` is told otherwise."""

HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000
BASE_URL_DEFAULT = f"http://{HOST_DEFAULT}:{PORT_DEFAULT}"


def watch_url(post_id: str, base_url: str = BASE_URL_DEFAULT) -> str:
    """A post's page."""
    return f"{base_url}/watch/{post_id}"
