"""A campaign's people, and the history, as files: with the people's own columns, to be joined back.

Small ones are made as they are read; large ones in the background, to be fetched for a day by who
asked for them. Who took what out is kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import record_event
from campaigns.person_states import PERSON_WORDS, PersonState
from campaigns.state_words import DELIVERY_WORDS, left_out_in_words
from campaigns.states import SPARED, CampaignState
from delivery.models import SentMessage
from delivery.provider_codes import reason_in_words
from history.campaign_rows import CampaignRow, for_rows, rows_of
from history.history_filters import Filters, filtered
from history.models import Report
from history.people_counts import reporting_channels
from history.reached import Person, person_of, standings
from interface.phones import is_erased
from recipients.files import made_files, table_files
from recipients.files.made_files import Table
from sociocs_gateway.results import DeliveryStatus
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

State = Report.State

_PEOPLE_A_READ = 2_000
_CAMPAIGNS_A_READ = 200


@transaction.atomic
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
        record(Act.HISTORY_TAKEN, by=user, team_id=team.pk, after={"format": file_format})
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
    made_files.make_file(reports, report_id, report_table, lambda report: report.asked_by)


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
    theirs = audience.audience_field_names(campaign)
    ours = [
        *(_("Job"), _("Job id"), _("Status"), _("Goes out (UTC)"), _("Delivery")),
        *(_("Network's code"), _("Failed because"), _("Left out because")),
    ]
    first = _told_apart([_("Phone"), _("Name")], theirs)
    return [*first, *theirs, *_told_apart(ours, theirs)]


def _told_apart(ours: list[str], theirs: list[str]) -> list[str]:
    """Names of our columns that none of the person's own has: `State` or `State (campaign)`."""
    taken, names = {name.strip().casefold() for name in theirs}, []
    for own in ours:
        name, number = own, 1
        while name.casefold() in taken:
            place = "" if number == 1 else f" {number}"
            name = _("%(column)s (campaign%(number)s)") % {"column": own, "number": place}
            number += 1
        names.append(name)
    return names


def _history_header() -> list[str]:
    return [
        *(_("Campaign"), _("Status"), _("Channel"), _("Goes out (UTC)"), _("Recipients")),
        *(str(PERSON_WORDS[state].label) for state in PersonState),
        *(_("Left out"), _("Left out because"), _("Made by"), _("Sent by")),
    ]


# --- The people of a campaign ---------------------------------------------------------------------


def _people(campaign: Campaign) -> Iterator[table_files.Rows]:
    names, after = audience.audience_field_names(campaign), -1
    reporting = reporting_channels([campaign])
    everybody = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    while rows := list(everybody.filter(position__gt=after)[:_PEOPLE_A_READ]):
        yield _with_jobs(campaign, rows, names, reporting)
        after = rows[-1].position


def _with_jobs(
    campaign: Campaign, rows: list[CampaignRecipient], names: list[str], reporting: set[int]
) -> list[list[str]]:
    jobs = list(
        campaign.submissions.filter(
            last_position__gte=rows[0].position, first_position__lte=rows[-1].position
        )
        .select_related("current_attempt")
        .order_by("last_position")
    )
    standing = standings({job.pk for job in jobs})
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
        person = person_of(campaign, row, job, standing, messages.get(row.pk), reporting)
        lines.append(["" if is_erased(row.phone) else row.phone, row.name, *own, *_fate(person)])
    return lines


def _fate(person: Person) -> list[str]:
    job, message = person.submission, person.message
    cells = ["", "", "", ""]
    if job is not None:
        attempt = job.current_attempt
        slot = attempt.slot if attempt else job.planned_slot
        cells = [
            str(job.seq),
            job.job_id,
            str(person.word.label if person.word else ""),
            _utc(slot),
        ]
    why_left_out = _why_left_out(person.recipient)
    if message is None:
        return [*cells, "", "", "", why_left_out]
    delivery = str(DELIVERY_WORDS[DeliveryStatus(message.status)].label)
    why = reason_in_words(message.channel.provider, message.error_code)
    return [*cells, delivery, message.error_code, why, why_left_out]


def _why_left_out(recipient: CampaignRecipient) -> str:
    """Also of whoever opted out after hand-over, and was taken out or blocked in time."""
    if recipient.stopped in SPARED:
        return _("opted out later: %(words)s") % {"words": recipient.stopped_in_words}
    return left_out_in_words({recipient.left_out: 1})[0][1] if recipient.left_out else ""


# --- The history ----------------------------------------------------------------------------------


def _campaigns(team: Team, filters: Filters, user: User) -> Iterator[table_files.Rows]:
    campaigns = for_rows(filtered(team, filters, user)).order_by("-pk")
    some = list(campaigns[:_CAMPAIGNS_A_READ])
    while some:
        yield [_line(row) for row in rows_of(some)]
        some = list(campaigns.filter(pk__lt=some[-1].pk)[:_CAMPAIGNS_A_READ])


def _line(row: CampaignRow) -> list[str]:
    campaign = row.campaign
    return [
        campaign.name,
        str(row.word.label),
        campaign.channel.label if campaign.channel else "",
        _utc(campaign.send_at),
        "" if row.people is None else str(row.people),
        *(str(row.counts.people.get(state, 0)) for state in PersonState),
        str(sum(campaign.left_out.values())),
        ", ".join(f"{people} {why}" for people, why in left_out_in_words(campaign.left_out)),
        str(campaign.created_by or ""),
        str(campaign.launched_by or ""),
    ]


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def may_be_reported(campaign: Campaign) -> bool:
    """Whether there is anybody to tell of: a launched campaign's audience is fixed."""
    return campaign.state not in {CampaignState.DRAFT, CampaignState.FREEZING}
