"""Who of a frozen audience was reached, as far as anybody knows: pages of people by key.

A job is a range of positions, so the people in a state are a few ranges; the page behind the
millionth person is found as quickly as the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core import signing
from django.db.models import Q, QuerySet

from campaigns.models import Campaign, CampaignRecipient
from campaigns.state_words import DELIVERY_WORDS, PART_OF, ProgressPart, Word, left_out_in_words
from campaigns.states import SubmissionState
from delivery.models import SentMessage
from delivery.provider_codes import Failure, failure_of
from history.campaign_rows import job_lines
from recipients.phone_numbers import Phone, PhoneReader
from recipients.subscriber_keys import subscriber_key, with_digits
from sending.models import Submission
from sociocs_gateway.results import DeliveryStatus

PEOPLE_PER_PAGE = 50
# A part of a name or a number has no index: so many people are looked through for one page.
LOOKED_THROUGH = 100_000
_JOBS_A_QUERY = 100
_SALT = "history.reached"

# What the page can be narrowed to, besides a part of the progress track.
LEFT_OUT = "left_out"
DELIVERED = "delivered"
FAILED = "failed"
_DELIVERY = {
    DELIVERED: [DeliveryStatus.DELIVERED.value, DeliveryStatus.READ.value],
    FAILED: [DeliveryStatus.FAILED.value],
}
STATES_OF: dict[str, list[str]] = {
    part.value: sorted(state.value for state in SubmissionState if PART_OF[state] is part)
    for part in ProgressPart
}
FILTERS = (*STATES_OF, LEFT_OUT, DELIVERED, FAILED)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the audience, their job, and what is known of it; None before there is any."""

    recipient: CampaignRecipient
    submission: Submission | None
    word: Word | None
    delivery: Word | None
    error_code: str
    # Why it failed, and what can be done about it; None where nothing is known of it.
    failure: Failure | None
    left_out: str


@dataclass(frozen=True, slots=True)
class People:
    """A page of people; `after` is the place it ends at, "" on the last one.

    `is_unfinished`: a search that stopped there, after all it looks through at once.
    """

    shown: list[Person]
    after: str
    is_unfinished: bool = False


def people_of(campaign: Campaign, only: str = "", words: str = "", after: str = "") -> People:
    """The people behind the place `after`, in the audience's order.

    `only` is one of FILTERS, anything else shows everybody; `words` is a phone or a part of a name.
    A place that was tampered with means the first page.
    """
    key = _read(after)
    everybody, until = _matching(campaign, words), None
    if _is_looked_through(campaign, words) and only not in _DELIVERY:
        until = _as_far_as(campaign, key)
    if until is not None:
        everybody = everybody.filter(position__lte=until)
    if only in _DELIVERY:
        recipients = _by_delivery(campaign, everybody, _DELIVERY[only], key)
        place = "pk"
    else:
        place = "position"
        if only in STATES_OF:
            recipients = _in_states(campaign, everybody, STATES_OF[only], key)
        else:
            behind = everybody if key is None else everybody.filter(position__gt=key)
            if only == LEFT_OUT:
                behind = behind.exclude(left_out="")
            recipients = list(behind.order_by("position")[: PEOPLE_PER_PAGE + 1])
    shown = recipients[:PEOPLE_PER_PAGE]
    people = people_with_jobs(campaign, shown)
    if len(recipients) > len(shown):
        return People(people, _write(getattr(shown[-1], place)))
    return People(people, "" if until is None else _write(until), is_unfinished=until is not None)


def people_with_jobs(campaign: Campaign, rows: Sequence[CampaignRecipient]) -> list[Person]:
    """These people of one campaign with their jobs and messages; as many queries as for one."""
    jobs = _jobs_of(campaign, rows)
    lines = {job.submission.pk: job.word for job in job_lines(list(jobs.values()))}
    messages = {
        message.recipient_id: message
        for message in SentMessage.objects.filter(recipient__in=rows)
        .select_related("channel")
        .order_by("changed_at")
    }
    return [_person(row, jobs.get(row.pk), lines, messages.get(row.pk)) for row in rows]


def _person(
    row: CampaignRecipient,
    job: Submission | None,
    lines: dict[int, Word],
    message: SentMessage | None,
) -> Person:
    return Person(
        row,
        job,
        lines[job.pk] if job else None,
        DELIVERY_WORDS[DeliveryStatus(message.status)] if message else None,
        message.error_code if message else "",
        failure_of(message.channel.provider, message.error_code) if message else None,
        left_out_in_words({row.left_out: 1})[0][1] if row.left_out else "",
    )


