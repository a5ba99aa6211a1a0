"""What a campaign's page offers about its time, and the page that gives it another one."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from pytest_django.asserts import assertRedirects
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from campaigns.states import CampaignState, SubmissionState
from sending.models import Submission
from tests import world
from tests.browsing import Desk, Page, complaints_of, fields_of, text_of

# A winter's morning in New York, before every day that is typed here.
pytestmark = [pytest.mark.at("2026-12-01T15:00Z"), pytest.mark.thorough]


def scheduled(draft: Campaign, **fields: object) -> Campaign:
    for name, value in {"wall_time": "2027-04-02T09:30", "clock_keeper": "here", **fields}.items():
        setattr(draft, name, value)
    draft.time_zone = "America/New_York"
    draft.save()
    return world.launched(draft)


def move(desk: Desk, campaign: Campaign, **typed: str) -> Page:
    fields = fields_of(desk.get("reschedule", campaign), "reschedule")
    return desk.post("reschedule", campaign, **{**fields, **typed})


def test_now_counts_down_and_can_be_undone(desk: Desk, draft: Campaign) -> None:
    page = desk.get("campaign", world.launched(draft))
    assert "You can still undo all of it" in text_of(page)
    assert 'data-counts-down="' in page.content.decode()

    desk.post("undo", draft, then="undo")

    again = Campaign.objects.get(state=CampaignState.DRAFT)
    assert (again.text, list(again.lists.all())) == (draft.text, list(draft.lists.all()))
    draft.refresh_from_db()
    assert again == draft or draft.take_back == {"draft": str(again.public_id)}


def test_it_gets_another_time(desk: Desk, draft: Campaign) -> None:
    campaign = scheduled(draft)
    answer = move(desk, campaign, date="2027-04-09", time="10:00")
    assertRedirects(answer, desk.url("campaign", campaign))
    assert "chose another time: Fri 9 Apr, 10:00" in text_of(desk.get("campaign", campaign))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"date": "2020-01-01"}, "Choose a later time."),
        (
            {"date": "2027-03-14", "time": "02:30"},
            "The clocks skip this time. Choose an earlier or later one.",
        ),
        ({"date": "2027-11-07", "time": "01:30", "fold": ""}, "so this time comes twice"),
        ({"date": ""}, "Choose the day"),
        ({"time_zone": "Mars/Olympus"}, "such as Europe/Berlin"),
    ],
)
def test_a_time_that_cannot_be_is_told_and_nothing_typed_is_lost(
    desk: Desk, draft: Campaign, typed: dict[str, str], sentence: str
) -> None:
    campaign = scheduled(draft)
    page = move(desk, campaign, **typed)
    assert page.status_code == 422
    assert any(sentence in one for one in complaints_of(page))
    assert f'value="{typed.get("date", "2027-04-02")}"' in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.wall_time == "2027-04-02T09:30"


@pytest.mark.parametrize(
    ("date", "time"), [("2020-01-01", "09:30"), ("2099-01-01", "09:30"), ("2027-03-14", "02:30")]
)
def test_a_time_that_works_is_offered_and_taken(
    desk: Desk, draft: Campaign, date: str, time: str
) -> None:
    campaign = scheduled(draft)
    page = move(desk, campaign, date=date, time=time)
    (offered, *_more) = re.findall(r'name="use_time" value="([^"]+)"', page.content.decode())
    page = desk.post(
        "reschedule", campaign, **{**fields_of(page, "reschedule"), "use_time": offered}
    )
    answer = desk.post("reschedule", campaign, **fields_of(page, "reschedule"))
    assertRedirects(answer, desk.url("campaign", campaign))
    campaign.refresh_from_db()
    assert campaign.wall_time == offered


def test_a_late_campaign_says_what_happened_and_what_can_be_done(
    desk: Desk, draft: Campaign
) -> None:
    campaign = scheduled(draft)
    Campaign.objects.update(state=CampaignState.MISSED, send_at=timezone.now() - timedelta(hours=3))
    text = text_of(desk.get("campaign", campaign))
    assert "It did not go out in time" in text
    assert "3 h ago" in text
    for choice in ("Send it now", "Choose another time", "Cancel it"):
        assert choice in text


def test_what_waits_for_its_sending_hours_is_not_offered_to_go_out_now(
    desk: Desk, draft: Campaign
) -> None:
    now = timezone.now().astimezone(ZoneInfo("America/New_York"))
    begins = 20 if now.hour < 12 else 2
    campaign = scheduled(draft, hours_from=time(begins), hours_to=time(begins + 1))
    Campaign.objects.update(state=CampaignState.PAUSED, state_reason="quiet_hours")
    text = text_of(desk.get("campaign", campaign))
    assert "The rest waits for its sending hours" in text
    assert "Send it in its next sending hours" in text
    assert "Send it now" not in text
    assert "go out at once" not in text
    assert "It is outside its sending hours." in text
    assert "Paused" in text_of(desk.get("campaigns"))


def test_what_is_held_tells_only_what_there_is(desk: Desk, draft: Campaign) -> None:
    campaign = scheduled(draft)
    Campaign.objects.update(state=CampaignState.PAUSED, state_reason="person")
    Submission.objects.update(planned_slot=timezone.now() - timedelta(hours=1))
    text = text_of(desk.get("campaign", campaign))
    assert "Waiting here: 12 people." in text
    assert " 0 " not in text.partition("Its time")[2].partition("The message")[0]


def test_a_late_campaign_is_among_those_that_need_somebody(desk: Desk, draft: Campaign) -> None:
    scheduled(draft)
    Campaign.objects.update(state=CampaignState.PAUSED, state_reason="window")
    text = text_of(desk.get("campaigns"))
    assert "“Spring check-up” is late. Part of it is out." in text
    assert "Paused" in text
    assert "It is late:" in text_of(desk.get("campaign", Campaign.objects.get()))


def test_nothing_is_promised_of_a_job_that_has_no_answer(desk: Desk, draft: Campaign) -> None:
    world.become(world.job(world.launched(draft)), SubmissionState.UNKNOWN)
    text = text_of(desk.get("campaign", draft))
    assert "For 12 people, Sociocs has not answered yet" in text
    assert "You can still undo all of it" not in text


def test_what_is_out_is_told_before_anything_is_moved(
    desk: Desk, draft: Campaign, settings: Settings
) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 5
    campaign = scheduled(draft, wall_time="", clock_keeper="sociocs")
    now = timezone.now()
    world.accepted(world.job(campaign, 1), "a", slot=now - timedelta(minutes=1))
    world.accepted(world.job(campaign, 2), "b", slot=now + timedelta(minutes=9))
    text = text_of(desk.get("reschedule", campaign))
    assert "Sociocs has it already for 5 people. What we can still stop there" in text
    assert "2 people get it at the new time." in text
    assert "It was already sent to 5 people." in text
    assert "You can still undo all of it" not in text_of(desk.get("campaign", campaign))


def test_repeating_is_shown_and_stopped(desk: Desk, draft: Campaign) -> None:
    daily = {"every": "day", "at": "09:30", "zone": "America/New_York"}
    campaign = scheduled(draft, repeat=daily)
    text = text_of(desk.get("campaign", campaign))
    assert "Every day at 09:30." in text
    assert "Sat 3 Apr 2027, 09:30 EDT" in text
    desk.post("repeat-end", campaign)
    assert "It does not repeat any more." in text_of(desk.get("campaign", campaign))


def live_part(desk: Desk, page: Page) -> Page:
    url = re.search(r'data-live hx-get="([^"]*)"', page.content.decode())
    assert url is not None
    return desk.client.get(url[1].replace("&amp;", "&"))


def test_the_end_of_the_countdown_is_news_and_takes_the_button_along(
    desk: Desk, draft: Campaign, clock: time_machine.Traveller
) -> None:
    campaign = world.launched(draft)
    page = desk.get("campaign", campaign)
    changes_at = re.search(r'data-changes-at="([^"]*)"', page.content.decode())
    assert changes_at is not None
    assert live_part(desk, page).status_code == 204
    clock.move_to(datetime.fromisoformat(changes_at[1]) + timedelta(seconds=1))
    part = live_part(desk, page)
    assert part.status_code == 200
    assert "undo-launch" not in part.content.decode()


def test_when_the_last_job_is_out_nothing_more_is_offered(
    desk: Desk, draft: Campaign, clock: time_machine.Traveller
) -> None:
    campaign = world.launched(draft)
    world.accepted(world.job(campaign), "job", slot=timezone.now() + timedelta(minutes=2))
    page = desk.get("campaign", campaign)
    assert 'id="pause"' in page.content.decode()
    clock.shift(timedelta(minutes=3))
    part = live_part(desk, page)
    assert part.status_code == 200
    assert 'id="pause"' not in part.content.decode()
