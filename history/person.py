"""The campaigns somebody was in, and what is known of handing their message over."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import Campaign, CampaignRecipient
from campaigns.state_words import SUBMISSION_WORDS, Word
from campaigns.states import SubmissionState
from sending.models import Submission
from teams.models import Team

SHOWN = 100


@dataclass(frozen=True)
class Appearance:
    """Somebody's place in one campaign; `word` says what became of their job, None before it."""

    campaign: Campaign
    recipient: CampaignRecipient
    submission: Submission | None
    word: Word | None


def appearances_of(team: Team, phone: str) -> list[Appearance]:
    """The team's latest campaigns with this phone in their audience, newest first.

    A phone that stands there more than once (duplicates were allowed) is a part each time.
    """
    rows = CampaignRecipient.objects.filter(campaign__team=team, phone=phone)
    recipients = rows.select_related("campaign").order_by("-campaign", "occurrence")[:SHOWN]
    return [_part(row) for row in recipients]


def _part(row: CampaignRecipient) -> Appearance:
    # A job is a range of positions; one row by the index of its campaign's jobs.
    submission = Submission.objects.filter(
        campaign_id=row.campaign_id,
        first_position__lte=row.position,
        last_position__gte=row.position,
    ).first()
    word = SUBMISSION_WORDS[SubmissionState(submission.state)] if submission else None
    return Appearance(row.campaign, row, submission, word)
