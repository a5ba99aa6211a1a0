"""How many people of a campaign are in which state: the one place where pages get it from.

The campaign's page, the history, the overview and the reports ask here, and every answer adds up to
everybody. Nothing is counted person by person: jobs are summed, messages are kept as sums by
status, and only what is out of the ordinary is looked at closer: reports on jobs that are not out,
and people who were left out after all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.person_states import (
    BY_JOB,
    BY_REPORT,
    GIVEN_UP,
    NOT_REPORTED,
    NOT_REPORTED_WORD,
    PEOPLE_WORDS,
    PERSON_WORDS,
    PersonState,
    at_the_end,
)
from campaigns.states import FINISHED, CampaignState, SubmissionState
from delivery.models import DeliveryCount, SentMessage, WebhookEndpoint
from interface.prepared_queries import Among, prepared
from interface.wording import Text, number
from sending.models import Attempt, Submission
from sending.reach import is_anybody_left_out, left_out_late
from sending.tally import MAY_HAVE_GONE, Tally
from sociocs_gateway.results import DeliveryStatus

P = PersonState
_Counts = dict[int, Counter[PersonState]]


def percent_of(part: int, whole: int) -> int:
    """A share in whole percent: never 0 or 100 for what is not none or all."""
    if part in (0, whole):
        return 100 if part else 0
    return min(max(round(100 * part / whole), 1), 99)


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of people under its word, with its colour in the bar and the filter that shows them.

    Without a fill it is everybody.
    """

    label: str
    people: int
    everybody: int
    fill: str = ""
    only: str = ""

    @property
    def percent(self) -> int:
        """Their share of everybody."""
        return percent_of(self.people, self.everybody)


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """A campaign's people by state; `is_reported`: whether its channel's reports are on.

    `left_out`: how many of those not sent it were left out after all, such as who opted out.
    """

    people: Mapping[PersonState, int]
    is_reported: bool = False
    left_out: int = 0

    @property
    def total(self) -> int:
        """Everybody whose job is planned."""
        return sum(self.people.values())

    @property
    def parts(self) -> list[tuple[int, str, str]]:
        """(people, word, fill) of every state that somebody is in, in the order of the bar."""
        return [
            (self.people[state], self._word(state), fill)
            for state, (_word, fill) in PEOPLE_WORDS.items()
            if self.people.get(state)
        ]

    def _word(self, state: PersonState) -> str:
        """What is said of so many: of one it may be another form of the word."""
        is_one = self.people[state] == 1
        if state is P.NO_REPORT and not self.is_reported:
            return _beginning_small(NOT_REPORTED.label) if is_one else str(NOT_REPORTED_WORD)
        return (
            _beginning_small(PERSON_WORDS[state].label) if is_one else str(PEOPLE_WORDS[state][0])
        )

    @property
    def tiles(self) -> list[Tile]:
        """Everybody, then every state that somebody is in: they add up."""
        states = [state for state in PEOPLE_WORDS if self.people.get(state)]
        everybody = _("Recipient") if self.total == 1 else _("Recipients")
        return [Tile(everybody, self.total, self.total), *map(self._tile, states)]

    def _tile(self, state: PersonState) -> Tile:
        fill = PEOPLE_WORDS[state][1]
        return Tile(capfirst(self._word(state)), self.people[state], self.total, fill, state.value)

    @property
    def sum_in_words(self) -> str:
        """`262 + 19 + 11 = 292`; nothing where all are in one state."""
        counts = [number(count) for count, _word, _fill in self.parts]
        return f"{' + '.join(counts)} = {number(self.total)}" if len(counts) > 1 else ""

    @property
    def sent(self) -> int:
        """How many it has gone out to, as far as anybody knows."""
        return self.total - self.people.get(P.STILL_TO_SEND, 0) - self.people.get(P.NOT_SENT, 0)

    @property
    def delivered_percent(self) -> int | None:
        """Of everybody, whose phone has it; None where nobody can say."""
        if not self.total or not (self.is_reported or self.people.get(P.DELIVERED)):
            return None
        return percent_of(self.people.get(P.DELIVERED, 0), self.total)

    @property
    def segments(self) -> list[tuple[int, str]]:
        """The parts as a bar wants them."""
        return [(count, fill) for count, _word, fill in self.parts]

    @property
    def in_words(self) -> str:
        """`41,000 delivered, 12 failed`."""
        return ", ".join(f"{number(count)} {word}" for count, word, _fill in self.parts)

    @property
    def mark(self) -> str:
        """Changes whenever a count does."""
        return ".".join(str(self.people.get(state, 0)) for state in P)


