"""A campaign that does not move says why, each cause brought about for real at the sandbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, ClockKeeper
from delivery import subscriptions
from delivery.models import WebhookEndpoint
from sending import gateway, submit, tick
from sociocs_accounts.models import Channel, GatewayAccount
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.processes import Sandbox
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]


@pytest.fixture
def campaign(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    # A list that cannot be had is not asked for three times.
    monkeypatch.setattr("sociocs_gateway.client._PAUSES", ())
    people = world.a_list(channel.team, world.phones(15))
    return world.launched(world.a_campaign(channel, people))


def desk_of(channel: Channel) -> Desk:
    client = Client()
    client.force_login(world.owner_of(channel.team))
    return Desk(channel.team, client)


def page_of(campaign: Campaign) -> str:
    assert campaign.channel is not None
    return text_of(desk_of(campaign.channel).get("campaign", campaign))


def channels_page(channel: Channel) -> str:
    desk = desk_of(channel)
    return text_of(desk.client.get(desk.url("channels")))


def hand_over(campaign: Campaign) -> None:
    """What workers and tick do, with a fresh look at the list."""
    gateway.forget_clocks()
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def test_beside_what_holds_it_up_nothing_says_that_it_moves_or_has_left(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    moves = "Its messages are going out"
    Campaign.objects.update(send_at=timezone.now())
    assert moves in page_of(campaign)
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    assert moves not in page_of(campaign)
    past = timezone.now() - timedelta(minutes=5)
    for number, job in enumerate(campaign.submissions.all()):
        job.planned_slot = past + timedelta(seconds=number)
        job.save()
    page = page_of(campaign)
    assert "as some of it still waits here" in page
    assert "left about" not in page


LIST = {"method": "GET", "path": "/messages/bulk", "times": 9}
# Whoever calls too often waits for as long as the vendor says, and is told so until then.
WAIT = {"429": {"retry_after": "30"}}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "Sociocs cannot show what it has scheduled at the moment"),
        ("list_html", "Sociocs cannot show what it has scheduled at the moment"),
        ("silence", "Sociocs does not answer at the moment"),
        ("429", "We called Sociocs too often"),
    ],
)
def test_a_list_that_cannot_be_had_is_told_until_it_can(
    campaign: Campaign, channel: Channel, sandbox: Sandbox, fault: str, words: str
) -> None:
    assert words not in page_of(campaign)
    world.set_fault(sandbox, fault, **LIST, **WAIT.get(fault, {}))
    hand_over(campaign)
    assert set(world.states(campaign)) == {"ready"}
    assert words in page_of(campaign)
    assert words in channels_page(channel)

    world.clear_faults(sandbox)
    hand_over(campaign)
    assert set(world.states(campaign)) == {"accepted"}
    assert words not in page_of(campaign)
    assert words not in channels_page(channel)


@pytest.mark.both_databases
def test_a_vendor_that_cannot_be_reached_is_told(
    campaign: Campaign, channel: Channel, settings: Settings
) -> None:
    settings.SOCIOCS_BASE_URL = "http://127.0.0.1:9"
    hand_over(campaign)
    assert "Sociocs cannot be reached at the moment" in page_of(campaign)


@pytest.mark.both_databases
def test_a_trouble_of_long_ago_says_nothing_of_now(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    GatewayAccount.objects.update(list_trouble_at=timezone.now() - timedelta(minutes=5))
    assert "cannot show its list" not in channels_page(channel)


def test_the_page_hears_of_it_while_it_is_open(campaign: Campaign, sandbox: Sandbox) -> None:
    assert campaign.channel is not None
    desk = desk_of(campaign.channel)
    seen = desk.get("campaign", campaign).context["fingerprint"]
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    live = desk.client.get(f"{desk.url('campaign-live', campaign)}?seen={seen}")
    assert live.status_code == 200
    assert "cannot show what it has scheduled" in text_of(live)


def test_a_refused_key_is_told_on_the_campaign_and_on_the_account(
    campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "401", **LIST)
    hand_over(campaign)
    assert campaign.state == "paused"
    assert "Sociocs does not accept the API key any more." in page_of(campaign)
    assert "Sociocs did not accept this account" in channels_page(channel)


def test_another_halt_is_not_called_a_refused_key(channel: Channel) -> None:
    GatewayAccount.objects.update(state="halted", halt_reason="clock")
    page = channels_page(channel)
    assert "differ by more than a minute" in page
    assert "did not accept" not in page


def test_jobs_that_wait_for_their_own_time_are_no_riddle(channel: Channel, quick: Settings) -> None:
    people = world.a_list(channel.team, world.phones(20))
    drip = {"pace_count": 10, "pace_minutes": 120, "clock_keeper": ClockKeeper.HERE}
    campaign = world.launched(world.a_campaign(channel, people, **drip))
    assert "The rest waits for its time" not in page_of(campaign)

    def has_begun() -> bool:
        hand_over(campaign)
        return "accepted" in world.states(campaign)

    wait_until(has_begun)
    assert "The rest waits for its time: the next goes to Sociocs in about 2 hours." in page_of(
        campaign
    )


def test_single_messages_that_are_far_ahead_say_when_they_go(
    channel: Channel, quick: Settings
) -> None:
    people = world.a_list(channel.team, world.phones(2))
    at = timezone.now() + timedelta(minutes=90)
    later = {"wall_time": at.strftime("%Y-%m-%dT%H:%M"), "time_zone": "UTC"}
    campaign = world.launched(world.a_campaign(channel, people, one_by_one=True, **later))
    assert campaign.state == "sending"
    page = page_of(campaign)
    assert "the next goes to Sociocs in about" in page


# --- Reports --------------------------------------------------------------------------------------

PAUSED = "Sociocs has paused its reports on this channel"


def pause_at_the_vendor(sandbox: Sandbox, endpoint: WebhookEndpoint, *, sticks: bool) -> None:
    world.control(
        sandbox,
        "POST",
        f"/subscriptions/{endpoint.subscription_id}",
        {"status": "paused", "sticks": sticks},
    )


@pytest.fixture
def endpoint(channel: Channel) -> WebhookEndpoint:
    endpoint = subscriptions.switch_on(channel, world.owner_of(channel.team))
    assert endpoint.state == "on"
    return endpoint


def check_tomorrow(endpoint: WebhookEndpoint) -> None:
    """The daily check, a day later."""
    yesterday = timezone.now() - timedelta(days=1)
    WebhookEndpoint.objects.update(checked_at=yesterday)
    assert subscriptions.endpoints_to_check() == [endpoint.pk]
    subscriptions.check_daily(endpoint.pk)
    assert subscriptions.endpoints_to_check() == []
    endpoint.refresh_from_db()


def status_at_the_vendor(sandbox: Sandbox) -> list[str]:
    rows = world.ask(sandbox, "/webhook-subscriptions")
    return [row["status"] for row in rows]


@pytest.mark.both_databases
def test_reports_that_sociocs_has_paused_are_switched_on_again_by_themselves(
    endpoint: WebhookEndpoint, channel: Channel, sandbox: Sandbox
) -> None:
    secret = endpoint.secret.reveal()
    assert subscriptions.endpoints_to_check() == []
    pause_at_the_vendor(sandbox, endpoint, sticks=False)
    check_tomorrow(endpoint)
    assert endpoint.state == "on"
    assert endpoint.secret.reveal() == secret
    assert status_at_the_vendor(sandbox) == ["active"]
    desk = desk_of(channel)
    assert "Sociocs had paused its reports" in text_of(desk.client.get(desk.url("delivery")))


def test_a_pause_that_outlasts_asking_again_ends_with_a_new_subscription(
    endpoint: WebhookEndpoint, channel: Channel, sandbox: Sandbox
) -> None:
    before = endpoint.subscription_id
    pause_at_the_vendor(sandbox, endpoint, sticks=True)
    check_tomorrow(endpoint)
    assert endpoint.state == "on"
    assert endpoint.subscription_id != before
    assert status_at_the_vendor(sandbox) == ["active"]


def test_a_pause_that_cannot_be_ended_is_told_to_everybody_and_ended_by_an_owner(
    endpoint: WebhookEndpoint, campaign: Campaign, channel: Channel, sandbox: Sandbox
) -> None:
    pause_at_the_vendor(sandbox, endpoint, sticks=True)
    world.set_fault(sandbox, "503", method="POST", path="/webhook-subscriptions", times=1)
    check_tomorrow(endpoint)
    assert endpoint.state == "paused"
    desk = desk_of(channel)
    delivery = text_of(desk.client.get(desk.url("delivery")))
    for page in (page_of(campaign), channels_page(channel), delivery):
        assert PAUSED in page
    assert "Switch on again" in delivery

    url = f"{desk.url('delivery')}{channel.public_id}/on/"
    wanted = {"wants_replies": "on", "wants_statuses": "on"}
    desk.client.post(url, wanted)

    assert status_at_the_vendor(sandbox) == ["active"]
    for page in (page_of(campaign), channels_page(channel)):
        assert PAUSED not in page


def test_the_button_that_checks_switches_paused_reports_on_again(
    endpoint: WebhookEndpoint, channel: Channel, sandbox: Sandbox
) -> None:
    pause_at_the_vendor(sandbox, endpoint, sticks=False)
    desk = desk_of(channel)
    url = f"{desk.url('delivery')}{channel.public_id}/check/"
    page = text_of(desk.client.post(url, follow=True))
    assert "Sociocs had paused its reports. They are switched on again." in page
    assert status_at_the_vendor(sandbox) == ["active"]


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"events": ["messages"]}, "changed", "no longer reports what was asked for"),
        ({"webhook_url": "http://127.0.0.1:9/other"}, "gone", "no longer sends reports here"),
    ],
)
def test_what_somebody_changed_at_sociocs_is_found_and_told(
    endpoint: WebhookEndpoint,
    channel: Channel,
    sandbox: Sandbox,
    changes: dict[str, object],
    state: str,
    words: str,
) -> None:
    as_asked = {
        "platform": "api",
        "provider": channel.provider,
        "channel_key": channel.channel_key,
        "subscriber_reference_id": str(endpoint.public_id),
        "webhook_url": subscriptions.address_of(endpoint),
        "events": ["messages", "status_updates"],
        "secret": endpoint.secret.reveal(),
    }
    world.ask(sandbox, "/webhook-subscriptions", as_asked | changes)
    check_tomorrow(endpoint)
    assert endpoint.state == state
    desk = desk_of(channel)
    assert words in text_of(desk.client.get(desk.url("delivery")))


def test_a_check_without_an_answer_changes_nothing_and_comes_again_soon(
    endpoint: WebhookEndpoint, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "503", method="GET", path="/webhook-subscriptions/*", times=3)
    check_tomorrow(endpoint)
    assert endpoint.state == "on"
    assert endpoint.checked_at is not None
    assert endpoint.checked_at < timezone.now() - timedelta(hours=22)
