"""How a receiver knows that an event is ours: two signatures of the same body.

`X-Sociocs-Signature` is the vendor's own way, so that who checks the vendor's webhooks checks ours:
hexadecimal HMAC-SHA256 of the raw body with the secret as it is written. The other three headers
are those of Standard Webhooks (standardwebhooks.com), which also sign id and time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_PREFIX = "whsec_"


def new_secret() -> str:
    """A secret as Standard Webhooks writes them: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(secret: str, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of one try. Without a secret only its id and time.

    A secret that was not made by `new_secret` signs in the vendor's way alone.
    """
    headers = {"webhook-id": event_id, "webhook-timestamp": str(timestamp)}
    if secret:
        headers["X-Sociocs-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if key := _key_of(secret):
        signed = f"{event_id}.{timestamp}.".encode() + body
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return headers


def _key_of(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return b""
