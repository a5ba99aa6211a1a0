"""A running campaign in a real browser: live, asked about, paused, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from delivery import tasks as delivery_tasks
from interface import hints
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from sending import submit
from sending import tasks as sending_tasks
from sending.models import Decision
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage
from tests.processes import Sandbox
from tests.sending.chaos.rounds import let_all_go_out
from tests.waiting import wait_until
from tests.world import accepted, job, refused, unclear

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]


@pytest.fixture
def running(transactional_db: None, riverside: Team, alice: User, settings: Settings) -> Campaign:
    """Launched to twelve people in three jobs, of which none is handed over yet."""
    settings.RECIPIENTS_PER_SUBMISSION = 5
    channel = world.a_channel(riverside, label="Front desk SMS")
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(riverside, world.phones(12), "Patients"))
    )
    # Before its time it is told as scheduled.
    Campaign.objects.update(send_at=timezone.now() - timedelta(minutes=1))
    campaign.refresh_from_db()
    return campaign


@pytest.fixture
def watched(new_page: NewPage, let_in: LetIn, alice: User, running: Campaign) -> Page:
    """Its page, open on Alice's desktop."""
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{running.public_id}/")
    return page


def cancel(page: Page) -> None:
    """Opens the question whether the rest is to be cancelled."""
    page.locator("#more summary").click()
    page.locator("#cancel").click()


def asked(page: Page) -> list[str]:
    """Collects the page's questions for news from now on."""
    requests: list[str] = []

    def note(request: Request) -> None:
        if "/live/" in request.url:
            requests.append(request.url)

    page.on("request", note)
    return requests


def test_news_come_by_themselves(watched: Page, running: Campaign) -> None:
    accepted(job(running, 1), "kQ2x81Vb", slot=timezone.now() - timedelta(minutes=1))
    expect(watched.locator(".facts-line")).to_contain_text("5 of 12 sent")
    expect(watched.locator("#live-note")).to_contain_text("5 of 12 sent")


def test_a_hidden_tab_asks_for_nothing_and_a_shown_one_at_once(watched: Page) -> None:
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    watched.evaluate(hide, True)
    watched.wait_for_timeout(300)
    requests = asked(watched)
    watched.wait_for_timeout(2500)
    assert requests == []
    with watched.expect_request("**/live/**"):
        watched.evaluate(hide, False)


def test_without_news_the_page_asks_ever_more_slowly(watched: Page) -> None:
    requests = asked(watched)
    watched.wait_for_timeout(9000)
    # 1.5 s, then half as long again each time: four times in nine seconds instead of six.
    assert 2 <= len(requests) <= 4


def test_a_finished_campaign_is_asked_about_no_more(watched: Page, running: Campaign) -> None:
    Campaign.objects.update(state="completed", version=99)
    expect(watched.locator("[data-live-state]")).to_have_text("Sent")
    requests = asked(watched)
    watched.wait_for_timeout(2500)
    assert requests == []


def test_an_open_dialog_is_not_taken_away_by_news(watched: Page, running: Campaign) -> None:
    cancel(watched)
    dialog = watched.get_by_role("dialog")
    expect(dialog).to_contain_text("12 people do not get it")
    accepted(job(running, 1), "kQ2x81Vb", slot=timezone.now() - timedelta(minutes=1))
    watched.wait_for_timeout(4000)
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Keep it").click()
    expect(watched.locator(".facts-line")).to_contain_text("5 of 12 sent", timeout=15_000)


def test_a_button_that_is_being_pressed_is_not_taken_away_by_news(
    watched: Page, running: Campaign
) -> None:
    button = watched.get_by_role("button", name="Pause")
    box = button.bounding_box()
    assert box is not None
    watched.mouse.move(box["x"] + 8, box["y"] + 8)
    watched.mouse.down()
    accepted(job(running, 1), "kQ2x81Vb")
    watched.wait_for_timeout(2500)
    watched.mouse.up()
    expect(watched.locator("[data-live-state]")).to_have_text("Paused")


def test_pausing_going_on_and_cancelling(watched: Page, running: Campaign) -> None:
    watched.get_by_role("button", name="Pause").click()
    expect(watched.locator("[data-live-state]")).to_have_text("Paused")
    watched.get_by_role("button", name="Continue").click()
    watched.get_by_role("dialog").get_by_role("button", name="Continue").click()
    expect(watched.locator("[data-live-state]")).to_contain_text("Sending")
    cancel(watched)
    watched.get_by_role("dialog").get_by_role("button", name="Cancel the rest").click()
    expect(watched.locator("[data-live-state]")).to_have_text("Cancelling")
    assert world.states(running) == ["cancelled"] * 3


