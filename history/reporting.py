"""A campaign's people, and the history, as files: with the people's own columns, to be joined back.

Small ones are made as they are read; large ones in the background, to be fetched for a day by who
asked for them. Who took what out is kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import record_event
from campaigns.state_words import DELIVERY_WORDS, ProgressPart, left_out_in_words
from campaigns.states import CampaignState
from delivery.models import DeliveryCount, SentMessage
from delivery.provider_codes import reason_in_words
from history.campaign_rows import CampaignRow, for_rows, job_lines, rows_of
from history.history_filters import Filters, filtered
from history.models import Report
from recipients.files import made_files, table_files
from recipients.files.made_files import Table
from sending.models import Submission
from sociocs_gateway.results import DeliveryStatus
from teams.models import Team, User

State = Report.State

_PEOPLE_A_READ = 2_000
_CAMPAIGNS_A_READ = 200


def begin_report(
    team: Team, user: User, file_format: str, campaign: Campaign | None, filters: Filters
) -> Report:
    """Keep that somebody takes data out, before the first row leaves."""
    if campaign is not None:
        total = campaign.frozen_count
        record_event(campaign, CampaignEvent.Kind.EXPORTED, user, format=file_format, people=total)
    else:
        # Counted only as far as it matters.
        total = len(
            filtered(team, filters, user).values_list("pk", flat=True)[
                : made_files.ROWS_AT_ONCE + 1
            ]
        )
    return Report.objects.create(
        team=team,
        asked_by=user,
        campaign=campaign,
        filters=filters.chosen(),
        file_format=file_format,
        rows_total=total,
        state=State.QUEUED if total > made_files.ROWS_AT_ONCE else State.TAKEN,
    )


def make_report(report_id: int) -> None:
    """Make the file of a report that waits."""
    reports = Report.objects.select_related("campaign__team", "team", "asked_by")
    made_files.make_file(reports, report_id, report_table)


def reports_to_make() -> list[int]:
    """Ids of the reports that nobody works on."""
    return made_files.waiting_files(Report.objects.all())


def report_table(report: Report) -> Table:
    """The names of the columns, and the rows in pieces, by key: no cursor is held open for them."""
    if report.campaign is not None:
        return _people_header(report.campaign), _people(report.campaign)
    assert report.asked_by is not None
    filters = Filters.read(report.filters)
    return _history_header(), _campaigns(report.team, filters, report.asked_by)


def _people_header(campaign: Campaign) -> list[str]:
    return [
        *(_("Phone"), _("Name"), *audience.audience_field_names(campaign)),
        *(_("Job"), _("Job id"), _("State"), _("Goes out (UTC)"), _("Delivery")),
        *(_("Network's code"), _("Not delivered because"), _("Left out because")),
    ]


def _history_header() -> list[str]:
    return [
        *(_("Campaign"), _("Status"), _("Channel"), _("Goes out (UTC)"), _("Recipients")),
        *(_("Handed over"), _("Unclear"), _("Refused"), _("Taken back"), _("Waiting")),
        *(_("Not sent"), _("Delivered"), _("Not delivered"), _("Made by"), _("Launched by")),
    ]


# --- The people of a campaign ---------------------------------------------------------------------


def _people(campaign: Campaign) -> Iterator[table_files.Rows]:
    names, after = audience.audience_field_names(campaign), -1
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
    messages = {
        message.recipient_id: message
        for message in SentMessage.objects.filter(recipient__in=rows).select_related("channel")
    }
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
    if message is None:
        return [*cells, delivery, "", "", left_out]
    why = reason_in_words(message.channel.provider, message.error_code)
    return [*cells, delivery, message.error_code, why, left_out]


# --- The history ----------------------------------------------------------------------------------


def _campaigns(team: Team, filters: Filters, user: User) -> Iterator[table_files.Rows]:
    campaigns = for_rows(filtered(team, filters, user)).order_by("-pk")
    some = list(campaigns[:_CAMPAIGNS_A_READ])
    while some:
        counts: dict[tuple[int, str], int] = {
            (campaign_id, status): messages
            for campaign_id, status, messages in DeliveryCount.objects.filter(
                campaign__in=some
            ).values_list("campaign_id", "status", "messages")
        }
        yield [_line(row, counts) for row in rows_of(some)]
        some = list(campaigns.filter(pk__lt=some[-1].pk)[:_CAMPAIGNS_A_READ])


def _line(row: CampaignRow, counts: dict[tuple[int, str], int]) -> list[str]:
    campaign, parts = row.campaign, row.tally.parts
    order = (
        *(ProgressPart.HANDED_OVER, ProgressPart.UNCLEAR, ProgressPart.REFUSED),
        *(ProgressPart.TAKEN_BACK, ProgressPart.WAITING, ProgressPart.NOT_SENT),
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


def may_be_reported(campaign: Campaign) -> bool:
    """Whether there is anybody to tell of: a launched campaign's audience is fixed."""
    return campaign.state not in {CampaignState.DRAFT, CampaignState.FREEZING}
