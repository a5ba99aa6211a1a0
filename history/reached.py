"""Who of a frozen audience was reached, as far as anybody knows: pages of people by key.

A job is a range of positions, so the people in a state are a few ranges; the page behind the
millionth person is found as quickly as the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core import signing
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from campaigns.models import Campaign, CampaignRecipient
from campaigns.person_states import (
    BY_REPORT,
    NOT_REPORTED,
    PERSON_WORDS,
    PersonState,
    person_state,
)
from campaigns.state_words import SUBMISSION_WORDS, Word, left_out_in_words
from campaigns.states import FINISHED, SPARED, SubmissionState
from delivery.models import SentMessage
from delivery.provider_codes import Failure, failure_of
from delivery.replies import submissions_of
from history.people_counts import reporting_channels, standing_at
from interface.wording import Text
from recipients.searching import found, holding
from sending.models import Submission
from sending.reach import IS_LEFT_OUT_LATE, left_out_late
from sociocs_gateway.results import DeliveryStatus

PEOPLE_PER_PAGE = 50
_JOBS_A_QUERY = 100
_SALT = "history.reached"

# What the page can be narrowed to, besides a state.
LEFT_OUT = "left_out"
FILTERS = (*(state.value for state in PersonState), LEFT_OUT)
P = PersonState
_ARRIVED, _MOVING, _FAILED = (
    [status.value for status, state in BY_REPORT.items() if state is which]
    for which in (P.DELIVERED, P.ON_ITS_WAY, P.FAILED)
)
_BY_MESSAGE = {P.DELIVERED: _ARRIVED, P.FAILED: _FAILED}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the audience, their job, and what is known of them; None before there is a job.

    `why`: why it was not sent to them; `failure`: why it failed and what can be done, if known.
    """

    recipient: CampaignRecipient
    submission: Submission | None
    state: PersonState | None
    word: Word | None
    why: Text
    message: SentMessage | None
    failure: Failure | None

    @property
    def error_code(self) -> str:
        """The network's own code of why it failed."""
        return self.message.error_code if self.message else ""


@dataclass(frozen=True, slots=True)
class People:
    """A page of people; `after` is the place it ends at, "" on the last one.

    `found`: how many a search found, in words; "" where nobody was searched for.
    """

    shown: list[Person]
    after: str
    found: Text = ""


def people_of(campaign: Campaign, only: str = "", words: str = "", after: str = "") -> People:
    """The people behind the place `after`, in the audience's order.

    `only` is one of FILTERS, anything else shows everybody; `words` is a phone or a part of a name.
    A place that was tampered with means the first page.
    """
    key = _read(after)
    everybody = CampaignRecipient.objects.filter(campaign=campaign)
    searched = None
    if words.strip():
        searched = found(holding(everybody, words, campaign.team.default_country))
        everybody = searched.rows
    state = P(only) if only in FILTERS and only != LEFT_OUT else None
    if state in _BY_MESSAGE:
        recipients = _by_message(campaign, everybody, _BY_MESSAGE[state], key)
        place = "pk"
    else:
        place = "position"
        behind = everybody if key is None else everybody.filter(position__gt=key)
        if state is not None:
            recipients = _in_state(campaign, behind, state, -1 if key is None else key)
        else:
            if only == LEFT_OUT:
                behind = behind.exclude(left_out="")
            recipients = list(behind.order_by("position")[: PEOPLE_PER_PAGE + 1])
    shown = recipients[:PEOPLE_PER_PAGE]
    people = people_with_jobs(shown, {campaign.pk: campaign})
    ends_at = _write(getattr(shown[-1], place)) if len(recipients) > len(shown) else ""
    return People(people, ends_at, searched.in_words if searched and not only else "")


def people_with_jobs(
    rows: Sequence[CampaignRecipient], campaigns: Mapping[int, Campaign]
) -> list[Person]:
    """These people of some campaigns with their jobs and messages; as many queries as for one."""
    jobs = submissions_of(rows)
    standing = standings({job.pk for job in jobs.values()})
    messages = {
        message.recipient_id: message
        for message in SentMessage.objects.filter(recipient__in=rows).select_related("channel")
    }
    reporting = reporting_channels(campaigns.values())
    return [
        person_of(
            campaigns[row.campaign_id],
            row,
            jobs.get(row.pk),
            standing,
            messages.get(row.pk),
            reporting,
        )
        for row in rows
    ]


def standings(job_ids: Collection[int]) -> dict[int, PersonState]:
    """The state of the people of each of these jobs of whom nothing is reported."""
    jobs = Submission.objects.filter(pk__in=job_ids).annotate(standing=standing_at(timezone.now()))
    return {pk: PersonState(standing) for pk, standing in jobs.values_list("pk", "standing")}


def person_of(
    campaign: Campaign,
    row: CampaignRecipient,
    job: Submission | None,
    standing: Mapping[int, PersonState],
    message: SentMessage | None,
    reporting: Collection[int],
) -> Person:
    """Somebody of a campaign, with what is known of their job (`standings`) and their message.

    `reporting`: the `reporting_channels`.
    """
    report = DeliveryStatus(message.status) if message else None
    state = None
    if job is not None:
        is_over = campaign.state in FINISHED
        state = person_state(standing[job.pk], report, row.left_out, row.stopped, is_over=is_over)
    failure = None
    if message is not None and state is P.FAILED:
        failure = failure_of(message.channel.provider, message.error_code)
    word = PERSON_WORDS[state] if state else None
    if state is P.NO_REPORT and message is None and campaign.channel_id not in reporting:
        word = NOT_REPORTED
    return Person(row, job, state, word, _why(row, job, state), message, failure)


