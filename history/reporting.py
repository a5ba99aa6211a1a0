"""A campaign's people, and the history, as files: with the people's own columns, to be joined back.

Small ones are made as they are read; large ones in the background, to be fetched for a day by who
asked for them. Who took what out is kept.
"""

from __future__ import annotations

import secrets
import uuid
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import record_event
from campaigns.states import CampaignState
from campaigns.words import DELIVERY_WORDS, Part, left_out_in_words
from delivery.models import DeliveryCount, SentMessage
from history.campaign_rows import Row, for_rows, job_lines, rows_of
from history.history_filters import Filters, filtered
from history.models import Report
from recipients.files import table_files
from recipients.lists.exporting import KEEP_FILES
from sending.models import Submission
from sociocs_gateway.results import DeliveryStatus
from teams.models import Team, User

State = Report.State

# So many rows are made while the person waits.
ROWS_AT_ONCE = 10_000
_PEOPLE_A_READ = 2_000
_CAMPAIGNS_A_READ = 200
_MOST_ATTEMPTS = 3
# Longer than a file takes; a task is ended after ten minutes anyhow.
_LEASE = timedelta(minutes=11)


def ask(
    team: Team, user: User, file_format: str, campaign: Campaign | None, filters: Filters
) -> Report:
    """Keep that somebody takes data out, before the first row leaves."""
    if campaign is not None:
        total = campaign.frozen_count
        record_event(campaign, CampaignEvent.Kind.EXPORTED, user, format=file_format, people=total)
    else:
        # Counted only as far as it matters.
        total = len(filtered(team, filters, user).values_list("pk", flat=True)[: ROWS_AT_ONCE + 1])
    return Report.objects.create(
        team=team,
        asked_by=user,
        campaign=campaign,
        filters=filters.chosen(),
        file_format=file_format,
        rows_total=total,
        state=State.QUEUED if total > ROWS_AT_ONCE else State.TAKEN,
    )


def header_of(report: Report) -> list[str]:
    """The names of the columns."""
    if report.campaign is not None:
        return [
            *(_("Phone"), _("Name"), *audience.field_names(report.campaign)),
            *(_("Job"), _("Job id"), _("State"), _("Goes out (UTC)"), _("Delivery")),
            *(_("Network's code"), _("Left out because")),
        ]
    return [
        *(_("Campaign"), _("Status"), _("Channel"), _("Goes out (UTC)"), _("Recipients")),
        *(_("Handed over"), _("Unclear"), _("Refused"), _("Taken back"), _("Waiting")),
        *(_("Not sent"), _("Delivered"), _("Not delivered"), _("Made by"), _("Launched by")),
    ]


def chunks_of(report: Report) -> Iterator[table_files.Rows]:
    """The rows in pieces, by key: no cursor is held open for a slow reader."""
    if report.campaign is not None:
        return _people(report.campaign)
    assert report.asked_by is not None
    return _campaigns(report.team, Filters.read(report.filters), report.asked_by)


# --- The people of a campaign ---------------------------------------------------------------------


def _people(campaign: Campaign) -> Iterator[table_files.Rows]:
    names, after = audience.field_names(campaign), -1
    everybody = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    while rows := list(everybody.filter(position__gt=after)[:_PEOPLE_A_READ]):
        yield _with_jobs(campaign, rows, names)
        after = rows[-1].position


def _with_jobs(
    campaign: Campaign, rows: list[CampaignRecipient], names: list[str]
) -> list[list[str]]:
    jobs = list(
        campaign.submissions.filter(
            last_position__gte=rows[0].position, first_position__lte=rows[-1].position
        )
        .select_related("current_attempt")
        .order_by("last_position")
    )
    words = {one.submission.pk: str(one.word.label) for one in job_lines(jobs)}
    ends = [job.last_position for job in jobs]
    messages = {one.recipient_id: one for one in SentMessage.objects.filter(recipient__in=rows)}
    lines = []
    for row in rows:
        at = bisect_left(ends, row.position)
        job = jobs[at] if at < len(jobs) and jobs[at].first_position <= row.position else None
        own = (str(row.fields.get(name, "")) for name in names)
        lines.append([row.phone, row.name, *own, *_fate(row, job, words, messages.get(row.pk))])
    return lines


def _fate(
    row: CampaignRecipient,
    job: Submission | None,
    words: dict[int, str],
    message: SentMessage | None,
) -> list[str]:
    cells = ["", "", "", ""]
    if job is not None:
        attempt = job.current_attempt
        slot = attempt.slot if attempt else job.planned_slot
        cells = [str(job.seq), job.job_id, "" if row.left_out else words[job.pk], _utc(slot)]
    delivery = str(DELIVERY_WORDS[DeliveryStatus(message.status)].label) if message else ""
    left_out = left_out_in_words({row.left_out: 1})[0][1] if row.left_out else ""
    return [*cells, delivery, message.error_code if message else "", left_out]


