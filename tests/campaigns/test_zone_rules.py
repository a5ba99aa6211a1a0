"""Zone rules that change after a launch: the time on the wall is kept until it is handed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, ClockKeeper, Heartbeat
from campaigns.outcomes import timeline
from campaigns.sending import tick
from tests.campaigns import world

pytestmark = pytest.mark.django_db
WALL = {"wall_time": "2027-04-02T09:30", "time_zone": "Europe/London"}
BY_TODAYS_RULES = datetime(2027, 4, 2, 8, 30, tzinfo=UTC)


@pytest.fixture
def waiting() -> Campaign:
    """Launched when London's rules still were others: an hour later than today's say."""
    team = world.a_team()
    draft = world.a_campaign(
        world.a_channel(team),
        world.a_list(team, world.phones(3)),
        clock_keeper=ClockKeeper.HERE,
        **WALL,
    )
    campaign = world.launched(draft)
    hour = timedelta(hours=1)
    old, over = BY_TODAYS_RULES + hour, BY_TODAYS_RULES + hour - timedelta(seconds=60)
    Campaign.objects.filter(pk=campaign.pk).update(send_at=old, hand_over_at=over)
    campaign.submissions.update(planned_slot=old)
    # Asked for the last time two days ago.
    Heartbeat.objects.filter(part="zone_rules").update(at=timezone.now() - timedelta(days=2))
    return campaign


def test_another_instant_is_planned_and_told(waiting: Campaign) -> None:
    tick.tick()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.send_at) == ("scheduled", BY_TODAYS_RULES)
    late = waiting.submissions.get().planned_slot - BY_TODAYS_RULES
    assert timedelta(0) <= late < timedelta(minutes=1)
    told = waiting.events.get(kind=CampaignEvent.Kind.RESCHEDULED)
    assert timeline.sentence(told) == "It got another time: Fri 2 Apr, 09:30"


def test_it_is_asked_once_a_day(waiting: Campaign) -> None:
    Heartbeat.objects.filter(part="zone_rules").update(at=timezone.now() - timedelta(hours=23))
    tick.tick()
    waiting.refresh_from_db()
    assert waiting.send_at == BY_TODAYS_RULES + timedelta(hours=1)


def test_what_the_rules_leave_alone_stays(waiting: Campaign) -> None:
    Campaign.objects.filter(pk=waiting.pk).update(send_at=BY_TODAYS_RULES)
    before = Campaign.objects.get(pk=waiting.pk).version
    tick.tick()
    waiting.refresh_from_db()
    assert waiting.version == before
    assert not waiting.events.filter(kind=CampaignEvent.Kind.RESCHEDULED).exists()
