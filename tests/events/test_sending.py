"""Events go out in order, signed, until the receiver says 2xx, and never where they may not."""

from __future__ import annotations

import hashlib
import hmac
import threading
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import Traveller

from events import delivering, keeping, outbox, receivers, turns
from events.delivering import NO_KEY_FITS
from events.kinds import EventKind
from events.models import OutgoingEvent, Receiver
from events.receivers import NotTaken, VendorWish
from events.signing import signed_headers
from interface import public_addresses
from interface.public_addresses import FetchFault
from teams import letters
from teams.models import Team
from tests import world
from tests.events.conftest import Listen, Listener, a_receiver, says, send, states
from tests.waiting import wait_until
from trail.acts import Act
from trail.models import Entry

pytestmark = pytest.mark.thorough

State = Receiver.State
DONE = {"campaign": "0b4e", "state": "completed"}


def emit(team: Team, *numbers: int) -> None:
    for number in numbers:
        outbox.emit(team.pk, EventKind.FINISHED, {"number": number})


def numbers(listener: Listener) -> list[int]:
    return [call.json["data"]["number"] for call in listener.calls]


def next_try(receiver: Receiver) -> datetime:
    assert receiver.next_try_at is not None
    return receiver.next_try_at


# --- What is sent ---------------------------------------------------------------------------------