def _beginning_small(label: Text) -> str:
    return str(label)[:1].lower() + str(label)[1:]


def people_counts(
    campaigns: Sequence[Campaign], tally_of: Mapping[int, Tally], now: datetime | None = None
) -> dict[int, PeopleCounts]:
    """The people of each of these campaigns by state, by primary key; a few queries for all."""
    now = now or timezone.now()
    counts = {campaign.pk: _by_job(tally_of.get(campaign.pk, Tally())) for campaign in campaigns}
    # Whatever is accepted is out once a campaign is complete.
    open_ids = [one.pk for one in campaigns if one.state != CampaignState.COMPLETED]
    for campaign_id, people in _ahead(open_ids, now) if open_ids else ():
        _move(counts, campaign_id, people, P.ON_ITS_WAY, P.STILL_TO_SEND)
    with_reports = set()
    for campaign_id, status, people in _reported(list(counts)):
        with_reports.add(campaign_id)
        _move(counts, campaign_id, people, P.ON_ITS_WAY, _by_report(status) or P.ON_ITS_WAY)
    _correct_odd_reports(counts, with_reports, now)
    left_out = _take_out_left_out(counts, now)
    reporting = reporting_channels(campaigns)
    return {
        campaign.pk: PeopleCounts(
            _named(campaign, _never_below_nobody(counts[campaign.pk])),
            campaign.channel_id in reporting,
            left_out[campaign.pk],
        )
        for campaign in campaigns
    }


@prepared
def _reported(campaigns: list[int]) -> QuerySet[DeliveryCount, tuple[int, str, int]]:
    reported = DeliveryCount.objects.filter(Among("campaign", campaigns), messages__gt=0)
    return reported.values_list("campaign_id", "status", "messages")


def _move(
    counts: _Counts, campaign_id: int, people: int, before: PersonState, after: PersonState
) -> None:
    counts[campaign_id][before] -= people
    counts[campaign_id][after] += people


def _never_below_nobody(people: Counter[PersonState]) -> Counter[PersonState]:
    """The same total without negative counts.

    The questions are asked one after the other: somebody who moves on in between is taken out of
    a state in which the question before had not found them.
    """
    too_few = sum((-people).values())
    if too_few:
        people = +people
        ((fullest, _count),) = people.most_common(1)
        people[fullest] -= too_few
    return people


def _by_job(tally: Tally) -> Counter[PersonState]:
    people: Counter[PersonState] = Counter()
    for state, count in tally.people.items():
        people[BY_JOB[state]] += count
    people[P.NOT_SENT] -= tally.perhaps_sent
    people[P.MAY_HAVE_BEEN_SENT] += tally.perhaps_sent
    return people


def _by_report(status: str) -> PersonState | None:
    return BY_REPORT.get(DeliveryStatus(status))


def _named(campaign: Campaign, people: Counter[PersonState]) -> dict[PersonState, int]:
    named: dict[PersonState, int] = defaultdict(int)
    for state, count in people.items():
        named[at_the_end(state) if campaign.state in FINISHED else state] += count
    return {state: named[state] for state in P if named[state]}


