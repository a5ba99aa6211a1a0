"""When a campaign goes out, and how its audience is cut into submissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from campaigns.audiences.position import FIRST_WITHOUT_TEXT, TEXT_IN_SQL, AudiencePosition
from campaigns.models import Campaign, CampaignRecipient, ClockKeeper
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.timing import lead
from sending.models import Submission
from sending.protocol import VENDOR_REACH, slot_candidates


@dataclass(frozen=True, slots=True)
class WallTime:
    """What a time on the wall is in UTC.

    `candidates`: none when the clocks jump over it, one normally, two where they go back (earlier
    first; `fold` 0 and 1 of PEP 495). `suggestions`: wall times around a jump that do exist.
    """

    candidates: tuple[datetime, ...]
    suggestions: tuple[str, ...] = ()


def skipped_sentence() -> str:
    """Why a time that does not exist cannot be chosen."""
    return _("The clocks skip this time. Choose an earlier or later one.")


def resolve_wall_time(wall: str, zone: str) -> WallTime:
    """Read `wall` (`YYYY-MM-DDTHH:MM`) in IANA zone `zone`. Raises ValueError on another form."""
    naive = datetime.strptime(wall, WALL_FORMAT)  # noqa: DTZ007 - a wall time has no zone yet
    area = ZoneInfo(zone)
    moments = [naive.replace(tzinfo=area, fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [moment for moment in moments if moment.astimezone(area).replace(tzinfo=None) == naive]
    if not real:
        # In a gap both readings exist elsewhere: one just before the jump, one just after it.
        around = sorted(moment.astimezone(area).replace(tzinfo=None) for moment in moments)
        return WallTime((), tuple(moment.strftime(WALL_FORMAT) for moment in around))
    return WallTime(tuple(sorted(set(real))))


def hand_over_time(send_at: datetime, keeper: str, now: datetime) -> datetime:
    """When a campaign's jobs are handed over.

    Sociocs keeps the clock: at once, as far as the vendor plans ahead (30 days); we keep it: LEAD
    before the time.
    """
    if keeper == ClockKeeper.HERE:
        return send_at - lead()
    # An hour short of the vendor's limit, since the last job's slot lies behind the first one's.
    return max(now, send_at - VENDOR_REACH + timedelta(hours=1))


def submission_count(campaign: Campaign, people: int) -> int:
    """How many jobs an audience of `people` makes."""
    return -(-people // campaign.largest_job)


def slots_from(send_at: datetime, count: int) -> list[datetime]:
    """The first `count` seconds from `send_at` on, one per job."""
    return list(islice(slot_candidates(send_at, send_at), count))


def last_job_slot(campaign: Campaign, send_at: datetime, people: int) -> datetime:
    """When the last job of an audience of `people` goes out."""
    return slots_from(send_at, max(submission_count(campaign, people), 1))[-1]


def cut_audience(
    campaign: Campaign, send_at: datetime, texts: Mapping[int, str], at_most: int | None = None
) -> list[Submission]:
    """Cut the frozen audience into unsaved submissions, in the order of its positions.

    `texts` by number (`AudiencePosition.text`); where there is more than text 0, no submission
    reaches over two of them.
    `at_most`: people that a job may hold at most, if fewer than usual.
    """
    size = min(campaign.largest_job, at_most or campaign.largest_job)
    slices = list((_slices if set(texts) == {0} else _slices_by_text)(campaign.pk, size))
    slots = slots_from(send_at, len(slices))
    assert campaign.channel is not None
    assert campaign.message is not None
    return [
        Submission(
            campaign=campaign,
            account_id=campaign.channel.account_id,
            seq=seq,
            first_position=first,
            last_position=last,
            recipient_count=size,
            text=texts[AudiencePosition.unpack(first).text],
            planned_slot=slot,
        )
        for seq, ((first, last, size), slot) in enumerate(zip(slices, slots, strict=True), start=1)
    ]


def _slices(campaign_id: int, size: int) -> Iterator[tuple[int, int, int]]:
    """(first position, last position, people) of each slice, in one statement."""
    table = connection.ops.quote_name(CampaignRecipient._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT MIN(position), MAX(position), COUNT(*) FROM (
                SELECT position, (ROW_NUMBER() OVER (ORDER BY position) - 1) / %s AS slice
                FROM {table} WHERE campaign_id = %s
            ) AS numbered GROUP BY slice ORDER BY slice
            """,  # noqa: S608 - a table name of ours
            [size, campaign_id],
        )
        yield from cursor.fetchall()


def _slices_by_text(campaign_id: int, size: int) -> Iterator[tuple[int, int, int]]:
    """The same, no slice reaching over two texts, and nobody who is left out."""
    table = connection.ops.quote_name(CampaignRecipient._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT MIN(position), MAX(position), COUNT(*) FROM (
                SELECT position, {TEXT_IN_SQL} AS text, (
                    ROW_NUMBER() OVER (PARTITION BY {TEXT_IN_SQL} ORDER BY position) - 1
                ) / %s AS slice
                FROM {table} WHERE campaign_id = %s AND position < %s
            ) AS numbered GROUP BY text, slice ORDER BY text, slice
            """,  # noqa: S608 - names and a number of ours
            [size, campaign_id, FIRST_WITHOUT_TEXT],
        )
        yield from cursor.fetchall()
