"""What makes a campaign late: how long a job may go out after its slot before a person is asked.

The answer is acted on where it is asked: `protocol.intent_refusal` lets nothing go out past it,
`protocol.when_due` asks about a campaign that never began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from campaigns.models import Campaign
from sending.models import Submission
from sending.protocol import SEND_WINDOW


def send_by_of(slot: datetime) -> datetime:
    """How late a job of this slot may go out."""
    return slot + SEND_WINDOW


def last_send_by(submissions: Iterable[Submission]) -> datetime | None:
    """How late the last of some planned submissions may go out; None without any."""
    return max(
        (submission.send_by or send_by_of(submission.planned_slot) for submission in submissions),
        default=None,
    )


def is_late(campaign: Campaign, now: datetime) -> bool:
    """Whether the last moment at which it might go out has passed; going on sets a new one."""
    return campaign.send_by is not None and campaign.send_by < now
