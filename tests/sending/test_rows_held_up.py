"""Somebody holds a row, or is ended by the server: claims come back, an answer is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, Heartbeat
from sending import attempts, building, intents, recording, submit, tick
from sending.models import Attempt, Submission
from sending.protocol import AnswerKind, PostAnswer, Refusal
from sociocs_accounts.models import Channel
from tests import world
from tests.processes import Sandbox, database_url

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.postgresql,
    pytest.mark.thorough,
]


@contextmanager
def held(campaign: Campaign) -> Iterator[None]:
    """Its row is locked by a process that is frozen; who waits for it gives up soon."""
    with psycopg.connect(database_url()) as frozen:
        frozen.execute("SELECT 1 FROM campaigns_campaign WHERE id = %s FOR UPDATE", [campaign.pk])
        tell("lock_timeout = '200ms'")
        yield
    tell("lock_timeout = 0")


def tell(setting: str) -> None:
    """Give the connection of this test a limit, which goes with it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET {setting}")


def launched(channel: Channel, people: int = 15, start: int = 0) -> Campaign:
    phones = world.phones(people, start=start)
    return world.launched(world.a_campaign(channel, world.a_list(channel.team, phones)))


def test_whoever_waits_too_long_gives_its_claims_back_and_comes_again(
    channel: Channel, sandbox: Sandbox
) -> None:
    campaign = launched(channel)
    with held(campaign):
        assert submit.hand_over(channel.account_id) is True
        assert world.states(campaign) == ["ready", "ready"]
        assert not Attempt.objects.exists()

    assert submit.hand_over(channel.account_id) is False
    assert world.states(campaign) == ["accepted", "accepted"]
    assert world.witness(sandbox)["recipients"] == 15


def test_a_tick_passes_by_what_is_held_up_and_finds_it_the_next_time(channel: Channel) -> None:
    stuck, free = launched(channel), launched(channel, start=20)
    Campaign.objects.update(state="scheduled", hand_over_at=timezone.now())
    Submission.objects.filter(campaign=stuck).update(state="claimed", lease_until=None)
    with held(stuck):
        tick.tick()
        assert states() == {stuck.pk: "scheduled", free.pk: "sending"}
        assert Heartbeat.objects.filter(part="tick").exists()

    tick.tick()
    assert states() == {stuck.pk: "sending", free.pk: "sending"}
    assert world.states(stuck) == ["ready", "ready"]


def states() -> dict[int, str]:
    return dict(Campaign.objects.values_list("pk", "state"))


def answered(submission: Submission, attempt: Attempt) -> recording.Answered:
    answer = PostAnswer(AnswerKind.ACCEPTED, job_id="kQ2x81Vb", http_status=200)
    return recording.Answered(attempt.pk, attempt.n, submission, answer, {})


def test_an_answer_is_recorded_alone_when_the_next_intent_is_held_up(channel: Channel) -> None:
    first, second = launched(channel, people=5), launched(channel, people=5, start=20)
    claimed = {one.campaign_id: one for one in submit.claim(channel.account)}
    begun = attempts.turn(None, building.build(claimed[first.pk]), timezone.now())
    assert isinstance(begun, intents.Begun)
    in_hand, following = answered(claimed[first.pk], begun.attempt), claimed[second.pk]
    with held(second):
        refusal = attempts.turn(in_hand, building.build(following), timezone.now())

    assert refusal is Refusal.HELD_UP
    assert world.states(first) == ["accepted"]
    assert world.states(second) == ["claimed"]
    assert Attempt.objects.count() == 1


def test_an_answer_is_recorded_although_the_server_has_ended_its_transaction(
    channel: Channel, quick: Settings, tmp_path: Path
) -> None:
    campaign = launched(channel)
    one, other = submit.claim(channel.account)
    begun = attempts.turn(None, building.build(one), timezone.now())
    assert isinstance(begun, intents.Begun)
    (once := tmp_path / "once").touch()
    quick.FAILPOINTS = {"inside_intent": f"once:{once}:sleep:1"}
    tell("idle_in_transaction_session_timeout = '200ms'")

    refusal = attempts.turn(answered(one, begun.attempt), building.build(other), timezone.now())

    assert (refusal, once.exists()) == (Refusal.HELD_UP, False)
    assert world.states(campaign) == ["accepted", "claimed"]


def test_an_intent_that_the_server_has_ended_is_begun_anew_and_nobody_gets_two(
    channel: Channel, quick: Settings, sandbox: Sandbox, tmp_path: Path
) -> None:
    campaign = launched(channel)
    (once := tmp_path / "once").touch()
    quick.FAILPOINTS = {"inside_intent": f"once:{once}:sleep:1"}
    tell("idle_in_transaction_session_timeout = '200ms'")

    submit.hand_over(channel.account_id)

    assert not once.exists()
    assert world.states(campaign) == ["accepted", "accepted"]
    assert world.witness(sandbox)["jobs"] == Attempt.objects.count() == 2


def test_claims_come_back_on_a_new_connection(channel: Channel) -> None:
    campaign = launched(channel)
    claimed = submit.claim(channel.account)
    with psycopg.connect(database_url(), autocommit=True) as admin, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        admin.execute("SELECT pg_terminate_backend(%s)", cursor.fetchone())
    submit.release(claimed)
    assert world.states(campaign) == ["ready", "ready"]
