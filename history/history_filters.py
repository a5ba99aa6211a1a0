"""What the history is narrowed down to: read from an address, kept in one, and asked of the rows.

A phone number never stands in an address: it travels as the person's public id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet

from campaigns.models import Campaign, CampaignList, CampaignRecipient
from history.address_filters import AddressFilters
from history.campaign_rows import STATUSES, states_of, waits_for_somebody
from interface.form_fields import PlainText
from recipients.lists.people import phone_of
from recipients.models import RecipientList
from recipients.subscriber_keys import subscriber_key
from sending.models import Submission, with_job_ids
from teams.models import Team, User


class HistoryFilterForm(forms.Form):
    """The filters above the history. Values that mean nothing are left out, never an error."""

    q = PlainText(required=False, max_length=120)
    status = forms.ChoiceField(
        required=False, choices=[(status_name, status_name) for status_name in STATUSES]
    )
    channel = forms.UUIDField(required=False)
    author = forms.UUIDField(required=False)
    list = forms.UUIDField(required=False)
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    job_id = PlainText(required=False, max_length=200)
    person = PlainText(required=False, max_length=200)


@dataclass(frozen=True, slots=True)
class Filters(AddressFilters):
    """What stands in the address of the history."""

    form = HistoryFilterForm

    q: str = ""
    status: str = ""
    channel: str = ""
    author: str = ""
    list: str = ""
    since: str = ""
    until: str = ""
    job_id: str = ""
    person: str = ""

    @property
    def is_more(self) -> bool:
        """Whether any is chosen that the page shows only on demand."""
        return bool(self.author or self.list or self.since or self.until or self.job_id)


def filtered(team: Team, filters: Filters, user: User) -> QuerySet[Campaign]:
    """The team's campaigns that fit, newest first; of lists, those that `user` may see count."""
    campaigns = Campaign.objects.filter(team=team)
    if filters.q:
        campaigns = campaigns.filter(Q(name__icontains=filters.q) | Q(text__icontains=filters.q))
    if filters.status:
        is_waiting = filters.status == "waiting_for_you"
        states = Q(state__in=states_of(filters.status))
        campaigns = campaigns.filter(waits_for_somebody(team) if is_waiting else states)
    if filters.channel:
        campaigns = campaigns.filter(channel__public_id=filters.channel)
    if filters.author:
        someone = User.objects.filter(public_id=filters.author).values("pk")
        launched_or_made = Q(launched_by=None, created_by__in=someone)
        campaigns = campaigns.filter(Q(launched_by__in=someone) | launched_or_made)
    if filters.list:
        lists = RecipientList.objects.for_member(team, user).filter(public_id=filters.list)
        chosen = CampaignList.objects.filter(recipient_list__in=lists)
        campaigns = campaigns.filter(pk__in=chosen.values("campaign"))
    if filters.job_id:
        jobs = with_job_ids(Submission.objects.all(), [filters.job_id])
        campaigns = campaigns.filter(pk__in=jobs.values("campaign"))
    if filters.person:
        # A made-up id is nobody's: no campaign has a phone of no characters.
        key = subscriber_key(phone_of(team, filters.person) or "")
        rows = CampaignRecipient.objects.filter(phone_key=key)
        campaigns = campaigns.filter(pk__in=rows.values("campaign"))
    return _between(campaigns, team, filters).order_by("-created_at", "-pk")


def _between(campaigns: QuerySet[Campaign], team: Team, filters: Filters) -> QuerySet[Campaign]:
    """Of those days in the team's zone on which a campaign goes out, or on which it was made."""
    zone = ZoneInfo(team.time_zone)
    if filters.since:
        first = midnight(filters.since, zone)
        campaigns = campaigns.filter(Q(send_at__gte=first) | Q(send_at=None, created_at__gte=first))
    if filters.until:
        end = midnight(filters.until, zone, days=1)
        campaigns = campaigns.filter(Q(send_at__lt=end) | Q(send_at=None, created_at__lt=end))
    return campaigns


def midnight(day: str, zone: ZoneInfo, days: int = 0) -> datetime:
    """When that day ("2026-11-29") begins in the zone, or so many days later."""
    # The last days of the calendar have no next one.
    last = date.max - timedelta(days=2)
    return datetime.combine(min(date.fromisoformat(day), last) + timedelta(days=days), time(), zone)
