"""One message for each person: templates and personal texts under the protocol of all others."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import DecisionKind
from campaigns.texts import personal_texts
from campaigns.texts.sms_segments import segments
from composer import sent_tests
from history import days
from history.models import DayCount
from recipients.models import Recipient, RecipientList
from sending import (
    control,
    day_limits,
    deciding_together,
    decisions,
    launch,
    readiness,
    reconcile,
    submit,
    tick,
)
from sending.models import Attempt, Submission
from sending.readiness import LaunchRefused
from sociocs_accounts.models import Channel
from teams.models import Team
from tests import world
from tests.browsing import Desk, complaints_of, fields_of, text_of
from tests.client import Client
from tests.processes import Sandbox
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]

PEOPLE = 5
TEMPLATE = {
    "id": "HX0123",
    "body": "Hello {{1}}, we expect you on {{2}}.",
    "variables": "1 = {{CUSTOMER_NAME}}\n2 = {{Day}} at 9",
}


@pytest.fixture
def people(channel: Channel) -> RecipientList:
    made = world.a_list(channel.team, world.phones(PEOPLE))
    made.field_names = ["Day"]
    made.save()
    for one in Recipient.objects.filter(recipient_list=made):
        one.fields = {"Day": f"{one.row_number} May"}
        one.save()
    return made


@pytest.fixture
def whatsapp(channel: Channel, sandbox: Sandbox) -> Channel:
    key = world.channel_keys(sandbox)["twlowa"]
    return Channel.objects.create(
        team=channel.team, account=channel.account, provider="twlowa", channel_key=key, label="WA"
    )


def launched(channel: Channel, people: RecipientList, **fields: Any) -> Campaign:
    values = {"one_by_one": True, "template": TEMPLATE, "text": ""} | fields
    return world.launched(world.a_campaign(channel, people, **values))


def hand_over(campaign: Campaign) -> None:
    """Hand over whatever has become due, until nothing more has."""
    Submission.objects.filter(campaign=campaign).update(not_before=None)
    assert campaign.channel
    while submit.hand_over(campaign.channel.account_id):
        pass


def landed(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.witness(sandbox, "/messages")
    return found


@pytest.mark.both_databases
def test_a_template_goes_out_once_to_each_with_their_own_values(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    campaign = launched(whatsapp, people)
    assert world.states(campaign) == ["ready"] * PEOPLE
    hand_over(campaign)
    tick.tick()

    assert world.states(campaign) == ["accepted"] * PEOPLE
    found = landed(sandbox)
    assert sorted(one["to"] for one in found) == world.phones(PEOPLE)
    assert found[0]["template"] == {
        "id": "HX0123",
        "variables": {"1": "Person 2", "2": "2 May at 9"},
    }
    assert {one["text"] for one in found} == {""}
    # The second at which each goes out is its own.
    assert len({one["schedule"] for one in found}) == PEOPLE
    assert world.witness(sandbox)["jobs"] == 0
    ids = set(campaign.submissions.values_list("job_id", flat=True))
    assert ids == {one["job_id"] for one in found}


def test_a_template_of_twilio_may_name_its_variables(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    named = {
        "id": "HX11111111111111111111111111111111",
        "body": "Hi {{first_name}}, your order {{order_id}} is ready.",
        "variables": "first_name = {{CUSTOMER_NAME}}\norder_id = 77",
    }
    campaign = launched(whatsapp, people, template=named)
    hand_over(campaign)
    assert landed(sandbox)[0]["template"]["variables"] == {
        "first_name": "Person 2",
        "order_id": "77",
    }


@pytest.mark.parametrize(
    ("body", "story", "is_sent"),
    [
        # The text and the values together are 1,024 characters, or one more.
        ("Dear {{1}}. " + "y" * 800 + " {{2}} Bye.", 1024 - 800 - 13 - len("Person 2"), True),
        ("Dear {{1}}. " + "y" * 800 + " {{2}} Bye.", 1025 - 800 - 13 - len("Person 2"), False),
        # A value that stands twice counts twice.
        ("{{2}} {{1}} {{2}}", 507, True),
        ("{{2}} {{1}} {{2}}", 508, False),
        # Of a text that nobody gave only the values are known.
        ("", 1024 - len("Person 2"), True),
        ("", 1025 - len("Person 2"), False),
    ],
)
def test_a_templates_text_and_its_values_count_together(
    whatsapp: Channel, people: RecipientList, body: str, story: int, is_sent: bool
) -> None:
    world.fill(people, "Story", ["x" * story, *["short"] * (PEOPLE - 1)])
    lines = "1 = {{CUSTOMER_NAME}}\n2 = {{Story}}"
    template = {"id": "HX1", "body": body, "variables": lines}
    draft = world.a_campaign(whatsapp, people, one_by_one=True, template=template, text="")
    told = personal_texts.survey(draft, None, timezone.now())
    assert told.count.left_out == ({} if is_sent else {"text_too_long": 1})


def test_gupshup_gets_its_sections(
    channel: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    key = world.channel_keys(sandbox)["gswa"]
    gupshup = Channel.objects.create(
        team=channel.team, account=channel.account, provider="gswa", channel_key=key, label="GS"
    )
    lines = "MEDIA_URL = https://example.org/a.jpg\nHeader.1 = Hi\nBody.1 = {{CUSTOMER_NAME}}"
    hand_over(launched(gupshup, people, template={"id": "t1", "body": "", "variables": lines}))
    assert landed(sandbox)[0]["template"]["variables"] == {
        "MEDIA_URL": "https://example.org/a.jpg",
        "Header": {"1": "Hi"},
        "Body": {"1": "Person 2"},
    }


def test_segments_and_cost_are_counted_on_what_each_is_sent(
    channel: Channel, people: RecipientList
) -> None:
    # 1, 1, 2, 3 and 3 segments with the greeting before them.
    world.fill(people, "Note", ["a", "bo", "c" * 160, "d" * 400, "e" * 400])
    channel.team.price_per_segment = Decimal("0.01")
    channel.team.save()
    campaign = launched(channel, people, template={}, text="Hi {{Note}}")

    needed = sorted(map(segments, campaign.submissions.values_list("text", flat=True)))
    assert needed == [1, 1, 2, 3, 3]
    hand_over(campaign)
    days.count_team(channel.team, timezone.now() + timedelta(days=1), 3)
    counted = DayCount.objects.filter(channel=channel).aggregate(Sum("sent"), Sum("cost"))
    assert counted == {"sent__sum": PEOPLE, "cost__sum": Decimal("0.10")}


def test_who_would_wait_at_the_sender_beyond_the_hours_goes_out_the_next_day(
    channel: Channel, team: Team
) -> None:
    """One number sends one segment a second: of the last minute, each of these takes four.

    The first goes out a second into it, so the fifteenth would end after it.
    """
    people = world.a_list(team, world.phones(20))
    world.fill(people, "Note", [chr(ord("a") + n) * 500 for n in range(20)])
    tomorrow = timezone.now().date() + timedelta(days=1)
    hours = {"hours_from": time(9), "hours_to": time(19), "time_zone": "UTC"}
    own = {"template": {}, "text": "Hi {{Note}}", "wall_time": f"{tomorrow}T18:59"}

    campaign = launched(channel, people, **own, **hours)

    slots = campaign.submissions.order_by("seq").values_list("planned_slot", flat=True)
    assert len(slots) == 20
    assert sum(slot.date() == tomorrow for slot in slots) == 14


@pytest.mark.both_databases
def test_personal_texts_need_no_jobs_and_keep_to_no_number_of_texts(
    channel: Channel, people: RecipientList, sandbox: Sandbox, settings: Settings
) -> None:
    settings.MAX_DISTINCT_TEXTS = 2
    campaign = launched(channel, people, template={}, text="Hi {{CUSTOMER_NAME}}, {{Day}}")
    hand_over(campaign)
    assert [one["text"] for one in landed(sandbox)] == [
        f"Hi Person {n}, {n} May" for n in range(2, PEOPLE + 2)
    ]
    assert not campaign.message.rendered_texts.exists()  # type: ignore[union-attr]


@pytest.mark.both_databases
def test_who_lacks_a_value_is_left_out_and_counted(
    whatsapp: Channel, people: RecipientList
) -> None:
    Recipient.objects.filter(recipient_list=people, phone=world.phones(1)[0]).update(fields={})
    campaign = world.a_campaign(whatsapp, people, one_by_one=True, template=TEMPLATE, text="")
    launch.launch(campaign, world.confirmed(campaign, PEOPLE - 1))
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.frozen_count) == ("scheduled", PEOPLE - 1)
    assert campaign.left_out == {"missing_value": 1}
    assert campaign.submissions.count() == PEOPLE - 1


@pytest.mark.both_databases
def test_each_is_handed_over_only_shortly_before_its_second(
    whatsapp: Channel, people: RecipientList, settings: Settings
) -> None:
    campaign = launched(whatsapp, people)
    lead = timedelta(seconds=settings.LEAD_SECONDS)
    rows = campaign.submissions.values_list("planned_slot", "not_before")
    assert all(before == slot - lead for slot, before in rows)
    assert len({slot for slot, _ in rows}) == PEOPLE


@pytest.mark.both_databases
def test_who_opted_out_since_is_not_sent_to(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    campaign = launched(whatsapp, people)
    world.opt_out(campaign.team, world.phones(1)[0])
    hand_over(campaign)
    assert Counter(world.states(campaign)) == {"accepted": PEOPLE - 1, "cancelled": 1}
    assert world.phones(1)[0] not in {one["to"] for one in landed(sandbox)}


@pytest.mark.both_databases
@pytest.mark.parametrize("fault", ["500", "job_made_no_answer"])
def test_an_unclear_answer_whose_second_has_come_is_a_question_and_is_never_repeated(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox, fault: str
) -> None:
    campaign = launched(whatsapp, people)
    world.set_fault(sandbox, fault, path="/message")
    hand_over(campaign)
    hand_over(campaign)
    tick.tick()
    assert whatsapp.account_id not in reconcile.accounts_to_look_at()
    assert Counter(world.states(campaign)) == {"unknown": 1, "accepted": PEOPLE - 1}
    assert Attempt.objects.count() == PEOPLE
    assert world.witness(sandbox, "/phones")["phones"] == 0

    # Only a person sends it again, and then once.
    unclear = campaign.submissions.get(state="unknown")
    assert unclear.current_attempt
    decisions.look_again(unclear)
    assert not reconcile.accounts_to_look_at()
    decisions.decide(
        unclear,
        world.owner_of(campaign.team),
        DecisionKind.SEND_AGAIN,
        shown_version=unclear.version,
        attempt_id=unclear.current_attempt.pk,
    )
    tick.tick()
    hand_over(campaign)
    assert world.states(campaign) == ["accepted"] * PEOPLE
    assert len(landed(sandbox)) == PEOPLE + (fault == "job_made_no_answer")


@pytest.mark.both_databases
def test_what_is_refused_waits_for_a_person_and_stops_the_rest(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    campaign = launched(whatsapp, people)
    world.set_fault(sandbox, "400", path="/message", times=PEOPLE)
    hand_over(campaign)
    campaign.refresh_from_db()
    assert campaign.state == "paused"
    assert not landed(sandbox)


@pytest.mark.both_databases
def test_cancelling_keeps_what_is_gone_and_stops_what_is_not(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    """Three are not due; the time of the two that are has come."""
    campaign = launched(whatsapp, people)
    some = campaign.submissions.order_by("seq")[2:].values_list("pk", flat=True)
    Submission.objects.filter(pk__in=list(some)).update(
        not_before=timezone.now() + timedelta(hours=1)
    )
    Submission.objects.exclude(pk__in=list(some)).update(not_before=None)
    submit.hand_over(whatsapp.account_id)
    wait_until(lambda: world.witness(sandbox)["messages"] == 2)
    control.cancel(campaign, world.owner_of(campaign.team))
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert Counter(world.states(campaign)) == {"accepted": 2, "cancelled": 3}
    assert len(landed(sandbox)) == 2


def test_too_many_people_are_told_before_it_goes(
    whatsapp: Channel, people: RecipientList, settings: Settings
) -> None:
    settings.MAX_MESSAGES_ONE_BY_ONE = PEOPLE - 1
    with pytest.raises(LaunchRefused, match="problems"):
        launched(whatsapp, people)


def test_too_many_people_are_told_while_they_are_chosen(
    whatsapp: Channel, people: RecipientList, settings: Settings
) -> None:
    draft = world.a_campaign(whatsapp, people)
    client = Client()
    client.force_login(world.owner_of(draft.team))
    desk = Desk(draft.team, client)
    typed = fields_of(desk.get("compose", draft)) | {"send_method": "each"}
    told = (
        f"With one message for each person, a campaign may go to {PEOPLE - 1}: choose fewer lists"
    )

    assert told not in text_of(desk.post("audience", draft, **typed))
    settings.MAX_MESSAGES_ONE_BY_ONE = PEOPLE - 1
    assert told in text_of(desk.post("audience", draft, **typed))
    assert told not in text_of(desk.post("audience", draft, **typed | {"send_method": "jobs"}))
    (complaint,) = complaints_of(desk.send(typed, draft, "review"))
    assert told in complaint


@pytest.mark.both_databases
def test_a_pace_holds_for_single_messages_too(whatsapp: Channel, people: RecipientList) -> None:
    campaign = launched(whatsapp, people, pace_count=2, pace_minutes=10)
    slots = list(campaign.submissions.order_by("seq").values_list("planned_slot", flat=True))
    assert spread_of(slots) == [10, 20]
    assert all(campaign.submissions.values_list("is_single", flat=True))
    assert day_limits.smallest_limit(campaign) is None
    assert CampaignRecipient.objects.filter(campaign=campaign).count() == PEOPLE


def spread_of(slots: list[datetime]) -> list[int]:
    """Minutes after the first at which a new interval begins."""
    minutes = [round((one - slots[0]).total_seconds() / 60) for one in slots]
    return sorted({one for one in minutes if one})


@pytest.mark.both_databases
def test_what_was_handed_over_can_be_taken_back_until_its_second(
    whatsapp: Channel, people: RecipientList, settings: Settings
) -> None:
    settings.LEAD_SECONDS = 300
    campaign = launched(whatsapp, people)
    client = Client()
    client.force_login(world.owner_of(campaign.team))
    desk = Desk(campaign.team, client)
    promise = "You can still undo all of it"

    assert promise in text_of(desk.get("campaign", campaign))
    Submission.objects.filter(campaign=campaign).update(
        planned_slot=timezone.now() + timedelta(seconds=40)
    )
    hand_over(campaign)
    page = desk.get("campaign", campaign)
    assert promise in text_of(page)
    assert 'id="pause"' in page.content.decode()


def test_before_the_launch_no_less_is_promised_than_of_jobs(
    whatsapp: Channel, people: RecipientList, settings: Settings
) -> None:
    settings.LEAD_SECONDS = 300
    draft = world.a_campaign(whatsapp, people, one_by_one=True, template=TEMPLATE, text="")
    client = Client()
    client.force_login(world.owner_of(draft.team))
    desk = Desk(draft.team, client)

    composer, plan = text_of(desk.get("compose", draft)), text_of(desk.get("review", draft))
    assert "You can undo all of it until then, and stop the rest later" in composer
    assert "You can undo all of it in the first" in plan
    for page in (composer, plan):
        assert "cannot be taken back" not in page
    # The sender's own speed says nothing: one a second is slower.
    assert "80 messages a second" not in plan


def test_a_long_row_of_single_messages_is_told_by_its_own_pace(
    whatsapp: Channel, people: RecipientList
) -> None:
    RecipientList.objects.filter(pk=people.pk).update(recipient_count=7200)
    draft = world.a_campaign(whatsapp, people, one_by_one=True, template=TEMPLATE, text="")
    client = Client()
    client.force_login(world.owner_of(draft.team))
    page = text_of(Desk(draft.team, client).get("compose", draft))
    assert "One message for each, about one a second: this takes 2 h." in page


@pytest.mark.both_databases
def test_fifty_unclear_people_are_one_question(whatsapp: Channel, people: RecipientList) -> None:
    campaign = launched(whatsapp, people)
    for one in campaign.submissions.order_by("seq")[:3]:
        world.unclear(one)
    owner = world.owner_of(campaign.team)
    client = Client()
    client.force_login(owner)
    page = client.get(f"/{campaign.team.slug}/campaigns/{campaign.public_id}/")
    assert "3 people may or may not have gone out" in text_of(page)
    # Enter in the number presses the form's first button: it was typed for sending again.
    first_button = page.content.decode().split('class="together"')[1].split("<button")[1]
    assert 'value="send_again"' in first_button.split(">")[0]
    together = deciding_together.common_question(campaign)
    assert together
    url = f"/{campaign.team.slug}/campaigns/{campaign.public_id}/decide-together/"

    # Without the number, or with an older question, nothing is decided.
    client.post(url, {"kind": "send_again", "mark": together.mark, "people": "2"})
    client.post(url, {"kind": "mark_as_sent", "mark": "0" * 32})
    client.post(url, {"kind": "try_again", "mark": together.mark})
    assert Counter(world.states(campaign)) == {"unknown": 3, "ready": 2}

    client.post(url, {"kind": "mark_as_sent", "mark": together.mark})
    assert Counter(world.states(campaign)) == {"accepted": 3, "ready": 2}
    assert set(campaign.submissions.filter(state="accepted").values_list("how", flat=True)) == {
        "person"
    }
    client.post(url, {"kind": "do_not_send", "mark": together.mark})
    assert Counter(world.states(campaign)) == {"accepted": 3, "ready": 2}


def test_the_composer_takes_a_template_and_says_what_is_wrong_with_it(
    whatsapp: Channel, people: RecipientList, channel: Channel
) -> None:
    draft = world.a_campaign(whatsapp, people, text="")
    owner = world.owner_of(draft.team)
    client = Client()
    client.force_login(owner)
    desk = Desk(draft.team, client)
    lines = "1 = {{CUSTOMER_NAME}}\nnonsense\n2 =\nBody.3 = x"
    body = "Hello {{1}}, {{4}}"
    page = desk.write(
        draft, "review", send_method="template", template_body=body, template_variables=lines
    )
    complaints = complaints_of(page)
    assert set(complaints.values()) == {"id_template_id", "id_template_variables"}
    told = " ".join(complaints)
    for words in ("“nonsense” names no variable", "variable 2 is empty", "write 3 = …, not Body.3"):
        assert words in told
    assert "has {{4}}, and no line says" in told
    draft.refresh_from_db()
    assert draft.template["variables"].splitlines() == lines.splitlines()

    fields = {"template_id": "HX1", "template_variables": "1 = {{CUSTOMER_NAME}}\n4 = {{Day}}"}
    page = desk.write(draft, "review", send_method="template", template_body=body, **fields)
    assert not complaints_of(page)
    assert "as the approved template HX1, one message for each person" in text_of(page)
    assert "Hello Person 2, 2 May" in text_of(page)
    # A page asks for a text where there are no templates; a program may ask for one all the same.
    other = {"channel": str(channel.public_id)}
    page = desk.write(draft, "review", **other)
    assert set(complaints_of(page).values()) == {"id_text"}
    page = desk.write(draft, "review", send_method="template", **other)
    assert "Twilio SMS has no templates." in " ".join(complaints_of(page))


def test_a_test_of_a_template_is_the_template(
    whatsapp: Channel, people: RecipientList, sandbox: Sandbox
) -> None:
    draft = world.a_campaign(whatsapp, people, text="", one_by_one=True, template=TEMPLATE)
    test = sent_tests.send(
        draft,
        world.owner_of(draft.team),
        sent_tests.Target("Me", "+16317471000"),
        token=draft.public_id,
        content=readiness.content_sha256(draft),
        lists=[people],
        person=Recipient.objects.get(name="Person 3").pk,
    )
    assert test.outcome == "accepted"
    assert landed(sandbox)[0]["template"]["variables"] == {"1": "Person 3", "2": "3 May at 9"}