@prepared
def _ahead(campaigns: list[int], now: datetime) -> QuerySet[Submission, tuple[int, int]]:
    """(campaign, people) of what the vendor has and whose time is still to come."""
    jobs = Submission.objects.filter(
        Among("campaign", campaigns),
        state=SubmissionState.ACCEPTED.value,
        current_attempt__slot__gt=now,
    )
    people = jobs.order_by().values("campaign_id").annotate(people=Sum("recipient_count"))
    return people.values_list("campaign_id", "people")


def _correct_odd_reports(counts: _Counts, campaign_ids: set[int], now: datetime) -> None:
    """Reports were taken to be of jobs that are out; those of other jobs leave another state."""
    if not campaign_ids:
        return
    jobs = Submission.objects.filter(campaign__in=campaign_ids)
    odd = jobs.annotate(standing=standing_at(now)).exclude(standing=P.ON_ITS_WAY.value)
    messages = (
        SentMessage.objects.filter(submission__in=odd.values("pk"))
        .exclude(status=DeliveryStatus.UNKNOWN.value)
        .annotate(standing=_standing_of_one(now, pk=OuterRef("submission_id")))
        .order_by()
        .values("campaign_id", "standing")
        .annotate(people=Count("pk"))
        .values_list("campaign_id", "standing", "people")
    )
    for campaign_id, standing, people in messages:
        _move(counts, campaign_id, people, P(standing), P.ON_ITS_WAY)


def _take_out_left_out(counts: _Counts, now: datetime) -> Counter[int]:
    """Whoever was left out after all is not sent it, unless a report says that it came.

    Returns how many of each campaign.
    """
    left_out: Counter[int] = Counter()
    if not is_anybody_left_out(tuple(counts)):
        return left_out
    people = (
        left_out_late(tuple(counts))
        .annotate(
            status=Subquery(
                SentMessage.objects.filter(recipient=OuterRef("pk")).values("status")[:1]
            ),
            standing=_standing_of_one(
                now,
                campaign=OuterRef("campaign_id"),
                first_position__lte=OuterRef("position"),
                last_position__gte=OuterRef("position"),
            ),
        )
        .order_by()
        .values("campaign_id", "standing", "status")
        .annotate(people=Count("pk"))
    )
    for row in people:
        before = _by_report(row["status"]) if row["status"] else None
        if row["standing"] and before in {None, P.FAILED}:
            left_out[row["campaign_id"]] += row["people"]
            _move(
                counts, row["campaign_id"], row["people"], before or P(row["standing"]), P.NOT_SENT
            )
    return left_out


def standing_at(now: datetime) -> Case:
    """An expression over jobs: the state of those people of whom nothing was reported."""
    unclear = Attempt.objects.filter(MAY_HAVE_GONE, submission=OuterRef("pk"))
    return Case(
        When(
            state=SubmissionState.ACCEPTED.value,
            current_attempt__slot__gt=now,
            then=Value(P.STILL_TO_SEND.value),
        ),
        When(
            Q(state__in=sorted(state.value for state in GIVEN_UP)) & Exists(unclear),
            then=Value(P.MAY_HAVE_BEEN_SENT.value),
        ),
        *(When(state=state.value, then=Value(BY_JOB[state].value)) for state in BY_JOB),
        output_field=CharField(),
    )


def _standing_of_one(now: datetime, **which: object) -> Subquery:
    jobs = Submission.objects.filter(**which).annotate(standing=standing_at(now))
    return Subquery(jobs.values("standing")[:1])


def reporting_channels(campaigns: Iterable[Campaign]) -> set[int]:
    """The channels of these campaigns whose reports are on."""
    return set(_reporting(list({one.channel_id for one in campaigns if one.channel_id})))


@prepared
def _reporting(channels: list[int]) -> QuerySet[WebhookEndpoint, int]:
    endpoints = WebhookEndpoint.objects.filter(
        Among("channel", channels), state=WebhookEndpoint.State.ON, wants_statuses=True
    )
    return endpoints.values_list("channel_id", flat=True)
