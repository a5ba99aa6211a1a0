"""When the last message of a campaign leaves: by its slots, its segments and its sender.

One answer for the composer, the review, the calendar and the campaign's page. A sender takes what
it is handed in order, one message after the other: a job's people wait until those before them are
out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, F, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, RenderedText
from campaigns.states import WAITING, SubmissionState
from interface.prepared_queries import Among, prepared
from sending import day_limits, job_times, timetable
from sending.models import Submission

# Texts of people who each get their own, to tell how long those are.
_TEXTS_LOOKED_AT = 200
# Jobs of a page, all campaigns together; what lies behind them is not looked at.
_LOOKED_AT = 50_000
_NEVER_OUT = (
    *(SubmissionState.CANCELLED, SubmissionState.ABANDONED),
    *(SubmissionState.REFUSED, SubmissionState.REVOKED),
)

Slots = list[tuple[datetime, int]]


def leaves_at(slots: Iterable[tuple[datetime, int]], seconds_each: float) -> datetime | None:
    """When the last message is out of jobs (slot, people) in the order of their slots."""
    free: datetime | None = None
    for slot, people in slots:
        begins = slot if free is None else max(free, slot)
        free = begins + timedelta(seconds=people * seconds_each)
    return free


def plain_slots(campaign: Campaign, start: datetime, people: int, jobs: int) -> Slots:
    """The slots of a campaign without pace and hours, under the daily limits.

    Raises pacing.NeverEnds.
    """
    each = [people // jobs + (n < people % jobs) for n in range(jobs)]
    plain = list(zip(job_times.slots_from(start, jobs), each, strict=True))
    return limited(campaign, plain)


def limited(campaign: Campaign, slots: Slots) -> Slots:
    """The same jobs on days that have room for them. Raises pacing.NeverEnds."""
    later = day_limits.spread(campaign, slots)
    return [(at, people) for at, (_, people) in zip(later, slots, strict=True)]


def jobs_that_go_out(campaign_ids: Iterable[int]) -> QuerySet[Submission]:
    """The jobs of launched campaigns that go out or went out."""
    jobs = Submission.objects.filter(campaign__in=list(campaign_ids))
    return jobs.exclude(state__in=[state.value for state in _NEVER_OUT])


def goes_out_at() -> Case:
    """An expression over jobs: the second at which each goes out or went out."""
    # What was taken back and waits again has an old attempt, but a new slot.
    is_here = When(state__in=[state.value for state in WAITING], then=F("planned_slot"))
    return Case(is_here, default=Coalesce(F("current_attempt__slot"), F("planned_slot")))


def last_message(campaign: Campaign) -> datetime | None:
    """When the last message of a launched campaign leaves or left; None before it has jobs."""
    ends = _ends_of_parts([campaign], jobs_that_go_out([campaign.pk]), lambda _at: None)
    return ends.get((campaign.pk, None))


def last_messages_by_day(
    campaigns: Sequence[Campaign], jobs: QuerySet[Submission], zone: str
) -> dict[tuple[int, date | None], datetime]:
    """The same of each day of a zone on which some of their jobs go out."""
    area = ZoneInfo(zone)
    return _ends_of_parts(campaigns, jobs, lambda at: at.astimezone(area).date())


def _ends_of_parts(
    campaigns: Sequence[Campaign],
    jobs: QuerySet[Submission],
    part_of: Callable[[datetime], date | None],
) -> dict[tuple[int, date | None], datetime]:
    by_key = {campaign.pk: campaign for campaign in campaigns if campaign.channel is not None}
    slots: dict[tuple[int, date | None], Slots] = defaultdict(list)
    rows = jobs.filter(campaign__in=by_key).annotate(goes_out=goes_out_at()).order_by("goes_out")
    columns = rows.values_list("campaign_id", "goes_out", "recipient_count")
    for pk, at, people in columns[:_LOOKED_AT]:
        slots[pk, part_of(at)].append((at, people))
    seconds = _seconds_each([by_key[pk] for pk in {pk for pk, _part in slots}])
    ends = {part: leaves_at(planned, seconds[part[0]]) for part, planned in slots.items()}
    return {part: end for part, end in ends.items() if end is not None}


@prepared
def sums_of_texts(messages: list[int]) -> QuerySet[RenderedText, tuple[int, int, int]]:
    """(message, people, segments) of the texts that were written of these messages."""
    texts = RenderedText.objects.filter(Among("message", messages)).order_by().values("message")
    sums = texts.annotate(
        people=Sum("recipient_count"), units=Sum(F("segments") * F("recipient_count"))
    )
    return sums.values_list("message", "people", "units")


def _seconds_each(campaigns: Sequence[Campaign]) -> dict[int, float]:
    """How long each campaign's sender needs for one message of it, on the average."""
    rows = sums_of_texts([one.message_id for one in campaigns if one.message_id])
    by_message = {message: (people, units) for message, people, units in rows if people}
    return {campaign.pk: _of_one(campaign, by_message) for campaign in campaigns}


def _of_one(campaign: Campaign, by_message: Mapping[int, tuple[int, int]]) -> float:
    if campaign.message_id is not None and campaign.message_id in by_message:
        return timetable.sender_estimate(campaign, *by_message[campaign.message_id]).seconds_each
    by_text: Iterable[tuple[str, int]] = [(campaign.text, 1)]
    if campaign.one_by_one and not campaign.template:
        # Each has a text of their own; the first of them stand for all.
        own = campaign.submissions.order_by("seq").values_list("text", "recipient_count")
        by_text = own[:_TEXTS_LOOKED_AT]
    return timetable.queue_estimate(campaign, by_text).seconds_each
