"""Why a campaign takes as long as it does, where a limit is the reason: sentences for its page."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.states import CampaignState
from interface.wording import jobs
from sociocs_accounts import call_rates
from sociocs_accounts.models import GatewayAccount

# What takes no longer than this needs no reason.
_WORTH_SAYING = 60.0


def delays_of(campaign: Campaign, waiting_jobs: int) -> list[str]:
    """What holds up the jobs that a campaign has still to hand over; none while none does."""
    if campaign.state != CampaignState.SENDING or not waiting_jobs or campaign.channel is None:
        return []
    account = campaign.channel.account
    return [
        sentence for sentence in (_resting(account), _slowed(account, waiting_jobs)) if sentence
    ]


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
