"""The short ways, of a turn and of a body, do what the careful ways do: in every row and byte."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient
from sending import attempts, building, intents, submit, usual_turns
from sending.models import Attempt, DayTotal, Submission
from sending.protocol import AnswerKind, PostAnswer
from sending.recording import Answered
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import BulkMessage
from tests import world

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.both_databases,
    pytest.mark.thorough,
]

ACCEPTED = PostAnswer(AnswerKind.ACCEPTED, job_id="kQ2x81Vb", http_status=200)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """One moment and one chance, so that two plays of a turn can write the same."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr("random.random", lambda: 0.5)


@dataclass
class Scene:
    """A job whose answer is in hand, and the one that goes out behind it."""

    channel: Channel
    answered: Answered | None
    built: intents.Built | None
    vendor_now: datetime

    @property
    def next(self) -> Submission:
        assert self.built is not None
        return self.built.submission

    @property
    def last(self) -> Answered:
        assert self.answered is not None
        return self.answered

    def is_answered(self, **changes: Any) -> None:
        self.answered = replace(self.last, answer=replace(ACCEPTED, **changes))


@pytest.fixture
def scene(channel: Channel) -> Scene:
    """The second of three jobs has its answer; the third is to follow."""
    world.launched(world.a_campaign(channel, world.a_list(channel.team, world.phones(30))))
    # As after the first job of a day.
    first, second, third = submit.claim(channel.account)
    slots = attempts.slots_for(channel.account_id, [first, second, third])
    scene = Scene(channel, None, None, timezone.now())
    for submission, slot in ((first, slots[0]), (second, slots[1])):
        begun = attempts.turn(scene.answered, building.build(submission, slot), scene.vendor_now)
        assert isinstance(begun, intents.Begun)
        job_id = f"job-{submission.seq}"
        answer = replace(ACCEPTED, job_id=job_id)
        scene.answered = Answered(begun.attempt.pk, 1, submission, answer, {})
    scene.built = building.build(third, slots[2])
    return scene


def every_row() -> Rows:
    """All that the database holds."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
    }


def played(scene: Scene) -> tuple[Any, Rows]:
    """What a turn of the scene comes to, and the database after it; nothing of it stays."""
    answered, built = copy.deepcopy((scene.answered, scene.built))
    with transaction.atomic():
        came_to = attempts.turn(answered, built, scene.vendor_now)
        rows = every_row()
        transaction.set_rollback(True)
    if isinstance(came_to, intents.Begun):
        assert isinstance(came_to.message, BulkMessage)
        return (came_to.attempt.pk, came_to.message.body()), rows
    return came_to, rows


def unnumbered(rows: Rows, before: Rows) -> Rows:
    """Without the numbers of new rows: PostgreSQL counts on, whatever becomes of a transaction."""
    numbers = {label: {row.get("id") for row in known} for label, known in before.items()}
    return {
        label: [
            {name: value for name, value in row.items() if name != "id"}
            if row.get("id") not in numbers[label]
            else row
            for row in found
        ]
        for label, found in rows.items()
    }


def take_deadlines(rows: Rows) -> list[datetime]:
    """They are by the database's own clock, which nobody can stop."""
    return [attempt.pop("deadline") for attempt in rows[Attempt._meta.label]]


Change = Callable[[Scene], object]


def updated(model: Any, **changes: Any) -> Change:
    return lambda _: model.objects.update(**changes)


def of_next(**changes: Any) -> Change:
    return lambda scene: Submission.objects.filter(pk=scene.next.pk).update(**changes)


def other_campaign(scene: Scene) -> None:
    people = world.a_list(scene.channel.team, world.phones(5, start=100))
    other = world.launched(world.a_campaign(scene.channel, people))
    submit.release([scene.next])
    claimed = {one.campaign_id: one for one in submit.claim(scene.channel.account)}
    scene.built = building.build(claimed[other.pk], slot_of(scene))


def slot_of(scene: Scene) -> datetime:
    slot = attempts.slots_for(scene.channel.account_id, [scene.next])[0]
    assert slot is not None
    return slot


def nothing_follows(scene: Scene) -> None:
    scene.built = None


