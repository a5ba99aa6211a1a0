"""The Sociocs HTTP API in plain Python: what to say, saying it once, reading the answer.

Knows nothing of Django or of the dashboard. Start with :class:`SociocsClient`.
"""

from __future__ import annotations

from sociocs_gateway.client import SociocsClient
from sociocs_gateway.exceptions import (
    AuthenticationFailed,
    GatewayError,
    Halt,
    InvalidEvent,
    MessageNotExpressible,
    Misconfigured,
    NotExpressible,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Reason,
    Refused,
    TryLater,
)
from sociocs_gateway.messages import (
    BulkMessage,
    MessageFault,
    MessageRecipient,
    SingleMessage,
    Template,
)
from sociocs_gateway.providers import CAPABILITIES, MediaKind, Medium, Provider

__all__ = [
    "CAPABILITIES",
    "AuthenticationFailed",
    "BulkMessage",
    "GatewayError",
    "Halt",
    "InvalidEvent",
    "MediaKind",
    "Medium",
    "MessageFault",
    "MessageNotExpressible",
    "MessageRecipient",
    "Misconfigured",
    "NotExpressible",
    "NotFound",
    "NotSent",
    "OutcomeUnknown",
    "Provider",
    "Reason",
    "Refused",
    "SingleMessage",
    "SociocsClient",
    "Template",
    "TryLater",
]
