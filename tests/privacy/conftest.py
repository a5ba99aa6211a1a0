"""A campaign that went out long ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.person_states import PersonState
from history.people_counts import people_counts
from recipients.models import RecipientList
from sending.models import Submission
from sending.tally import tallies
from sociocs_accounts.models import Channel
from teams.models import User
from tests import world


@pytest.fixture
def people(front_desk: Channel, alice: User) -> RecipientList:
    """Four people, each with a name and a dentist."""
    made = world.a_list(front_desk.team, world.phones(4))
    world.fill(made, "Dentist", ["Dr Ames", "Dr Ames", "Dr Bell", "Dr Cole"])
    return made


@pytest.fixture
def campaign(front_desk: Channel, people: RecipientList) -> Campaign:
    """It told everybody of their dentist, and has been over for a hundred days."""
    text = "{{CUSTOMER_NAME}}, see {{Dentist}} in spring."
    return over(world.launched(world.a_campaign(front_desk, people, text=text)))


def over(campaign: Campaign, days: int = 100) -> Campaign:
    """Let everything have been handed over, so many days ago."""
    then = timezone.now() - timedelta(days=days)
    for job in Submission.objects.filter(campaign=campaign):
        world.accepted(job, f"job-{job.pk}", slot=then + timedelta(seconds=job.seq))
    Campaign.objects.filter(pk=campaign.pk).update(
        state="completed", finished_at=then, updated_at=then
    )
    campaign.refresh_from_db()
    return campaign


def figures(campaign: Campaign) -> Mapping[PersonState, int]:
    """Its people by what became of them, as the pages show them."""
    return people_counts([campaign], tallies([campaign.pk]))[campaign.pk].people
