"""The parts of the composer that answer while somebody writes: phone, head count, moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from campaigns import audience, dynamic_fields, message, personal_texts, plan, rendering, selection
from campaigns.audience_count import AudienceCount, count_selection
from campaigns.drafts import borrowed_filters, borrowed_lists
from campaigns.forms import ComposeForm
from campaigns.models import Campaign
from campaigns.words import left_out_in_words
from recipients.models import Recipient, RecipientList
from sociocs_gateway.providers import Medium
from teams.models import User


@dataclass(frozen=True, slots=True)
class Phone:
    """The message as a phone shows it to one person of the chosen lists.

    `place` counts from 1 among `total` rows; both are 0 and `person` is None without any.
    `no_text` says why this person would get nothing.
    """

    campaign_id: UUID
    look: str
    sender: str
    text: str
    media_kind: str
    media_url: str
    time: str
    person: Recipient | None
    place: int
    total: int
    warnings: list[str]
    no_text: str = ""


def phone_of(form: ComposeForm, wanted_place: int, writer: User) -> Phone:
    """The phone for what the form says now, right or wrong, as sent by `writer`."""
    given = form.cleaned_data
    channel, kind = given.get("channel"), given.get("media_kind", "")
    # Nobody is shown the people of a list that is not, or no longer, theirs to use.
    lists = shown_lists(form, writer)
    total = sum(one.recipient_count for one in lists)
    place = max(1, min(wanted_place, total)) if total else 0
    person = audience.person_in(lists, place - 1) if place else None
    text, no_text = text_for(form.campaign, given.get("text", ""), person, writer)
    return Phone(
        campaign_id=form.campaign.public_id,
        look=(channel.capabilities.medium if channel else Medium.SMS).value,
        sender=form.campaign.team.name,
        text=text,
        media_kind=kind,
        media_url=given.get("media_url", "") if kind else "",
        time=_time_on_phone(form),
        person=person,
        place=place,
        total=total,
        warnings=message.warnings(channel, kind),
        no_text=no_text,
    )


def shown_lists(form: ComposeForm, writer: User) -> list[RecipientList]:
    """The lists that people come from, without those that are not the writer's to use."""
    hidden = set(borrowed_lists(form.campaign, writer))
    unseen = set(borrowed_filters(form.campaign, writer))
    choice = form.choice()
    filters = tuple(one for one in choice.filters if one not in unseen)
    found = selection.people_lists(replace(choice, filters=filters))
    return [one for one in found if one not in hidden]


def text_for(
    campaign: Campaign, text: str, person: Recipient | None, writer: User
) -> tuple[str, str]:
    """(the text this person gets, why they get none); a text with faults is shown as it stands."""
    program = dynamic_fields.parse(text)
    if person is None or program.faults:
        return text, ""
    rules = personal_texts.FieldRules.from_json(campaign.field_rules)
    renderer = personal_texts.renderer_of(campaign, program, rules, writer, timezone.now())
    rendered = renderer.render(rendering.person_of(person.phone, person.name, dict(person.fields)))
    if isinstance(rendered, rendering.Missing):
        why = left_out_in_words({rendered.reason.value: 1})[0][1]
        return "", f"{why}: {rendered.field}" if rendered.field else why
    return rendered, ""


def _time_on_phone(form: ComposeForm) -> str:
    if form.wall_time:
        return form.wall_time.partition("T")[2]
    here = timezone.now().astimezone(ZoneInfo(form.campaign.team.time_zone))
    return f"{here + plan.lead():%H:%M}"


def selection_of(form: ComposeForm) -> selection.Selection:
    """The audience that the form chooses now, right or wrong."""
    return selection.select(form.campaign, form.choice())


def count_of(form: ComposeForm) -> AudienceCount:
    """Who would get it, and who would not and why."""
    return count_selection(selection_of(form))
