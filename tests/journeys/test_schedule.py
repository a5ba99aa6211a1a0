"""When it goes out, in a real browser: undone, later, dripping, repeated, approved, late, moved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, ClockKeeper
from campaigns.scheduling.clocks import WALL_FORMAT
from interface import hints
from recipients.models import RecipientList
from sending import gateway, tasks
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import Look, NewPage, open_step
from tests.processes import Sandbox

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]
Work = Callable[[], None]
NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"


@pytest.fixture
def patients(transactional_db: None, riverside: Team, alice: User) -> RecipientList:
    return world.a_list(riverside, world.phones(12), "Patients")


@pytest.fixture
def at_the_vendor(
    riverside: Team, patients: RecipientList, sandbox: Sandbox, settings: Settings
) -> Iterator[Channel]:
    """A channel of the sandbox, and long enough to change one's mind."""
    settings.SOCIOCS_BASE_URL = sandbox.url
    settings.LEAD_SECONDS = 300
    settings.RECIPIENTS_PER_SUBMISSION = 5
    gateway.forget_clocks()
    yield world.a_channel(riverside, sandbox, label="Front desk SMS")
    gateway.forget_clocks()


@pytest.fixture
def clock(patients: RecipientList) -> Iterator[time_machine.Traveller]:
    """It is Monday morning in New York, and time goes on from there."""
    with time_machine.travel("2027-03-29T12:00:00Z") as travel:
        yield travel


@pytest.fixture
def front_desk(riverside: Team, clock: object) -> Channel:
    return world.a_channel(riverside, label="Front desk SMS")


@pytest.fixture
def work(run_tasks: Callable[[], list[str]]) -> Work:
    """What the workers do, until nothing is left to be done now."""

    def once() -> None:
        # Freezing, beginning, handing over and settling each follow from the one before.
        for _step in range(3):
            hints.nudge(tasks.tick)
            run_tasks()

    return once


def url(campaign: Campaign, then: str = "") -> str:
    return f"/riverside-dental/campaigns/{campaign.public_id}/{then}"


def jobs_at(sandbox: Sandbox, state: str = "scheduled") -> list[dict[str, object]]:
    return [one for one in world.witness(sandbox, "/jobs") if one["state"] == state]


def seconds_after(at: datetime, campaign: Campaign) -> list[float]:
    """How many seconds after its time each of its jobs goes out.

    Never 0: the vendor's list is searched for a job by its second, and `:00` is left to whoever
    schedules by hand there (`protocol.slot_candidates`). So the job of 09:30 goes out at 09:30:01.
    """
    slots = campaign.submissions.order_by("seq").values_list("current_attempt__slot", flat=True)
    return [(slot - at).total_seconds() for slot in slots]


def write_time(page: Page, date: str, time: str) -> None:
    open_step(page, "When")
    page.get_by_text("Later", exact=True).click()
    page.get_by_label("Date").fill(date)
    page.get_by_label("Time", exact=True).fill(time)


def review(page: Page) -> None:
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Review")


def test_now_counts_down_and_undo_leaves_a_draft(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    at_the_vendor: Channel,
    patients: RecipientList,
    sandbox: Sandbox,
    work: Work,
    look: Look,
) -> None:
    draft = world.a_campaign(at_the_vendor, patients)
    page = new_page("phone", "dark")
    let_in(page, alice)
    page.goto(url(draft, "review/"))
    page.get_by_role("button", name="Send to 12 people now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring check-up")
    work()
    assert len(jobs_at(sandbox)) == 3
    page.reload()
    expect(page.locator("[data-counts-down]")).to_have_text(re.compile(r"^[0-5]:\d\d$"))
    look(page, "schedule-countdown")

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undoing")).to_be_visible()
    work()
    expect(page.get_by_text("Nobody got anything")).to_be_visible()
    look(page, "schedule-undone")
    page.get_by_role("link", name="Open the draft").click()

    expect(page.get_by_role("textbox", name="Message")).to_have_value("See you in spring.")
    assert jobs_at(sandbox) == []
    assert world.witness(sandbox)["messages"] == 0


