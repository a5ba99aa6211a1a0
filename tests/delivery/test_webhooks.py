"""What Sociocs calls us with: believed only when signed, kept once, and made sense of later."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from campaigns.models import Campaign, CampaignRecipient
from composer.models import SentTest
from delivery import attributing, delivery_reports, keeping, receiving, tasks
from delivery.models import (
    DeliveryCount,
    Reply,
    SentMessage,
    WebhookEndpoint,
    WebhookEvent,
)
from delivery.refused_calls import RefusedCalls
from interface import hints
from recipients.models import OptOut
from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import Channel
from sociocs_gateway import webhooks
from sociocs_gateway.results import DeliveryStatus, ListedMessage
from teams.models import Team
from tests import world
from tests.client import Client
from tests.effort import examples
from tests.world import accepted, job

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SECRET = "shared between two"
ANN = "+12025550001"


@pytest.fixture
def line(db: None) -> Channel:
    return world.a_channel(world.a_team())


@pytest.fixture
def endpoint(line: Channel) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(channel=line, secret=Secret.of(SECRET), state="on")


@pytest.fixture
def running(line: Channel) -> Campaign:
    """Handed over a minute ago to Ann and two others, as job `job-1`."""
    people = world.a_list(line.team, [ANN, "+12025550002", "+12025550003"])
    campaign = world.launched(world.a_campaign(line, people))
    accepted(job(campaign), "job-1", slot=timezone.now() - timedelta(minutes=1))
    return campaign


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def call(endpoint: WebhookEndpoint, body: bytes, signature: str | None = None) -> int:
    """Call as the vendor does; the status of the answer."""
    headers = {"X-Sociocs-Signature": signed(body) if signature is None else signature}
    answer = Client(enforce_csrf_checks=True).post(
        f"/webhooks/{endpoint.public_id}/", body, content_type="application/json", headers=headers
    )
    return answer.status_code


def say(endpoint: WebhookEndpoint, **event: Any) -> None:
    """Call with an event, and let it be worked through."""
    assert call(endpoint, json.dumps(event).encode()) == 200
    while delivery_reports.work_through():
        pass


def status(message_id: str, word: str, **data: Any) -> dict[str, Any]:
    return {
        "event": "status_update",
        "message_id": message_id,
        "event_data": {"status": word, **data},
    }


def wrote(text: str, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    sent_at = at or timezone.now()
    return {
        "event": "message",
        "message_id": uuid4().hex,
        "from": ANN,
        "text": text,
        "timestamp": int(sent_at.timestamp() * 1000),
        **fields,
    }


# --- Is it really them? ---------------------------------------------------------------------------


def test_the_vendors_own_example_is_taken_in(line: Channel) -> None:
    endpoint = WebhookEndpoint.objects.create(
        channel=line, secret=Secret.of("My Shared Secret"), state="on"
    )
    told = "a52954ef969a496aeed237f48b03c6df7ea43cd0f6e595d06dfe7a8b14b5d891"
    assert call(endpoint, b"Hello, World!", told) == 200
    assert bytes(WebhookEvent.objects.get().body or b"") == b"Hello, World!"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 64,
        signed(b"{}", "another secret"),
        signed(b"{ }"),
        signed(b"{}").upper(),
        f"sha256={signed(b'{}')}",
        f"{signed(b'{}')},{signed(b'{}')}",
        "ä" * 32,
    ],
)
def test_anything_but_the_right_signature_is_refused(
    endpoint: WebhookEndpoint, signature: str
) -> None:
    assert call(endpoint, b"{}", signature) == 403
    assert not WebhookEvent.objects.exists()


def test_a_burst_of_calls_sends_the_worker_one_hint_a_second(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    clock = [100.0]
    monkeypatch.setattr(hints, "nudge", sent.append)
    monkeypatch.setattr(hints, "_sent_at", {})
    monkeypatch.setattr("interface.hints.time.monotonic", lambda: clock[0])

    answers = [call(endpoint, b"{}") for _ in range(5)]
    assert answers == [200] * 5
    assert len(sent) == 1

    clock[0] += 1
    call(endpoint, b"{}")
    assert sent == [tasks.work_through] * 2


def test_without_a_signature_it_is_refused(endpoint: WebhookEndpoint) -> None:
    answer = Client().post(f"/webhooks/{endpoint.public_id}/", b"{}", content_type="text/plain")
    assert answer.status_code == 403


def test_an_address_without_a_usable_secret_does_not_exist(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.update(secret=Secret("gAAAAA not ours"))
    assert call(endpoint, b"{}") == 404
    WebhookEndpoint.objects.update(secret=Secret(""))
    assert call(endpoint, b"{}", signed(b"{}", "")) == 404
    endpoint.public_id = uuid4()
    assert call(endpoint, b"{}") == 404


def test_while_a_secret_is_changed_both_are_good_and_the_old_one_for_a_day(
    endpoint: WebhookEndpoint,
) -> None:
    now = timezone.now()
    for until, expected in ((None, 200), (now + timedelta(hours=1), 200), (now, 403)):
        WebhookEndpoint.objects.update(
            other_secret=Secret.of("the other"), other_secret_until=until
        )
        assert call(endpoint, b"{}", signed(b"{}", "the other")) == expected
        assert call(endpoint, b"{}") == 200


@pytest.mark.both_databases
def test_a_body_above_256_kilobytes_is_refused(endpoint: WebhookEndpoint) -> None:
    assert call(endpoint, b"x" * (256 * 1024)) == 200
    assert call(endpoint, b"x" * (256 * 1024 + 1)) == 413
    assert WebhookEvent.objects.count() == 1


def test_while_the_database_is_away_the_vendor_is_asked_to_come_again(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(receiving, "keep", away)
    assert call(endpoint, b"{}") == 503


@pytest.mark.both_databases
def test_a_hundred_calls_with_the_same_body_are_one_event(endpoint: WebhookEndpoint) -> None:
    body = json.dumps(status("m1", "sent")).encode()
    assert {call(endpoint, body) for _ in range(100)} == {200}
    assert WebhookEvent.objects.count() == 1


NASTY = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"event": "message", "from": "\\ud800", "text": "\\u0000"}',
    b'{"event": "message", "from": "+12025550001", "text": "a\\u0000b\\ud800", "timestamp": NaN}',
    b'{"event": "message", "from": "+12025550001", "timestamp": ' + b"9" * 5000 + b"}",
    b'{"event": "message", "from": "+12025550001", "message_id": {}, "image_urls": 7}',
    b'{"event": "status_update", "message_id": "' + b"m" * 5000 + b'", "event_data": []}',
    b'{"event": "status_update", "message_id": 5, "event_data": {"status": "sent", "error": 1}}',
    b'{"event": "no such event"}',
    b"[" * 60_000,
    b'{"a":' * 50_000,
]


@pytest.mark.both_databases
@pytest.mark.parametrize("body", NASTY, ids=range(len(NASTY)))
def test_nothing_genuine_that_is_odd_stops_anything(endpoint: WebhookEndpoint, body: bytes) -> None:
    assert call(endpoint, body) == 200
    say(endpoint, **status("after", "sent"))
    assert SentMessage.objects.filter(message_id="after").exists()
    assert not WebhookEvent.objects.filter(outcome__in=["waiting", "failed"]).exists()


@pytest.mark.both_databases
@examples(8, HealthCheck.function_scoped_fixture)
@given(
    event=st.dictionaries(
        st.sampled_from(["event", "message_id", "from", "text", "event_data", "timestamp", "name"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text()
            | st.sampled_from(["message", "status_update", ANN, "STOP", "sent"]),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_no_event_is_ever_too_odd(endpoint: WebhookEndpoint, event: dict[str, Any]) -> None:
    assert call(endpoint, json.dumps(event).encode()) == 200
    delivery_reports.work_through()
    assert not WebhookEvent.objects.filter(outcome__in=["waiting", "failed"]).exists()


@pytest.mark.both_databases
def test_an_event_that_cannot_be_processed_does_not_hold_up_the_others(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = webhooks.parse_event

    def fail_on_one(body: bytes) -> Any:
        if b"bad" in body:
            raise RuntimeError
        return parse(body)

    monkeypatch.setattr(delivery_reports, "parse_event", fail_on_one)
    for message in ("m1", "bad", "m2"):
        call(endpoint, json.dumps(status(message, "sent")).encode())
    delivery_reports.work_through()
    assert sorted(SentMessage.objects.values_list("message_id", flat=True)) == ["m1", "m2"]
    assert WebhookEvent.objects.filter(outcome="failed").count() == 1
    assert not delivery_reports.has_calls()


@pytest.mark.both_databases
def test_old_bodies_are_emptied_and_their_hash_still_stops_a_replay(
    endpoint: WebhookEndpoint,
) -> None:
    say(endpoint, **status("m1", "sent"))
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(days=31))
    delivery_reports.forget_old_bodies()
    say(endpoint, **status("m1", "sent"))
    assert WebhookEvent.objects.get().body is None


@pytest.mark.both_databases
def test_calls_of_long_ago_are_deleted_some_at_a_time_and_do_no_harm_when_they_come_again(
    endpoint: WebhookEndpoint, running: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[Any] = []
    monkeypatch.setattr(tasks, "nudge", lambda task, *_: nudged.append(task))
    monkeypatch.setattr(keeping, "ROWS_AT_ONCE", 2)
    for n in range(5):
        say(endpoint, **status(f"m{n}", "sent"))
    waits = json.dumps(status("m5", "sent")).encode()
    call(endpoint, waits)
    tasks.tick()
    assert tasks.forget_calls not in nudged

    WebhookEvent.objects.exclude(body=json.dumps(status("m4", "sent")).encode()).update(
        received_at=timezone.now() - timedelta(days=91)
    )
    # What waits is worked through first.
    nudged.clear()
    tasks.tick()
    assert tasks.forget_calls not in nudged
    assert WebhookEvent.objects.count() == 6

    delivery_reports.work_through()
    nudged.clear()
    tasks.tick()
    while tasks.forget_calls in nudged:
        nudged.remove(tasks.forget_calls)
        tasks.forget_calls()
    left = WebhookEvent.objects.get()
    assert bytes(left.body or b"") == json.dumps(status("m4", "sent")).encode()

    known = list(SentMessage.objects.order_by("pk").values())
    say(endpoint, **status("m1", "sent"))
    assert WebhookEvent.objects.count() == 2
    assert list(SentMessage.objects.order_by("pk").values()) == known


# --- What became of a message ---------------------------------------------------------------------

WORDS = {"queued", "sent", "delivered", "read", "failed", "undelivered", "sending", "nonsense"}


def counts(campaign: Campaign) -> dict[str, int]:
    rows = DeliveryCount.objects.filter(campaign=campaign).exclude(messages=0)
    return dict(rows.values_list("status", "messages"))


def ann(campaign: Campaign) -> CampaignRecipient:
    return campaign.recipients.get(phone=ANN)


@pytest.mark.both_databases
@examples(8, HealthCheck.function_scoped_fixture)
@given(words=st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=8))
def test_a_status_only_moves_forward_whatever_the_order(
    endpoint: WebhookEndpoint, words: list[str]
) -> None:
    message_id = uuid4().hex
    for n, word in enumerate(words):
        call(endpoint, json.dumps(status(message_id, word) | {"n": n}).encode())
    delivery_reports.work_through()
    furthest = max((DeliveryStatus.of(word) for word in words), key=lambda one: one.rank)
    assert SentMessage.objects.get(message_id=message_id).status == furthest


@pytest.mark.both_databases
def test_a_known_message_is_credited_and_counted_once(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))
    for word in ("sent", "read", "delivered", "sent"):
        say(endpoint, **status("m1", word), n=word)
    assert counts(running) == {"read": 1}
    endpoint.refresh_from_db()
    assert endpoint.unattributed_count == 0


@pytest.mark.both_databases
def test_the_late_report_of_a_test_message_is_no_lack_of_any_campaign(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    test = {"token": uuid4(), "label": "Me", "phone": "+12025550199", "message_id": "t1"}
    SentTest.objects.create(campaign=running, **test)
    say(endpoint, **status("t1", "delivered"))
    endpoint.refresh_from_db()
    assert (endpoint.unattributed_count, endpoint.learn_at) == (0, None)


@pytest.mark.both_databases
def test_a_report_that_outruns_the_answer_of_its_test_is_no_lack_either(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    test = {"label": "Me", "phone": "+12025550199"}
    tests = [SentTest.objects.create(campaign=running, token=uuid4(), **test) for _ in range(2)]
    say(endpoint, **status("t0", "sent"))
    say(endpoint, **status("m1", "sent"))
    for n, one in enumerate(tests):
        SentTest.objects.filter(pk=one.pk).update(message_id=f"t{n}")
    say(endpoint, **status("t1", "sent"))
    endpoint.refresh_from_db()
    assert endpoint.unattributed_count == 2

    # The vendor's list cannot be had here: what is known by then is settled without it.
    attributing.learn(endpoint.pk)

    endpoint.refresh_from_db()
    assert endpoint.unattributed_count == 1
    assert list(SentMessage.objects.values_list("message_id", flat=True)) == ["m1"]


def test_a_test_of_one_channel_settles_nothing_of_anothers_messages(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    other = WebhookEndpoint.objects.create(
        channel=world.a_channel(world.a_team()), secret=Secret.of(SECRET), state="on"
    )
    say(other, **status("t1", "sent"))
    test = {"token": uuid4(), "label": "Me", "phone": "+12025550199", "message_id": "t1"}
    SentTest.objects.create(campaign=running, **test)
    say(endpoint, **status("t1", "delivered"))
    assert SentMessage.objects.filter(channel=other.channel, message_id="t1").exists()

    SentTest.objects.create(campaign=running, **test | {"token": uuid4(), "message_id": "t2"})
    say(other, **status("t2", "sent"))
    attributing.learn(other.pk)
    other.refresh_from_db()
    assert other.unattributed_count == 2


@pytest.mark.both_databases
def test_an_unknown_message_is_counted_as_that_and_credited_once_it_is_known(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    say(endpoint, **status("m1", "sent"))
    say(endpoint, **status("m1", "failed", error={"code": 30003, "message": "Unreachable"}))
    endpoint.refresh_from_db()
    assert (endpoint.unattributed_count, counts(running)) == (1, {})
    assert endpoint.learn_at is not None

    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))
    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))

    endpoint.refresh_from_db()
    assert (endpoint.unattributed_count, counts(running)) == (0, {"failed": 1})
    assert SentMessage.objects.get().error_code == "30003"


def listed(message_id: str = "m1", **fields: Any) -> ListedMessage:
    values: dict[str, Any] = {"phone": ANN, "sent_at": timezone.now()} | fields
    return ListedMessage(message_id, **values)


@pytest.mark.parametrize(
    ("fields", "is_hers"),
    [
        ({"job_id": "job-1", "sent_at": None}, True),
        ({"job_id": "another"}, False),
        ({}, True),
        ({"text": "See you in spring."}, True),
        ({"text": "Something else"}, False),
        ({"sent_at": None}, False),
        ({"phone": "+12025559999"}, False),
        ({"is_incoming": True}, False),
    ],
)
def test_a_listed_message_is_credited_only_where_it_can_be_from(
    running: Campaign, fields: dict[str, Any], is_hers: bool
) -> None:
    assert running.channel is not None
    found = attributing.recipient_of(running.channel, listed(**fields))
    assert found == (ann(running) if is_hers else None)


@pytest.mark.both_databases
def test_of_two_jobs_that_it_may_be_from_none_is_credited(running: Campaign, line: Channel) -> None:
    other = world.launched(world.a_campaign(line, world.a_list(line.team, [ANN], "Others")))
    accepted(job(other), "job-2", slot=timezone.now() - timedelta(minutes=2))
    assert attributing.recipient_of(line, listed()) is None
    assert attributing.recipient_of(line, listed(job_id="job-2")) == ann(other)


# --- What people write back -----------------------------------------------------------------------


def is_opted_out(team: Team) -> bool:
    return OptOut.objects.filter(team=team, phone=ANN, lifted_at=None).exists()


@pytest.mark.both_databases
def test_stop_opts_out_at_once_and_start_lifts_it(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    team, now = running.team, timezone.now()
    say(endpoint, **wrote("Stop.", now - timedelta(minutes=3)))
    assert is_opted_out(team)
    assert Reply.objects.get().campaign is None, "it was written before the job went out"
    say(endpoint, **wrote("START", now - timedelta(seconds=5)))
    assert not is_opted_out(team)
    lifted = OptOut.objects.get()
    assert lifted.lifted_reason == "wrote_start"
    with override("es"):
        assert lifted.why_lifted == "Escribió START"
    assert Reply.objects.latest("pk").campaign == running


def test_an_old_wish_that_comes_late_or_again_changes_nothing(endpoint: WebhookEndpoint) -> None:
    now, team = timezone.now(), endpoint.channel.team
    start = wrote("START", now - timedelta(minutes=2))
    say(endpoint, **start)
    say(endpoint, **wrote("STOP", now - timedelta(minutes=1)))
    # The same message in another body, and another one as old.
    say(endpoint, **start, name="Ann")
    say(endpoint, **wrote("START", now - timedelta(minutes=2)))
    assert is_opted_out(team)
    say(endpoint, **wrote("START", now))
    say(endpoint, **wrote("STOP", now - timedelta(seconds=30)))
    assert not is_opted_out(team)


def test_of_two_wishes_of_one_second_to_be_left_alone_wins(endpoint: WebhookEndpoint) -> None:
    now = timezone.now()
    for text in ("STOP", "START"):
        say(endpoint, **wrote(text, now - timedelta(minutes=1)))
    assert is_opted_out(endpoint.channel.team)


def test_a_message_from_the_future_outranks_none_that_come_later(endpoint: WebhookEndpoint) -> None:
    say(endpoint, **wrote("START", timezone.now() + timedelta(days=900)))
    say(endpoint, **wrote("STOP", timezone.now() + timedelta(seconds=5)))
    assert is_opted_out(endpoint.channel.team)


def test_start_does_not_lift_what_a_colleague_entered(endpoint: WebhookEndpoint) -> None:
    world.opt_out(endpoint.channel.team, ANN)
    say(endpoint, **wrote("START"))
    assert is_opted_out(endpoint.channel.team)


def test_other_replies_are_only_kept(endpoint: WebhookEndpoint, running: Campaign) -> None:
    say(endpoint, **wrote("Don't stop, see you there", image_urls=["https://example.org/a.jpg"]))
    reply = Reply.objects.get()
    assert (reply.campaign, reply.media_count, reply.wish) == (running, 1, "")
    assert not OptOut.objects.exists()


def test_what_may_be_a_wish_holds_the_person_back_until_somebody_decides(
    endpoint: WebhookEndpoint,
) -> None:
    say(endpoint, **wrote("I told you to stop texting me, I moved"))
    assert is_opted_out(endpoint.channel.team)
    assert OptOut.objects.get().source == OptOut.Source.UNSURE


def test_a_sure_wish_overtakes_one_that_was_not_sure(endpoint: WebhookEndpoint) -> None:
    now = timezone.now()
    say(endpoint, **wrote("Wrong number", now - timedelta(minutes=1)))
    say(endpoint, **wrote("STOP", now - timedelta(minutes=2)))
    assert OptOut.objects.get().source == OptOut.Source.INBOUND


def test_start_frees_whoever_was_held_back(endpoint: WebhookEndpoint) -> None:
    say(endpoint, **wrote("Wrong number", timezone.now() - timedelta(minutes=1)))
    say(endpoint, **wrote("START"))
    assert not is_opted_out(endpoint.channel.team)


CASE = json.loads((Path(__file__).parent / "cases/status-opted-out.json").read_bytes())


@pytest.mark.both_databases
def test_whoever_told_the_network_to_stop_is_opted_out(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))
    say(endpoint, **CASE | {"message_id": "m1"})
    entry = OptOut.objects.get()
    assert (entry.phone, entry.source) == (ANN, OptOut.Source.NETWORK)


@pytest.mark.both_databases
def test_a_wish_is_heeded_once_it_is_known_whose_it_was(
    endpoint: WebhookEndpoint, running: Campaign
) -> None:
    say(endpoint, **CASE | {"message_id": "m1"})
    assert not OptOut.objects.exists()
    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))
    assert is_opted_out(endpoint.channel.team)


@pytest.mark.parametrize("code", ["30003", "30007", "63016", "99999", ""])
def test_other_failures_opt_nobody_out(
    endpoint: WebhookEndpoint, running: Campaign, code: str
) -> None:
    delivery_reports.credit_message(endpoint.channel, "m1", ann(running))
    say(endpoint, **status("m1", "failed", error={"code": code}))
    assert not OptOut.objects.exists()


@pytest.fixture
def fresh_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has refused no call yet."""
    monkeypatch.setattr("delivery.views.webhooks.refused_calls", RefusedCalls())


def test_a_flood_of_wrong_calls_is_one_line_a_minute_and_keeps_no_right_one_out(
    endpoint: WebhookEndpoint,
    fresh_count: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("delivery.refused_calls.MOST", 5)
    unknown = WebhookEndpoint(public_id=uuid4())
    answers = [call(endpoint, b"{}", "0" * 64) for _ in range(4)]
    answers += [call(unknown, b"{}") for _ in range(4)]
    answers += [call(endpoint, b"x" * 300_000)]
    assert answers == [403] * 4 + [404] + [429] * 4
    assert [record.getMessage() for record in caplog.records] == [
        "A call to a webhook was refused (403). Since the last such line: 0 more."
    ]
    assert call(endpoint, b"{}") == 200
    monkeypatch.setattr("delivery.refused_calls._SECONDS", 0)
    assert call(endpoint, b"{}", "0" * 64) == 403
    assert caplog.records[-1].getMessage().endswith("(403). Since the last such line: 8 more.")
    assert len(caplog.records) == 2