def test_an_event_goes_out_signed_in_both_ways(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    outbox.emit(team.pk, EventKind.FINISHED, DONE)
    send(receiver)

    (call,) = listener.calls
    event = OutgoingEvent.objects.get()
    assert (event.state, event.status) == ("delivered", 200)
    assert call.path == "/hook?key=k"
    assert call.json == {
        "id": str(event.public_id),
        "type": "campaign.finished",
        "timestamp": call.json["timestamp"],
        "data": DONE,
    }
    assert datetime.fromisoformat(call.json["timestamp"]).utcoffset() == timedelta(0)
    assert call.event_id == str(event.public_id)
    secret = receivers.secret_of(receiver)
    expected = hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-sociocs-signature"] == expected
    moment = int(call.headers["webhook-timestamp"])
    assert (
        call.headers["webhook-signature"]
        == (signed_headers(secret, call.event_id, moment, call.body)["webhook-signature"])
    )
    assert secret not in Receiver.objects.get().sealed_secret


def test_the_signatures_are_those_of_the_published_examples() -> None:
    vendors = signed_headers("My Shared Secret", "x", 1, b"Hello, World!")
    assert vendors["X-Sociocs-Signature"] == (
        "a52954ef969a496aeed237f48b03c6df7ea43cd0f6e595d06dfe7a8b14b5d891"
    )
    standard = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert standard["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert set(signed_headers("", "x", 1, b"")) == {"webhook-id", "webhook-timestamp"}


def test_only_what_is_wanted_is_stored(team: Team, listener: Listener) -> None:
    receiver = a_receiver(team, listener.url, kinds=[EventKind.OPT_OUT])
    stranger = a_receiver(world.a_team("Hillside"), listener.url)

    emit(team, 1)
    outbox.emit(team.pk, EventKind.OPT_OUT, {"people": []})

    (event,) = OutgoingEvent.objects.all()
    assert (event.receiver, event.kind) == (receiver, "opt_out.changed")
    assert not states(stranger)


def test_a_team_without_receivers_costs_one_question(
    team: Team, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        emit(team, 1)
    news = outbox.News()
    with django_assert_num_queries(0):
        news.store()


@pytest.mark.both_databases
def test_many_events_of_one_act_are_stored_by_two_queries(
    team: Team, receiver: Receiver, django_assert_num_queries: Any
) -> None:
    people = [{"phone": phone} for phone in world.phones(1200)]
    news = outbox.News()
    news.tell_of_people(team.pk, EventKind.OPT_OUT, people, {"opted_out": True})
    with django_assert_num_queries(2):
        news.store()
    assert len(states(receiver)) == 3


def test_what_is_undone_is_not_told(team: Team, receiver: Receiver) -> None:
    with transaction.atomic():
        emit(team, 1)
        transaction.set_rollback(True)
    assert states(receiver) == []


# --- Order and failure ----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_events_arrive_in_their_order(team: Team, receiver: Receiver, listener: Listener) -> None:
    emit(team, *range(25))
    send(receiver)
    assert numbers(listener) == [*range(25)]


def test_one_that_fails_holds_those_behind_it_and_is_sent_again_under_its_id(
    team: Team, receiver: Receiver, listener: Listener, time_machine: Traveller
) -> None:
    time_machine.move_to(datetime.fromisoformat("2026-11-30T09:00Z"), tick=False)
    listener.script += [says(200), says(500, "Out of paper"), says(503), says(200), says(200)]
    emit(team, 1, 2, 3)

    send(receiver)
    assert numbers(listener) == [1, 2]
    assert states(receiver) == ["delivered", "waiting", "waiting"]
    failed = OutgoingEvent.objects.get(status=500)
    assert (failed.tries, failed.answer) == (1, "Out of paper")
    # Nothing before its pause is over.
    assert send(receiver).tries == 1
    assert delivering.receivers_due() == []

    time_machine.shift(11)
    assert delivering.receivers_due() == [receiver.pk]
    assert next_try(receiver) == timezone.now() - timedelta(seconds=1)
    assert next_try(send(receiver)) == timezone.now() + timedelta(seconds=30)

    time_machine.shift(31)
    assert send(receiver).tries == 0
    assert receiver.failing_since is None
    assert numbers(listener) == [1, 2, 2, 2, 3]
    assert len({call.event_id for call in listener.calls[1:4]}) == 1


@pytest.mark.both_databases
def test_a_failing_receiver_holds_no_other(team: Team, listen: Listen) -> None:
    bad, good = listen(), listen()
    bad.script += [says(500)] * 9
    receivers_of_team = [a_receiver(team, one.url) for one in (bad, good)]
    emit(team, 1, 2)
    for one in receivers_of_team:
        send(one)
    assert (numbers(bad), numbers(good)) == ([1], [1, 2])


def test_after_three_days_it_is_switched_off_and_the_owners_are_told(
    team: Team, receiver: Receiver, listener: Listener, time_machine: Traveller
) -> None:
    listener.script += [says(500)] * 99
    time_machine.move_to(datetime.fromisoformat("2026-11-30T09:00Z"), tick=False)
    emit(team, 1)
    tries = []
    while send(receiver).state == State.ACTIVE:
        tries.append(next_try(receiver))
        time_machine.move_to(tries[-1], tick=False)
    emit(team, 2)

    assert tries[-1] - tries[0] > timedelta(days=2, hours=20)
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses == sorted(pauses)
    # What happened meanwhile is not kept for it.
    assert states(receiver) == ["waiting"]
    letters.send_letters()
    (told,) = mail.outbox
    assert told.to == [world.owner_of(team).email]
    assert "Till" in told.subject
    assert Entry.objects.filter(act=Act.RECEIVER_OFF, thing_id=receiver.pk).count() == 1

    keeping.give_up_old()
    listener.script.clear()
    receivers.let_receiver_go_on(receiver, world.owner_of(team))
    emit(team, 3)
    send(receiver)
    assert states(receiver) == ["given_up", "delivered"]
    assert numbers(listener)[-1] == 3


def test_one_that_says_it_is_gone_is_switched_off_at_once(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    listener.script.append(says(410))
    emit(team, 1)
    assert send(receiver).state == State.OFF


def test_a_paused_receiver_gets_nothing_and_loses_nothing(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    owner = world.owner_of(team)
    assert receivers.pause_receiver(receiver, owner)
    assert not receivers.pause_receiver(receiver, owner)
    emit(team, 1, 2)
    send(receiver)
    assert listener.calls == []
    assert receivers.let_receiver_go_on(receiver, owner)
    send(receiver)
    assert numbers(listener) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_while_somebody_pauses_counts_as_arrived(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    owner = world.owner_of(team)

    def pause(handler: BaseHTTPRequestHandler) -> None:
        receivers.pause_receiver(receiver, owner)
        connections.close_all()
        says(200)(handler)

    listener.script.append(pause)
    emit(team, 1, 2)
    assert send(receiver).state == State.PAUSED
    assert numbers(listener) == [1]
    assert states(receiver) == ["delivered", "waiting"]


def test_what_waits_too_long_for_one_that_is_paused_is_given_up(
    team: Team, receiver: Receiver, time_machine: Traveller
) -> None:
    time_machine.move_to(datetime.fromisoformat("2026-11-30T09:00Z"), tick=False)
    receivers.pause_receiver(receiver, world.owner_of(team))
    emit(team, 1)
    time_machine.shift(timedelta(days=2))
    emit(team, 2)
    time_machine.shift(timedelta(days=1, minutes=1))
    keeping.give_up_old()
    assert states(receiver) == ["given_up", "waiting"]


def test_one_that_can_never_arrive_is_left_out_and_the_others_go_on(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    listener.script.append(says(400, "No such field"))
    emit(team, 1, 2)
    send(receiver)
    first = OutgoingEvent.objects.order_by("pk")[0]
    assert receivers.leave_out(first, world.owner_of(team))
    assert not receivers.leave_out(first, world.owner_of(team))
    send(receiver)
    assert states(receiver) == ["given_up", "delivered"]


def test_an_event_is_sent_again_with_its_body_and_id(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    owner = world.owner_of(team)
    emit(team, 1)
    event = OutgoingEvent.objects.get()
    assert not receivers.send_again(event, owner)
    send(receiver)
    assert receivers.send_again(event, owner)
    send(receiver)
    first, second = listener.calls
    assert (first.body, first.event_id) == (second.body, second.event_id)


def test_a_test_goes_behind_what_waits_and_is_tried_at_once(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    owner = world.owner_of(team)
    listener.script.append(says(500))
    emit(team, 1)
    send(receiver)
    assert receivers.send_test(receiver, owner)
    send(receiver)
    assert listener.types == ["campaign.finished", "campaign.finished", "ping"]
    receivers.pause_receiver(receiver, owner)
    receiver.refresh_from_db()
    assert not receivers.send_test(receiver, owner)


# --- Where events do not go -----------------------------------------------------------------------


def test_a_redirect_is_a_failure_and_is_never_followed(
    team: Team, receiver: Receiver, listener: Listener, listen: Listen
) -> None:
    elsewhere = listen()
    listener.script += [says(302, Location=elsewhere.url), says(308, Location=elsewhere.url)]
    emit(team, 1)
    for status in (302, 308):
        delivering.try_at_once(receiver)
        send(receiver)
        assert OutgoingEvent.objects.get().status == status
    assert elsewhere.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://example.org:8443/hook",
        "https://user:secret@example.org/hook",
        "ftp://example.org/",
        "https:///hook",
        "hook",
        "",
    ],
)
def test_only_https_addresses_are_taken(team: Team, settings: Settings, url: str) -> None:
    settings.EVENTS_TO_LOOPBACK = False
    with pytest.raises(NotTaken) as caught:
        a_receiver(team, url)
    assert caught.value.field == "url"


def test_this_machine_is_out_of_reach_unless_a_setting_says_so(
    team: Team, receiver: Receiver, listener: Listener, settings: Settings
) -> None:
    settings.EVENTS_TO_LOOPBACK = False
    with pytest.raises(NotTaken):
        a_receiver(team, listener.url)
    emit(team, 1)
    send(receiver)
    assert OutgoingEvent.objects.get().fault == FetchFault.NOT_HTTPS
    assert listener.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.0.0.8", "[::ffff:10.0.0.8]"])
def test_a_name_that_leads_inside_gets_nothing(
    team: Team, receiver: Receiver, settings: Settings, host: str
) -> None:
    Receiver.objects.update(url=f"https://{host}/")
    settings.EVENTS_TO_LOOPBACK = False
    emit(team, 1)
    send(receiver)
    assert OutgoingEvent.objects.get().fault == FetchFault.NOT_PUBLIC


def test_no_more_of_an_answer_is_read_than_is_shown(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    def floods(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not listener.released.is_set():
            handler.wfile.write(b"\0x" * 50_000)

    listener.script.append(floods)
    emit(team, 1)
    send(receiver)
    event = OutgoingEvent.objects.get()
    assert event.state == "delivered"
    assert event.answer == "\ufffdx" * 500


def test_a_receiver_that_does_not_answer_is_too_slow(
    team: Team, receiver: Receiver, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_addresses, "POST_SECONDS", 0.3)
    listener.script.append(listener.hang)
    emit(team, 1)
    send(receiver)
    event = OutgoingEvent.objects.get()
    assert (event.state, event.fault) == ("waiting", FetchFault.TOO_SLOW)


def test_a_receiver_that_is_not_there_is_tried_again(team: Team, receiver: Receiver) -> None:
    Receiver.objects.update(url="http://127.0.0.1:1/")
    emit(team, 1)
    assert send(receiver).tries == 1
    assert OutgoingEvent.objects.get().fault == FetchFault.NO_CONNECTION


# --- Workers --------------------------------------------------------------------------------------


def test_a_turn_is_one_workers_and_after_a_dead_one_anothers(
    team: Team, receiver: Receiver, listener: Listener, time_machine: Traveller
) -> None:
    time_machine.move_to(datetime.fromisoformat("2026-11-30T09:00Z"), tick=False)
    emit(team, 1)
    # Killed between the claim and the note of what came of it.
    assert delivering._claim(receiver.pk) is not None
    send(receiver)
    assert listener.calls == []
    time_machine.shift(61)
    send(receiver)
    assert numbers(listener) == [1]


@pytest.mark.django_db(transaction=True)
def test_a_slow_receiver_holds_nobody(listen: Listen) -> None:
    team = world.a_team()
    slow, quick = listen(), listen()
    slow.script.append(slow.hang)
    a_receiver(team, slow.url, "Slow")
    a_receiver(team, quick.url, "Quick")
    emit(team, 1, 2)

    turns.send_events()
    wait_until(lambda: len(quick.calls) == 2 and slow.calls)
    assert not turns.have_ended()
    # A second tick changes nothing about it.
    turns.send_events()

    slow.released.set()
    wait_until(turns.have_ended)
    assert numbers(slow) == [1]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_turns_in_one_process_send_everything_once(listen: Listen) -> None:
    team = world.a_team()
    listeners = [listen() for _ in range(15)]
    for one in listeners:
        a_receiver(team, one.url)
    emit(team, 1, 2, 3)

    def tick() -> None:
        turns.send_events()
        connections.close_all()

    together = [threading.Thread(target=tick) for _ in range(3)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    wait_until(
        lambda: turns.have_ended() and not delivering.receivers_due(),
        progress=lambda: sum(len(one.calls) for one in listeners),
    )
    assert [numbers(one) for one in listeners] == [[1, 2, 3]] * 15


# --- Secrets --------------------------------------------------------------------------------------


def test_secrets_are_sealed_anew_with_the_newest_key(
    receiver: Receiver, settings: Settings
) -> None:
    secret, sealed = receivers.secret_of(receiver), receiver.sealed_secret
    new = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("rotate_keys")
    receiver.refresh_from_db()
    assert receiver.sealed_secret != sealed
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert receivers.secret_of(receiver) == secret


def test_without_its_key_nothing_is_sent_unsigned(
    team: Team, receiver: Receiver, listener: Listener
) -> None:
    Receiver.objects.update(sealed_secret="gAAAAA")
    emit(team, 1)
    send(receiver)
    assert listener.calls == []
    assert OutgoingEvent.objects.get().fault == NO_KEY_FITS


# --- In the vendor's form -------------------------------------------------------------------------

WROTE = {"message_id": "m1", "event": "message", "from": "12025550199", "text": "Hello"}


def status(word: str) -> dict[str, Any]:
    return {"message_id": "m1", "event": "status_update", "event_data": {"status": word}}


def wish(listener: Listener, **changes: Any) -> VendorWish:
    values = {"provider": "twlo", "channel_key": "k1", "reference": "till-1", "url": listener.url}
    return VendorWish(**(values | changes))


def pass_on(team: Team, *bodies: dict[str, Any], channel_key: str = "k1") -> None:
    news = outbox.News()
    for body in bodies:
        if "event_data" in body:
            word = body["event_data"]["status"]
            news.pass_on_status(team.pk, "twlo", channel_key, word, partial(dict, body))
        else:
            news.pass_on(team.pk, "twlo", channel_key, body)
    news.store()


def test_who_takes_us_for_the_vendor_gets_the_vendors_bodies(
    team: Team, listener: Listener
) -> None:
    kinds = ("messages", "status_updates")
    asked = wish(listener, kinds=kinds, status_words=["failed"], secret="My Shared Secret")
    receiver = receivers.put_vendor_receiver(team, None, asked)

    pass_on(team, WROTE, status("delivered"), status("failed"))
    pass_on(team, WROTE, channel_key="k2")
    emit(team, 1)
    send(receiver)

    assert [call.json for call in listener.calls] == [WROTE, status("failed")]
    call = listener.calls[0]
    expected = hmac.new(b"My Shared Secret", call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-sociocs-signature"] == expected


def test_the_same_reference_changes_the_receiver(team: Team, listener: Listener) -> None:
    first = receivers.put_vendor_receiver(team, None, wish(listener))
    again = receivers.put_vendor_receiver(team, None, wish(listener, channel_key="k2", secret=""))
    other = receivers.put_vendor_receiver(team, None, wish(listener, reference=""))
    assert first.pk == again.pk != other.pk
    assert again.channel_key == "k2"
    pass_on(team, status("failed"), channel_key="k2")
    # Messages alone, where nothing is said.
    assert states(again) == []


def test_a_team_has_no_more_receivers_than_it_can_look_after(
    team: Team, listener: Listener
) -> None:
    for number in range(receivers.MOST_RECEIVERS):
        receivers.put_vendor_receiver(team, None, wish(listener, reference=f"till-{number}"))
    with pytest.raises(NotTaken):
        a_receiver(team, listener.url)
    receivers.put_vendor_receiver(team, None, wish(listener, reference="till-3"))


def test_nothing_is_kept_longer_than_it_is_needed(
    team: Team, receiver: Receiver, listener: Listener, time_machine: Traveller
) -> None:
    time_machine.move_to(datetime.fromisoformat("2026-11-30T09:00Z"), tick=False)
    listener.script += [says(200), says(500)]
    emit(team, 1, 2)
    send(receiver)
    time_machine.shift(timedelta(days=31))
    keeping.forget_old()
    assert states(receiver) == ["waiting"]
