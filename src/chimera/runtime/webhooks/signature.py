"""Signatures of deliveries as Standard Webhooks defines them (v1: HMAC-SHA256 over `id.timestamp.body`)."""

import base64
import hashlib
import hmac

from chimera.core.identity import RandomBytes

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105  what the standard begins secrets with


def new_secret(random_bytes: RandomBytes) -> bytes:
    return random_bytes(SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """The secret as receivers' libraries take it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers by which the receiver knows the sender, the delivery and its time."""
    signature = hmac.new(secret, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
