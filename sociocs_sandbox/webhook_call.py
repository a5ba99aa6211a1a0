"""One webhook call: its body as the vendor words it, its signature, and the POST itself."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import orjson

from sociocs_sandbox.messages import UNREACHABLE_ERROR, LandedMessage, status_word
from sociocs_sandbox.seeds import CHANNELS
from sociocs_sandbox.subscriptions import Subscription

SIGNATURE_HEADER = "X-Sociocs-Signature"
CALL_TIMEOUT_SECONDS = 5.0
MEDIA_LISTS = {"file_urls": "file_url", "image_urls": "image_url", "video_urls": "video_url"}


class RemoteAddress(OSError):
    """The webhook's host is not this machine, and calls beyond it were not allowed."""


def signature(body: bytes, secret: str) -> str:
    """The hex HMAC-SHA256 of the exact body, as ``X-Sociocs-Signature`` carries it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def incoming_message(message: LandedMessage, contact: dict[str, Any] | None) -> bytes:
    """The body that tells of a phone's reply; ``contact`` as it is saved, if it is.

    Numbers are international and without their plus.
    """
    media = {
        plural: [message.media[item]] if item in message.media else []
        for plural, item in MEDIA_LISTS.items()
    }
    return orjson.dumps(
        {
            "message_id": message.message_id,
            "event": "message",
            "provider": message.provider,
            "channel_key": message.channel_key,
            "direction": "incoming",
            "from": str(message.phone),
            "to": CHANNELS[message.channel_key].phone_number.removeprefix("+"),
            "name": message.name,
            "text": message.text,
            **media,
            **({"contact": contact} if contact else {}),
            "timestamp": message.at_ms,
        }
    )


def status_update(message: LandedMessage, step: str, subscription: Subscription) -> bytes | None:
    """The body that tells how far a message got; None where the subscriber does not want it."""
    status = status_word(message.provider, step, message.phone)
    if status is None or not subscription.wants_status(status):
        return None
    failed = status in {"undelivered", "failed"}
    return orjson.dumps(
        {
            "message_id": message.message_id,
            "event": "status_update",
            "event_data": {
                "status": status,
                "error": UNREACHABLE_ERROR if failed else None,
                "provider_err_obj": None,
            },
        }
    )


def post_webhook(subscription: Subscription, body: bytes, *, allow_remote: bool) -> int:
    """POST a body to the subscriber and give the HTTP status; redirects are not followed.

    It is signed where the subscription has a secret.

    Raises ``RemoteAddress`` where the address lies beyond this machine and that was not allowed,
    other ``OSError`` and ``HTTPException`` where no answer comes within five seconds.
    """
    parts = urlsplit(subscription.webhook_url)
    host, is_https = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_https else 80)
    connection = http.client.HTTPConnection(
        parts.netloc.rpartition("@")[2], timeout=CALL_TIMEOUT_SECONDS
    )
    # The address that was checked is the one that is called: a name could lead elsewhere a moment
    # later.
    connection.sock = socket.create_connection(
        (_address(host, port, allow_remote=allow_remote), port), CALL_TIMEOUT_SECONDS
    )
    try:
        if is_https:
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Content-Type": "application/json",
            "Connection": "close",
        }
        if subscription.secret:
            headers[SIGNATURE_HEADER] = signature(body, subscription.secret)
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _address(host: str, port: int, *, allow_remote: bool) -> str:
    addresses = [
        str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ]
    allowed = [address for address in addresses if allow_remote or is_this_machine(address)]
    if not allowed:
        raise RemoteAddress
    return allowed[0]


def is_this_machine(address: str) -> bool:
    """Whether an IP address is a loopback one."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
