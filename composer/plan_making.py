"""What a draft's whole audience would get, looked at once: the composer's figures, and the plan.

A small audience is looked at while the page waits. A large one by a worker; the row says what is
wanted, and losing the nudge or the worker costs time only: the tick asks again, and the page that
waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q
from django.utils import timezone

from campaigns.audiences import audience, selection
from campaigns.audiences.audience import PersonRow
from campaigns.models import Campaign
from campaigns.scheduling.timing import zone_of
from campaigns.states import CampaignState
from campaigns.texts import personal_texts
from campaigns.texts.personal_texts import Survey
from composer import drafts, plan_report
from composer.figures import Figures, figures_of_survey
from composer.models import DraftEstimate
from composer.plan_report import PlanReport
from recipients import claiming
from recipients.models import RecipientList, SavedFilter
from sending import one_by_one, readiness
from teams.languages import spoken_by
from teams.models import User

# Rows of the lists that are looked at while the page waits: for a plan, and again and again while
# somebody writes (some tens of milliseconds).
SMALL = 20_000
SMALL_WHILE_WRITING = 3_000
# People opt out and lists are mended meanwhile, and a plan for "now" gets older.
FRESH = timedelta(minutes=10)
# Longer than any step takes: a worker that says nothing for so long has died.
LEASE = timedelta(minutes=3)
# What nobody has begun with by then needs another nudge.
PATIENCE = timedelta(seconds=20)
# What of a draft leaves its texts and its plan as they are.
_NO_MATTER = {"name", "template_aside"}


# --- Has it changed? ------------------------------------------------------------------------------


def key_of(campaign: Campaign, user: User, now: datetime) -> str:
    """Of all that it depends on: what the draft says, its lists as they are, team and day."""
    content = drafts.content_of(campaign)
    values = {field.name: _plain(getattr(content, field.name)) for field in fields(content)}
    if not content.one_by_one_wanted:
        # What is looked at decides about it.
        del values["one_by_one"]
    parts = [
        {name: value for name, value in sorted(values.items()) if name not in _NO_MATTER},
        _send_time(campaign, now).astimezone(ZoneInfo(zone_of(campaign))).date().isoformat(),
        (campaign.team.name, campaign.team.approval_above, user.name),
        [
            _plain(recipient_list)
            for recipient_list in selection.people_lists(selection.choice_of(campaign))
        ],
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def approval_fingerprint(campaign: Campaign, user: User) -> str:
    """Of that, and of every save of the draft: what a colleague approves."""
    key = key_of(campaign, user, timezone.now())
    return hashlib.sha256(f"{campaign.version}:{key}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A part of a draft as something that is written down alike each time."""
    if isinstance(value, RecipientList):
        return (value.pk, value.row_count, value.updated_at.isoformat())
    if isinstance(value, SavedFilter):
        return (value.pk, value.updated_at.isoformat())
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return [(name, _plain(item)) for name, item in sorted(value.items())]
    return str(value)


def _send_time(campaign: Campaign, now: datetime) -> datetime:
    """When it goes out as the draft says; now, while its time is none."""
    try:
        return readiness.send_time(campaign, now)
    except ValueError:
        return now


# --- What is known, and what is wanted ------------------------------------------------------------


def is_small_audience(campaign: Campaign) -> bool:
    """Whether all rows of a draft's lists may be looked at while a page waits."""
    return _size(campaign) <= SMALL


def figures_of(
    campaign: Campaign, user: User, *, may_want: bool = True
) -> tuple[Figures | None, bool]:
    """(the figures of everybody as far as there are any, whether a worker has to be nudged).

    The draft as it is stored. Without `may_want`, nothing new is wanted of a worker. Raises
    ValueError for a text with faults.
    """
    now = timezone.now()
    if _size(campaign) <= SMALL_WHILE_WRITING:
        return figures_of_survey(_survey(campaign, user, now)), False
    key = key_of(campaign, user, now)
    known = _known(campaign, user, key, now)
    if known is not None and known.figures is not None:
        return Figures.from_json(known.figures), False
    return None, may_want and _want(campaign, user, key, known)


def report_of(
    campaign: Campaign, user: User, *, may_want: bool = True
) -> tuple[PlanReport | None, bool]:
    """(the plan, if it is there; whether a worker has to be nudged) of a draft without problems.

    Without `may_want`, nothing new is wanted of a worker.
    """
    now = timezone.now()
    if is_small_audience(campaign):
        return plan_report.report(campaign, _survey(campaign, user, now), now), False
    key = key_of(campaign, user, now)
    known = _known(campaign, user, key, now)
    if known is not None and known.report is not None:
        report = PlanReport.from_json(known.report)
        _go_as(campaign, one_by_one=report.one_by_one)
        return report, False
    return None, may_want and _want(campaign, user, key, known)


def needs_worker(estimate: DraftEstimate) -> bool:
    """Whether nobody has begun with one that is wanted, or its worker has died."""
    now = timezone.now()
    is_free = estimate.lease_until is None or estimate.lease_until < now
    return is_free and estimate.wanted_at < now - PATIENCE