def _jobs_of(campaign: Campaign, rows: Sequence[CampaignRecipient]) -> dict[int, Submission]:
    """The job of each of these people, by their primary keys."""
    jobs_by_position: dict[int, Submission] = {}
    waiting = sorted(rows, key=lambda row: row.position)
    while waiting:
        some, waiting = waiting[:_JOBS_A_QUERY], waiting[_JOBS_A_QUERY:]
        holds = Q(pk__in=[])
        for row in some:
            holds |= Q(first_position__lte=row.position, last_position__gte=row.position)
        jobs = list(campaign.submissions.filter(holds))
        for row in some:
            for job in jobs:
                if job.first_position <= row.position <= job.last_position:
                    jobs_by_position[row.pk] = job
    return jobs_by_position


def _is_looked_through(campaign: Campaign, words: str) -> bool:
    """Whether people have to be compared with the words one by one."""
    words = words.strip()
    reader = PhoneReader(campaign.team.default_country)
    return bool(words) and not isinstance(reader.read(words), Phone)


def _as_far_as(campaign: Campaign, key: int | None) -> int | None:
    """The position at which a search from `key` on stops for now; None: it comes to the end."""
    ahead = CampaignRecipient.objects.filter(campaign=campaign)
    if key is not None:
        ahead = ahead.filter(position__gt=key)
    positions = ahead.order_by("position").values_list("position", flat=True)
    return next(iter(positions[LOOKED_THROUGH - 1 : LOOKED_THROUGH]), None)


def _matching(campaign: Campaign, words: str) -> QuerySet[CampaignRecipient]:
    everybody = CampaignRecipient.objects.filter(campaign=campaign)
    if not (words := words.strip()):
        return everybody
    phone = PhoneReader(campaign.team.default_country).read(words)
    if isinstance(phone, Phone):
        return everybody.filter(phone_key=subscriber_key(phone.e164))
    digits = "".join(filter(str.isdecimal, words))
    if digits and not any(map(str.isalpha, words)):
        return everybody.filter(with_digits(digits))
    return everybody.filter(name__icontains=words)


def _in_states(
    campaign: Campaign,
    everybody: QuerySet[CampaignRecipient],
    states: list[str],
    key: int | None,
) -> list[CampaignRecipient]:
    """Up to a page and one of the people whose job is in one of these states, behind `key`."""
    recipients: list[CampaignRecipient] = []
    last = -1 if key is None else key
    while len(recipients) <= PEOPLE_PER_PAGE:
        jobs = list(
            campaign.submissions.filter(state__in=states, last_position__gt=last)
            .order_by("last_position")
            .values_list("first_position", "last_position")[:_JOBS_A_QUERY]
        )
        if not jobs:
            break
        inside = Q(pk__in=[])
        for first, end in merged(jobs):
            inside |= Q(position__gte=max(first, last + 1), position__lte=end)
        recipients += everybody.filter(inside).order_by("position")[
            : PEOPLE_PER_PAGE + 1 - len(recipients)
        ]
        last = jobs[-1][1]
    return recipients


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, with those that follow one another made one: `1-5, 6-9` is `1-9`."""
    whole: list[tuple[int, int]] = []
    for first, last in ranges:
        if whole and whole[-1][1] + 1 == first:
            whole[-1] = (whole[-1][0], last)
        else:
            whole.append((first, last))
    return whole


def _by_delivery(
    campaign: Campaign,
    everybody: QuerySet[CampaignRecipient],
    statuses: list[str],
    key: int | None,
) -> list[CampaignRecipient]:
    messages = SentMessage.objects.filter(
        campaign=campaign, status__in=statuses, recipient__gt=key or 0, recipient__in=everybody
    )
    ids = messages.order_by("recipient").values_list("recipient", flat=True).distinct()
    rows = everybody.filter(pk__in=list(ids[: PEOPLE_PER_PAGE + 1]))
    return list(rows.order_by("pk"))


def _write(key: int) -> str:
    return signing.Signer(salt=_SALT).sign(f"{key:x}")


def _read(place: str) -> int | None:
    try:
        return int(signing.Signer(salt=_SALT).unsign(place), 16)
    except (signing.BadSignature, ValueError):
        return None