USUAL: dict[str, Change] = {
    "all is as usual": lambda _: None,
    "the next is another campaign's": other_campaign,
    "nothing follows": nothing_follows,
    "the next was tried before": of_next(attempt_count=1),
    "its slot was found long before": lambda scene: setattr(
        scene, "vendor_now", scene.vendor_now - timedelta(hours=1)
    ),
}


def of_last(**changes: Any) -> Change:
    return lambda scene: Attempt.objects.filter(pk=scene.last.attempt_id).update(**changes)


def answer(kind: AnswerKind, **more: Any) -> Change:
    return lambda scene: scene.is_answered(kind=kind, job_id="", **more)


def wish(scene: Scene) -> None:
    somebody = CampaignRecipient.objects.get(position=scene.next.first_position)
    world.opt_out(scene.channel.team, somebody.phone)
    scene.built = building.build(scene.next, slot_of(scene))


def nobody_left(scene: Scene) -> None:
    for phone in world.phones(30):
        world.opt_out(scene.channel.team, phone)
    scene.built = building.build(scene.next, slot_of(scene))


def slot_taken(scene: Scene) -> None:
    assert scene.built is not None
    scene.built.slot = Attempt.objects.earliest("slot").slot
    of_next(planned_slot=scene.built.slot)(scene)


def limit_of_channel(scene: Scene) -> None:
    channel = scene.next.campaign.channel
    assert channel is not None
    channel.daily_limit = 20


def limit_of_team(people: int) -> Change:
    return lambda scene: setattr(scene.next.campaign.team, "daily_limit", people)


def second_attempt(scene: Scene) -> None:
    scene.answered = replace(scene.last, n=2)


def no_answer(scene: Scene) -> None:
    Attempt.objects.filter(pk=scene.last.attempt_id).update(outcome="not_sent")
    scene.answered = None


def known_job(scene: Scene) -> None:
    scene.is_answered(job_id="job-1")


UNUSUAL: dict[str, Change] = {
    "no job of the day was counted yet": lambda _: DayTotal.objects.all().delete(),
    "the campaign is paused": updated(Campaign, state="paused"),
    "the campaign is being cancelled": updated(Campaign, state="cancelling"),
    "its time is over": updated(Campaign, send_by=timezone.now() - timedelta(hours=1)),
    "it is night": updated(Campaign, hours_from="00:00", hours_to="00:01"),
    "the account is halted": updated(GatewayAccount, state="halted", halt_reason="auth"),
    "the account rests": updated(
        GatewayAccount, cool_until=timezone.now() + timedelta(hours=1), rate_limits=1
    ),
    "the account had an unclear answer": updated(GatewayAccount, strikes=1),
    "the account must be looked at": updated(GatewayAccount, probe_needed=True),
    "the team has a limit": limit_of_team(1_000),
    "the team's limit is reached": limit_of_team(20),
    "the channel's limit is reached": limit_of_channel,
    "the claim is somebody else's": of_next(claim_token=uuid4()),
    "the claim was given back": of_next(state="ready", claim_token=None),
    "the next has a time of its own, which is over": of_next(
        send_by=timezone.now() - timedelta(hours=1)
    ),
    "the next was planned for later": of_next(planned_slot=timezone.now() + timedelta(days=1)),
    "its slot comes too soon": lambda scene: setattr(
        scene, "vendor_now", scene.vendor_now + timedelta(hours=1)
    ),
    "its second was taken meanwhile": slot_taken,
    "somebody of the next opted out": wish,
    "nobody is left in the next": nobody_left,
    "the answer came too late": of_last(outcome="ambiguous"),
    "the answer was stored before": of_last(outcome="accepted", job_id="job-2"),
    "the answered job is unclear": lambda scene: Submission.objects.filter(
        pk=scene.last.submission.pk
    ).update(state="unknown"),
    "it was not the first attempt": second_attempt,
    "it is the first call": no_answer,
    "the job id is another's": known_job,
    "it was refused": answer(AnswerKind.REFUSED, http_status=400, reason="invalid"),
    "it is unclear": answer(AnswerKind.UNKNOWN, http_status=500, reason="server_error"),
    "it was too early": answer(AnswerKind.TRY_LATER, http_status=429, cools=True),
}


