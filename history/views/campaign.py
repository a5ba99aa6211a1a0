"""A launched campaign: where it stands, live, and what can still be done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from campaigns import list_access
from campaigns.addressed_campaigns import campaign_of
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent, CampaignList, CampaignRecipient
from campaigns.person_states import PersonState
from campaigns.state_words import PAUSE_WORDS, left_out_in_words
from campaigns.states import CampaignState
from campaigns.texts import whatsapp_templates
from campaigns.timeline import event_sentence, tone
from delivery import stops
from delivery.arrival import Arrival, arrival_of, expects_news
from delivery.replies import submission_of
from history import campaign_news, campaign_rows, followups, live_mark, live_parts
from history.campaign_rows import CampaignRow
from history.delivery_times import MANY_REPORTS, delivery_times
from history.live_parts import NOTHING_NEW, Seen
from history.models import FollowUp
from history.views.acting import act_on
from history.views.questions import question_of
from history.views.rescheduling import campaign_time
from interface.phone_preview import PhonePreview
from interface.read_once import reading_once
from interface.templatetags.interface import phone_number
from recipients.models import RecipientList
from sending import control, deciding_together, delays, last_message, lateness, rescheduling
from sending.delays import HeldUp
from sending.reach import people_of, reach_of
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from teams.access import Action, TeamRequest, may, page_of_team
from teams.models import User

# What failed is tried again with the next tick.
_TRIED_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TemplateSaid:
    """`variables`: what each was to say, with fields. `example` is what `person` gets, and `around`
    what their phone shows around it. `name` is that of a registered template.

    Nobody gets anything while the audience is not split up yet.
    """

    id: str
    body: str
    variables: list[tuple[str, str]]
    name: str = ""
    person: CampaignRecipient | None = None
    example: str = ""
    around: whatsapp_templates.Around | None = None


def template_said(campaign: Campaign, is_hidden: bool = False) -> TemplateSaid | None:
    """None for a campaign with a text of its own; without anybody's values if they are hidden."""
    kept = campaign.message.template if campaign.message else campaign.template
    if not kept:
        return None
    written = whatsapp_templates.read(kept)
    variables = list(zip(written.names, written.values, strict=True))
    first = campaign.submissions.filter(is_single=True).order_by("seq").first()
    name = str(kept.get("name", ""))
    if first is None or is_hidden:
        return TemplateSaid(written.id, written.body, variables, name)
    return TemplateSaid(
        written.id,
        written.body,
        variables,
        name,
        CampaignRecipient.objects.filter(campaign=campaign, position=first.first_position).first(),
        whatsapp_templates.filled(kept, first.text),
        whatsapp_templates.around(kept, first.text),
    )


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def campaign(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """A campaign's page; a draft opens in the composer for whoever may write."""
    found = campaign_of(request, campaign_id)
    if found.state == CampaignState.DRAFT and may(request.membership, Action.COMPOSE):
        return redirect("compose", request.team.slug, found.public_id)
    context = _page(request, found)
    arrival = context["arrival"]
    if arrival is not None and arrival.is_reported and context["reported"] <= MANY_REPORTS:
        context["times"] = delivery_times(found, context["zone"])
    return render(request, "history/campaign.html", context)


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def campaign_live(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The page's living part; 204 while it is still what `?seen` names."""
    campaign = campaign_of(request, campaign_id)
    if live_mark.is_unchanged(campaign, request.GET):
        return HttpResponse(status=NOTHING_NEW)
    if campaign.state == CampaignState.DRAFT:
        page = reverse("campaign", args=[request.team.slug, campaign.public_id])
        return HttpResponseClientRedirect(page)
    context = _page(request, campaign)
    if request.GET.get("seen") == context["fingerprint"]:
        # It counts for another while.
        return HttpResponse(status=NOTHING_NEW, headers={"Live-Url": context["live_url"]})
    return render(request, "history/_live.html", context)


@reading_once()
def _page(request: TeamRequest, campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    # Before all else, so that what changes meanwhile is seen the next time.
    mark = live_mark.live_mark(campaign, now)
    [row] = campaign_rows.rows_of([campaign])
    tally = row.tally
    questions = campaign_rows.questions_of(campaign) if tally.question_count else []
    is_at_rest = campaign.state in campaign_rows.AT_REST
    arrival = arrival_of(campaign)
    opted_out = stops.opted_out_since(campaign)
    kept_back = list_access.kept_back(campaign, request.user)
    timing = campaign_time(campaign, tally, now)
    is_live = not is_at_rest or expects_news(campaign)
    reach = reach_of(campaign, now)
    held_up = delays.held_up_by(campaign, tally.waiting_jobs, reach.waiting, is_over=not is_live)
    marks = (_mark(arrival), timing.mark, opted_out.mark if opted_out else "", held_up.mark)
    fingerprint = ".".join((mark, row.counts.mark, *marks))
    until = live_parts.counts_until(now, live_mark.SEEN_FOR, timing.changes_at)
    seen = Seen(fingerprint, mark, until)
    live_url = reverse("campaign-live", args=[request.team.slug, campaign.public_id])
    return {
        "campaign": campaign,
        "row": row,
        "is_halted": campaign.channel and campaign.channel.account.state == LaneState.HALTED,
        "manages_accounts": _manages_accounts(request.user),
        "pause_reason": PAUSE_WORDS.get(campaign.state_reason, ""),
        "together": deciding_together.common_question(campaign) if questions else None,
        "questions": [question_of(submission, tally.job_count) for submission in questions],
        "events": _told(campaign_rows.timeline_of(campaign)),
        "left_out": left_out_in_words(campaign.left_out),
        "lists": _shown_lists(campaign, request.user),
        **_message(campaign, request.GET.get("person", ""), is_hidden=bool(kept_back)),
        "reach": reach,
        "is_late": lateness.is_late(campaign, now),
        "asked_people": _asked_people(campaign, tally.question_count, len(questions)),
        "held_up": held_up,
        "arrival": arrival,
        "opted_out": opted_out,
        "cost": row.cost,
        **_came_back(campaign, row, arrival, is_hidden=bool(kept_back)),
        **_next_try(campaign, held_up),
        "kept_back": kept_back,
        "rest": followups.rest_of(campaign, row.counts),
        "gathering": _gathering(campaign),
        "is_live": is_live,
        "campaign_time": timing,
        **_its_time(campaign, request.team.time_zone),
        "fingerprint": fingerprint,
        "live_url": f"{live_url}?{urlencode(_query(seen, request))}",
    }


def _gathering(campaign: Campaign) -> FollowUp | None:
    """The follow-up whose people are being collected."""
    return campaign.follow_ups.filter(done_at=None).select_related("recipient_list").first()


def _query(seen: Seen, request: TeamRequest) -> dict[str, str]:
    """What the page asks with for what is new: the same person stays on the phone."""
    person = request.GET.get("person", "")
    return seen.query() | ({"person": person[:9]} if person else {})


def _its_time(campaign: Campaign, zone: str) -> dict[str, Any]:
    """When its last message leaves or left, and the time that somebody chose, in its zone."""
    leaves = last_message.last_message(campaign)
    return {
        "last_leaves": leaves,
        "has_left": leaves is not None and leaves <= timezone.now(),
        "zone": campaign.time_zone or zone,
        "wall_time": datetime.fromisoformat(campaign.wall_time) if campaign.wall_time else None,
    }


def _manages_accounts(user: User) -> bool:
    """Whether this person may use a halted account again, as in the admin."""
    return user.is_staff and user.has_perm("sociocs_accounts.change_gatewayaccount")


def _told(events: Iterable[CampaignEvent]) -> list[tuple[CampaignEvent, str, str]]:
    """Each event with its sentence and its colour."""
    return [(event, event_sentence(event), tone(event)) for event in events]


def _message(campaign: Campaign, place: str, *, is_hidden: bool) -> dict[str, Any]:
    """The message as one person gets or got it."""
    said = template_said(campaign, is_hidden=is_hidden)
    reader = _reader(campaign, place, is_hidden=is_hidden)
    return {"phone": _phone(campaign, said, reader), "reader": reader, "template_said": said}


@dataclass(frozen=True, slots=True)
class Reader:
    """One of those who get it, and the positions of the people before and behind; None for none."""

    person: CampaignRecipient | None
    previous: int | None = None
    next: int | None = None


def _reader(campaign: Campaign, place: str, *, is_hidden: bool) -> Reader:
    """Whose message the phone shows: of the person at this position or the next one that gets it.

    Without a place, the first; nobody for whoever may not see the people.
    """
    if is_hidden:
        return Reader(None)
    at = int(place) if place.isdecimal() and len(place) < 10 else 0
    people = CampaignRecipient.objects.filter(campaign=campaign, left_out="")
    here = people.filter(position__gte=at).order_by("position").first()
    places = people.values_list("position", flat=True)
    before = places.filter(position__lt=at).order_by("-position").first() if at else None
    behind = places.filter(position__gt=here.position).order_by("position") if here else places
    return Reader(here, before, behind.first() if here else None)


def _phone(found: Campaign, said: TemplateSaid | None, reader: Reader) -> PhonePreview | None:
    """What this person gets or got; None without a channel that would say how it looks.

    Whoever may not see its people sees the text as it was written.
    """
    if said is not None:
        return PhonePreview(
            "whatsapp", found.team.name, said.example, said.person, around=said.around
        )
    if found.channel is None:
        return None
    content = found.message or found
    person = reader.person
    job = submission_of(person) if person else None
    return PhonePreview(
        look=found.channel.capabilities.medium.value,
        sender=_shown_sender(found.channel, found.team.name),
        text=_as_read(found, job.text, person.name) if person and job else content.text,
        person=person if job else None,
        media_kind=content.media_kind,
        media_url=content.media_url,
    )


def _shown_sender(channel: Channel, team_name: str) -> str:
    """Whom a phone says a message is from: of an SMS the number, of WhatsApp the profile."""
    is_sms = channel.capabilities.medium is Medium.SMS
    return phone_number(channel.phone_number) if is_sms and channel.phone_number else team_name


def _as_read(campaign: Campaign, text: str, name: str) -> str:
    """A job's text as its person reads it: Sociocs may be asked to fill in the name."""
    rules = campaign.message.field_rules if campaign.message else {}
    placeholder = rules.get("name_placeholder", "")
    return text.replace(placeholder, name) if placeholder else text


def _mark(arrival: Arrival | None) -> str:
    """Changes whenever what stands beside the people's states does."""
    if arrival is None:
        return ""
    return f"{arrival.unattributed}r{arrival.replied}"


def _came_back(
    campaign: Campaign, row: CampaignRow, arrival: Arrival | None, *, is_hidden: bool
) -> dict[str, Any]:
    """Why messages failed, and who replied last, for whoever may see its people."""
    failed = row.counts.people.get(PersonState.FAILED, 0)
    has_replies = arrival is not None and arrival.replied and not is_hidden
    return {
        "failures": campaign_news.failures_of(campaign) if failed else [],
        "latest_replies": campaign_news.latest_replies_to(campaign) if has_replies else [],
        "reported": row.counts.people.get(PersonState.DELIVERED, 0) + failed,
    }


def _next_try(campaign: Campaign, held_up: HeldUp) -> dict[str, Any]:
    """When it is tried again, and the trouble that somebody has to mend first, if there is one."""
    at = campaign.channel.account.list_trouble_at if campaign.channel else None
    needs_person = [one for one in held_up.troubles if one.account_id and one.words.needs_person]
    return {
        "next_try": at + _TRIED_EVERY if at else None,
        "needs_person": needs_person[0] if needs_person else None,
    }


def _shown_lists(campaign: Campaign, user: User) -> list[tuple[RecipientList, bool]]:
    """The lists it went to, and whether this person may open each."""
    usable = set(RecipientList.objects.for_member(campaign.team, user).values_list("pk", flat=True))
    return [
        (recipient_list, recipient_list.pk in usable)
        for recipient_list in audience.lists_of(campaign, CampaignList.Kind.INCLUDE)
    ]


def _asked_people(campaign: Campaign, asked: int, shown: int) -> int:
    """How many people all questions are about, where more are asked than the page shows."""
    if asked <= shown:
        return 0
    return people_of(campaign_rows.jobs_in_question(campaign.team).filter(campaign=campaign))


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_pause(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Let nothing more go out until somebody continues it."""
    return act_on(request, campaign_id, rescheduling.pause)


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_resume(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Let a paused or missed campaign go on; with `use_again` its halted account as well."""
    use_again = "use_again" in request.POST and _manages_accounts(request.user)
    act = control.resume_on_mended_account if use_again else control.resume
    return act_on(request, campaign_id, act)


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_take_back(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Take back what a paused campaign has at Sociocs with its time still to come."""
    return act_on(request, campaign_id, control.take_back_jobs)


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_cancel(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Stop all that can still be stopped; a launch that is being prepared becomes a draft again."""
    return act_on(request, campaign_id, control.cancel)
