"""The timetable of a campaign that has a pace or sending hours: its jobs, each with its slot.

A campaign with neither is cut by `sending.job_times` alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from campaigns.audiences.arranging import Block, blocks_of, is_arranged, is_unread, zones_of
from campaigns.audiences.position import AudiencePosition
from campaigns.models import Campaign, CampaignRecipient
from campaigns.scheduling import pacing
from campaigns.scheduling.hours import Hours, is_open
from campaigns.scheduling.pacing import Pace, Slice, Terms, ZoneGroup
from campaigns.scheduling.timing import zone_of
from campaigns.scheduling.zones import ZoneDoubt
from campaigns.states import UNSENT
from campaigns.texts.sms_segments import segments
from sending import day_limits, job_times, lateness
from sending.models import Attempt, Submission
from sociocs_accounts.sender_queue import Estimate, estimate
from sociocs_gateway.providers import CAPABILITIES, Medium, Provider

_SECOND = timedelta(seconds=1)


def is_timed(campaign: Campaign) -> bool:
    """Whether a campaign has a pace or sending hours."""
    return campaign.pace_count is not None or campaign.hours_from is not None


def hours_of(campaign: Campaign) -> Hours | None:
    """Its sending hours; None: any time of day."""
    if campaign.hours_from is None or campaign.hours_to is None:
        return None
    return Hours(campaign.hours_from, campaign.hours_to)


def pace_of(campaign: Campaign) -> Pace | None:
    """Its pace; None: as fast as it goes."""
    if campaign.pace_count is None or campaign.pace_minutes is None:
        return None
    return Pace(campaign.pace_count, campaign.pace_minutes)


def queue_estimate(campaign: Campaign, people_by_text: Iterable[tuple[str, int]]) -> Estimate:
    """How long its channel's sender needs for texts, each with the number of its people."""
    people, units = 0, 0
    for text, number in people_by_text:
        people += number
        units += number * max(1, segments(text))
    return sender_estimate(campaign, people, units)


def sender_estimate(campaign: Campaign, people: int, units: int) -> Estimate:
    """The same for people who get so many SMS segments altogether; 0: one each."""
    assert campaign.channel is not None
    provider = Provider(campaign.channel.provider)
    is_sms = CAPABILITIES[provider].medium is Medium.SMS
    return estimate(
        provider,
        campaign.channel.phone_number,
        people,
        max(1, units / people) if is_sms and people else 1,
        campaign.channel.messages_per_second,
    )


def terms_of(
    campaign: Campaign, start: datetime, people_by_text: Iterable[tuple[str, int]]
) -> Terms:
    """The rules for its plan from `start` on; texts as for `queue_estimate`."""
    assert campaign.channel is not None
    return Terms(
        largest=1
        if campaign.one_by_one
        else min(campaign.largest_job, day_limits.smallest_limit(campaign) or campaign.largest_job),
        pace=pace_of(campaign),
        hours=hours_of(campaign),
        # A message that waits at the provider until after the hours would wake somebody.
        seconds_each=queue_estimate(campaign, people_by_text).seconds_each,
        taken=_taken(campaign, campaign.channel.account_id, start),
    )


def _taken(campaign: Campaign, account_id: int, start: datetime) -> set[datetime]:
    """Seconds from `start` on at which other campaigns of the account have jobs."""
    planned = Submission.objects.filter(
        account_id=account_id, planned_slot__gte=start, state__in=UNSENT
    ).exclude(campaign=campaign)
    used = Attempt.objects.filter(account_id=account_id, slot__gte=start)
    return {
        *planned.values_list("planned_slot", flat=True),
        *used.values_list("slot", flat=True),
    }


# --- Cutting a frozen audience --------------------------------------------------------------------


def cut_by_slots(
    campaign: Campaign,
    send_at: datetime,
    now: datetime,
    texts: Mapping[int, str],
    own: Iterable[str] = (),
) -> list[Submission]:
    """The unsaved submissions of a frozen campaign, by slot; also notes `zone_report` on it.

    `texts` by their number (`AudiencePosition.text`); `own`: what each person gets instead,
    where everybody gets a message of their own. Raises pacing.CannotPlan.
    """
    assert campaign.channel is not None
    blocks = blocks_of(campaign)
    division = divide(campaign, ((block.label, block.people) for block in blocks), send_at)
    campaign.zone_report = division.report
    texts_and_people = [(text, 1) for text in own] or [
        (texts[block.text], block.people) for block in blocks
    ]
    terms = terms_of(campaign, send_at, texts_and_people)
    slices = list(pacing.slices(division.groups, send_at, terms))
    ranges = _ranges(campaign, blocks, division, slices)
    return [
        Submission(
            campaign=campaign,
            account_id=campaign.channel.account_id,
            seq=seq,
            first_position=first,
            last_position=last,
            recipient_count=slice_.size,
            text=texts[AudiencePosition.unpack(first).text],
            planned_slot=slice_.slot,
            send_by=_send_by(slice_),
            not_before=_not_before(campaign, slice_.slot, now),
            zones=",".join(division.zones[slice_.group]),
        )
        for seq, (slice_, (first, last)) in enumerate(zip(slices, ranges, strict=True), start=1)
    ]


