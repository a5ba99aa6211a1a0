"""When the last message leaves: one time on the composer, the review, the calendar and the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from sending.last_message import leaves_at
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, text_of

pytestmark = [pytest.mark.at("2026-12-01T15:00Z", tick=False)]
START = datetime(2026, 12, 2, 15, tzinfo=UTC)
AT = {"wall_time": "2026-12-02T10:00", "time_zone": "America/New_York"}


def minute(page: Page, words: str) -> str:
    """`10:03`: the time behind some words."""
    found = re.search(words + r" about \w{3} \d+ \w{3}, (\d\d:\d\d)", text_of(page))
    return found[1] if found else ""


def on_calendar(desk: Desk) -> str:
    found = re.search(r"10:00\u2013(\d\d:\d\d)", text_of(desk.get("calendar", day="2026-12-02")))
    return found[1] if found else "10:00"


def everywhere(desk: Desk, draft: Campaign) -> set[str]:
    composer = minute(desk.get("compose", draft), "The last message leaves")
    review = minute(desk.get("review", draft), "Last message")
    world.launched(draft)
    page = minute(desk.get("campaign", draft), "Last message leaves")
    return {composer, review, page, on_calendar(desk)}


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        # A long code of the United States takes a segment a second.
        ({"text": "Short."}, "10:03"),
        ({"text": "See you in spring. " * 17}, "10:09"),
        ({"text": "Hello {{CUSTOMER_NAME}}! " + "x" * 152}, "10:06"),
        ({"text": "Short.", "pace_count": 60, "pace_minutes": 10}, "10:21"),
        ({"text": "Short.", "one_by_one": True}, "10:03"),
        ({"text": "See you in spring. " * 17, "one_by_one": True}, "10:09"),
    ],
)
@pytest.mark.thorough
def test_one_time_stands_on_every_page(
    desk: Desk, riverside: Team, front_desk: Channel, fields: dict[str, object], when: str
) -> None:
    people = world.a_list(riverside, world.phones(180), "Regulars")
    draft = world.a_campaign(front_desk, people, **AT, **fields)
    assert everywhere(desk, draft) == {when}


def test_who_is_left_out_holds_up_nobody(desk: Desk, riverside: Team, front_desk: Channel) -> None:
    people = world.a_list(riverside, world.phones(180), "Regulars")
    for phone in world.phones(60):
        world.opt_out(riverside, phone)
    draft = world.a_campaign(front_desk, people, text="Short.", **AT)
    assert everywhere(desk, draft) == {"10:02"}


def test_the_composer_follows_what_is_typed(
    desk: Desk, riverside: Team, front_desk: Channel, alice: User
) -> None:
    people = world.a_list(riverside, world.phones(180), "Regulars")
    draft = world.a_campaign(front_desk, people, text="Short.", **AT)
    html = desk.get("compose", draft).content.decode()
    part = html[html.index("/moment/") - 200 : html.index("/moment/") + 400]
    assert "input from:#compose" in part


def test_a_sender_takes_one_job_after_the_other(settings: Settings) -> None:
    second = timedelta(seconds=1)
    assert leaves_at([], 1) is None
    assert leaves_at([(START, 60)], 1) == START + 60 * second
    # Those of the second job wait for those of the first.
    assert leaves_at([(START, 60), (START + second, 60)], 1) == START + 120 * second
    # Or not, where it comes late enough.
    late = START + timedelta(hours=1)
    assert leaves_at([(START, 60), (late, 60)], 1) == late + 60 * second
    assert leaves_at([(START, 100), (START + 10 * second, 1), (late, 0)], 1) == late