def test_later_in_another_zone_and_then_at_another_time(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    at_the_vendor: Channel,
    patients: RecipientList,
    sandbox: Sandbox,
    work: Work,
) -> None:
    draft = world.a_campaign(at_the_vendor, patients)
    page = new_page()
    let_in(page, alice)
    page.goto(url(draft, "compose/"))
    at = (datetime.now(UTC) + timedelta(hours=3, minutes=13)).replace(second=0, microsecond=0)
    there = at.astimezone(ZoneInfo(TOKYO))
    open_step(page, "When")
    page.get_by_text("Later", exact=True).click()
    page.locator("#id_time_zone").select_option(TOKYO)
    write_time(page, f"{there:%Y-%m-%d}", f"{there:%H:%M}")
    page.get_by_label("Time", exact=True).blur()
    # How long the typing took is not what is looked at.
    expect(page.locator("#moment")).to_contain_text(re.compile(r"in 3 h 1[0-3] min"))
    expect(page.locator("#moment")).to_contain_text(f"{there:%H:%M} JST")
    review(page)
    page.get_by_role("button", name="Send to 12 people on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring check-up")
    work()
    assert seconds_after(at, draft) == [1, 2, 3]
    assert len(jobs_at(sandbox)) == 3

    page.reload()
    page.get_by_role("link", name="Choose another time").click()
    page.get_by_label("Date").fill(f"{there + timedelta(days=1):%Y-%m-%d}")
    page.get_by_role("button", name="Use this time").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring check-up")
    work()
    assert seconds_after(at + timedelta(days=1), draft) == [1, 2, 3]
    assert len(jobs_at(sandbox)) == 3


@pytest.mark.long
def test_a_drip_over_two_days_keeps_its_hours(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    front_desk: Channel,
    patients: RecipientList,
    work: Work,
    look: Look,
) -> None:
    draft = world.a_campaign(front_desk, patients, clock_keeper=ClockKeeper.HERE)
    page = new_page("phone", "dark")
    let_in(page, alice)
    page.goto(url(draft, "compose/"))
    write_time(page, "2027-04-02", "15:00")
    page.get_by_text("Only between").click()
    page.get_by_text("At most", exact=True).click()
    page.get_by_label("People at a time").fill("4")
    page.get_by_label("Time between groups").fill("3")
    page.locator("#id_pace_unit").select_option("hours")
    page.get_by_label("continues by itself the next morning").check()
    review(page)
    expect(page.get_by_text("4 people get it on a later day.")).to_be_visible()
    expect(page.locator(".plan-timeline figcaption")).to_contain_text("Fri 2 Apr, 15:00 EDT")
    expect(page.locator(".plan-timeline figcaption")).to_contain_text("Sat 3 Apr, 09:00 EDT")
    look(page, "schedule-drip")
    page.get_by_role("button", name="Send to 12 people on Fri 2 Apr").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring check-up")
    work()
    slots = draft.submissions.order_by("seq").values_list("planned_slot", flat=True)
    here = [one.astimezone(ZoneInfo(NEW_YORK)) for one in slots]
    assert [f"{one:%d %H:%M}" for one in here] == ["02 15:00", "02 18:00", "03 09:00"]


def test_a_repeating_campaign_makes_its_next_run_in_time(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    front_desk: Channel,
    patients: RecipientList,
    clock: time_machine.Traveller,
    work: Work,
) -> None:
    draft = world.a_campaign(
        front_desk, patients, name="Reminder", clock_keeper=ClockKeeper.HERE, time_zone=NEW_YORK
    )
    page = new_page()
    let_in(page, alice)
    page.goto(url(draft, "compose/"))
    write_time(page, "2027-03-30", "09:30")
    page.locator("#id_repeats").select_option("day")
    review(page)
    page.get_by_role("button", name="Send to 12 people on Tue 30 Mar").click()
    expect(page.get_by_role("heading", name="It repeats")).to_be_visible()
    work()
    # The first of them is over before the second is made.
    Campaign.objects.update(state="completed", finished_at=datetime.now(UTC))
    for day in ("2027-03-31", "2027-04-01"):
        clock.move_to(f"{day}T12:31:00Z")
        work()
        run = Campaign.objects.latest("pk")
        assert f"{run.send_at:%Y-%m-%d %H:%M}" == f"{day} 13:30"
        Campaign.objects.update(state="completed", finished_at=datetime.now(UTC))

    # Days have gone by, and with them the session.
    let_in(page, alice)
    page.goto("/riverside-dental/campaigns/")
    for name in ("Reminder", "Reminder · 31 Mar 2027", "Reminder · 1 Apr 2027"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name="Reminder", exact=True).click()
    expect(page.get_by_role("link", name="Reminder · 1 Apr 2027")).to_be_visible()


