"""How many people a team, and each of its channels, may send to in a day; shared by all workers.

The day is that of the message (its slot), by the team's calendar. People are counted in the
transaction that commits the intent, under a lock on the day's row (where the team has a limit, on
the team's): two workers, or twenty, cannot pass a limit together. What is proven not to have been
sent, or taken back, is taken off again.

A campaign that does not fit into its day is planned over the following ones before it is launched,
at the same time of day (`spread`), and the review page says so. Where others used the day up in the
meantime it is paused (`quota`), and a person lets the rest go on the next day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, QuerySet, Sum

from campaigns.models import Campaign
from campaigns.scheduling.clocks import read_wall, shown
from campaigns.scheduling.pacing import NeverEnds
from campaigns.states import UNSENT
from interface.statements import Sql, Statement, changed
from sending import lateness
from sending.models import Attempt, DayTotal, Submission
from sociocs_accounts.models import Channel
from teams.models import Team

_LONGEST = timedelta(days=366)


def limit_of_team(team: Team) -> int | None:
    """People that all its campaigns together may go to in a day; None: no limit."""
    own = team.daily_limit
    return (settings.TEAM_DAILY_LIMIT if own is None else own) or None


def limit_of_channel(channel: Channel) -> int | None:
    """People that this channel may send to in a day; None: no limit but the team's."""
    return channel.daily_limit or None


def smallest_limit(campaign: Campaign) -> int | None:
    """The lower of both limits of a campaign with a channel; a job must fit into it."""
    assert campaign.channel is not None
    limits = [limit_of_team(campaign.team), limit_of_channel(campaign.channel)]
    return min((limit for limit in limits if limit), default=None)


def day_of(team: Team, slot: datetime) -> date:
    """The day of the team's calendar on which a slot lies."""
    return shown(slot, ZoneInfo(team.time_zone)).date()


# --- Counting: with the intent, and back ----------------------------------------------------------


def count_on_day(campaign: Campaign, slot: datetime, people: int) -> bool:
    """Count `people` on the slot's day; False, and nothing counted, when they do not fit into it.

    The caller is in a transaction, and asks this last: only channels of a team with a limit wait
    for each other, and nobody waits where there is none.
    """
    assert campaign.channel is not None
    day = day_of(campaign.team, slot)
    limits = limit_of_team(campaign.team), limit_of_channel(campaign.channel)
    if limits[0] is not None:
        _lock_team(campaign.team_id)
    own = _totals(campaign.team_id, day).filter(channel=campaign.channel)
    if not _add(own, people):
        total = DayTotal(team_id=campaign.team_id, day=day, channel=campaign.channel)
        DayTotal.objects.bulk_create([total], ignore_conflicts=True)
        _add(own, people)
    counted = _totals(campaign.team_id, day), own
    for limit, totals in zip(limits, counted, strict=True):
        if limit is not None and _sum(totals) > limit:
            _add(own, -people)
            return False
    return True


def has_limit(campaign: Campaign) -> bool:
    """Whether anything keeps a campaign with a channel from more people on some day."""
    return smallest_limit(campaign) is not None


def counting(campaign: Campaign, slot: datetime, people: int) -> Statement:
    """What counts them where there is no limit, in a row that is there already."""
    day = {"team_id": campaign.team_id, "day": day_of(campaign.team, slot)}
    return changed(
        DayTotal, day | {"channel_id": campaign.channel_id}, people=Sql("people + %s", (people,))
    )


def uncount_on_day(campaign: Campaign, slot: datetime, people: int) -> None:
    """What `count_on_day` counted is proven not to be sent."""
    totals = _totals(campaign.team_id, day_of(campaign.team, slot))
    _add(totals.filter(channel=campaign.channel, people__gte=people), -people)


def _lock_team(team_id: int) -> None:
    """Let the channels of a team count one after the other, until the transaction ends."""
    list(Team.objects.select_for_update(no_key=True).filter(pk=team_id).values_list("pk"))


def _totals(team_id: int, day: date) -> QuerySet[DayTotal]:
    return DayTotal.objects.filter(team_id=team_id, day=day)


def _add(totals: QuerySet[DayTotal], people: int) -> int:
    return totals.update(people=F("people") + people)


def _sum(totals: QuerySet[DayTotal]) -> int:
    people: int = totals.aggregate(people=Sum("people", default=0))["people"]
    return people


