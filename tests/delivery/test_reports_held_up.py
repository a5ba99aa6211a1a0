"""A row that somebody holds is no fault of a call: it waits, and a STOP is not lost."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError, connection

from delivery import delivery_reports, receiving
from delivery.models import Reply, WebhookEndpoint, WebhookEvent
from recipients.models import OptOut
from sociocs_accounts.encrypted_fields import Secret
from tests import world
from tests.processes import database_url

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.postgresql,
]


def test_a_stop_waits_while_somebody_holds_what_it_changes() -> None:
    channel = world.a_channel(world.a_team())
    endpoint = WebhookEndpoint.objects.create(channel=channel, secret=Secret.of("s"), state="on")
    receiving.keep(
        endpoint.pk, b'{"event":"message","message_id":"c1","from":"12025550101","text":"STOP"}'
    )
    with psycopg.connect(database_url()) as frozen, connection.cursor() as cursor:
        frozen.execute("SELECT 1 FROM teams_team FOR UPDATE")
        cursor.execute("SET lock_timeout = '200ms'")
        with pytest.raises(OperationalError):
            delivery_reports.work_through()
        assert WebhookEvent.objects.get().outcome == WebhookEvent.Outcome.WAITING
        cursor.execute("SET lock_timeout = 0")

    delivery_reports.work_through()

    assert Reply.objects.count() == OptOut.objects.count() == 1