def refuse_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def unusual(*_: object) -> None:
        raise usual_turns.Unusual

    monkeypatch.setattr(usual_turns, "play", unusual)


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each turn, whether it went the short way."""
    went: list[bool] = []
    play = usual_turns.play

    def watched(*arguments: Any) -> Any:
        went.append(False)
        begun = play(*arguments)
        went[-1] = True
        return begun

    monkeypatch.setattr(usual_turns, "play", watched)
    return went


@pytest.mark.parametrize("name", [*USUAL, *UNUSUAL])
def test_both_ways_of_a_turn_leave_the_same_in_every_row(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, short_ways: list[bool], name: str
) -> None:
    (USUAL | UNUSUAL)[name](scene)
    before = every_row()

    short = played(scene)
    went = short_ways.copy()
    refuse_the_short_way(monkeypatch)
    careful = played(scene)

    assert any(went) is (name in USUAL)
    for one, other in zip(take_deadlines(short[1]), take_deadlines(careful[1]), strict=True):
        assert abs(one - other) < timedelta(minutes=5)
    assert short[0] == careful[0]
    assert unnumbered(short[1], before) == unnumbered(careful[1], before)
    take_deadlines(before)
    assert careful[1] != before or name == "the answer was stored before"


# --- Bodies ---------------------------------------------------------------------------------------

NAMES = [
    *("Ann Osei", "", "Zoë Müller-Lüdenscheidt", "Анна", "安娜", "👩‍👩‍👧 Wu", "שלום"),
    *("O'Brien", 'the "boss"', "back\\slash", "a/b", "tab\there", "two\nlines", "\r\b\f"),
    *("\x01\x1f\x7f", "\u2028\u2029", "{{name}}", "{{{name}}}", "{{{{{", "a{", "{b", "}}"),
    *('","name":"', '"}', '{"to":"+12025550100","name":"', "\\", '\\"', "%s %%", "$1 :a"),
]


def named(channel: Channel, names: list[str], **fields: Any) -> Submission:
    """A claimed job of people with these names."""
    people = world.phones(len(names))
    campaign = world.launched(
        world.a_campaign(channel, world.a_list(channel.team, people), **fields)
    )
    for row, name in zip(campaign.recipients.order_by("position"), names, strict=True):
        CampaignRecipient.objects.filter(pk=row.pk).update(name=name)
    return submit.claim(channel.account)[0]


def body(submission: Submission, people: building.People) -> tuple[bytes, set[str]]:
    recipients, left_out = people
    message = intents.message_or_fault(submission, recipients, submission.planned_slot)
    assert isinstance(message, BulkMessage)
    return message.body(), set(left_out)


@pytest.mark.parametrize("left_out", [(), (0, 3, 4)])
def test_the_database_writes_a_body_as_we_do_to_the_byte(
    channel: Channel, quick: Settings, left_out: tuple[int, ...]
) -> None:
    quick.RECIPIENTS_PER_SUBMISSION = 100
    submission = named(channel, NAMES)
    for place in left_out:
        world.opt_out(channel.team, world.phones(len(NAMES))[place])
    other_team = world.a_team("Another Practice")
    world.opt_out(other_team, world.phones(2)[1])

    short = body(submission, building.people_in_one(submission))
    careful = body(submission, building.people_one_by_one(submission))

    assert short == careful
    assert len(short[1]) == len(left_out)
    assert b"{{" not in short[0]


def test_a_wish_that_was_lifted_leaves_nobody_out(channel: Channel) -> None:
    submission = named(channel, ["Ann"])
    opted_out = world.opt_out(channel.team, world.phones(1)[0])
    assert building.build(submission).message is None
    opted_out.lifted_at = timezone.now()
    opted_out.save()
    assert building.build(submission).left_out == []


def test_where_a_number_is_no_number_the_careful_way_says_so(channel: Channel) -> None:
    submission = named(channel, ["Ann", "Bob"])
    CampaignRecipient.objects.filter(name="Bob").update(phone='+1"},{"to":"')

    with pytest.raises(ValueError, match="not as a body names people"):
        building.people_in_one(submission)

    fault = building.build(submission).message
    assert isinstance(fault, MessageNotExpressible)
    assert fault.code == "phone_not_e164"


@pytest.mark.sqlite
def test_what_cannot_be_sent_in_a_name_is_said_and_not_sent(channel: Channel) -> None:
    """PostgreSQL stores no NUL."""
    fault = building.build(named(channel, ["Ann\x00"])).message
    assert isinstance(fault, MessageNotExpressible)
    assert fault.code == "unsendable_character"
