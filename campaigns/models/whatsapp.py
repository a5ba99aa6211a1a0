"""The WhatsApp templates that a team has registered, each once for a channel."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from sociocs_accounts.models import Channel
from teams.models import User


class TemplateStatus(models.TextChoices):
    """What WhatsApp says of a template."""

    APPROVED = "approved", _("Approved")
    WAITING = "waiting", _("Waiting for WhatsApp")
    REFUSED = "refused", _("Refused by WhatsApp")


class TemplateCategory(models.TextChoices):
    """What WhatsApp takes a template for: its price and its rules depend on it."""

    UTILITY = "utility", _("Utility")
    MARKETING = "marketing", _("Marketing")
    AUTHENTICATION = "authentication", _("Authentication")


class HeaderKind(models.TextChoices):
    """What stands above a template's text."""

    NONE = "", _("Nothing")
    TEXT = "text", _("A line of text")
    IMAGE = "image", _("An image")
    VIDEO = "video", _("A video")
    FILE = "file", _("A document")


class WhatsAppTemplate(models.Model):
    """A template as the provider has it. Campaigns keep a copy of their own (`Campaign.template`).

    The lengths are WhatsApp's ("Template components"), with room for what people paste.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="whatsapp_templates"
    )
    name = models.CharField(_("name"), max_length=120)
    # The provider's: Twilio's content sid, Gupshup's template id.
    provider_id = models.CharField(max_length=200)
    # As WhatsApp writes it: en, en_US.
    language = models.CharField(max_length=15, blank=True)
    category = models.CharField(max_length=15, choices=TemplateCategory.choices, blank=True)
    status = models.CharField(
        max_length=10, choices=TemplateStatus.choices, default=TemplateStatus.APPROVED
    )
    header_kind = models.CharField(max_length=5, choices=HeaderKind.choices, blank=True)
    # A line of text, or where the media are, if that is always the same file.
    header = models.CharField(max_length=2000, blank=True)
    body = models.TextField()
    footer = models.CharField(max_length=120, blank=True)
    # [{"text": "Book a visit", "to": "https://example.org/{{4}}"}]; `to` is "" for a quick reply.
    buttons = models.JSONField(default=list, blank=True)
    # How a campaign filled its places last: {"1": "{{First name}}"}, and what it wrote instead of
    # empty fields: {"First name": "there"}.
    filled_with = models.JSONField(default=dict, blank=True)
    written_instead = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("WhatsApp template")
        constraints = (
            # Deleted ones may come back under the same id.
            models.UniqueConstraint(
                fields=["channel", "provider_id"],
                condition=models.Q(archived_at=None),
                name="a_whatsapp_template_is_registered_once",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def said(self) -> dict[str, Any]:
        """What goes out under its id, and what the phone shows around it."""
        return {
            "id": self.provider_id,
            "body": self.body,
            "header_kind": self.header_kind,
            "header": self.header,
            "footer": self.footer,
            "buttons": self.buttons,
        }
