"""What the vendor reports, what people write back, and whom the vendor blocks."""

from __future__ import annotations

from delivery.models.blocks import (
    BlockCheck,
    VendorBlock,
)
from delivery.models.delivery import (
    DeliveryCount,
    RepliesRead,
    Reply,
    SentMessage,
    WebhookEndpoint,
    WebhookEvent,
)

__all__ = [
    "BlockCheck",
    "DeliveryCount",
    "RepliesRead",
    "Reply",
    "SentMessage",
    "VendorBlock",
    "WebhookEndpoint",
    "WebhookEvent",
]
