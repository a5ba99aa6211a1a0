"""How many people what is done about a campaign can still reach: nobody is told of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, CampaignRecipient
from campaigns.person_states import BY_REPORT, LEFT_OUT_LATE, PersonState
from campaigns.states import SPARED, WAITING, SubmissionState
from interface.prepared_queries import Among, prepared
from interface.read_once import read_once
from sending.models import Submission

S = SubmissionState
# What repeats itself here is what the indexes of the few who are left out, or stopped, begin at.
_LEFT_OUT_LATE = Q(left_out__in=sorted(LEFT_OUT_LATE)) & ~Q(left_out="")
_SPARED = Q(stopped__in=sorted(SPARED)) & ~Q(stopped="")
IS_LEFT_OUT_LATE = _LEFT_OUT_LATE | _SPARED
# Whoever is left out keeps a report that the message came all the same.
_CAME = sorted(
    report.value for report, state in BY_REPORT.items() if state is not PersonState.FAILED
)
# Of a job, as `Submission.people_handed_over`.
PEOPLE_HANDED_OVER = Coalesce("current_attempt__recipient_count", "recipient_count")
_AHEAD, _GONE = "ahead", "gone"


@dataclass(frozen=True, slots=True)
class Reach:
    """The people of one campaign by where their messages are; who is left out is in none."""

    places: Counter[str] = field(default_factory=Counter)

    @property
    def waiting(self) -> int:
        """Of whose messages nothing has left this machine."""
        return sum(self.places[state.value] for state in WAITING)

    @property
    def ahead(self) -> int:
        """Sociocs has theirs, and its time is to come."""
        return self.places[_AHEAD]

    @property
    def out(self) -> int:
        """Sociocs has theirs, and its time has come."""
        return self.places[S.ACCEPTED]

    @property
    def stopping(self) -> int:
        """Sociocs is asked to stop theirs, and has not confirmed it."""
        return self.places[S.REVOKING]

    @property
    def stopped(self) -> int:
        """Theirs was stopped in time."""
        return self.places[S.REVOKED]

    @property
    def gone(self) -> int:
        """Theirs was no longer there to stop."""
        return self.places[_GONE]

    @property
    def unclear(self) -> int:
        """Theirs may go out: a call got no clear answer."""
        return self.places[S.UNKNOWN]

    @property
    def unanswered(self) -> int:
        """The call with theirs has no clear answer (yet)."""
        return self.places[S.UNKNOWN] + self.places[S.POSTING]

    @property
    def total(self) -> int:
        """Everybody who is to get it, wherever theirs is."""
        return sum(self.places.values())


@read_once
def reach_of(campaign: Campaign, now: datetime) -> Reach:
    """The people of a campaign by where their messages are, in two queries."""
    jobs = Submission.objects.filter(campaign=campaign).annotate(place=_place(now)).order_by()
    places = Counter[str](dict(jobs.values_list("place").annotate(people=Sum("recipient_count"))))
    if not is_anybody_left_out((campaign.pk,)):
        return Reach(places)
    of_its_job = Submission.objects.filter(
        campaign=OuterRef("campaign_id"),
        first_position__lte=OuterRef("position"),
        last_position__gte=OuterRef("position"),
    ).annotate(place=_place(now))
    left_out = (
        left_out_late([campaign.pk])
        .exclude(sent_messages__status__in=_CAME)
        .annotate(place=Subquery(of_its_job.values("place")[:1]))
        .exclude(place=None)
        .order_by()
    )
    places.subtract(dict(left_out.values_list("place").annotate(people=Count("pk"))))
    return Reach(places)


@read_once
def is_anybody_left_out(campaign_ids: tuple[int, ...]) -> bool:
    """Whether there is anybody in these campaigns who gets nothing after all."""
    return bool(_some_left_out(list(campaign_ids)))


@prepared
def _some_left_out(campaigns: list[int]) -> QuerySet[CampaignRecipient, int]:
    people = CampaignRecipient.objects.filter(_left_out_late(Q(Among("campaign", campaigns))))
    return people.values_list("pk", flat=True)[:1]


def left_out_late(campaign_ids: Sequence[int]) -> QuerySet[CampaignRecipient]:
    """The people of these campaigns who get nothing after all, for whatever came up later.

    Here comes in what is found after the audience was fixed: who opted out before their job was
    handed over, and whoever is kept from it afterwards (`LEFT_OUT_LATE` names the reasons).
    """
    return CampaignRecipient.objects.filter(_left_out_late(Q(campaign__in=campaign_ids)))


def _left_out_late(of_campaigns: Q) -> Q:
    # Said twice: SQLite uses one index for what they are asked together, and reads everybody.
    return (of_campaigns & _LEFT_OUT_LATE) | (of_campaigns & _SPARED)


def _place(now: datetime) -> Case:
    """An expression over jobs: the state, told apart where what can be done about it differs."""
    return Case(
        When(state=S.ACCEPTED.value, current_attempt__slot__gt=now, then=Value(_AHEAD)),
        When(state=S.REVOKED.value, is_gone=True, then=Value(_GONE)),
        default=F("state"),
        output_field=CharField(),
    )


def people_of(jobs: QuerySet[Submission]) -> int:
    """How many people these jobs were handed over for, or will be."""
    summed: int | None = jobs.order_by().aggregate(people=Sum(PEOPLE_HANDED_OVER))["people"]
    return summed or 0
