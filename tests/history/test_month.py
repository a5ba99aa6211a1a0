"""The last thirty days: counted by day and channel, drawn, and told as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Heartbeat
from campaigns.states import SubmissionState
from delivery.models import DeliveryCount, Reply
from history import days
from history.charts import month_of
from history.models import DayCount
from recipients.models import OptOut, RecipientList
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.browsing import Desk, text_of
from tests.world import accepted, become, job, refused

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

# 21:00 on 9 November in New York, the 10th in UTC.
EVENING = datetime(2026, 11, 10, 2, tzinfo=UTC)


@pytest.fixture
def gone_out(draft: Campaign) -> Campaign:
    """To twelve people, on the evening of the 9th."""
    world.launched(draft)
    accepted(job(draft), "a", slot=EVENING)
    return draft


def figures(team: Team) -> dict[tuple[int, int | None], tuple[int, int, int]]:
    return {
        (one.day.day, one.channel_id): (one.sent, one.failed, one.opt_outs)
        for one in DayCount.objects.filter(team=team)
    }


def test_days_are_those_of_the_teams_calendar(gone_out: Campaign) -> None:
    opt_out = world.opt_out(gone_out.team, "+12025551111")
    type(opt_out).objects.update(created_at=EVENING)
    for _ in range(2):
        days.count_team(gone_out.team, EVENING + timedelta(days=1), 3)
    assert figures(gone_out.team) == {(9, gone_out.channel_id): (12, 0, 0), (9, None): (0, 0, 1)}


def test_an_opt_out_counts_for_the_channel_it_was_written_to(gone_out: Campaign) -> None:
    assert gone_out.channel is not None
    for phone, source in (("+12025551111", "inbound"), ("+12025552222", "by_hand")):
        world.opt_out(gone_out.team, phone)
        OptOut.objects.filter(phone=phone).update(created_at=EVENING, source=source)
        for number in range(2):
            Reply.objects.create(
                team=gone_out.team,
                channel=gone_out.channel,
                message_id=f"{phone}-{number}",
                phone=phone,
                wish="stop",
                sent_at=EVENING,
                received_at=EVENING,
            )

    days.count_team(gone_out.team, EVENING + timedelta(days=1), 3)

    assert figures(gone_out.team) == {(9, gone_out.channel_id): (12, 0, 1), (9, None): (0, 0, 1)}


def test_only_what_went_out_is_sent(gone_out: Campaign) -> None:
    days.count_team(gone_out.team, EVENING - timedelta(seconds=1), 3)
    assert figures(gone_out.team) == {}
    become(job(gone_out), SubmissionState.UNKNOWN)
    days.count_team(gone_out.team, EVENING + timedelta(days=1), 3)
    assert figures(gone_out.team) == {}


def test_what_was_refused_has_failed(
    front_desk: Channel, patients: RecipientList, draft: Campaign
) -> None:
    world.launched(draft)
    refused(job(draft), "no", slot=EVENING)
    days.count_team(draft.team, EVENING + timedelta(hours=1), 3)
    assert figures(draft.team) == {(9, front_desk.pk): (0, 12, 0)}


def test_it_costs_what_the_team_says(gone_out: Campaign) -> None:
    Team.objects.update(price_per_segment=Decimal("0.05"))
    gone_out.team.refresh_from_db()
    days.count_team(gone_out.team, EVENING + timedelta(hours=1), 3)
    assert DayCount.objects.get().cost == Decimal("0.6")


def test_counting_is_done_every_few_minutes_and_by_one_worker(gone_out: Campaign) -> None:
    assert days.is_due()
    days.count_days()
    assert not days.is_due()
    DayCount.objects.all().delete()
    Heartbeat.objects.filter(part="day_counts").update(at=timezone.now() - timedelta(minutes=6))
    assert days.is_due()


def test_the_overview_draws_it_and_tells_it_as_a_table(
    desk: Desk, gone_out: Campaign, clinic: Channel
) -> None:
    today = timezone.localdate(timezone=ZoneInfo(desk.team.time_zone))
    DayCount.objects.create(team=desk.team, channel=clinic, day=today, sent=1, failed=3)
    DayCount.objects.create(
        team=desk.team,
        channel=gone_out.channel,
        day=today - timedelta(days=2),
        sent=40_000,
        cost=Decimal("12.5"),
    )
    page = desk.get("overview")
    text, html = text_of(page), page.content.decode()
    assert "Sent 40,001" in text
    assert "Clinic WhatsApp 1 3 " in text
    assert "Front desk SMS 40,000 0 0 12.50" in text
    assert "40,001 in all, 40,000 on the busiest day" in html
    # One message beside forty thousand is still to be seen.
    assert 'height="1.50"' in html
    assert "style=" not in html


def test_no_day_is_called_the_lowest_before_it_is_over(desk: Desk, gone_out: Campaign) -> None:
    assert gone_out.channel is not None
    now = timezone.now()
    of_today = world.a_campaign(gone_out.channel, name="Of today", send_at=now, frozen_count=12)
    Campaign.objects.filter(pk=gone_out.pk).update(send_at=now - timedelta(days=1))
    for one, delivered in ((of_today, 1), (gone_out, 7)):
        DeliveryCount.objects.create(campaign=one, status="delivered", messages=delivered)
    today = timezone.localdate(now, ZoneInfo(desk.team.time_zone))
    DayCount.objects.create(team=desk.team, channel=gone_out.channel, day=today, sent=24)
    month = month_of(desk.team)
    assert month is not None
    chart = month.charts[0]
    assert (chart.campaign, chart.after) == (gone_out, "58.3%")
    assert chart.drawing.ups == ["100%", "85%", "70%", "55%"]


def test_a_team_where_nothing_happened_sees_no_charts(desk: Desk, draft: Campaign) -> None:
    assert month_of(desk.team) is None
    assert "The last 30 days" not in text_of(desk.get("overview"))
