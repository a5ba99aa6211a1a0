"""Facts stay: in the code, and in the database for whoever comes another way."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.models import Campaign, CampaignEvent
from interface.facts import FactsStay
from sending import submit
from sending.models import Attempt, Decision
from sociocs_accounts.models import Channel
from tests import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def campaign(channel: Channel) -> Campaign:
    found = world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(5))))
    submit.hand_over(channel.account_id)
    return found


def test_the_code_cannot_change_or_delete_them(campaign: Campaign) -> None:
    event = campaign.events.first()
    assert event is not None
    for wish in (
        event.save,
        event.delete,
        lambda: CampaignEvent.objects.update(kind="missed"),
        Decision.objects.all().delete,
        Attempt.objects.all().delete,
    ):
        with pytest.raises(FactsStay):
            wish()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE campaigns_campaignevent SET kind = 'missed'",
        "UPDATE campaigns_campaignevent SET details = '{}' WHERE kind = 'launched'",
        "UPDATE sending_attempt SET outcome = 'not_sent'",
        "UPDATE sending_attempt SET job_id = 'another'",
        "UPDATE sending_attempt SET recipient_count = 4",
        "UPDATE sending_attempt SET slot = '2026-04-02 09:30:17'",
    ],
)
def test_the_database_refuses_to_change_them(campaign: Campaign, statement: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_fact_goes_with_its_draft_and_no_other_way(campaign: Campaign, channel: Channel) -> None:
    draft = world.a_campaign(channel)
    CampaignEvent.objects.create(campaign=draft, kind=CampaignEvent.Kind.CREATED)

    draft.delete()

    if connection.vendor == "postgresql":
        for statement in ("DELETE FROM campaigns_campaignevent", "DELETE FROM sending_attempt"):
            with pytest.raises(IntegrityError), connection.cursor() as cursor:
                cursor.execute(statement)
    assert campaign.events.exists()
