"""Whatever holds campaigns up is told where people look, and is gone by itself when it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent, Heartbeat
from delivery import subscriptions
from delivery.models import WebhookEndpoint
from history import tasks
from history.models import Notice
from sending import gateway, submit, tick
from sending.models import Submission
from sociocs_accounts import call_rates, seen_troubles
from sociocs_accounts.clients import reopen
from sociocs_accounts.models import Channel, GatewayAccount, SeenTrouble
from teams.models import Team
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.processes import Sandbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]

PLACES = ("campaign", "overview", "channels", "notices")
LIST = {"method": "GET", "path": "/messages/bulk", "times": 9}


@pytest.fixture
def campaign(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    # A list that cannot be had is not asked for three times.
    monkeypatch.setattr("sociocs_gateway.client._PAUSES", ())
    return launched(channel)


def launched(channel: Channel) -> Campaign:
    return world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(15))))


def desk_of(team: Team) -> Desk:
    client = Client()
    client.force_login(world.owner_of(team))
    return Desk(team, client)


@pytest.fixture
def desk(channel: Channel) -> Desk:
    return desk_of(channel.team)


def pages_that_say(words: str, desk: Desk, campaign: Campaign) -> set[str]:
    def page(name: str) -> str:
        return text_of(desk.get(name, campaign if name == "campaign" else None))

    return {name for name in PLACES if words in page(name)}


def hand_over(campaign: Campaign) -> None:
    """What workers and tick do, with a fresh look at the list."""
    gateway.forget_clocks()
    assert campaign.channel is not None
    submit.hand_over(campaign.channel.account_id)
    tick.tick()
    campaign.refresh_from_db()


def watch(minutes: float = 0) -> None:
    """The background worker's round, as if what stands had stood for some minutes more."""
    if minutes:
        for row in SeenTrouble.objects.filter(over_at=None):
            row.since -= timedelta(minutes=minutes)
            row.save()
        for notice in Notice.objects.filter(mail="waiting"):
            assert notice.mail_not_before is not None
            notice.mail_not_before -= timedelta(minutes=minutes)
            notice.save()
    tasks.tick()
    tasks.notify()


def told(campaign: Campaign, desk: Desk) -> list[tuple[str, str]]:
    """What the timeline says of troubles, in its order: kind and sentence."""
    shown = desk.get("campaign", campaign).context["events"]
    kinds = (CampaignEvent.Kind.TROUBLE, CampaignEvent.Kind.TROUBLE_OVER)
    return [(event.kind, text) for event, text, _tone in reversed(shown) if event.kind in kinds]


# --- One trouble from its first minute to after its end -------------------------------------------


