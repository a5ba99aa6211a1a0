"""Why a campaign does not move, or takes as long as it does: sentences for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.states import FINISHED, CampaignState, SubmissionState
from interface.wording import people
from sending import one_by_one
from sending.models import Submission
from sociocs_accounts import call_rates, seen_troubles
from sociocs_accounts.models import GatewayAccount
from sociocs_accounts.troubles import Standing, Trouble

# What takes no longer than this needs no reason.
_WORTH_SAYING = 60.0
_SOON = timedelta(seconds=30)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class HeldUp:
    """What is wrong, and sentences: what takes its time; `mark` changes when either does."""

    troubles: list[Standing]
    delays: list[str]
    mark: str
    waiting_jobs: int

    @property
    def codes(self) -> list[str]:
        """Of its troubles: what they say need not be said again."""
        return [trouble.code for trouble in self.troubles]

    @property
    def stands_still(self) -> bool:
        """Whether jobs wait and none is handed over: that they are would be untrue beside it."""
        return self.waiting_jobs > 0 and any(
            trouble.account_id is not None or trouble.code == Trouble.NO_TICK
            for trouble in self.troubles
        )


def held_up_by(campaign: Campaign, waiting_jobs: int, waiting_people: int, is_over: bool) -> HeldUp:
    """All that keeps a campaign from moving. `is_over`: nothing more is expected of it."""
    standing = [] if is_over else _troubles_of(campaign, waiting_jobs)
    delays = _delays_of(campaign, waiting_jobs, waiting_people)
    codes = [trouble.code for trouble in standing]
    # That there is a delay, not how long it still takes: that is no news.
    return HeldUp(standing, delays, ".".join([*codes, str(len(delays))]), waiting_jobs)


def _troubles_of(campaign: Campaign, waiting_jobs: int) -> list[Standing]:
    """What keeps its jobs here, and its reports."""
    if campaign.state == CampaignState.DRAFT:
        return []
    told = seen_troubles.troubles_of_team(campaign.team)
    standing = [*told.of_installation] if campaign.state not in FINISHED else []
    if campaign.channel is None:
        return standing
    if waiting_jobs:
        of_account = told.of_account(campaign.channel.account)
        standing += [trouble for trouble in of_account if _holds_up(campaign, trouble)]
    return standing + told.of_channel(campaign.channel)


def _holds_up(campaign: Campaign, trouble: Standing) -> bool:
    """Whether a trouble of its account is why the campaign does not move."""
    if campaign.state == CampaignState.PAUSED:
        return campaign.state_reason == trouble.code
    # How long our own limits take, `_slowed` says better.
    return campaign.state == CampaignState.SENDING and trouble.code != Trouble.OWN_LIMIT


def _delays_of(campaign: Campaign, waiting_jobs: int, waiting_people: int) -> list[str]:
    """What holds up the jobs that a campaign has still to hand over; none while none does."""
    if campaign.state != CampaignState.SENDING or not waiting_jobs or campaign.channel is None:
        return []
    account = campaign.channel.account
    sentences = (_slowed(account, waiting_jobs, waiting_people), _not_yet(campaign))
    return [sentence for sentence in sentences if sentence]


def slowed_accounts() -> list[Standing]:
    """Accounts on which our own limits make what is due take more than a moment."""
    due = Submission.objects.filter(
        Q(not_before=None) | Q(not_before__lte=timezone.now()),
        state=SubmissionState.READY.value,
        campaign__state=CampaignState.SENDING.value,
        is_single=False,
    ).order_by()
    accounts = GatewayAccount.objects.filter(Exists(due.filter(account=OuterRef("pk"))))
    limits = [(one.pk, call_rates.calls_within(one, _WORTH_SAYING)) for one in accounts]
    # One more than go through in that time: never counted to the end, of perhaps a million.
    return [
        Standing(Trouble.OWN_LIMIT, account_id=pk)
        for pk, most in limits
        if most is not None and due.filter(account=pk)[most : most + 1].exists()
    ]


def _next_hand_over(campaign: Campaign) -> datetime | None:
    """When the next of its jobs is handed over; None where one is due, or none is left."""
    now = timezone.now()
    ready = campaign.submissions.filter(state=SubmissionState.READY.value)
    is_due = Q(not_before=None) | Q(not_before__lte=now + _SOON)
    first = ready.order_by("planned_slot").first()
    if first is None or ready.filter(is_due, one_by_one.in_reach(now + _SOON)).exists():
        return None
    moments = [first.not_before] if first.not_before else []
    if first.is_single:
        moments.append(first.planned_slot - one_by_one.lead_of(first))
    return max(moments, default=None)


def _not_yet(campaign: Campaign) -> str:
    """Its jobs wait for their own times: a pace, a clock that is kept here, single messages."""
    at = _next_hand_over(campaign)
    if at is None:
        return ""
    minutes = max(1, round((at - timezone.now()).total_seconds() / 60))
    if minutes >= _HOUR:
        hours = round(minutes / _HOUR)
        return ngettext(
            "The rest waits for its time: the next goes to Sociocs in about %(n)d hour.",
            "The rest waits for its time: the next goes to Sociocs in about %(n)d hours.",
            hours,
        ) % {"n": hours}
    return ngettext(
        "The rest waits for its time: the next goes to Sociocs in about %(n)d minute.",
        "The rest waits for its time: the next goes to Sociocs in about %(n)d minutes.",
        minutes,
    ) % {"n": minutes}


def _slowed(account: GatewayAccount, waiting_jobs: int, waiting_people: int) -> str:
    """Our own limits on calls."""
    seconds = call_rates.seconds_for(account, waiting_jobs)
    if seconds < _WORTH_SAYING:
        return ""
    minutes = round(seconds / 60)
    return ngettext(
        "Calls to Sociocs are limited, so sending to %(people)s takes about %(n)d minute.",
        "Calls to Sociocs are limited, so sending to %(people)s takes about %(n)d minutes.",
        minutes,
    ) % {"people": people(waiting_people), "n": minutes}
