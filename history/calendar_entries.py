"""What goes out when, through which channel: the calendar's entries, and what gets in whose way.

A day of a campaign is one entry, from its first job of that day to its last. Drafts stand at the
time they name, and campaigns that repeat at the times of their next runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_clock
from itertools import combinations, takewhile
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import TruncDay

from campaigns.models import Campaign
from campaigns.scheduling import repeats
from campaigns.scheduling.clocks import WALL_FORMAT, read_wall
from campaigns.scheduling.timing import zone_of
from campaigns.state_words import CAMPAIGN_WORDS
from campaigns.states import FINISHED, MOVABLE, CampaignState, SubmissionState
from interface.prepared_queries import prepared
from interface.wording import Text
from sending import job_times, last_message, timetable
from teams.models import Team

C, S = CampaignState, SubmissionState
_NEVER_OUT = [S.CANCELLED.value, S.ABANDONED.value]
_GONE = [C.DRAFT.value, C.CANCELLED.value, C.CANCELLING.value]
_MOST = 300
_MOST_RUNS = 62


@dataclass(slots=True)
class Entry:
    """A campaign on one day; moments in UTC. `run`: a run to come, which is no campaign yet.

    `ends`: when its last message of the day leaves. `in_the_way`: names of campaigns that go out
    through the same channel at the same time.
    `place`: what the entry is called on the page, where a campaign stands in each of its days.
    """

    campaign: Campaign
    first: datetime
    last: datetime
    people: int = 0
    jobs: int = 0
    ends: datetime | None = None
    is_run: bool = False
    in_the_way: list[str] = field(default_factory=list)
    place: str = ""

    @property
    def kind(self) -> str:
        """How it looks: draft, run, late, out or planned."""
        if self.is_run:
            return "run"
        if self.campaign.state == C.DRAFT:
            return "draft"
        if self.campaign.state == C.MISSED:
            return "late"
        return "out" if self.last < datetime.now(UTC) else "planned"

    @property
    def medium(self) -> str:
        """Which kind of channel it goes out through: its colour. "" for none."""
        channel = self.campaign.channel
        return channel.capabilities.medium.value if channel else ""

    @property
    def label(self) -> Text:
        """Where its campaign stands, in a word or two."""
        return CAMPAIGN_WORDS[C(self.campaign.state)].label

    @property
    def may_move(self) -> bool:
        """Whether it can get another time."""
        return not self.is_run and self.kind != "out" and C(self.campaign.state) in MOVABLE

    @property
    def zone(self) -> str:
        """The zone in which its time was meant."""
        return zone_of(self.campaign)

    @property
    def takes_time(self) -> bool:
        """Whether its messages of the day do not all leave in the same minute."""
        return self.until - self.first >= timedelta(minutes=1)

    @property
    def until(self) -> datetime:
        """When the last message of the day leaves."""
        return self.ends or self.last

    @property
    def wall_time(self) -> str:
        """`2026-04-02T09:30`: the campaign's beginning by that clock, which a move starts from."""
        begins = self.campaign.send_at or self.first
        return begins.astimezone(ZoneInfo(self.zone)).strftime(WALL_FORMAT)


def entries(team: Team, start: date, until: date, zone: str) -> list[Entry]:
    """Everything from the day `start` until before the day `until` of a zone, in order."""
    opens, closes = _midnight(start, zone), _midnight(until, zone)
    found = [
        *_launched(team, opens, closes, zone),
        *_drafts(team, opens, closes),
        *_runs(team, opens, closes),
    ]
    _mark_conflicts(found)
    for entry in found:
        day = entry.first.astimezone(ZoneInfo(zone))
        entry.place = f"on-{day:%Y%m%d}-{entry.campaign.public_id}"
    return sorted(found, key=lambda entry: (entry.first, entry.campaign.pk))


def _midnight(day: date, zone: str) -> datetime:
    return read_wall(day, wall_clock(), zone).first


@prepared
def _on_their_way(team: int, opens: datetime, closes: datetime) -> QuerySet[Campaign]:
    found = Campaign.objects.filter(team=team, send_by__gte=opens, send_at__lt=closes)
    return found.exclude(state__in=_GONE).select_related("channel", "team")[:_MOST]


