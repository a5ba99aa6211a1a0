"""What is only looked at: channels, saved messages, replies, who got a campaign."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Field, Schema

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.campaigns import campaign_for
from api.rest.pages import NO_PLACE, PUBLIC_ID, After, Limit, Page, cursor_page
from api.rest.problems import invalid
from campaigns.addressed_campaigns import campaign_with_people
from campaigns.models import WhatsAppTemplate
from campaigns.texts.whatsapp_templates import places_of
from composer.models import MessageTemplate
from delivery.models import Reply
from history import reached
from history.people_counts import people_counts
from history.reached import FILTERS, Person
from interface.phones import ERASED
from sending.tally import tallies
from sociocs_accounts.channel_rights import why_not_with
from sociocs_accounts.models import Channel
from teams.access import Action

router = Calls(tags=["looking"])


class Who(Schema):
    """Whose token this is, and what it may: the first call of a new program."""

    team: str
    name: str
    scopes: list[str]
    role: str
    time_zone: str
    expires_at: datetime | None


class Registered(Schema):
    """A WhatsApp template as a team registered it; `status`: approved, waiting or refused."""

    id: UUID
    name: str
    channel: UUID
    language: str
    status: str
    body: str
    places: list[str]


class Sender(Schema):
    """A person of a Sociocs account who can be shown as sender there."""

    id: UUID = PUBLIC_ID
    name: str


class ChannelOut(Schema):
    """A line to send with; `may_send`: whether the token's maker may.

    A campaign names one of the `senders` in `sent_as`.
    """

    id: UUID
    label: str
    provider: str
    phone_number: str
    is_active: bool
    may_send: bool
    senders: list[Sender]


class Named(Schema):
    """Something by its name."""

    id: UUID = PUBLIC_ID
    name: str
    created_at: datetime


class ReplyOut(Schema):
    """What somebody wrote back."""

    id: UUID
    phone: str
    name: str
    text: str
    wish: str
    channel: UUID
    campaign: UUID | None
    sent_at: datetime


class PersonOfCampaign(Schema):
    """Somebody of a campaign, and what became of their message."""

    phone: str
    name: str
    state: str | None
    left_out: str
    job: UUID | None
    error_code: str


class PeopleOfCampaign(Schema):
    """A page of them."""

    items: list[PersonOfCampaign]
    next: str | None = Field(None, description="Send it as `after` to get the page behind this.")


class Report(Schema):
    """A campaign's people by what became of them."""

    people: dict[str, int]
    total: int
    left_out: dict[str, int]
    is_reported: bool
    at: datetime


@router.call("GET", "/me", Scope.READ, Who, "Whose token this is")
def who_am_i(request: ApiRequest) -> Any:
    """Try a new token here."""
    token = request.caller.token
    return {
        "team": request.team.name,
        "name": token.name,
        "scopes": token.scopes,
        "role": request.membership.role,
        "time_zone": request.team.time_zone,
        "expires_at": token.expires_at,
    }


@router.call("GET", "/channels", Scope.READ, Page[ChannelOut], "The channels of the team")
def list_channels(request: ApiRequest, after: After, limit: Limit) -> Any:
    """Of a token that is bound to channels, only those."""
    channels = Channel.objects.filter(team=request.team)
    channels = channels.select_related("account").prefetch_related("account__members")
    if bound := request.caller.token.channel_ids:
        channels = channels.filter(public_id__in=bound)

    def as_json(channel: Channel) -> dict[str, Any]:
        return {
            "id": channel.public_id,
            "label": channel.label,
            "provider": channel.provider,
            "phone_number": channel.phone_number,
            "is_active": channel.is_active,
            "may_send": not why_not_with(channel, request.user),
            "senders": [one for one in channel.account.members.all() if one.gone_since is None],
        }

    return cursor_page(channels, after, limit, as_json, newest_first=False)


@router.call("GET", "/templates", Scope.READ, Page[Named], "Saved messages")
def list_templates(request: ApiRequest, after: After, limit: Limit) -> Any:
    """A new campaign names one in `from_template`."""
    templates = MessageTemplate.objects.filter(team=request.team, archived_at=None)
    return cursor_page(templates, after, limit)