@pytest.mark.both_databases
def test_a_trouble_is_told_everywhere_by_mail_after_a_time_and_once_in_the_timeline(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    words = (
        "Sociocs cannot show what it has scheduled at the moment, and without that nothing is sent."
    )
    began = "Sociocs could not show what it has scheduled"
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    assert told(campaign, desk) == []
    assert "Notices 1 unread" not in text_of(desk.get("overview"))

    hand_over(campaign)
    watch(minutes=1)
    assert told(campaign, desk) == [("trouble", began)]
    page = text_of(desk.get("campaign", campaign))
    assert f"{words} Since " in page
    assert "Nothing is lost: waiting messages go out in order. We try every ten" in page
    assert "Notices 1 unread" in text_of(desk.get("overview"))
    assert f"Unread: Sandbox: {began}" in text_of(desk.get("notices"))
    assert mail.outbox == []

    watch(minutes=15)
    watch()
    assert [one.subject for one in mail.outbox] == [f"Sandbox: {began} (Riverside Dental)"]
    assert f"{words} Since " in mail.outbox[0].body
    assert " UTC. Nothing is lost" in mail.outbox[0].body
    assert desk.url("channels") in mail.outbox[0].body
    assert len(told(campaign, desk)) == 1

    world.clear_faults(sandbox)
    hand_over(campaign)
    watch()
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    over = ("trouble_over", "Sociocs showed what it has scheduled again")
    assert told(campaign, desk) == [("trouble", began), over]
    assert "unread" not in text_of(desk.get("overview"))
    assert "Sandbox: Sociocs showed what it has scheduled again" in text_of(desk.get("notices"))
    assert len(mail.outbox) == 1


def test_what_is_over_within_seconds_leaves_no_trace(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    world.clear_faults(sandbox)
    hand_over(campaign)
    watch()
    assert told(campaign, desk) == []
    assert not SeenTrouble.objects.exists()
    assert not Notice.objects.filter(kind="trouble").exists()


def test_what_is_over_within_a_quarter_of_an_hour_is_not_mailed(
    campaign: Campaign, sandbox: Sandbox
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    watch(minutes=5)
    assert Notice.objects.filter(mail="waiting").exists()
    world.clear_faults(sandbox)
    hand_over(campaign)
    watch()
    watch(minutes=20)
    assert mail.outbox == []


@pytest.mark.both_databases
def test_a_campaign_that_comes_later_is_told_too_and_another_team_is_not(
    campaign: Campaign, channel: Channel, sandbox: Sandbox, desk: Desk
) -> None:
    stranger = world.a_team("Northside")
    world.a_channel(stranger)
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    watch(minutes=1)
    later = launched(channel)
    watch()
    assert [kind for kind, _text in told(later, desk)] == ["trouble"]
    assert len(told(campaign, desk)) == 1
    assert not Notice.objects.filter(team=stranger).exists()
    assert "what it has scheduled" not in text_of(desk_of(stranger).get("overview"))


def test_what_is_over_is_told_no_more_where_looking_tells_so(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    words = "Sociocs cannot show what it has scheduled at the moment"
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    world.clear_faults(sandbox)
    hand_over(campaign)
    assert pages_that_say(words, desk, campaign) == {"overview", "notices"}
    # Nobody is left who would note that it is over.
    Heartbeat.objects.filter(part="background").update(at=Now() - timedelta(minutes=5))
    assert pages_that_say(words, desk, campaign) == set()


def test_while_nothing_ticks_nobody_says_whether_sociocs_answers(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    Heartbeat.objects.filter(part="tick").update(at=Now() - timedelta(minutes=5))
    page = text_of(desk.get("campaign", campaign))
    assert "Nothing is being sent at the moment. Since " in page
    assert "what it has scheduled" not in page


def test_who_wants_no_such_notices_gets_none(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    desk.post("notice-choices", **{"trouble-in_app": "nobody", "trouble-by_email": "nobody"})
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    watch(minutes=20)
    assert not Notice.objects.filter(kind="trouble").exists()
    assert mail.outbox == []


def test_a_notice_of_a_trouble_leads_to_where_it_is_seen(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    watch(minutes=1)
    notice = Notice.objects.get(kind="trouble")
    answer = desk.client.post(desk.url("notice", None, notice.public_id))
    assert answer["Location"] == desk.url("channels")
    assert "unread" not in text_of(desk.get("overview"))


# --- Every cause ----------------------------------------------------------------------------------


def test_a_refused_key_is_told_until_the_account_is_used_again(
    campaign: Campaign, channel: Channel, sandbox: Sandbox, desk: Desk
) -> None:
    words = "Sociocs does not accept the API key any more."
    world.set_fault(sandbox, "401", **LIST)
    hand_over(campaign)
    watch()
    watch(minutes=1)
    assert pages_that_say(words, desk, campaign) == set(PLACES) - {"channels"}
    assert "Sociocs did not accept this account" in text_of(desk.get("channels"))
    assert text_of(desk.get("campaign", campaign)).count(f"{words} Since ") == 1
    assert told(campaign, desk) == [("trouble", "Sociocs stopped accepting the API key")]

    world.clear_faults(sandbox)
    reopen(channel.account)
    watch()
    assert pages_that_say(words, desk, campaign) <= {"campaign"}
    assert told(campaign, desk)[1:] == [("trouble_over", "The Sociocs account is in use again")]


def test_the_pages_of_the_account_and_the_channel_tell_it_too(
    campaign: Campaign, channel: Channel, sandbox: Sandbox, desk: Desk
) -> None:
    world.set_fault(sandbox, "500", **LIST)
    hand_over(campaign)
    watch()
    page = desk.client.get(desk.url("channel", None, channel.public_id))
    assert "Sociocs cannot show what it has scheduled at the moment" in text_of(page)
    GatewayAccount.objects.update(team=channel.team, state="halted", halt_reason="auth")
    account = desk.url("vendor-account", None, channel.account.public_id)
    assert "Enter its current API key." in text_of(desk.client.get(account))


def test_a_halt_is_told_to_a_team_of_which_nothing_waits(channel: Channel, desk: Desk) -> None:
    GatewayAccount.objects.update(state="halted", halt_reason="clock")
    watch()
    watch(minutes=1)
    assert "Notices 1 unread" in text_of(desk.get("overview"))
    assert "clock differ by more than a minute. Since " in text_of(desk.get("channels"))


def test_a_vendor_that_asks_for_patience_is_told_with_when_it_goes_on(
    campaign: Campaign, sandbox: Sandbox, desk: Desk
) -> None:
    world.set_fault(sandbox, "429", retry_after="300")
    hand_over(campaign)
    watch()
    words = "Sociocs asked us to slow down."
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    assert "Sending continues at " in text_of(desk.get("overview"))
    GatewayAccount.objects.update(cool_until=timezone.now())
    watch()
    assert pages_that_say(words, desk, campaign) == set()


def test_our_own_limits_are_told_where_they_take_time_and_are_no_news(
    campaign: Campaign, channel: Channel, desk: Desk
) -> None:
    GatewayAccount.objects.update(calls_per_minute=1)
    watch()
    words = "Sending takes a while, because this server limits how often it calls Sociocs."
    assert pages_that_say(words, desk, campaign) == set(PLACES) - {"campaign"}
    assert "Calls to Sociocs are limited" in text_of(desk.get("campaign", campaign))
    watch(minutes=20)
    assert told(campaign, desk) == []
    assert mail.outbox == []
    GatewayAccount.objects.update(calls_per_minute=None)
    watch()
    assert pages_that_say(words, desk, campaign) == set()


def test_ready_messages_that_nobody_sends_are_told(campaign: Campaign, desk: Desk) -> None:
    words = "Messages are ready, but this server is not sending them at the moment."
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    Submission.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    watch()
    watch(minutes=1)
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    assert [kind for kind, _text in told(campaign, desk)] == ["trouble"]

    hand_over(campaign)
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    assert told(campaign, desk)[1:] == [("trouble_over", "This server was sending again")]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("tick", "Nothing is being sent at the moment."),
        ("background", "Uploads, reports, replies and e-mails are waiting at the moment"),
    ],
)
def test_a_part_that_is_gone_is_seen_although_nothing_ticks(
    campaign: Campaign, desk: Desk, part: str, words: str
) -> None:
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    Heartbeat.objects.filter(part=part).update(at=Now() - timedelta(minutes=5))
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    assert "Something on this server has stopped." in text_of(desk.get("campaigns"))

    tick.tick()
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    assert "Something on this server has stopped." not in text_of(desk.get("campaigns"))


def test_sending_that_is_gone_is_mailed_and_stands_in_the_timeline(
    campaign: Campaign, desk: Desk
) -> None:
    Heartbeat.objects.filter(part="tick").update(at=Now() - timedelta(minutes=5))
    watch()
    watch(minutes=15)
    assert told(campaign, desk) == [("trouble", "This server stopped sending")]
    assert [one.subject for one in mail.outbox] == [
        "This server stopped sending (Riverside Dental)"
    ]
    tick.tick()
    watch()
    assert told(campaign, desk)[1:] == [("trouble_over", "This server was sending again")]


@pytest.mark.both_databases
def test_no_two_machines_need_to_agree_on_the_time(campaign: Campaign, desk: Desk) -> None:
    # Whoever ticks and whoever shows pages both go by the database's clock.
    age = Heartbeat.objects.annotate(now=Now()).get(part="tick")
    assert abs(getattr(age, "now") - age.at) < timedelta(minutes=5)  # noqa: B009 - annotated


def test_a_broker_that_is_away_is_told_and_mails_go_all_the_same(
    campaign: Campaign, desk: Desk, settings: Settings
) -> None:
    words = "Sending and uploads start later than usual at the moment."
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:9/0"
    call_rates.forget_redis()
    watch()
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    SeenTrouble.objects.update(since=timezone.now() - timedelta(minutes=20))
    tasks.tick()
    assert [one.subject for one in mail.outbox] == [
        "A part of this server did not answer, so sending started later (Riverside Dental)"
    ]
    settings.REDIS_URL = there
    call_rates.forget_redis()
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    assert [kind for kind, _text in told(campaign, desk)] == ["trouble", "trouble_over"]


@contextmanager
def a_writer_that_holds_the_database(seconds: float) -> Iterator[None]:
    holds = threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("LOCK TABLE campaigns_heartbeat IN EXCLUSIVE MODE")
                holds.set()
                threading.Event().wait(seconds)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait()
    yield
    thread.join()


@pytest.mark.both_databases
def test_a_slow_database_is_told(campaign: Campaign, desk: Desk) -> None:
    words = "This server is slow at the moment: pages and sending take longer."
    watch()
    with a_writer_that_holds_the_database(seconds=3):
        tasks.tick()
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    watch()
    assert pages_that_say(words, desk, campaign) == set()


def test_a_disk_without_room_is_told_although_nothing_ticks(
    campaign: Campaign, desk: Desk, settings: Settings
) -> None:
    words = "The disk of this server is full or cannot be used"
    # A file system that has never any room.
    there, settings.DATA_DIR = settings.DATA_DIR, Path("/proc")
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    watch()
    watch(minutes=1)
    settings.DATA_DIR = there
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    assert [kind for kind, _text in told(campaign, desk)] == ["trouble", "trouble_over"]


# --- Reports --------------------------------------------------------------------------------------


@pytest.fixture
def endpoint(channel: Channel) -> WebhookEndpoint:
    return subscriptions.switch_on(channel, world.owner_of(channel.team))


def test_a_subscription_that_was_paused_is_told_until_it_is_on(
    campaign: Campaign, endpoint: WebhookEndpoint, desk: Desk
) -> None:
    words = "Sociocs has paused its reports on this channel"
    WebhookEndpoint.objects.update(state="paused")
    watch()
    watch(minutes=1)
    assert pages_that_say(words, desk, campaign) == set(PLACES)
    assert told(campaign, desk) == [("trouble", "Sociocs paused its reports")]
    WebhookEndpoint.objects.update(state="on")
    watch()
    assert pages_that_say(words, desk, campaign) == set()
    assert told(campaign, desk)[1:] == [("trouble_over", "Sociocs reported again")]


@pytest.mark.parametrize("state", ["gone", "changed"])
def test_a_subscription_that_somebody_changed_is_told(
    campaign: Campaign, endpoint: WebhookEndpoint, desk: Desk, state: str
) -> None:
    WebhookEndpoint.objects.update(state=state)
    watch()
    words = "Sociocs does not report on this channel as we asked"
    assert pages_that_say(words, desk, campaign) == set(PLACES)


def test_a_channel_on_which_nothing_was_reported_for_a_day_is_told(
    campaign: Campaign, channel: Channel, endpoint: WebhookEndpoint
) -> None:
    words = "Sociocs has reported nothing on this channel for a day, although messages were sent."
    hand_over(campaign)
    assert set(world.states(campaign)) == {"accepted"}
    with time_machine.travel(timezone.now() + timedelta(hours=23)):
        tick.tick()
        watch()
        assert pages_that_say(words, desk_of(channel.team), campaign) == set()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        desk = desk_of(channel.team)
        watch()
        watch(minutes=1)
        assert pages_that_say(words, desk, campaign) == set(PLACES) - {"campaign"}
        assert told(campaign, desk) == [("trouble", "Sociocs had reported nothing for a day")]
        WebhookEndpoint.objects.update(last_event_at=timezone.now())
        watch()
        assert pages_that_say(words, desk, campaign) == set()
        assert told(campaign, desk)[1:] == [("trouble_over", "Sociocs reported again")]


def test_a_channel_on_which_nothing_went_out_may_be_silent(
    channel: Channel, endpoint: WebhookEndpoint
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        watch()
        assert not SeenTrouble.objects.filter(code="reports_silent").exists()


@pytest.mark.both_databases
def test_pages_cost_two_questions_for_it_at_most(
    campaign: Campaign, desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    watch()
    team = campaign.team
    with django_assert_max_num_queries(2) as asked:
        assert seen_troubles.troubles_of_team(team).all == []
    assert len(asked) == 2
