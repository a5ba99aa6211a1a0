"""Why a campaign does not move, or takes as long as it does: sentences for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.states import CampaignState, SubmissionState
from interface.wording import jobs
from sending import one_by_one
from sociocs_accounts import call_rates, troubles
from sociocs_accounts.models import GatewayAccount

# What takes no longer than this needs no reason.
_WORTH_SAYING = 60.0
_SOON = timedelta(seconds=30)
_HOUR = 60


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Sentences: what is wrong, and what takes its time; `mark` changes when either does."""

    troubles: list[str]
    delays: list[str]
    mark: str


def held_up_by(campaign: Campaign, waiting_jobs: int, is_over: bool) -> HeldUp:
    """All that keeps a campaign from moving. `is_over`: nothing more is expected of it."""
    codes = _troubles_of(campaign, waiting_jobs, is_over)
    delays = _delays_of(campaign, waiting_jobs)
    # That there is a delay, not how long it still takes: that is no news.
    return HeldUp(troubles.in_words(codes), delays, ".".join([*codes, str(len(delays))]))


def _troubles_of(campaign: Campaign, waiting_jobs: int, is_over: bool) -> list[str]:
    """Codes (`sociocs_accounts.troubles`) of what keeps its jobs here, and its reports."""
    if campaign.channel is None:
        return []
    codes: list[str] = []
    if campaign.state == CampaignState.SENDING and waiting_jobs:
        codes += troubles.of_account(campaign.channel.account)
    if campaign.state != CampaignState.DRAFT and not is_over:
        codes += troubles.of_channel(campaign.channel)
    return codes


def _delays_of(campaign: Campaign, waiting_jobs: int) -> list[str]:
    """What holds up the jobs that a campaign has still to hand over; none while none does."""
    if campaign.state != CampaignState.SENDING or not waiting_jobs or campaign.channel is None:
        return []
    account = campaign.channel.account
    sentences = (_resting(account), _slowed(account, waiting_jobs), _not_yet(campaign))
    return [sentence for sentence in sentences if sentence]


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
            "The rest waits for its time: the next is handed over in about %(n)d hour.",
            "The rest waits for its time: the next is handed over in about %(n)d hours.",
            hours,
        ) % {"n": hours}
    return ngettext(
        "The rest waits for its time: the next is handed over in about %(n)d minute.",
        "The rest waits for its time: the next is handed over in about %(n)d minutes.",
        minutes,
    ) % {"n": minutes}


def _resting(account: GatewayAccount) -> str:
    """The vendor asked for patience (HTTP 429)."""
    if account.cool_until is None or account.cool_until <= timezone.now():
        return ""
    seconds = max(1, round((account.cool_until - timezone.now()).total_seconds()))
    return ngettext(
        "Sociocs asked us to slow down: it goes on in %(n)d second.",
        "Sociocs asked us to slow down: it goes on in %(n)d seconds.",
        seconds,
    ) % {"n": seconds}


def _slowed(account: GatewayAccount, waiting_jobs: int) -> str:
    """Our own limits on calls."""
    seconds = call_rates.seconds_for(account, waiting_jobs)
    if seconds < _WORTH_SAYING:
        return ""
    minutes = round(seconds / 60)
    return ngettext(
        "By the limit on calls to Sociocs, handing over %(jobs)s takes about %(n)d minute.",
        "By the limit on calls to Sociocs, handing over %(jobs)s takes about %(n)d minutes.",
        minutes,
    ) % {"jobs": jobs(waiting_jobs), "n": minutes}
