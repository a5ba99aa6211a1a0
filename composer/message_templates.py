"""Saved messages: made from a campaign, kept in versions, and what a campaign begins with.

A template remembers all that a campaign says (`copying`), so that channel, lists and schedule come
along. What no longer exists is left out, and the draft says what is missing as any draft does.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, ForeignKey
from django.utils import timezone

from campaigns.audiences import choices
from campaigns.copying import content_fields, next_time
from campaigns.models import Campaign, CampaignEvent
from campaigns.moves import record_event
from composer.models import MessageTemplate, TemplateVersion
from sociocs_accounts.models import Channel
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record


def make(campaign: Campaign, user: User, name: str, folder: str) -> MessageTemplate:
    """A template that says what `campaign` says."""
    with transaction.atomic():
        template = MessageTemplate.objects.create(
            team_id=campaign.team_id, name=name, folder=folder, created_by=user
        )
        _add(template, 1, campaign, user)
        record(Act.TEMPLATE_SAVED, template, by=user, after={"version": 1})
    return template


def write_template(
    team: Team, user: User, name: str, folder: str, text: str, channel: Channel | None
) -> MessageTemplate:
    """A template that says `text`, to any lists."""
    nothing_else = Campaign(team=team, created_by=user, text=text, channel=channel)
    with transaction.atomic():
        template = MessageTemplate.objects.create(
            team=team, name=name, folder=folder, created_by=user
        )
        TemplateVersion.objects.create(
            template=template, number=1, content=_content_of(nothing_else), made_by=user
        )
        record(Act.TEMPLATE_SAVED, template, by=user, after={"version": 1})
    return template


def rewrite_template(template: MessageTemplate, text: str, user: User) -> None:
    """Have the template say another text from now on; its older versions stay."""
    with transaction.atomic():
        before = current_of(template)
        number = _next_number(template)
        TemplateVersion.objects.create(
            template=template,
            number=number,
            content={**before.content, "text": text},
            choices=before.choices,
            made_by=user,
        )
        record(Act.TEMPLATE_SAVED, template, by=user, after={"version": number})


def renew_template(template: MessageTemplate, campaign: Campaign, user: User) -> None:
    """Make what `campaign` says the template's newest version; the older ones stay."""
    with transaction.atomic():
        _add(template, _next_number(template), campaign, user)
        record(Act.TEMPLATE_SAVED, template, by=user, after={"version": template.current})


def go_back(template: MessageTemplate, version: TemplateVersion, user: User) -> None:
    """Make what an older version said the newest one."""
    with transaction.atomic():
        number = _next_number(template)
        TemplateVersion.objects.create(
            template=template,
            number=number,
            content=version.content,
            choices=version.choices,
            made_by=user,
        )
        record(Act.TEMPLATE_SAVED, template, by=user, after={"version": number})


def delete_template(template: MessageTemplate) -> None:
    """Put a template away; campaigns that began with it keep what they say."""
    with transaction.atomic():
        MessageTemplate.objects.filter(pk=template.pk).update(archived_at=timezone.now())
        record(Act.TEMPLATE_DELETED, template)


def draft_from_template(template: MessageTemplate, user: User) -> Campaign:
    """A new draft of `user`'s that says what the template says now."""
    version = current_of(template)
    with transaction.atomic():
        draft = Campaign.objects.create(
            team_id=template.team_id,
            created_by=user,
            updated_by=user,
            version=2,
            **_columns(template.team, version),
        )
        record_event(draft, CampaignEvent.Kind.CREATED, user)
        choices.take_over(draft, version.choices)
        MessageTemplate.objects.filter(pk=template.pk).update(used_at=timezone.now())
    return draft


def current_of(template: MessageTemplate) -> TemplateVersion:
    """The version that campaigns begin with."""
    return template.versions.get(number=template.current)


def _next_number(template: MessageTemplate) -> int:
    # The row's lock lets two colleagues make one version each, one after the other.
    MessageTemplate.objects.filter(pk=template.pk).update(current=F("current") + 1)
    template.refresh_from_db(fields=["current"])
    return template.current


def _add(template: MessageTemplate, number: int, campaign: Campaign, user: User) -> None:
    TemplateVersion.objects.create(
        template=template,
        number=number,
        content=_content_of(campaign),
        choices=choices.as_json(campaign),
        made_by=user,
    )


def _content_of(campaign: Campaign) -> dict[str, Any]:
    return {field.name: getattr(campaign, field.attname) for field in content_fields()}


def _columns(team: Team, version: TemplateVersion) -> dict[str, Any]:
    """A version's content as columns of a campaign; what is gone, or unknown, as for a new one."""
    values: dict[str, Any] = {}
    for column in content_fields():
        if column.name not in version.content:
            continue
        value = version.content[column.name]
        if isinstance(column, ForeignKey):
            values[column.attname] = value if _is_there(column, value, team) else None
        else:
            values[column.attname] = column.to_python(value)
    values["name"] = version.template.name
    zone = values.get("time_zone") or team.time_zone
    values["wall_time"] = next_time(values.get("wall_time", ""), zone, timezone.now())
    return values


def _is_there(column: Any, key: Any, team: Team) -> bool:
    if key is None:
        return False
    if column.related_model is Channel:
        return Channel.objects.filter(pk=key, team=team, is_active=True).exists()
    return bool(column.related_model._default_manager.filter(pk=key).exists())
