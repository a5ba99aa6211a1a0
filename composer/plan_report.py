"""The plan of a draft before it is launched: people, texts, jobs, slots, zones, what it repeats.

A small audience is looked at while the page waits. A large one by a worker (`plan_making`), which
keeps the report in the draft's `DraftEstimate`; so a report is made of plain JSON values only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Self

from django.db import connection

from campaigns.audiences import audience, audience_digest, selection
from campaigns.audiences.audience_count import RECIPIENTS
from campaigns.models import Campaign, CampaignRecipient
from campaigns.scheduling import pacing
from campaigns.states import CampaignState, SubmissionState
from campaigns.texts import personal_texts
from campaigns.texts.rendering import Spread
from composer.forecast import Forecast, ZoneForecast, forecast
from recipients.sql import Sql, sql, value
from sending import last_message, timetable
from sending.last_message import Slots
from sending.models import Submission
from sending.readiness import needs_second_person, send_time

# Back so far an earlier campaign with the same content is looked for.
EARLIER = timedelta(days=60)
# "Largely the same people": at least this part of those who would get it.
SAME_PEOPLE = 0.5
_MOST_EARLIER = 5
_MOST_CONFLICTS = 3
_BARS = 48
_NEVER_OUT = [SubmissionState.REVOKED.value, SubmissionState.CANCELLED.value, "abandoned"]


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A stretch of the timeline: its first and last slot (ISO 8601, UTC), jobs and their people."""

    at: str
    jobs: int
    people: int
    until: str = ""


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """People who share their possible zones (none: the campaign's), their first and last slot."""

    zones: list[str]
    people: int
    jobs: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another campaign that matters for this one, with the number of people concerned."""

    public_id: str
    name: str
    at: str
    people: int


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All that the plan page tells. Moments are ISO 8601 in UTC, counted from `start`.

    `one_by_one`: whether each person gets a message of their own. `spread`: SMS segments over all
    people. `ends`: when the last message leaves the sender. `never_ends`: there is no plan within a
    year.
    `audience`: the fingerprint of the people, where a second person has to approve them.
    `next_day`: people whom the sending hours of the first day do not hold.
    `somebody`: the first `Recipient` who gets it, to show what; None: nobody does.
    """

    start: str
    rows: int
    people: int
    left_out: dict[str, int]
    jobs: int
    texts: int
    spread: dict[str, int] | None
    one_by_one: bool = False
    first: str = ""
    last: str = ""
    ends: str = ""
    never_ends: bool = False
    next_day: int = 0
    audience: str = ""
    somebody: int | None = None
    bars: list[TimelineBar] = field(default_factory=list)
    zones: list[ZonePlan] = field(default_factory=list)
    doubts: dict[str, int] = field(default_factory=dict)
    earlier: list[Other] = field(default_factory=list)
    conflicts: list[Other] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `to_json` made."""
        lists = {
            "bars": [TimelineBar(**stored_bar) for stored_bar in stored["bars"]],
            "zones": [ZonePlan(**stored_zone) for stored_zone in stored["zones"]],
            "earlier": [Other(**stored_other) for stored_other in stored["earlier"]],
            "conflicts": [Other(**stored_other) for stored_other in stored["conflicts"]],
        }
        return cls(**{**stored, **lists})

    @property
    def first_slot(self) -> datetime | None:
        """When the first job goes out."""
        return datetime.fromisoformat(self.first) if self.first else None

    @property
    def last_slot(self) -> datetime | None:
        """When the last job goes out."""
        return datetime.fromisoformat(self.last) if self.last else None

    @property
    def last_leaves(self) -> datetime | None:
        """About when the last message leaves."""
        return datetime.fromisoformat(self.ends) if self.ends else None

    @property
    def left_out_count(self) -> int:
        """Rows that are not sent to."""
        return sum(self.left_out.values())

    @property
    def segments(self) -> Spread | None:
        """SMS segments over all people."""
        return Spread(**self.spread) if self.spread else None


# How far a report has come, in steps: called after each with their number.
Told = Callable[[int], None]
STEPS = 4


def report(
    campaign: Campaign,
    survey: personal_texts.Survey,
    now: datetime,
    told: Told = lambda _n: None,
) -> PlanReport:
    """Plan a draft that has no problems, as it would be launched now.

    `survey`: what everybody would get, which is the first step.
    """
    start = send_time(campaign, now)
    slots, jobs, planned = _slots(campaign, start, survey)
    told(2)
    spread, people = survey.texts.spread, survey.count.people
    queue = timetable.sender_estimate(campaign, people, spread.total if spread else 0)
    earlier = earlier_to_the_same(campaign, people, now)
    told(3)
    ends = last_message.leaves_at(slots, queue.seconds_each)
    made = PlanReport(
        start=start.isoformat(),
        rows=survey.count.rows,
        people=people,
        left_out=dict(survey.count.left_out),
        jobs=jobs,
        texts=0 if campaign.one_by_one else survey.texts.distinct,
        spread=asdict(spread) if spread else None,
        one_by_one=campaign.one_by_one,
        first=slots[0][0].isoformat() if slots else "",
        last=slots[-1][0].isoformat() if slots else "",
        never_ends=people > 0 and not slots,
        audience=audience_digest.of_draft(campaign)
        if needs_second_person(campaign, people)
        else "",
        somebody=_somebody(campaign, survey),
        bars=list(bars(slots)),
        next_day=planned.next_day if planned and campaign.hours_from else 0,
        zones=[_zone_plan(zone) for zone in planned.zones] if planned else [],
        doubts=planned.doubts if planned else {},
        earlier=earlier,
        ends=ends.isoformat() if ends else "",
        conflicts=conflicts(campaign, slots[0][0], ends) if ends else [],
    )
    told(STEPS)
    return made


def _somebody(campaign: Campaign, survey: personal_texts.Survey) -> int | None:
    if not survey.count.people:
        return None
    return survey.texts.first or audience.first_reached(campaign)


def _slots(
    campaign: Campaign, start: datetime, survey: personal_texts.Survey
) -> tuple[Slots, int, Forecast | None]:
    """(slots with people, jobs, the forecast of a timed one) under pace, hours and daily limits."""
    people, jobs = survey.count.people, survey.jobs
    if not people:
        return [], 0, None
    try:
        if not timetable.is_timed(campaign):
            return last_message.plain_slots(campaign, start, people, jobs), jobs, None
        planned = forecast(campaign, start)
        # People with different texts never share a job.
        jobs = max(len(planned.slots), jobs)
        return last_message.limited(campaign, planned.slots), jobs, planned
    except pacing.CannotPlan:
        return [], jobs, None


def _zone_plan(zone: ZoneForecast) -> ZonePlan:
    return ZonePlan(
        list(zone.zones),
        zone.people,
        zone.jobs,
        zone.first.isoformat() if zone.first else "",
        zone.last.isoformat() if zone.last else "",
    )


def bars(slots: Slots) -> Iterable[TimelineBar]:
    """The slots in stretches of equal length, empty ones left out."""
    if not slots:
        return
    first, last = slots[0][0], slots[-1][0]
    length = max((last - first) / _BARS, timedelta(seconds=1))

    def number_of(slot: tuple[datetime, int]) -> int:
        return min((slot[0] - first) // length, _BARS - 1)

    for _number, stretch in groupby(slots, number_of):
        jobs = list(stretch)
        people = sum(people for _at, people in jobs)
        yield TimelineBar(jobs[0][0].isoformat(), len(jobs), people, jobs[-1][0].isoformat())


# --- Other campaigns ------------------------------------------------------------------------------


def earlier_to_the_same(campaign: Campaign, people: int, now: datetime) -> list[Other]:
    """Earlier campaigns that said the same to largely the same people."""
    alike = [one for one in _candidates(campaign, now) if _says(one) == _says(campaign)]
    others = []
    for one in alike[:_MOST_EARLIER]:
        same = people_in_common(campaign, one)
        if people and same >= max(1, people * SAME_PEOPLE):
            at = one.send_at or one.created_at
            others.append(Other(str(one.public_id), one.name, at.isoformat(), same))
    return others


def _candidates(campaign: Campaign, now: datetime) -> Iterable[Campaign]:
    launched = Campaign.objects.filter(
        team_id=campaign.team_id, launched_at__gte=now - EARLIER
    ).exclude(state__in=[CampaignState.DRAFT.value, CampaignState.CANCELLED.value])
    columns = ("public_id", "name", "text", "template", "media_url", "send_at", "created_at")
    return launched.exclude(pk=campaign.pk).only(*columns).order_by("-launched_at")[:500]


def _says(campaign: Campaign) -> tuple[str, str]:
    """What people read, whatever the spaces and capitals."""
    content = f"{campaign.template.get('id', '')} {personal_texts.source_of(campaign)}"
    return " ".join(content.split()).casefold(), campaign.media_url


def people_in_common(campaign: Campaign, other: Campaign) -> int:
    """How many of a draft's people a launched campaign was to reach."""
    chosen, total = selection.of(campaign), 0
    for number in range(len(chosen.parts)):
        asked = sql(
            "SELECT COUNT(DISTINCT r.phone_key) FROM {rows} r WHERE {who} AND EXISTS ("
            "SELECT 1 FROM {frozen} c WHERE c.campaign_id = {other} AND c.phone_key = r.phone_key "
            "AND c.left_out = '')",
            rows=Sql(RECIPIENTS),
            frozen=Sql(CampaignRecipient._meta.db_table),
            who=audience.people_sql(chosen, number),
            other=value(other.pk),
        )
        with connection.cursor() as cursor:
            cursor.execute(asked.text, asked.values)
            total += int(cursor.fetchone()[0])
    return total


def conflicts(campaign: Campaign, first: datetime, ends: datetime) -> list[Other]:
    """Other campaigns whose jobs go out through the same channel from `first` to `ends`."""
    jobs = (
        Submission.objects.filter(
            campaign__channel=campaign.channel, planned_slot__range=(first, ends)
        )
        .exclude(campaign_id=campaign.pk)
        .exclude(state__in=_NEVER_OUT)
        .values_list("campaign_id", flat=True)
        .distinct()[:_MOST_CONFLICTS]
    )
    return [
        Other(str(one.public_id), one.name, (one.send_at or first).isoformat(), one.frozen_count)
        for one in Campaign.objects.filter(pk__in=list(jobs)).order_by("send_at", "pk")
    ]