def test_sending_again_wants_the_number_typed(watched: Page, running: Campaign) -> None:
    unclear(job(running, 2))
    watched.reload()
    watched.get_by_role("button", name="Send it again").click()
    dialog = watched.get_by_role("dialog")
    expect(dialog).to_contain_text("5 people get the message twice")
    dialog.get_by_role("textbox").fill("7")
    dialog.get_by_role("button", name="Send it again", exact=True).click()
    expect(watched.get_by_text("Nothing was sent again: type 5")).to_be_visible()

    watched.get_by_role("button", name="Send it again").click()
    dialog.get_by_role("textbox").fill("5")
    dialog.get_by_role("button", name="Send it again", exact=True).click()
    expect(watched.get_by_text("had it sent to")).to_be_visible()
    assert job(running, 2).state == "ready"


def test_a_stale_tab_changes_nothing_and_says_who_was_first(
    new_page: NewPage, let_in: LetIn, watched: Page, running: Campaign, sami: User
) -> None:
    unclear(job(running, 2))
    watched.reload()
    watched.get_by_role("button", name="It was sent").click()
    other = new_page()
    let_in(other, sami)
    other.goto(watched.url)
    other.get_by_role("button", name="Do not send").click()
    other.get_by_role("dialog").get_by_role("button", name="Do not send").click()
    expect(other.get_by_text("Sami Haddad decided not to send it to")).to_be_visible()

    watched.get_by_role("dialog").get_by_role("button", name="It was sent").click()

    expect(watched.get_by_text("Sami Haddad has answered this already.")).to_be_visible()
    assert Decision.objects.count() == 1


def test_a_double_click_on_launch_launches_once(
    new_page: NewPage, let_in: LetIn, running: Campaign, alice: User
) -> None:
    people = world.a_list(running.team, world.phones(3, start=50), "Others")
    # Through another line: two campaigns of one would have to be looked at first.
    draft = world.a_campaign(world.a_channel(running.team), people, name="Twice")
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{draft.public_id}/review/")
    page.get_by_role("button", name="Send to 3 people now").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Twice")
    assert draft.events.filter(kind="launched").count() == 1


def test_every_part_is_accessible_and_fits(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    running: Campaign,
    look: Look,
) -> None:
    accepted(job(running, 1), "d91fb0c9d81f7a30c688c354")
    unclear(job(running, 2), looks=3)
    refused(job(running, 3), "channel_key is invalid " + "x" * 120)
    page = new_page()
    let_in(page, alice)

    page.goto(f"/riverside-dental/campaigns/{running.public_id}/")
    look(page, "running-page")
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "running-dialog")
    page.goto("/riverside-dental/campaigns/")
    look(page, "running-history")
    page.goto("/riverside-dental/")
    look(page, "running-overview")


def test_a_stop_after_hand_over_is_seen_on_the_page_and_they_get_nothing(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    riverside: Team,
    transactional_db: None,
    sandbox: Sandbox,
    settings: Settings,
    run_tasks: Callable[[], list[str]],
) -> None:
    settings.SOCIOCS_BASE_URL = sandbox.url
    settings.SOCIOCS_TIMEOUT_SECONDS, settings.LEAD_SECONDS = 1, 30
    channel = world.a_channel(riverside, sandbox, label="Front desk SMS")
    patients = world.a_list(riverside, world.phones(3), "Patients")
    campaign = world.launched(world.a_campaign(channel, patients))
    submit.hand_over(channel.account_id)
    settings.LEAD_SECONDS = 2
    page = new_page()
    let_in(page, alice)
    page.goto(f"/riverside-dental/campaigns/{campaign.public_id}/")

    opt_outs.add_opt_outs(riverside, [world.phones(3)[1]], OptOut.Source.BY_HAND, None)

    def is_taken_out() -> bool:
        hints.nudge(delivery_tasks.tick)
        hints.nudge(sending_tasks.tick)
        run_tasks()
        return campaign.submissions.filter(state="accepted", late_look="taken_out").exists()

    wait_until(is_taken_out, progress=lambda: campaign.submissions.get().version, pause=0.5)
    expect(page.get_by_text("1 person opted out after this was given to Sociocs")).to_be_visible()
    expect(page.get_by_text("1 taken out in time")).to_be_visible()
    let_all_go_out(sandbox)
    wait_until(lambda: world.witness(sandbox)["settled"])
    got = world.witness(sandbox, "/phones?min=1")["numbers"]
    assert set(got) == {world.phones(3)[0], world.phones(3)[2]}
