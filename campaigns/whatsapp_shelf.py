"""Registered WhatsApp templates: which a channel has, and whether what a draft keeps of one holds.

A campaign goes out by its own copy, so a change never reaches what is launched. A draft whose copy
is no longer true cannot be launched before somebody has looked at it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign, TemplateStatus, WhatsAppTemplate
from campaigns.problems import Problem
from campaigns.states import CampaignState
from campaigns.texts import whatsapp_templates
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.personal_texts import FieldRules
from interface.form_fields import is_uuid
from interface.read_once import read_once
from sociocs_accounts.models import Channel

# Launched, and not everything is out.
_STILL_TO_COME = (
    CampaignState.FREEZING.value,
    CampaignState.SCHEDULED.value,
    CampaignState.SENDING.value,
    CampaignState.PAUSED.value,
    CampaignState.MISSED.value,
    CampaignState.NEEDS_DECISION.value,
)


@read_once
def shelf_of(channel: Channel) -> tuple[WhatsAppTemplate, ...]:
    """The channel's templates by name; none for a channel that takes none."""
    if not channel.capabilities.takes_templates:
        return ()
    found = channel.whatsapp_templates.filter(archived_at=None)
    return tuple(found.order_by("name", "language", "pk"))


def registered(kept: Mapping[str, Any]) -> WhatsAppTemplate | None:
    """The registered template of which a campaign keeps a copy, deleted or not."""
    of = kept.get("of", "")
    return WhatsAppTemplate.objects.filter(public_id=of).first() if is_uuid(of) else None


def shelf_problems(channel: Channel | None, kept: Mapping[str, Any]) -> list[Problem]:
    """Why a draft's copy of a registered template cannot go out as it is; empty when it can."""
    if channel is None or not kept.get("of"):
        return []
    on_shelf = (one for one in shelf_of(channel) if str(one.public_id) == kept["of"])
    found = next(on_shelf, None) or registered(kept)
    sentence = _what_is_wrong(channel, kept, found)
    return (
        [Problem("whatsapp_template", sentence % {"name": kept.get("name", "")})]
        if sentence
        else []
    )


def _what_is_wrong(
    channel: Channel, kept: Mapping[str, Any], found: WhatsAppTemplate | None
) -> str:
    if found is None or found.archived_at is not None:
        return _("The template “%(name)s” was deleted. Choose another one.")
    if found.channel_id != channel.pk:
        return _("The template “%(name)s” belongs to another channel. Choose one of this channel.")
    if found.status == TemplateStatus.WAITING:
        return _("WhatsApp has not approved the template “%(name)s” yet. Choose another one.")
    if found.status == TemplateStatus.REFUSED:
        return _("WhatsApp refused the template “%(name)s”. Choose another one.")
    if any(kept.get(name) != value for name, value in found.said().items()):
        return _("The template “%(name)s” was changed. Look at it here, then continue.")
    return ""


def remember(kept: Mapping[str, Any], field_rules: Mapping[str, Any]) -> None:
    """Offer what fills the places of a draft's template to the next campaign with it."""
    values = whatsapp_templates.values_of(kept)
    if not is_uuid(kept.get("of", "")) or not values:
        return
    fallbacks = FieldRules.from_json(field_rules).fallbacks
    used = {name for value in values.values() for name in parse_text(value).fields}
    WhatsAppTemplate.objects.filter(public_id=kept["of"]).update(
        filled_with=values,
        written_instead={name: text for name, text in fallbacks.items() if name in used},
    )


def users_of(template: WhatsAppTemplate) -> tuple[list[Campaign], list[Campaign]]:
    """(drafts that keep a copy of it, campaigns of which something is still to go out)."""
    of = str(template.public_id)
    campaigns = Campaign.objects.filter(team_id=template.channel.team_id, template__of=of)
    drafts = campaigns.filter(state=CampaignState.DRAFT.value).order_by("name", "pk")
    launched = campaigns.filter(state__in=_STILL_TO_COME) | campaigns.filter(
        next_run_at__isnull=False
    )
    return list(drafts), list(launched.distinct().order_by("name", "pk"))
