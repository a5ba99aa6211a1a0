"""One of everything that the vendor reports on a campaign, and that is made of it."""

from __future__ import annotations

import json

from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import record_event
from delivery import delivery_reports, receiving
from delivery.models import Reply, WebhookEndpoint
from history import notices
from history.models import DayCount, FollowUp, Notice, NoticeKind, Report, Whose
from sociocs_accounts.encrypted_fields import Secret
from tests import world


def reported_on(campaign: Campaign) -> None:
    """A channel that reports, a message that arrived, and somebody who wrote back."""
    assert campaign.channel is not None
    now, person = timezone.now(), campaign.recipients.order_by("position")[0]
    endpoint = WebhookEndpoint.objects.create(
        channel=campaign.channel, secret=Secret.of("a secret"), state="on"
    )
    receiving.keep(endpoint.pk, b'{"event": "something new"}')
    delivery_reports.credit_message(campaign.channel, "m1", person)
    Reply.objects.create(
        team=campaign.team,
        channel=campaign.channel,
        campaign=campaign,
        message_id="m2",
        phone=person.phone,
        text="Thank you",
        sent_at=now,
        received_at=now,
    )
    membership = campaign.team.memberships.get(role="owner")
    event = record_event(campaign, CampaignEvent.Kind.COMPLETED)
    notices.choose(membership, NoticeKind.COMPLETED, Whose.ALL, Whose.NOBODY)
    notices.make_notices()
    Notice.objects.filter(event=event).update(read_at=now)
    Report.objects.create(team=campaign.team, campaign=campaign, file_format="csv", state="taken")
    DayCount.objects.create(team=campaign.team, day=now.date(), sent=1)
    FollowUp.objects.create(
        campaign=campaign, groups=["not_sent"], asked_by=world.owner_of(campaign.team)
    )


def network_says(
    campaign: Campaign, person: CampaignRecipient, status: str, code: str = ""
) -> None:
    """What became of somebody's message, as Sociocs calls us with it; its channel reports."""
    assert campaign.channel is not None
    name = f"m{person.pk}"
    error = {"code": int(code), "message": "no"} if code else None
    body = {
        "event": "status_update",
        "message_id": name,
        "event_data": {"status": status, "error": error},
    }
    receiving.keep(campaign.channel.webhook.pk, json.dumps(body).encode())
    delivery_reports.credit_message(campaign.channel, name, person)
    delivery_reports.work_through()
