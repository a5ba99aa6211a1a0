"""A team's open pages renew themselves: they see whatever they show, and ask little meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Heartbeat
from campaigns.moves import move_campaign
from campaigns.states import CampaignState, SubmissionState
from delivery.models import DeliveryCount, Reply, WebhookEndpoint
from recipients.models import RecipientList
from sending.models import Approval
from sociocs_accounts.models import Channel, SeenTrouble
from teams.models import Membership, Team, User
from tests import world
from tests.browsing import Desk, Page, fields_of, text_of
from tests.desks import DeskOf

pytestmark = [pytest.mark.thorough, pytest.mark.at("2026-12-02T04:57Z")]

PAGES = ("overview", "campaigns")


@dataclass(frozen=True)
class Scene:
    """A team with a campaign that goes out, some that are over, and a draft.

    `oldest` is over for so long that the overview does not show it.
    """

    desk: Desk
    clock: time_machine.Traveller
    channel: Channel
    patients: RecipientList
    going: Campaign
    over: Campaign
    oldest: Campaign
    draft: Campaign

    def wait(self, **length: int) -> None:
        self.clock.shift(timedelta(**length))


@pytest.fixture
def scene(
    desk: Desk, front_desk: Channel, patients: RecipientList, clock: time_machine.Traveller
) -> Scene:
    Heartbeat.objects.create(part="tick", at=timezone.now() + timedelta(hours=1))
    SeenTrouble.objects.create(code="slow_database", since=timezone.now())
    WebhookEndpoint.objects.create(channel=front_desk, state="failed")
    names = ("Oldest", "Older", "Old", "Less old", "Younger", "Over", "Going")
    made = [world.launched(world.a_campaign(front_desk, patients, name=name)) for name in names]
    *over, going = made
    for n, campaign in enumerate(over):
        world.accepted(world.job(campaign), f"job-{n}")
        update(campaign, state="completed")
    begin(going, slot=timezone.now() - timedelta(seconds=30))
    for campaign in made:
        campaign.refresh_from_db()
    draft = world.a_campaign(front_desk, patients, name="Draft")
    return Scene(desk, clock, front_desk, patients, going, over[-1], over[0], draft)


def live_url(page: Page) -> str:
    found = re.search(r'data-live hx-get="([^"]+)"', page.content.decode())
    assert found is not None, text_of(page)
    return unescape(found[1])


def expired(live: str) -> str:
    return re.sub(r"until=\d+", "until=1", live)


def wrote_back(got: Campaign, **fields: object) -> Reply:
    assert got.channel is not None
    person, now = got.recipients.order_by("position")[0], timezone.now()
    values = {"message_id": "m", "text": "Thank you", "sent_at": now, "received_at": now} | fields
    return Reply.objects.create(
        **{"team": got.team, "channel": got.channel, "phone": person.phone} | values
    )


def reported(campaign: Campaign) -> None:
    DeliveryCount.objects.create(campaign=campaign, status="delivered", messages=1)


def ask_for_approval(draft: Campaign) -> None:
    Approval.objects.create(
        campaign=draft,
        asked_by=world.owner_of(draft.team),
        fingerprint="",
        version=draft.version,
        people=12,
        token=draft.public_id,
    )


def update(campaign: Campaign, **values: object) -> None:
    """Change what no move between states changes."""
    Campaign.objects.filter(pk=campaign.pk).update(**values)


def begin(campaign: Campaign, slot: datetime) -> None:
    """Its time has come, and that of its job comes, or came, at `slot`."""
    update(campaign, send_at=timezone.now() - timedelta(minutes=1))
    world.accepted(world.job(campaign), f"of {campaign.pk}", slot=slot)


def another(scene: Scene, **ahead: int) -> None:
    """A campaign that goes out, with a job whose time comes after so long."""
    begin(launched(scene, "Another"), slot=timezone.now() + timedelta(**ahead))


def launched(scene: Scene, name: str) -> Campaign:
    return world.launched(world.a_campaign(scene.channel, scene.patients, name=name))


def gone(campaign: Campaign) -> None:
    world.become(world.job(campaign), SubmissionState.REVOKED, is_gone=True)


def repeat(scene: Scene, days: int) -> None:
    daily = {"every": "day", "at": "09:30", "zone": "America/New_York"}
    next_run = timezone.now() + timedelta(days=days)
    update(scene.going, repeat=daily, next_run_at=next_run, next_run_on=next_run.date())


def rename_channel(scene: Scene) -> None:
    address = reverse("channel", args=[scene.desk.team.slug, scene.channel.public_id])
    form = fields_of(scene.desk.client.get(address), "channel")
    form |= {"label": "Reception", "messages_per_second": ""}
    assert scene.desk.client.post(address, form).status_code == 302


# What has to be so for a change, made before the page is opened.
BEFORE: dict[str, Callable[[Scene], object]] = {
    "a request for approval ends": lambda scene: ask_for_approval(scene.draft),
    "a repeat gets another day": lambda scene: repeat(scene, days=2),
    "a campaign begins": lambda scene: update(
        scene.going, send_at=timezone.now() + timedelta(seconds=30)
    ),
    "a job is given up": lambda scene: launched(scene, "Waits"),
    "messages leave": lambda scene: another(scene, seconds=30),
    "another day": lambda scene: another(scene, minutes=10),
    "people are prepared": lambda scene: update(scene.going, state="freezing", frozen_count=1),
    "a campaign elsewhere is answered": lambda scene: gone(scene.oldest),
    "another role": lambda scene: gone(scene.going),
}
# What an open page shows -> how it becomes another, and on which pages.
BOTH: dict[str, Callable[[Scene], object]] = {
    "a job is not clear": lambda scene: world.become(
        world.job(scene.going), SubmissionState.UNKNOWN
    ),
    "a job is given up": lambda _scene: world.become(
        world.job(Campaign.objects.get(name="Waits")), SubmissionState.CANCELLED
    ),
    "a job of one that is over is gone": lambda scene: gone(scene.over),
    "a report": lambda scene: reported(scene.going),
    "a report on one that is over": lambda scene: reported(scene.over),
    "a reply": lambda scene: wrote_back(scene.going, campaign=scene.going),
    "a stop comes in time": lambda scene: scene.going.recipients.filter(position=1).update(
        stopped="blocked"
    ),
    "a campaign moves": lambda scene: move_campaign(scene.going, CampaignState.PAUSED),
    "a campaign is over": lambda scene: move_campaign(scene.going, CampaignState.COMPLETED),
    "a campaign begins": lambda scene: scene.wait(seconds=40),
    "messages leave": lambda scene: scene.wait(seconds=40),
    "a draft is begun": lambda scene: world.a_campaign(scene.channel, name="Another"),
    "a draft is renamed": lambda scene: update(
        scene.draft, name="Renamed", updated_at=timezone.now()
    ),
    "a draft is deleted": lambda scene: Campaign.objects.filter(pk=scene.draft.pk).delete(),
    "reports are switched on": lambda _scene: WebhookEndpoint.objects.update(state="on"),
    "a price": lambda _scene: Team.objects.update(price_per_segment="0.1"),
    "a channel is renamed": rename_channel,
    "another role": lambda _scene: Membership.objects.update(role="viewer"),
    "another language": lambda _scene: User.objects.update(language="es"),
}
OVERVIEW: dict[str, Callable[[Scene], object]] = {
    "a campaign elsewhere asks": lambda scene: gone(scene.oldest),
    "a campaign elsewhere is answered": lambda scene: world.become(
        world.job(scene.oldest), SubmissionState.ABANDONED
    ),
    "a reply of nobody's campaign": lambda scene: wrote_back(scene.oldest),
    "approval is asked for": lambda scene: ask_for_approval(scene.draft),
    "a request for approval ends": lambda _scene: Approval.objects.update(answer="outdated"),
    "a trouble": lambda _scene: SeenTrouble.objects.create(code="no_broker", since=timezone.now()),
    "a trouble is over": lambda _scene: SeenTrouble.objects.update(over_at=timezone.now()),
    "a trouble ends later": lambda _scene: SeenTrouble.objects.update(
        next_at=timezone.now() + timedelta(hours=1)
    ),
    "nothing ticks": lambda _scene: Heartbeat.objects.all().delete(),
    "it repeats": lambda scene: repeat(scene, days=1),
    "a repeat gets another day": lambda scene: repeat(scene, days=1),
    "another day": lambda scene: scene.wait(minutes=4),
}
TABLE: dict[str, Callable[[Scene], object]] = {
    "people are prepared": lambda scene: update(scene.going, frozen_count=5),
    "a campaign elsewhere asks": lambda scene: gone(scene.oldest),
}


def is_seen(scene: Scene, page: str, change: str, act: Callable[[Scene], object]) -> bool:
    """Whether a page that is open is answered with something else after the change.

    A mark that changed for nothing would be answered by 204.
    """
    if change in BEFORE:
        BEFORE[change](scene)
    live = live_url(scene.desk.get(page))
    assert scene.desk.client.get(live).status_code == 204, change
    act(scene)
    return scene.desk.client.get(live).status_code == 200


@contextmanager
def as_before(scene: Scene) -> Iterator[None]:
    """Whatever happens meanwhile has not, and took no time."""
    now = timezone.now()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    scene.clock.move_to(now)
    for campaign in (scene.going, scene.over, scene.oldest, scene.draft):
        campaign.refresh_from_db()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("page", "changes"),
    [("overview", BOTH | OVERVIEW), ("campaigns", BOTH | TABLE)],
    ids=["overview", "campaigns"],
)
def test_an_open_page_shows_each_change(
    scene: Scene, page: str, changes: dict[str, Callable[[Scene], object]]
) -> None:
    missed = []
    for change, act in changes.items():
        with as_before(scene):
            if not is_seen(scene, page, change, act):
                missed.append(change)
    assert missed == []


def test_an_open_page_shows_what_no_mark_sees_when_its_time_is_over(
    scene: Scene, alice: User
) -> None:
    live = live_url(scene.desk.get("campaigns"))
    User.objects.filter(pk=alice.pk).update(name="Alice Renamed")
    assert scene.desk.client.get(live).status_code == 204
    scene.wait(minutes=1)
    assert "Alice Renamed" in text_of(scene.desk.client.get(expired(live)))


@pytest.mark.parametrize("page", PAGES)
def test_an_open_page_is_left_alone_where_it_says_the_same(scene: Scene, page: str) -> None:
    """Although a mark is old, or has changed for what is not shown, and time went on."""
    live = live_url(scene.desk.get(page))
    scene.wait(seconds=90)
    for seen in (expired(live), re.sub("mark=[^&]*", "mark=another", live)):
        answer = scene.desk.client.get(seen)
        assert answer.status_code == 204
        assert scene.desk.client.get(answer["Live-Url"]).status_code == 204


def test_an_open_page_that_was_narrowed_down_shows_what_comes_in_and_goes(scene: Scene) -> None:
    narrowed = f"{scene.desk.url('campaigns')}?status=running&q=g"
    live = live_url(scene.desk.client.get(narrowed))
    assert scene.desk.client.get(live).status_code == 204
    update(scene.oldest, name="Going as well", state="sending")
    part = scene.desk.client.get(live)
    assert "Going as well" in text_of(part)
    live = live_url(part)
    update(scene.oldest, state="completed")
    assert "Going as well" not in text_of(scene.desk.client.get(live))


def test_one_persons_mark_says_nothing_to_another(
    scene: Scene, desk_of: DeskOf, vera: User
) -> None:
    live = live_url(scene.desk.get("overview"))
    assert "Live-Url" not in scene.desk.client.get(live)
    # It says the same to her, which is seen by making it.
    assert "Live-Url" in desk_of(vera).client.get(live)


def test_the_overview_rests_when_nothing_runs(scene: Scene) -> None:
    SeenTrouble.objects.all().delete()
    live = live_url(scene.desk.get("overview"))
    move_campaign(scene.going, CampaignState.COMPLETED)
    part = scene.desk.client.get(live)
    assert part.status_code == 200
    assert "data-live" not in part.content.decode()