@prepared
def _drafts_between(team: int, first: str, last: str) -> QuerySet[Campaign]:
    drafts = Campaign.objects.filter(
        team=team, state=C.DRAFT.value, wall_time__gte=first, wall_time__lte=last
    )
    return drafts.select_related("channel", "team").order_by("wall_time")[:_MOST]


@prepared
def _repeating(team: int, closes: datetime) -> QuerySet[Campaign]:
    repeating = Campaign.objects.filter(team=team, next_run_at__lt=closes)
    return repeating.select_related("channel", "team")[:_MOST]


def _launched(team: Team, opens: datetime, closes: datetime, zone: str) -> Iterator[Entry]:
    campaigns = {one.pk: one for one in _on_their_way(team.pk, opens, closes)}
    planned = last_message.jobs_that_go_out(campaigns).annotate(at=last_message.goes_out_at())
    planned = planned.filter(at__gte=opens, at__lt=closes)
    rows = (
        planned.annotate(day=TruncDay("at", tzinfo=ZoneInfo(zone)))
        .values("campaign_id", "day")
        .annotate(first=Min("at"), last=Max("at"), people=Sum("recipient_count"), jobs=Count("pk"))
        .order_by()
    )
    seen = set()
    ends = last_message.last_messages_by_day(list(campaigns.values()), planned, zone)
    for row in rows:
        seen.add(row["campaign_id"])
        campaign = campaigns[row["campaign_id"]]
        yield Entry(
            campaign,
            row["first"],
            row["last"],
            row["people"],
            row["jobs"],
            ends=ends.get((campaign.pk, row["day"].date())),
        )
    for campaign in campaigns.values():
        at = campaign.send_at
        # It is being prepared: no jobs yet.
        if campaign.state == C.FREEZING and campaign.pk not in seen and at and at >= opens:
            yield Entry(campaign, at, at, campaign.confirmed_count or 0)


def _drafts(team: Team, opens: datetime, closes: datetime) -> Iterator[Entry]:
    # A wall time of any zone is within a day of the same text read as UTC.
    around = timedelta(days=1)
    words = (moment.strftime(WALL_FORMAT) for moment in (opens - around, closes + around))
    for campaign in _drafts_between(team.pk, *words):
        reading = job_times.resolve_wall_time(campaign.wall_time, zone_of(campaign))
        if reading.candidates and opens <= reading.candidates[0] < closes:
            yield Entry(campaign, reading.candidates[0], reading.candidates[0])


def _runs(team: Team, opens: datetime, closes: datetime) -> Iterator[Entry]:
    for campaign in _repeating(team.pk, closes):
        assert campaign.next_run_at is not None
        assert campaign.repeat is not None
        after = max(campaign.next_run_at, opens) - timedelta(seconds=1)
        runs = repeats.occurrences(repeats.from_json(campaign.repeat), after)
        for _n, run in zip(
            range(_MOST_RUNS),
            takewhile(lambda occurrence: occurrence.instant < closes, runs),
            strict=False,
        ):
            people = campaign.frozen_count
            ends = run.instant + _drain(campaign, people)
            yield Entry(campaign, run.instant, run.instant, people, ends=ends, is_run=True)


def _mark_conflicts(entries: Iterable[Entry]) -> None:
    """Mark what goes out through one channel at the same time; the sender's queue counts too."""
    by_channel: dict[int, list[tuple[datetime, datetime, Entry]]] = defaultdict(list)
    for entry in entries:
        channel = entry.campaign.channel_id
        if channel is not None:
            by_channel[channel].append((entry.first, entry.until, entry))
    for busy in by_channel.values():
        for (first, ends, entry), (begins, end, other) in combinations(busy, 2):
            is_same = entry.campaign.pk == other.campaign.pk
            if not is_same and first <= end and begins <= ends:
                for one, beside in ((entry, other), (other, entry)):
                    # About what is over there is nothing left to do.
                    if one.campaign.state not in FINISHED:
                        one.in_the_way.append(beside.campaign.name)


def _drain(campaign: Campaign, people: int) -> timedelta:
    """How long the sender needs for a run that is not cut yet."""
    if not people or campaign.channel is None:
        return timedelta()
    return timetable.queue_estimate(campaign, [(campaign.text, people)]).duration