def estimates_to_make() -> list[int]:
    """Ids of the drafts that somebody waits for, and that nobody looks at."""
    now = timezone.now()
    wanted = DraftEstimate.objects.filter(
        finished_at=None, wanted_at__gt=now - FRESH, wanted_at__lt=now - PATIENCE
    )
    return sorted(set(claiming.free(wanted, now).values_list("campaign", flat=True)))


def _known(campaign: Campaign, user: User, key: str, now: datetime) -> DraftEstimate | None:
    """What was found for `user` lately, or is being looked at, of the draft as it is."""
    alike = DraftEstimate.objects.filter(campaign=campaign, wanted_by=user, key=key)
    return alike.filter(Q(finished_at=None) | Q(finished_at__gt=now - FRESH)).first()


def _want(campaign: Campaign, user: User, key: str, known: DraftEstimate | None) -> bool:
    """Have it looked at unless that is under way; return whether a worker has to be nudged."""
    if known is not None and known.finished_at is None:
        return needs_worker(known)
    DraftEstimate.objects.update_or_create(
        campaign=campaign,
        wanted_by=user,
        defaults={
            "key": key,
            "wanted_at": timezone.now(),
            "steps_done": 0,
            "figures": known.figures if known else None,
            "report": None,
            "finished_at": None,
            # Whoever is at it works on something that is no longer wanted.
            "claim_token": None,
            "lease_until": None,
            "attempts": 0,
        },
    )
    return True


def _size(campaign: Campaign) -> int:
    return sum(
        recipient_list.row_count
        for recipient_list in selection.people_lists(selection.choice_of(campaign))
    )


# --- Looking at everybody -------------------------------------------------------------------------


def make_estimate(campaign_id: int) -> bool:
    """Look at everybody of a draft for all who want it; False when nobody does (any more).

    The figures are there as soon as the texts are rendered, the plan some steps later; a draft with
    problems has none.
    """
    wanted = DraftEstimate.objects.filter(campaign=campaign_id, finished_at=None)
    free = claiming.free(wanted, timezone.now()).order_by("wanted_at")
    made = [_make(estimate_id) for estimate_id in free.values_list("pk", flat=True)]
    return any(made)


def _make(estimate_id: int) -> bool:
    wanted = DraftEstimate.objects.filter(finished_at=None).select_related(
        "campaign__channel__account", "campaign__team", "wanted_by"
    )
    estimate = claiming.claim_work(wanted, estimate_id, LEASE)
    if estimate is None or estimate.campaign.state != CampaignState.DRAFT:
        return False
    try:
        with spoken_by(estimate.wanted_by):
            return _look(estimate, estimate.campaign, estimate.wanted_by)
    except claiming.ClaimLost:
        # Something else is wanted meanwhile.
        return False


def _look(estimate: DraftEstimate, campaign: Campaign, user: User) -> bool:
    now = timezone.now()
    key = key_of(campaign, user, now)

    def told(steps: int, **values: object) -> None:
        claiming.renew_claim(estimate, LEASE, steps_done=steps, **values)

    try:
        survey = _survey(campaign, user, now, lambda: told(0))
    except ValueError:
        # It has a fault by now.
        return False

    told(1, key=key, figures=figures_of_survey(survey).to_json())
    report = None
    if not readiness.launch_problems(campaign, now, None, user):
        report = plan_report.report(campaign, survey, now, told).to_json()
    return claiming.let_go(estimate, report=report, finished_at=timezone.now())


def _survey(
    campaign: Campaign, user: User, now: datetime, renew: Callable[[], None] = lambda: None
) -> Survey:
    """What everybody would get; who has not chosen how it goes out has it chosen here.

    In jobs, or one by one where the texts differ too much for jobs and the people are few enough.
    """
    if campaign.one_by_one_wanted or campaign.template:
        return _survey_as_it_is(campaign, user, now, renew)
    was, campaign.one_by_one = campaign.one_by_one, False
    survey = _survey_as_it_is(campaign, user, now, renew)
    if survey.has_too_many_texts and not one_by_one.one_by_one_refusal(survey.count.people):
        campaign.one_by_one = True
        survey = _survey_as_it_is(campaign, user, now, renew)
    if campaign.one_by_one != was:
        drafts.note_way(campaign)
    return survey


def _go_as(campaign: Campaign, *, one_by_one: bool) -> None:
    """Let a draft go out as its plan says, which a save while the plan was made may have undone."""
    if campaign.one_by_one != one_by_one:
        campaign.one_by_one = one_by_one
        drafts.note_way(campaign)


def _survey_as_it_is(
    campaign: Campaign, user: User, now: datetime, renew: Callable[[], None]
) -> Survey:
    people = _read_renewing(campaign, renew)
    return personal_texts.survey(campaign, user, _send_time(campaign, now), people)


def _read_renewing(campaign: Campaign, renew: Callable[[], None]) -> Iterator[list[PersonRow]]:
    """The people in chunks; `renew` is called some times in each lease, however many they are."""
    renewed_at = timezone.now()
    for chunk in audience.chunks_of_people(campaign):
        if timezone.now() - renewed_at > LEASE / 6:
            renew()
            renewed_at = timezone.now()
        yield chunk
