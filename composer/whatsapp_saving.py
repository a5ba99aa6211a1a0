"""Registering WhatsApp templates, changing and deleting them, and whom that concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.models import Campaign, WhatsAppTemplate
from campaigns.whatsapp_shelf import users_of
from composer.models import MessageTemplate
from sociocs_accounts.models import Channel
from teams.models import User
from trail.acts import Act
from trail.recording import record

# Told by name; of more, how many there are.
NAMED = 20
_COLUMNS = (
    *("name", "provider_id", "language", "category", "status"),
    *("header_kind", "header", "body", "footer", "buttons"),
)
# What an entry of the trail may hold: choices, never words.
_CHOICES = ("language", "category", "status", "header_kind")


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a change of a template concerns.

    Drafts and saved messages have to be looked at again; what is launched keeps what it says.
    """

    drafts: list[Campaign]
    launched: list[Campaign]
    saved_messages: list[MessageTemplate]

    def __bool__(self) -> bool:
        return bool(self.drafts or self.launched or self.saved_messages)


def concerned_by(template: WhatsAppTemplate) -> Concerned:
    """All that keeps a copy of the template and is not over."""
    drafts, launched = users_of(template)
    of = str(template.public_id)
    messages = MessageTemplate.objects.filter(
        team=template.channel.team_id,
        archived_at=None,
        versions__number=F("current"),
        versions__content__template__of=of,
    )
    saved = list(messages.distinct().order_by("name", "pk"))
    return Concerned(drafts, launched, saved)


def breaks(template: WhatsAppTemplate, values: Mapping[str, Any]) -> bool:
    """Whether a draft's copy would no longer be true with these values."""
    before = {**template.said(), "status": template.status}
    after = {**WhatsAppTemplate(**_columns(values)).said(), "status": values["status"]}
    return before != after


def register(channel: Channel, user: User, values: Mapping[str, Any]) -> WhatsAppTemplate:
    """Register a template for a channel of a team."""
    with transaction.atomic():
        template = WhatsAppTemplate.objects.create(
            channel=channel, created_by=user, **_columns(values)
        )
        _record(Act.WHATSAPP_TEMPLATE_ADDED, template)
    return template


def change(template: WhatsAppTemplate, values: Mapping[str, Any]) -> None:
    """Have a registered template say this from now on; the caller holds its row."""
    before = {name: getattr(template, name) for name in _CHOICES}
    for name, value in _columns(values).items():
        setattr(template, name, value)
    template.save()
    after = {name: getattr(template, name) for name in _CHOICES}
    _record(Act.WHATSAPP_TEMPLATE_CHANGED, template, before=before, after=after)


def delete(template: WhatsAppTemplate) -> None:
    """Take a template off the shelf; drafts that use it say so."""
    with transaction.atomic():
        WhatsAppTemplate.objects.filter(pk=template.pk).update(archived_at=timezone.now())
        _record(Act.WHATSAPP_TEMPLATE_DELETED, template)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _COLUMNS}


def _record(act: Act, template: WhatsAppTemplate, **details: Any) -> None:
    record(act, template, team_id=template.channel.team_id, **details)
