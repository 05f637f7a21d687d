"""Where the local channel is found unless `chimera serve` is told otherwise."""

HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8000


def watch_url(post_id: str, host: str = HOST_DEFAULT, port: int = PORT_DEFAULT) -> str:
    """A post's page."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/watch/{post_id}"
