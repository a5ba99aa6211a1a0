"""The providers behind a Sociocs channel, and what each of them can carry.

:data:`CAPABILITIES` is the one place that knows a provider from another. Everything else, here
and in the dashboard, asks it and never compares names.

Sources: Sociocs API, "Send bulk messages" (/api/messaging/bulk-send) and "Send message"
(/api/messaging/ind-send); the limits are those of the networks behind (Twilio: 1,600 characters,
5 MB for all media of an MMS; WhatsApp: 4,096 characters in free text, 1,024 in a template's
body, 5 MB for images, 16 MB for other media).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

MB = 1024 * 1024


class Provider(StrEnum):
    """The vendor's code for a kind of channel, as it travels in ``provider``."""

    TWILIO_SMS = "twlo"
    TWILIO_WHATSAPP = "twlowa"
    GUPSHUP_WHATSAPP = "gswa"


class Medium(StrEnum):
    """How a message reaches the phone."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class MediaKind(StrEnum):
    """What a media URL points to; on the wire each has a parameter of its own."""

    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"

    @property
    def parameter(self) -> str:
        """The vendor's name for a URL of this kind: ``image_url``, ``video_url``, ``file_url``."""
        return f"{self.value}_url"


class TemplateVariables(StrEnum):
    """The shape in which a provider takes the variables of a WhatsApp template."""

    FLAT = "flat"
    """``{"1": "Ann", "order_id": "77"}``: numbers or names (Twilio, "Content variables")"""
    SECTIONS = "sections"
    """``{"MEDIA_URL": "…", "Header": {…}, "Body": {…}, "Buttons": {…}}``"""


@dataclass(frozen=True)
class MediaSupport:
    """What is known of one kind of media on one provider.

    The vendor's pages disagree with each other, so a kind that is not ``sure`` is worth a warning
    and never a refusal.

    :param max_bytes: the network's limit for one file.
    :param sure_in_bulk: the vendor's pages agree that bulk jobs carry it.
    :param sure_in_single: the vendor's pages agree that single messages carry it.
    :param sure_bytes: what every large carrier delivers; ``None``: all up to ``max_bytes``.
    :param types: the content types that the network's own pages name; empty: any.
    """

    max_bytes: int
    sure_in_bulk: bool
    sure_in_single: bool
    types: frozenset[str] = frozenset()
    sure_bytes: int | None = None


@dataclass(frozen=True)
class Capabilities:
    """What one provider can carry.

    :param label: the provider's name for people; a proper name, not translated.
    :param max_text_length: the longest text, in characters.
    :param max_template_text_length: the longest body of a WhatsApp template once filled in, in
        characters; ``None`` where there are no templates.
    :param media: one entry for each kind of media.
    :param statuses: the vendor's words for a message's fate, in the order they come.
    :param template_variables: the shape of a template's variables; ``None``: no templates.
    :param free_text_hours: free text arrives only within so many hours of the recipient's last
        message, later only an approved template; ``None``: no such window.
    :param sure_in_bulk: the vendor's pages agree that bulk jobs work on this provider.
    """

    label: str
    medium: Medium
    max_text_length: int
    max_template_text_length: int | None
    media: Mapping[MediaKind, MediaSupport]
    statuses: tuple[str, ...]
    template_variables: TemplateVariables | None
    free_text_hours: int | None
    sure_in_bulk: bool

    @property
    def takes_templates(self) -> bool:
        """Whether single messages may name an approved WhatsApp template."""
        return self.template_variables is not None


_TWILIO_STATUSES = ("queued", "sending", "sent", "delivered", "undelivered", "failed")

# Twilio, "Accepted content types for media"; WhatsApp Business Platform, "Supported media types".
_MMS_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif"})
_WHATSAPP_IMAGES = frozenset({"image/jpeg", "image/png"})
_VIDEOS = frozenset({"video/mp4", "video/3gpp"})

# Twilio, "Supported file types and size limits for MMS": by carrier and sender 0.6 to 1.5 MB.
_NO_IMAGE_BY_MMS = 600 * 1024

_MMS = MappingProxyType(
    {
        MediaKind.IMAGE: MediaSupport(
            5 * MB, sure_in_bulk=True, sure_in_single=True, types=_MMS_IMAGES
        ),
        MediaKind.VIDEO: MediaSupport(
            5 * MB,
            sure_in_bulk=True,
            sure_in_single=True,
            types=_VIDEOS,
            sure_bytes=_NO_IMAGE_BY_MMS,
        ),
        MediaKind.FILE: MediaSupport(
            5 * MB, sure_in_bulk=False, sure_in_single=True, sure_bytes=_NO_IMAGE_BY_MMS
        ),
    }
)
_WHATSAPP_MEDIA = MappingProxyType(
    {
        MediaKind.IMAGE: MediaSupport(
            5 * MB, sure_in_bulk=True, sure_in_single=False, types=_WHATSAPP_IMAGES
        ),
        MediaKind.VIDEO: MediaSupport(
            16 * MB, sure_in_bulk=True, sure_in_single=False, types=_VIDEOS
        ),
        MediaKind.FILE: MediaSupport(16 * MB, sure_in_bulk=True, sure_in_single=False),
    }
)

CAPABILITIES: Mapping[Provider, Capabilities] = MappingProxyType(
    {
        Provider.TWILIO_SMS: Capabilities(
            label="Twilio SMS",
            medium=Medium.SMS,
            max_text_length=1_600,
            max_template_text_length=None,
            media=_MMS,
            statuses=_TWILIO_STATUSES,
            template_variables=None,
            free_text_hours=None,
            sure_in_bulk=True,
        ),
        Provider.TWILIO_WHATSAPP: Capabilities(
            label="Twilio WhatsApp",
            medium=Medium.WHATSAPP,
            max_text_length=1_600,
            max_template_text_length=1_024,
            media=_WHATSAPP_MEDIA,
            statuses=(*_TWILIO_STATUSES, "read"),
            template_variables=TemplateVariables.FLAT,
            free_text_hours=24,
            sure_in_bulk=False,
        ),
        Provider.GUPSHUP_WHATSAPP: Capabilities(
            label="Gupshup WhatsApp",
            medium=Medium.WHATSAPP,
            max_text_length=4_096,
            max_template_text_length=1_024,
            media=_WHATSAPP_MEDIA,
            statuses=("queued", "enqueued", "sent", "delivered", "read", "failed"),
            template_variables=TemplateVariables.SECTIONS,
            free_text_hours=24,
            sure_in_bulk=False,
        ),
    }
)