def test_a_second_person_approves_and_a_change_asks_again(
    new_page: NewPage,
    let_in: LetIn,
    riverside: Team,
    alice: User,
    sami: User,
    front_desk: Channel,
    patients: RecipientList,
    look: Look,
) -> None:
    riverside.approval_above = 10
    riverside.save()
    draft = world.a_campaign(front_desk, patients)
    hers, his = new_page(), new_page("phone", "dark")
    let_in(hers, alice)
    let_in(his, sami)

    def ask() -> None:
        hers.goto(url(draft, "review/"))
        hers.get_by_role("button", name="Ask for approval: Send to 12 people now").click()
        expect(hers.get_by_text("Waiting for a colleague's approval")).to_be_visible()

    ask()
    his.goto("/riverside-dental/")
    his.get_by_role("link", name="Answer").click()
    expect(his.get_by_role("button", name="Approve and send to 12 people")).to_be_visible()
    look(his, "schedule-approval")
    hers.goto(url(draft, "compose/"))
    hers.get_by_role("textbox", name="Message").fill("Other words.")
    hers.get_by_role("button", name="Save draft").first.click()
    expect(hers.get_by_text("The draft is saved.")).to_be_visible()

    his.get_by_role("button", name="Approve and send to 12 people").click()
    expect(his.get_by_text("Ask for approval again to send it")).to_be_visible()
    look(his, "schedule-outdated")
    draft.refresh_from_db()
    assert draft.state == "draft"

    ask()
    his.goto(url(draft, "review/"))
    his.get_by_role("button", name="Approve and send to 12 people").click()
    expect(his.get_by_role("heading", level=1)).to_have_text("Spring check-up")
    draft.refresh_from_db()
    assert (draft.state, draft.launched_by, draft.text) == ("freezing", alice, "Other words.")


def test_after_an_outage_a_late_campaign_asks_and_does_what_is_chosen(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    front_desk: Channel,
    patients: RecipientList,
    clock: time_machine.Traveller,
    look: Look,
) -> None:
    when = {"wall_time": "2027-03-30T09:30", "time_zone": NEW_YORK, "clock_keeper": "here"}
    late = [
        world.launched(world.a_campaign(front_desk, patients, name=name, **when))
        for name in ("Now", "Anew", "Never")
    ]
    clock.move_to("2027-03-30T16:31:00Z")
    tasks.tick()
    page = new_page()
    let_in(page, alice)

    def choose(campaign: Campaign, role: str, choice: str) -> None:
        page.goto(url(campaign))
        card = page.get_by_role("region", name="It did not go out in time")
        expect(card).to_contain_text("so nothing was sent.")
        expect(card).to_contain_text("(3 h")
        card.get_by_role(role, name=choice).click()  # type: ignore[arg-type]

    now, anew, never = late
    choose(never, "button", "Cancel it")
    look(page, "schedule-late")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the rest").click()
    expect(page.locator("[data-live-state]")).to_have_text("Cancelling")
    tasks.tick()
    expect(page.locator("[data-live-state]")).to_have_text("Cancelled")
    choose(anew, "link", "Choose another time")
    page.get_by_label("Date").fill("2027-03-31")
    page.get_by_role("button", name="Use this time").click()
    expect(page.locator("[data-live-state]")).to_contain_text("Scheduled")
    choose(now, "button", "Send it now")
    look(page, "schedule-late-now")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.locator("[data-live-state]")).to_contain_text("Sending")

    assert [world.states(one) for one in late] == [["ready"], ["planned"], ["cancelled"]]
    anew.refresh_from_db()
    assert f"{anew.send_at:%Y-%m-%d %H:%M}" == "2027-03-31 13:30"


def test_the_calendar_moves_by_mouse_and_by_keyboard(
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    front_desk: Channel,
    patients: RecipientList,
    look: Look,
) -> None:
    when = {"wall_time": "2027-03-30T09:30", "time_zone": NEW_YORK, "clock_keeper": "here"}
    campaign = world.launched(world.a_campaign(front_desk, patients, name="Recall", **when))
    page = new_page()
    let_in(page, alice)
    page.goto("/riverside-dental/calendar/?day=2027-03-30")

    def moved_to(day: str) -> None:
        expect(page.locator(f"[data-drop-date='{day}'] [data-entry]")).to_contain_text("Recall")
        campaign.refresh_from_db()
        assert campaign.wall_time == datetime.fromisoformat(f"{day}T09:30").strftime(WALL_FORMAT)

    page.locator("[data-entry]").drag_to(page.locator("[data-drop-date='2027-04-01']"))
    expect(page.get_by_role("dialog").get_by_label("Date")).to_have_value("2027-04-01")
    look(page, "schedule-calendar-move")
    page.get_by_role("button", name="Move it there").click()
    moved_to("2027-04-01")

    page.get_by_role("link", name="Move Recall").press("Alt+ArrowRight")
    expect(page.get_by_role("dialog").get_by_label("Date")).to_have_value("2027-04-02")
    page.keyboard.press("Enter")
    moved_to("2027-04-02")
    # The keyboard goes on where it was: at what has just been moved.
    page.wait_for_load_state("load")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Recall", exact=True)).to_be_focused()
