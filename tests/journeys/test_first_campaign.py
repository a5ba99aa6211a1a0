"""A newcomer's way: sign in, upload a file, write, review, launch, and see the job ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests import world
from tests.browser import ColourScheme, Device, NewPage
from tests.processes import Processes, Sandbox
from tests.waiting import wait_until
from tests.world import PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.processes, pytest.mark.both_databases]

# At a desk by day and in a hand by night, each on one of the databases.
LOOKS: dict[str, tuple[Device, ColourScheme]] = {
    "sqlite": ("desktop", "light"),
    "postgresql": ("phone", "dark"),
}
PEOPLE = 24
FILE = "Mobile,Full name\n" + "".join(f"+1 202 555 01{n:02d},Person {n}\n" for n in range(PEOPLE))


@pytest.fixture
def alice(transactional_db: None, alice: User) -> User:
    """Alice, who knows her password."""
    # As the web server's settings have it, which know no quick hash.
    alice.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    alice.save()
    return alice


@pytest.fixture
def site(alice: User, riverside: Team, sandbox: Sandbox, processes: Processes) -> str:
    """The whole product as it runs in production, on the sandbox; returns its address."""
    front_desk = world.a_channel(riverside, sandbox, label="Front desk SMS")
    Channel.objects.create(
        team=riverside,
        account=front_desk.account,
        provider="twlowa",
        channel_key=world.channel_keys(sandbox)["twlowa"],
        label="Clinic WhatsApp",
        phone_number="+16317472222",
    )
    env = {
        "SOCIOCS_BASE_URL": sandbox.url,
        "LEAD_SECONDS": "3",
        "RECIPIENTS_PER_SUBMISSION": "10",
    }
    for queue in ("sending", "background"):
        processes.worker(queue, env)
    return processes.web(env).url


def test_from_signing_in_to_the_job_ids(
    site: str,
    alice: User,
    sandbox: Sandbox,
    new_page: NewPage,
    tmp_path: Path,
    screenshot: Callable[[Page, str], None],
    assert_accessible: Callable[[Page], None],
    assert_fits: Callable[[Page], None],
) -> None:
    device, colours = LOOKS[connection.vendor]
    page = new_page(device, colours, site)

    def look(name: str) -> None:
        screenshot(page, f"first-campaign-{name}-{device}-{colours}")
        assert_fits(page)
        assert_accessible(page)

    sign_in(page, alice)
    look("1-overview")
    upload(page, tmp_path / "patients-2026.csv")

    page.goto(f"{site}/riverside-dental/")
    page.get_by_role("button", name="New campaign").click()
    write(page)
    look("2-compose")
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review “Spring check-up”")
    look("3-review")
    page.get_by_role("button", name="Send to 24 people now").click()

    expect(page.locator("[data-live-state]")).to_have_text("Sent", timeout=60_000)
    look("4-sent")
    page.get_by_role("link", name="Jobs").click()
    expect(page.locator("table.jobs tbody tr")).to_have_count(3)
    expect(page.locator("table.jobs .pill-success")).to_have_count(3)

    campaign = Campaign.objects.get()
    ids = list(campaign.submissions.order_by("seq").values_list("job_id", flat=True))
    assert page.locator("table.jobs code").all_text_contents() == ids
    assert delivered(sandbox) == PEOPLE
    page.get_by_role("navigation", name="Where you are").get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Spring check-up")).to_be_visible()
    expect(page.get_by_text("Sent", exact=True).last).to_be_visible()
    look("5-history")


def sign_in(page: Page, person: User) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Your first campaign, in three steps")).to_be_visible()


def upload(page: Page, file: Path) -> None:
    """From the first steps to a ready list."""
    file.write_text(FILE)
    page.get_by_role("link", name="Upload a file with phone numbers").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=f"Import {PEOPLE} recipients").first.click()
    expect(page.get_by_role("heading", level=2, name="People")).to_be_visible(timeout=30_000)


def write(page: Page) -> None:
    """Fill the composer; the phone beside it follows."""
    page.get_by_role("textbox", name="Name").fill("Spring check-up")
    page.locator(".list-choice").first.click()
    expect(page.locator("#audience")).to_contain_text("24 people get this message")
    page.get_by_role("button", name="Next: What").click()
    page.get_by_text("Front desk SMS").click()
    page.get_by_role("textbox", name="Message").fill(
        "Hi! Book your spring visit.\nReply STOP to opt out."
    )
    expect(page.locator("#preview .bubble")).to_contain_text("Book your spring visit.")
    expect(page.locator("#preview")).to_contain_text("1 of 24")


def delivered(sandbox: Sandbox) -> int:
    """How many messages reached the sandbox's phones, none of which got two."""

    def messages() -> int:
        return int(world.witness(sandbox)["messages"])

    wait_until(lambda: messages() >= PEOPLE, progress=messages)
    assert world.witness(sandbox, "/phones?min=2")["phones"] == 0
    return messages()