@dataclass(slots=True)
class Division:
    """People divided by whose clock counts for them.

    `zones` of each group, none where it is the campaign's; `number_of` its group by label
    (`arranging.labeller`); `report` as for `Campaign.zone_report`.
    """

    zones: list[tuple[str, ...]] = field(default_factory=list)
    groups: list[ZoneGroup] = field(default_factory=list)
    number_of: dict[str, int] = field(default_factory=dict)
    report: dict[str, dict[str, int]] = field(default_factory=dict)


def divide(campaign: Campaign, runs: Iterable[tuple[str, int]], start: datetime) -> Division:
    """Divide an audience, given as (label, people) in its order; each is a run of its own.

    Zones whose hours never meet in the year from `start` on leave it to the campaign's clock.
    """
    division, hours = Division(), hours_of(campaign)
    sizes: list[list[int]] = []
    report: dict[str, Counter[str]] = {"zones": Counter(), "doubts": Counter()}
    for label, people in runs:
        if label not in division.number_of:
            zones = zones_of(label)
            if hours is not None and zones and not pacing.has_window(zones, start, hours):
                zones = ()
            if zones not in division.zones:
                division.zones.append(zones)
                sizes.append([])
            division.number_of[label] = division.zones.index(zones)
        number = division.number_of[label]
        sizes[number].append(people)
        if label:
            part, key = _told(label, division.zones[number])
            report[part][key] += people
            # Without zones it is by the campaign's clock, which is told already.
            if is_unread(label) and division.zones[number]:
                report["doubts"][ZoneDoubt.NO_SUCH_ZONE] += people
    division.groups = [
        ZoneGroup(zones or (zone_of(campaign),), runs_of_group)
        for zones, runs_of_group in zip(division.zones, sizes, strict=True)
    ]
    if is_arranged(campaign):
        division.report = {part: dict(counted) for part, counted in report.items()}
    return division


def _told(label: str, zones: tuple[str, ...]) -> tuple[str, str]:
    """Where people of a label count in the report."""
    if zones:
        return "zones", ",".join(zones)
    is_nowhere = label.endswith(ZoneDoubt.NOWHERE)
    return "doubts", (ZoneDoubt.NOWHERE if is_nowhere else ZoneDoubt.NO_COMMON_HOURS).value


def _ranges(
    campaign: Campaign, blocks: list[Block], division: Division, slices: list[Slice]
) -> list[tuple[int, int]]:
    """(first position, last position) of each slice."""
    waiting: list[list[int]] = [[] for _ in division.groups]
    for number, slice_ in enumerate(slices):
        waiting[slice_.group].append(number)
    by_group = [iter(numbers) for numbers in waiting]
    positions = _positions(campaign)
    ranges = [(0, 0)] * len(slices)
    for label, _text, people in blocks:
        placed = 0
        while placed < people:
            number = next(by_group[division.number_of[label]])
            slice_positions = list(islice(positions, slices[number].size))
            ranges[number] = (slice_positions[0], slice_positions[-1])
            placed += len(slice_positions)
    return ranges


def _positions(campaign: Campaign) -> Iterator[int]:
    rows = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    return rows.values_list("position", flat=True).iterator(chunk_size=20_000)


def _send_by(slice_: Slice) -> datetime:
    return min(lateness.send_by_of(slice_.slot), slice_.latest - _SECOND)


def _not_before(campaign: Campaign, slot: datetime, now: datetime) -> datetime | None:
    """When this very job may be handed over; None: at once."""
    at = job_times.hand_over_time(slot, campaign.clock_keeper, now)
    return at if at > now else None


# --- While it runs --------------------------------------------------------------------------------


def is_in_hours(campaign: Campaign, submission: Submission, slot: datetime) -> bool:
    """Whether everybody in a submission may get a message at `slot`, by today's zone rules."""
    hours = hours_of(campaign)
    zones = submission.zones.split(",") if submission.zones else [zone_of(campaign)]
    return hours is None or is_open(hours, zones, slot)


def replan(
    campaign: Campaign, earliest: datetime, now: datetime, is_moved: bool = False
) -> datetime | None:
    """New slots, from `earliest` on, for what was not handed over; when nothing is late, the old.

    `is_moved`: new ones in any case, since another time was chosen. Returns the last moment for the
    last of them, None if nothing is left. Jobs stay as they were cut. Raises pacing.CannotPlan;
    then nothing was changed.
    """
    unsent = list(campaign.submissions.filter(state__in=UNSENT).order_by("planned_slot", "seq"))
    if is_moved or any(one.planned_slot < earliest for one in unsent):
        by_zones: dict[str, list[Submission]] = defaultdict(list)
        for one in unsent:
            by_zones[one.zones].append(one)
        groups = [
            ZoneGroup(
                tuple(zones.split(",")) if zones else (zone_of(campaign),),
                [one.recipient_count for one in jobs],
            )
            for zones, jobs in by_zones.items()
        ]
        texts = ((one.text, one.recipient_count) for one in unsent)
        terms = replace(terms_of(campaign, earliest, texts), whole=True)
        waiting = [iter(jobs) for jobs in by_zones.values()]
        for new in list(pacing.slices(groups, earliest, terms)):
            submission = next(waiting[new.group])
            submission.planned_slot, submission.send_by = new.slot, _send_by(new)
            submission.not_before = _not_before(campaign, new.slot, now)
        Submission.objects.bulk_update(
            unsent, ["planned_slot", "send_by", "not_before"], batch_size=500
        )
    return lateness.last_send_by(unsent)