@router.call(
    "GET", "/whatsapp-templates", Scope.READ, Page[Registered], "Registered WhatsApp templates"
)
def list_whatsapp_templates(request: ApiRequest, after: After, limit: Limit) -> Any:
    """A campaign names one in `template.registered`, with a line for each of its `places`."""
    templates = WhatsAppTemplate.objects.filter(channel__team=request.team, archived_at=None)
    if bound := request.caller.token.channel_ids:
        templates = templates.filter(channel__public_id__in=bound)

    def as_json(template: WhatsAppTemplate) -> dict[str, Any]:
        shape = template.channel.capabilities.template_variables
        return {
            "id": template.public_id,
            "name": template.name,
            "channel": template.channel.public_id,
            "language": template.language,
            "status": template.status,
            "body": template.body,
            "places": [place.name for place in places_of(template.said(), shape)] if shape else [],
        }

    return cursor_page(templates.select_related("channel"), after, limit, as_json)


@router.call(
    "GET", "/replies", Scope.READ, Page[ReplyOut], "What people wrote back, the newest first"
)
def list_replies(
    request: ApiRequest, after: After, limit: Limit, campaign: UUID | None = None
) -> Any:
    """To the team's channels, or to one campaign. Wants a role that may export."""
    request.caller.require_action(Action.EXPORT)
    replies = Reply.objects.filter(team=request.team).exclude(phone__startswith=ERASED)
    if bound := request.caller.token.channel_ids:
        replies = replies.filter(channel__public_id__in=bound)
    if campaign is not None:
        replies = replies.filter(campaign=campaign_for(request, campaign))

    def as_json(reply: Reply) -> dict[str, Any]:
        return {
            "id": reply.public_id,
            "phone": reply.phone,
            "name": reply.name,
            "text": reply.text,
            "wish": reply.wish,
            "channel": reply.channel.public_id,
            "campaign": reply.campaign.public_id if reply.campaign else None,
            "sent_at": reply.sent_at,
        }

    return cursor_page(replies.select_related("channel", "campaign"), after, limit, as_json)


@router.call(
    "GET",
    "/campaigns/{uuid:campaign_id}/people",
    Scope.READ,
    PeopleOfCampaign,
    "The people of a campaign, with what became of their message",
)
def list_people_of_campaign(
    request: ApiRequest, campaign_id: UUID, after: After, state: str = ""
) -> Any:
    """By `state` or those `left_out`. Wants a role that may export, and lists that are shared."""
    request.caller.require_action(Action.EXPORT)
    campaign = campaign_for(request, campaign_with_people(request, campaign_id).public_id)
    if state and state not in FILTERS:
        raise invalid([("state", f"Send one of {', '.join(FILTERS)}.")])
    if after and not reached.is_place(after):
        raise invalid([("after", NO_PLACE)])
    people = reached.people_of(campaign, state, "", after)
    shown = [_person(person) for person in people.shown]
    return {"items": shown, "next": people.after or None}


def _person(person: Person) -> dict[str, Any]:
    return {
        "phone": person.recipient.phone,
        "name": person.recipient.name,
        "state": person.state.value if person.state else None,
        "left_out": person.recipient.left_out,
        "job": person.submission.public_id if person.submission else None,
        "error_code": person.error_code,
    }


@router.call(
    "GET",
    "/campaigns/{uuid:campaign_id}/report",
    Scope.READ,
    Report,
    "How many people a campaign reached",
)
def get_report(request: ApiRequest, campaign_id: UUID) -> Any:
    """By state: `delivered`, `failed` and so on; `is_reported`: whether reports come in."""
    campaign, now = campaign_for(request, campaign_id), timezone.now()
    counts = people_counts([campaign], tallies([campaign.pk]), now)[campaign.pk]
    return {
        "people": {state.value: count for state, count in counts.people.items() if count},
        "total": counts.total,
        "left_out": campaign.left_out,
        "is_reported": counts.is_reported,
        "at": now,
    }
