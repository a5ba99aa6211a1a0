"""What can be asked about the account: its messages, channels and people, and who is blocked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import phonenumbers
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from api.sociocs_door import envelope
from api.sociocs_door.answering import DoorCall
from api.sociocs_door.calls import LONGEST_PERIOD, PROVIDERS, SEARCHED_PERIOD, period_of, phone_of
from api.sociocs_door.faults import CallFault, not_there, said_of
from campaigns.models import CampaignRecipient
from campaigns.states import SubmissionState
from delivery.models import Reply, SentMessage
from interface.phones import is_erased
from recipients.models import OptOut
from recipients.opting_out.opt_outs import add_opt_outs, lift, opted_out
from recipients.subscriber_keys import subscriber_key
from sending.models import Submission
from sociocs_accounts.models import Channel, VendorMember

# The vendor documents neither paging nor a limit.
MOST_MESSAGES = 1_000
_ONE_DAY = timedelta()
_DIRECTIONS = {"incoming": {"incoming"}, "outbound": {"outgoing"}}
_BOTH = {"incoming", "outgoing"}

Shown = dict[str, Any]


# --- Messages -------------------------------------------------------------------------------------


def list_messages(call: DoorCall) -> HttpResponse:
    """`GET /messages?start_date&end_date`: today's unless others are asked for; 32 days at most."""
    first, end = period_of(call.query, call.caller.team.time_zone, LONGEST_PERIOD, _ONE_DAY)
    return _newest([*_sent(call, first, end), *_received(_replies(call, first, end))])


def search_messages(call: DoorCall) -> HttpResponse:
    """`GET /messages/search?text&direction`: those of 90 days that hold a text."""
    first, end = period_of(call.query, call.caller.team.time_zone, None, SEARCHED_PERIOD)
    direction = call.query.get("direction") or "both"
    if direction not in {*_DIRECTIONS, "both"}:
        raise CallFault(said_of("direction", "has to be incoming, outbound or both."))
    words = call.query.get("text", "").replace("\0", "")
    found: list[Shown] = []
    if "outgoing" in _DIRECTIONS.get(direction, _BOTH):
        found += _sent(call, first, end, words)
    if "incoming" in _DIRECTIONS.get(direction, _BOTH):
        found += _received(_replies(call, first, end).filter(text__icontains=words))
    return _newest(found)


def list_unreplied(call: DoorCall) -> HttpResponse:
    """`GET /messages/unreplied`: what people wrote in 90 days and got no message after."""
    first, end = period_of(call.query, call.caller.team.time_zone, None, SEARCHED_PERIOD)
    later = CampaignRecipient.objects.filter(
        phone_key=OuterRef("phone_key"),
        campaign__channel=OuterRef("channel"),
        campaign__submissions__state=SubmissionState.ACCEPTED.value,
        campaign__submissions__first_position__lte=F("position"),
        campaign__submissions__last_position__gte=F("position"),
        campaign__submissions__current_attempt__slot__gt=OuterRef("sent_at"),
        left_out="",
    )
    return _newest(_received(_replies(call, first, end).filter(~Exists(later))))


def _newest(messages: Iterator[Shown] | list[Shown]) -> HttpResponse:
    ordered = sorted(messages, key=lambda shown: shown["timestamp"], reverse=True)
    return envelope.success(ordered[:MOST_MESSAGES])


def _sent(call: DoorCall, first: datetime, end: datetime, words: str = "") -> Iterator[Shown]:
    """What programs of the team had sent, the newest first."""
    by_call = Q(campaign__called_job__isnull=False) | Q(campaign__standing_day__isnull=False)
    jobs = Submission.objects.filter(
        by_call,
        campaign__channel__in=call.channels,
        state=SubmissionState.ACCEPTED.value,
        current_attempt__slot__gte=first,
        current_attempt__slot__lt=end,
    )
    if words:
        jobs = jobs.filter(text__icontains=words)
    jobs = jobs.select_related("campaign__channel", "current_attempt")
    newest = jobs.order_by("-current_attempt__slot", "-pk")[:MOST_MESSAGES]
    return islice((shown for job in newest for shown in _messages_of(job)), MOST_MESSAGES)


def _messages_of(job: Submission) -> Iterator[Shown]:
    people = CampaignRecipient.objects.filter(
        campaign_id=job.campaign_id,
        position__gte=job.first_position,
        position__lte=job.last_position,
        left_out="",
    ).order_by("position")[:MOST_MESSAGES]
    known = SentMessage.objects.filter(recipient__in=[person.pk for person in people])
    statuses = dict(known.values_list("recipient_id", "status"))
    channel, attempt = job.campaign.channel, job.current_attempt
    assert channel is not None
    assert attempt is not None
    for person in people:
        if not is_erased(person.phone):
            yield _of(channel) | {
                "message_id": job.message_id_of(person.position),
                "direction": "outgoing",
                "from": channel.phone_number.removeprefix("+"),
                "to": person.phone.removeprefix("+"),
                "name": person.name,
                "text": job.text,
                "status": statuses.get(person.pk) or "sent",
                "timestamp": _milliseconds(attempt.slot),
            }


