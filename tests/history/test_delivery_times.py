"""Delivery over time: the bars, the sentence, the table, and that the page does not wait for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from delivery.models import SentMessage, WebhookEndpoint
from history.delivery_times import DeliveryTimes, delivery_times
from history.drawing import Column, Part, drawing_of
from sociocs_accounts.encrypted_fields import Secret
from tests import world
from tests.browsing import Desk, text_of
from tests.history.reports import network_says

pytestmark = pytest.mark.thorough
NOON = datetime(2026, 11, 30, 17, tzinfo=UTC)


@pytest.fixture
def reported(draft: Campaign) -> Campaign:
    """Launched, with reports on."""
    world.launched(draft)
    assert draft.channel is not None
    WebhookEndpoint.objects.create(
        channel=draft.channel, secret=Secret.of("a secret"), state="on", wants_statuses=True
    )
    return draft


def after(campaign: Campaign, *reports: tuple[float, str]) -> DeliveryTimes:
    """What is drawn when reports come in so many minutes after noon in New York."""
    people = campaign.recipients.filter(left_out="").order_by("position")
    for person, (minutes, status) in zip(people, reports, strict=False):
        network_says(campaign, person, status)
        moment = NOON + timedelta(minutes=minutes)
        SentMessage.objects.filter(recipient=person).update(changed_at=moment)
    times = delivery_times(campaign, "America/New_York")
    assert times is not None
    return times


def delivered(*minutes: float) -> Iterable[tuple[float, str]]:
    return ((minute, "delivered") for minute in minutes)


@pytest.mark.both_databases
def test_each_minute_is_a_bar_and_all_reports_are_in_the_table(reported: Campaign) -> None:
    times = after(reported, *delivered(0.2, 0.9, 1, 3), (1.5, "failed"), (2, "read"))
    assert times.rows == [("12:00", 2, 0), ("12:01", 1, 1), ("12:02", 1, 0), ("12:03", 1, 0)]
    titles = [column.title for column in times.drawing.columns]
    assert titles[0] == "12:00: 2 delivered"
    assert titles[1] == "12:01: 1 delivered, 1 failed"
    assert times.sentence == (
        "People a minute. Half of the deliveries by 12:01, nine in ten by 12:03."
    )


def test_days_of_reports_are_few_bars(reported: Campaign) -> None:
    times = after(reported, *delivered(0, 60, 600, 2000, 4000))
    assert len(times.drawing.columns) <= 30
    assert sum(row[1] for row in times.rows) == 5


@pytest.mark.parametrize("minutes", [[0], [0, 59.9], [-1, 0, 1439], [30, 30 + 1440 * 20]])
def test_nobody_is_drawn_twice_or_left_out(reported: Campaign, minutes: list[float]) -> None:
    times = after(reported, *delivered(*minutes))
    assert sum(row[1] for row in times.rows) == len(minutes)


def test_without_reports_there_is_nothing_to_draw(reported: Campaign, desk: Desk) -> None:
    assert delivery_times(reported, "UTC") is None
    assert "Delivery over time" not in text_of(desk.get("campaign", reported))


def test_the_page_shows_it_and_its_living_part_leaves_it_alone(
    reported: Campaign, desk: Desk
) -> None:
    after(reported, *delivered(0, 1))
    page = desk.get("campaign", reported)
    assert "Half of the deliveries by" in text_of(page)
    live = re.search(r'data-live hx-get="([^"]*)"', page.content.decode())
    assert live is not None
    Campaign.objects.update(version=99)
    part = desk.client.get(live[1].replace("&amp;", "&")).content.decode()
    assert "Half of the deliveries by" not in part
    assert "hx-preserve" in part
    chart = desk.url("campaign-delivery-times", reported)
    assert "Half of the deliveries by" in text_of(
        desk.client.get(chart, headers={"HX-Request": "true"})
    )
    # Without JavaScript the link leads to the page.
    assert desk.client.get(chart)["Location"] == desk.url("campaign", reported)


@pytest.mark.parametrize(
    ("most", "axis"), [(0, "3"), (1, "3"), (7, "15"), (30, "30"), (31, "60"), (40_000, "60,000")]
)
def test_an_axis_ends_at_a_round_number(most: int, axis: str) -> None:
    drawing = drawing_of([Column("", (Part("good", most),))], [])
    assert (drawing.ups[0], drawing.ups[-1]) == (axis, "0")


def test_reports_of_now_are_within_the_axis(reported: Campaign) -> None:
    minutes = (timezone.now() - NOON).total_seconds() / 60
    times = after(reported, *delivered(minutes))
    assert times.rows[0][1] == 1