def _why(row: CampaignRecipient, job: Submission | None, state: PersonState | None) -> Text:
    """Why somebody was not sent it, or was never to be; "" for everybody else."""
    if row.left_out and state in {None, P.NOT_SENT}:
        return left_out_in_words({row.left_out: 1})[0][1]
    # What became of a wish after hand-over is said by itself.
    if state is not P.NOT_SENT or row.stopped in SPARED:
        return ""
    return SUBMISSION_WORDS[SubmissionState(job.state)].explanation if job else ""


def _in_state(
    campaign: Campaign, people: QuerySet[CampaignRecipient], state: PersonState, key: int
) -> list[CampaignRecipient]:
    """Up to a page and one of the people in this state, from those behind the position `key`."""
    # The same people by another name, before the campaign is over and after.
    if state is P.NO_REPORT and campaign.state in FINISHED:
        state = P.ON_ITS_WAY
    elif state is P.NO_REPORT or (state is P.ON_ITS_WAY and campaign.state in FINISHED):
        return []
    recipients: list[CampaignRecipient] = []
    while len(recipients) <= PEOPLE_PER_PAGE:
        jobs = _jobs_with(campaign, state, key)
        if not jobs:
            break
        inside = people.filter(_who_of(jobs, state)).order_by("position")
        recipients += inside[: PEOPLE_PER_PAGE + 1 - len(recipients)]
        key = jobs[-1].last_position
    if state is P.NOT_SENT:
        late = people.filter(pk__in=left_out_late([campaign.pk]).values("pk"))
        late = late.filter(~_with_message(*_ARRIVED, *_MOVING))
        recipients += late.order_by("position")[: PEOPLE_PER_PAGE + 1]
        recipients.sort(key=lambda row: row.position)
    return recipients[: PEOPLE_PER_PAGE + 1]


@dataclass(frozen=True, slots=True)
class _JobRange:
    first_position: int
    last_position: int
    standing: PersonState


def _jobs_with(campaign: Campaign, state: PersonState, key: int) -> list[_JobRange]:
    """The next jobs behind the position `key` that may hold people in this state."""
    messages = SentMessage.objects.filter(submission=OuterRef("pk"))
    settled = messages.filter(status__in=[*_ARRIVED, *_FAILED]).order_by().values("submission")
    jobs = campaign.submissions.filter(last_position__gt=key).annotate(
        standing=standing_at(timezone.now()),
        # Jobs of which everybody is reported on are passed over.
        settled=Subquery(settled.annotate(n=Count("pk")).values("n")),
    )
    has_room = Q(settled=None) | Q(settled__lt=F("recipient_count"))
    wanted = Q(standing=state.value) & has_room
    if state is P.ON_ITS_WAY:
        wanted |= Q(Exists(messages.filter(status__in=_MOVING)))
    rows = jobs.filter(wanted).order_by("last_position")
    columns = rows.values_list("first_position", "last_position", "standing")
    return [
        _JobRange(first, last, P(standing)) for first, last, standing in columns[:_JOBS_A_QUERY]
    ]


def _who_of(jobs: Sequence[_JobRange], state: PersonState) -> Q:
    """Who of these jobs is in this state, without those who were left out after all."""
    by_job = [job for job in jobs if job.standing is state]
    unreported = Q(left_out="") & ~IS_LEFT_OUT_LATE & ~_with_message(*_ARRIVED, *_MOVING, *_FAILED)
    who = _within(by_job) & unreported
    return who | _within(jobs) & _with_message(*_MOVING) if state is P.ON_ITS_WAY else who


def _within(jobs: Sequence[_JobRange]) -> Q:
    inside = Q(pk__in=[])
    for first, last in merged((job.first_position, job.last_position) for job in jobs):
        inside |= Q(position__gte=first, position__lte=last)
    return inside


def _with_message(*statuses: str) -> Q:
    """Those of whose message one of these is reported."""
    return Q(Exists(SentMessage.objects.filter(recipient=OuterRef("pk"), status__in=statuses)))


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, with those that follow one another made one: `1-5, 6-9` is `1-9`."""
    whole: list[tuple[int, int]] = []
    for first, last in ranges:
        if whole and whole[-1][1] + 1 == first:
            whole[-1] = (whole[-1][0], last)
        else:
            whole.append((first, last))
    return whole


def _by_message(
    campaign: Campaign,
    everybody: QuerySet[CampaignRecipient],
    statuses: list[str],
    key: int | None,
) -> list[CampaignRecipient]:
    if statuses == _FAILED:
        everybody = everybody.exclude(IS_LEFT_OUT_LATE)
    messages = SentMessage.objects.filter(
        campaign=campaign, status__in=statuses, recipient__gt=key or 0, recipient__in=everybody
    )
    ids = messages.order_by("recipient").values_list("recipient", flat=True)
    rows = everybody.filter(pk__in=list(ids[: PEOPLE_PER_PAGE + 1]))
    return list(rows.order_by("pk"))


def _write(key: int) -> str:
    return signing.Signer(salt=_SALT).sign(f"{key:x}")


def is_place(place: str) -> bool:
    """Whether `People.after` said this."""
    return _read(place) is not None


def _read(place: str) -> int | None:
    try:
        return int(signing.Signer(salt=_SALT).unsign(place), 16)
    except (signing.BadSignature, ValueError):
        return None
