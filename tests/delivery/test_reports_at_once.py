"""Two workers at the same message: whoever comes second sees what the first one wrote."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from campaigns.models import CampaignRecipient
from delivery import delivery_reports, receiving
from delivery.models import DeliveryCount, SentMessage, WebhookEndpoint, WebhookEvent
from sociocs_accounts.encrypted_fields import Secret
from tests import world
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.postgresql,
]


def test_a_report_that_waited_for_the_credit_of_its_message_is_credited() -> None:
    channel = world.a_channel(world.a_team())
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, world.phones(1)))
    )
    person = CampaignRecipient.objects.get(campaign=campaign)
    endpoint = WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("s"), state="on")
    SentMessage.objects.create(
        channel=channel,
        message_id="m-1",
        seen_at=campaign.created_at,
        changed_at=campaign.created_at,
    )
    receiving.keep(
        endpoint.pk,
        b'{"event":"status_update","message_id":"m-1","event_data":{"status":"delivered"}}',
    )

    with transaction.atomic():
        delivery_reports.credit_message(channel, "m-1", person)
        worker = threading.Thread(target=work_through)
        worker.start()
        wait_until(somebody_waits)
    worker.join()

    assert WebhookEvent.objects.get().outcome == WebhookEvent.Outcome.CREDITED
    counts = DeliveryCount.objects.filter(campaign=campaign).exclude(messages=0)
    assert dict(counts.values_list("status", "messages")) == {"delivered": 1}


def work_through() -> None:
    try:
        delivery_reports.work_through()
    finally:
        connection.close()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
