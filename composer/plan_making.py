"""Who makes a draft's plan, and when: small ones at once, large ones by a worker.

The row says what is wanted; losing the nudge or the worker costs time only, since the page that
waits asks again.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.utils import timezone

from campaigns.audiences import selection
from campaigns.models import Campaign
from campaigns.states import CampaignState
from composer import plan_report, text_surveys
from composer.models import DraftPlan
from composer.plan_report import Report
from sending import readiness
from teams.models import User

# Rows of the lists that are looked at while the page waits.
SMALL = 20_000
# People opt out meanwhile, and a plan for "now" gets older.
FRESH = timedelta(minutes=10)
# A worker that says nothing for so long has died.
STUCK = timedelta(minutes=2)


def fingerprint(campaign: Campaign, user: User) -> str:
    """Of all that a plan is made of: the draft, its lists as they are, and the team's rule."""
    said = text_surveys.key_of(campaign, user, timezone.now())
    rule = campaign.team.approval_above
    return hashlib.sha256(f"{campaign.version}:{rule}:{said}".encode()).hexdigest()


def is_small(campaign: Campaign) -> bool:
    """Whether all rows of a draft's lists may be looked at while a page waits."""
    return _size(campaign) <= SMALL


def report_of(campaign: Campaign, user: User) -> tuple[Report | None, bool]:
    """(the plan, if it is there; whether a worker has to be nudged) of a draft without problems."""
    if is_small(campaign):
        return plan_report.report(campaign, user, timezone.now()), False
    wanted, now = fingerprint(campaign, user), timezone.now()
    known = DraftPlan.objects.filter(campaign=campaign, fingerprint=wanted).first()
    if known is not None and known.made_at > now - FRESH:
        if known.report is not None:
            return Report.from_json(known.report), False
        last = known.worked_on_at or known.made_at
        return None, last < now - STUCK or known.worked_on_at is None
    DraftPlan.objects.update_or_create(
        campaign=campaign,
        defaults={
            "fingerprint": wanted,
            "report": None,
            "done": 0,
            "total": plan_report.STEPS,
            "wanted_by": user,
            "worked_on_at": None,
            "made_at": now,
        },
    )
    return None, True


def make(campaign_id: int) -> None:
    """Make the plan that is wanted for a draft; nothing when it is made, or being made, already."""
    now = timezone.now()
    row = (
        DraftPlan.objects.filter(campaign_id=campaign_id, report__isnull=True)
        .select_related("campaign__team", "campaign__channel__account", "wanted_by")
        .first()
    )
    if row is None or row.wanted_by is None or row.campaign.state != CampaignState.DRAFT:
        return
    if row.worked_on_at is not None and row.worked_on_at > now - STUCK:
        return
    mine = DraftPlan.objects.filter(pk=row.pk, fingerprint=row.fingerprint, report__isnull=True)
    if not mine.filter(worked_on_at=row.worked_on_at).update(worked_on_at=now):
        return
    if readiness.launch_problems(row.campaign, now, None, row.wanted_by):
        return

    def told(steps: int) -> None:
        mine.update(done=steps, worked_on_at=timezone.now())

    made = plan_report.report(row.campaign, row.wanted_by, now, told)
    mine.update(report=made.to_json(), made_at=timezone.now())


def _size(campaign: Campaign) -> int:
    return sum(one.row_count for one in selection.people_lists(selection.choice_of(campaign)))