# --- The history ----------------------------------------------------------------------------------


def _campaigns(team: Team, filters: Filters, user: User) -> Iterator[table_files.Rows]:
    found = for_rows(filtered(team, filters, user)).order_by("-pk")
    some = list(found[:_CAMPAIGNS_A_READ])
    while some:
        counts: dict[tuple[int, str], int] = {
            (campaign_id, status): messages
            for campaign_id, status, messages in DeliveryCount.objects.filter(
                campaign__in=some
            ).values_list("campaign_id", "status", "messages")
        }
        yield [_line(row, counts) for row in rows_of(some)]
        some = list(found.filter(pk__lt=some[-1].pk)[:_CAMPAIGNS_A_READ])


def _line(row: Row, counts: dict[tuple[int, str], int]) -> list[str]:
    campaign, parts = row.campaign, row.tally.parts
    order = (
        *(Part.HANDED_OVER, Part.UNCLEAR, Part.REFUSED),
        *(Part.TAKEN_BACK, Part.WAITING, Part.NOT_SENT),
    )
    arrived = sum(
        counts.get((campaign.pk, status.value), 0)
        for status in (DeliveryStatus.DELIVERED, DeliveryStatus.READ)
    )
    return [
        campaign.name,
        str(row.word.label),
        campaign.channel.label if campaign.channel else "",
        _utc(campaign.send_at),
        "" if row.people is None else str(row.people),
        *(str(parts.get(part, 0)) for part in order),
        str(arrived),
        str(counts.get((campaign.pk, DeliveryStatus.FAILED.value), 0)),
        str(campaign.created_by or ""),
        str(campaign.launched_by or ""),
    ]


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


# --- Large files, made in the background ----------------------------------------------------------


def reports_to_make() -> list[int]:
    """Ids of the reports that nobody works on."""
    waiting = Report.objects.filter(state__in=(State.QUEUED, State.WORKING))
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return list(waiting.filter(free).values_list("pk", flat=True))


def make(report_id: int) -> None:
    """Make the file of a report that waits; nothing when another worker is at it."""
    report = _claimed(report_id)
    if report is None:
        return
    mine = Report.objects.filter(pk=report.pk, claim_token=report.claim_token)
    if report.attempts > _MOST_ATTEMPTS:
        mine.update(state=State.FAILED, lease_until=None)
        return
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    write = table_files.write_xlsx if report.file_format == "xlsx" else table_files.write_csv
    write(path, header_of(report), _counted(report))
    path.chmod(0o600)
    done = mine.filter(state=State.WORKING).update(
        state=State.READY, stored_name=path.name, lease_until=None, ready_at=timezone.now()
    )
    if not done:
        path.unlink(missing_ok=True)


def _claimed(report_id: int) -> Report | None:
    token, now = uuid.uuid4(), timezone.now()
    taken = Report.objects.filter(pk=report_id, state__in=(State.QUEUED, State.WORKING)).filter(
        Q(lease_until=None) | Q(lease_until__lt=now)
    )
    if not taken.update(
        claim_token=token,
        lease_until=now + _LEASE,
        attempts=F("attempts") + 1,
        state=State.WORKING,
        rows_done=0,
    ):
        return None
    return Report.objects.select_related("campaign__team", "team", "asked_by").get(pk=report_id)


def _counted(report: Report) -> Iterator[table_files.Rows]:
    """The rows; the page shows how many are done."""
    done = 0
    for rows in chunks_of(report):
        yield rows
        done += len(rows)
        Report.objects.filter(pk=report.pk).update(rows_done=done)


def path_of(report: Report) -> Path | None:
    """Where the finished file lies; None when there is none, or none any more."""
    if not report.stored_name:
        return None
    path = Path(settings.EXPORTS_DIR) / report.stored_name
    return path if path.exists() and expires_at(report) > timezone.now() else None


def expires_at(report: Report) -> datetime:
    """Until when the file may be fetched; `recipients.lists.exporting` deletes it then."""
    return (report.ready_at or report.created_at) + KEEP_FILES


def may_be_reported(campaign: Campaign) -> bool:
    """Whether there is anybody to tell of: a launched campaign's audience is fixed."""
    return campaign.state not in {CampaignState.DRAFT, CampaignState.FREEZING}