def take_off(attempt: Attempt, campaign: Campaign) -> None:
    """An attempt is proven not to be sent: its day is free for its people again."""
    if attempt.counted_on is None:
        return
    people = attempt.recipient_count
    totals = _totals(campaign.team_id, attempt.counted_on)
    _add(totals.filter(channel=campaign.channel, people__gte=people), -people)


# --- Planning around them -------------------------------------------------------------------------


@dataclass(slots=True)
class Room:
    """What is left of each day, for planning: what is sent and what others have planned is off."""

    campaign: Campaign
    _left: dict[date, int] = field(default_factory=dict)

    def take(self, day: date, people: int) -> bool:
        """Whether `people` still fit into a day; if so, they are taken off."""
        if day not in self._left:
            self._left[day] = self._ask(day)
        if self._left[day] < people:
            return False
        self._left[day] -= people
        return True

    def _ask(self, day: date) -> int:
        campaign = self.campaign
        assert campaign.channel is not None
        used = Counter[int | None](
            {row.channel_id: row.people for row in _totals(campaign.team_id, day)}
        )
        planned = _planned(campaign, day)
        left = []
        if team_limit := limit_of_team(campaign.team):
            left.append(team_limit - used.total() - planned.total())
        if own_limit := limit_of_channel(campaign.channel):
            channel_id = campaign.channel_id
            left.append(own_limit - used[channel_id] - planned[channel_id])
        return max(0, min(left))


def _planned(campaign: Campaign, day: date) -> Counter[int | None]:
    """People by channel in other campaigns' jobs of that day that are still to be handed over."""
    start = read_wall(day, datetime.min.time(), campaign.team.time_zone).first
    end = read_wall(day + timedelta(days=1), datetime.min.time(), campaign.team.time_zone).first
    rows = (
        Submission.objects.filter(
            campaign__team_id=campaign.team_id,
            state__in=UNSENT,
            planned_slot__gte=start,
            planned_slot__lt=end,
        )
        .exclude(campaign_id=campaign.pk)
        .values_list("campaign__channel_id")
        .annotate(people=Sum("recipient_count"))
    )
    return Counter(dict(rows))


def spread(campaign: Campaign, slots: Sequence[tuple[datetime, int]]) -> list[datetime]:
    """When jobs (slot, people) go out under the daily limits: as planned, or whole days later.

    What does not fit any more moves to the next day at the same time of day, and all behind it with
    it, so that a pace stays a pace. Raises pacing.NeverEnds.
    """
    if smallest_limit(campaign) is None:
        return [slot for slot, _ in slots]
    room, zone, shift = Room(campaign), campaign.team.time_zone, 0
    moments = []
    for slot, people in slots:
        while not room.take(day_of(campaign.team, later := _days_later(slot, shift, zone)), people):
            shift += 1
            if timedelta(days=shift) > _LONGEST:
                raise NeverEnds
        moments.append(later)
    return moments


def _days_later(slot: datetime, days: int, zone: str) -> datetime:
    if not days:
        return slot
    wall = shown(slot, ZoneInfo(zone))
    return read_wall(wall.date() + timedelta(days=days), wall.time(), zone).first


def apply(campaign: Campaign, submissions: Sequence[Submission]) -> None:
    """Move planned submissions, in the order of their slots, to days with room for them. Unsaved.

    Raises pacing.NeverEnds.
    """
    slots = [(submission.planned_slot, submission.recipient_count) for submission in submissions]
    for submission, slot in zip(submissions, spread(campaign, slots), strict=True):
        if slot != submission.planned_slot:
            later = slot - submission.planned_slot
            submission.send_by = (
                submission.send_by or lateness.send_by_of(submission.planned_slot)
            ) + later
            submission.not_before = submission.not_before + later if submission.not_before else None
            submission.planned_slot = slot


def apply_again(campaign: Campaign, earliest: datetime) -> datetime | None:
    """The same for what a campaign has left when it goes on; saved.

    Returns how late the last of it may go out; None without a limit. Raises pacing.NeverEnds.
    """
    if smallest_limit(campaign) is None:
        return None
    unsent = list(campaign.submissions.filter(state__in=UNSENT).order_by("planned_slot", "seq"))
    for submission in unsent:
        if submission.planned_slot < earliest:
            submission.planned_slot, submission.send_by = earliest, None
    apply(campaign, unsent)
    Submission.objects.bulk_update(
        unsent, ["planned_slot", "send_by", "not_before"], batch_size=500
    )
    return lateness.last_send_by(unsent)
