"""What a team and one person wrote to each other: campaigns that went out to them, and replies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns import list_access
from campaigns.models import Campaign, CampaignRecipient
from delivery.models import Reply
from delivery.replies import slot_of, submission_of
from recipients.subscriber_keys import subscriber_key
from teams.models import Team, User

# Of a person who got many campaigns the latest, and as many of their own messages.
_CAMPAIGNS_SHOWN, _REPLIES_SHOWN = 6, 30


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a conversation: one of ours, of a `campaign`, or one of theirs."""

    at: datetime
    text: str
    campaign: Campaign | None = None
    reply: Reply | None = None


def conversation_with(team: Team, phone: str, reader: User) -> list[Turn]:
    """The turns with whoever has this phone, oldest first.

    Of a campaign whose people the reader may not see, what was written for everybody is shown.
    """
    key = subscriber_key(phone)
    replies = Reply.objects.filter(team=team, phone_key=key).order_by("-sent_at")
    theirs = [Turn(reply.sent_at, reply.text, reply=reply) for reply in replies[:_REPLIES_SHOWN]]
    rows = CampaignRecipient.objects.filter(
        campaign__team=team, phone_key=key, left_out="", occurrence=0
    ).select_related("campaign__message", "campaign__team")
    ours = []
    for row in rows.order_by("-campaign_id")[:_CAMPAIGNS_SHOWN]:
        at = slot_of(row)
        if at is not None:
            ours.append(Turn(at, _text(row, reader), campaign=row.campaign))
    return sorted([*theirs, *ours], key=lambda turn: turn.at)


def _text(row: CampaignRecipient, reader: User) -> str:
    """What somebody got, as they read it: Sociocs may be asked to fill in the name."""
    campaign = row.campaign
    message = campaign.message
    job = submission_of(row)
    if job is None or not job.text or list_access.kept_back(campaign, reader):
        return message.text if message else campaign.text
    placeholder = message.field_rules.get("name_placeholder", "") if message else ""
    return job.text.replace(placeholder, row.name) if placeholder else job.text