def _replies(call: DoorCall, first: datetime, end: datetime) -> QuerySet[Reply]:
    replies = Reply.objects.filter(channel__in=call.channels, sent_at__gte=first, sent_at__lt=end)
    return replies.select_related("channel").order_by("-sent_at", "-pk")


def _received(replies: QuerySet[Reply]) -> Iterator[Shown]:
    for reply in replies[:MOST_MESSAGES]:
        if not reply.is_emptied:
            yield _of(reply.channel) | {
                "message_id": reply.message_id,
                "direction": "incoming",
                "from": reply.phone.removeprefix("+"),
                "to": reply.channel.phone_number.removeprefix("+"),
                "name": reply.name,
                "text": reply.text,
                "timestamp": _milliseconds(reply.sent_at),
            }


def _of(channel: Channel) -> Shown:
    return {"provider": channel.provider, "channel_key": channel.channel_key}


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


# --- Channels and members -------------------------------------------------------------------------


def list_channels(call: DoorCall) -> HttpResponse:
    """`GET /channels?provider=P`: a bare list, as the vendor documents it; all without one."""
    provider = call.query.get("provider") or ""
    if provider and provider not in PROVIDERS:
        raise CallFault(said_of("provider", f"has to be one of {', '.join(PROVIDERS)}."))
    return envelope.bare(
        [
            {"id": channel.channel_key, "channel_key": channel.channel_key, "name": channel.label}
            for channel in call.channels
            if provider in {"", channel.provider}
        ]
    )


def get_channel(call: DoorCall) -> HttpResponse:
    """`GET /channels/{channel_key}`."""
    for channel in call.channels:
        if channel.channel_key == call.part:
            shown = {
                "name": channel.label,
                "country_code": _country_of(channel),
                "phone_number": channel.phone_number,
                "provider": channel.provider,
            }
            return envelope.success(shown)
    raise not_there("This channel")


def _country_of(channel: Channel) -> str:
    phone = phone_of(channel.phone_number)
    return str(phonenumbers.parse(phone).country_code or "") if phone else ""


def list_members(call: DoorCall) -> HttpResponse:
    """`GET /team-members`: who may be named as `user_id`."""
    accounts = {channel.account_id for channel in call.channels}
    members = VendorMember.objects.filter(account__in=accounts, gone_since=None)
    return envelope.success(
        [
            {"id": member.user_id, "user_id": member.user_id, "name": member.name}
            for member in members
        ]
    )


# --- Who is blocked -------------------------------------------------------------------------------


def block(call: DoorCall) -> HttpResponse:
    """`POST /contacts/block/{phone}`: into the team's register of opt-outs."""
    # By which program: that it was one, the source says.
    note = call.caller.token.name
    team, phone = call.caller.team, _phone(call)
    # Whoever is blocked already keeps the reason why.
    if not opted_out(team, [phone]):
        add_opt_outs(team, [phone], OptOut.Source.API, call.caller.user, note)
    return envelope.success({"is_blocked": True})


def unblock(call: DoorCall) -> HttpResponse:
    """`POST /contacts/unblock/{phone}`: lifts only what was set by a program."""
    team, phone = call.caller.team, _phone(call)
    open_ones = OptOut.objects.open().filter(team=team, phone_key=subscriber_key(phone))
    opt_out = open_ones.first()
    if opt_out is not None and opt_out.source != OptOut.Source.API:
        raise CallFault(said_of("phone", _why_it_stays(opt_out)))
    if opt_out is not None:
        lift(opt_out, f"{OptOut.Lifted.BY_API}{call.caller.token.name}", call.caller.user)
    return envelope.success({"is_blocked": bool(opted_out(team, [phone]))})


def _why_it_stays(opt_out: OptOut) -> str:
    if opt_out.source in OptOut.OWN_WORD:
        return _(
            "This person opted out themselves (%(how)s). Only they, or someone in the "
            "dashboard, can undo it."
        ) % {"how": opt_out.get_source_display()}
    return _(
        "This opt-out was not set by a program (%(how)s). Someone has to allow messages "
        "again in the dashboard."
    ) % {"how": opt_out.get_source_display()}


def is_blocked(call: DoorCall) -> HttpResponse:
    """`GET /contacts/isblocked/{phone}`."""
    return envelope.success({"is_blocked": bool(opted_out(call.caller.team, [_phone(call)]))})


def _phone(call: DoorCall) -> str:
    phone = phone_of(call.part)
    if phone is None:
        raise CallFault(said_of("phone", "has to start with its country code."))
    return phone
