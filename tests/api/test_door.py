"""The Sociocs-compatible door: a call gains every guard that a person's campaign has."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from api import campaigns_by_call
from api.call_models import CalledJob, KeptAnswer
from api.models import ApiToken, Scope
from campaigns.models import Campaign
from campaigns.states import CampaignState
from composer import approvals
from recipients.models import OptOut, Recipient, RecipientList
from sending import launch, tick
from sending.models import Submission
from sociocs_accounts.models import Channel
from teams import members
from teams.models import Role, Team, User
from tests import world
from tests.addresses.routes import OF_PROGRAMS, ROUTES, address
from tests.api.calling import ANN, BOB, PEOPLE, Program, a_program, many_recipients
from tests.client import Client
from tests.people import ClientOf
from trail.models import Door, Entry

SMS = {"provider": "twlo", "channel_key": "front-desk"}
BULK: dict[str, Any] = SMS | {"recipients": PEOPLE, "text": "Hello"}
ONE: dict[str, Any] = SMS | {"to": ANN, "text": "Hello"}


def later(hours: float = 48) -> str:
    return (timezone.now() + timedelta(hours=hours)).isoformat()


def recipients(number: int) -> list[dict[str, str]]:
    return [{"to": phone, "name": "Somebody"} for phone in world.phones(number)]


@pytest.fixture
def channel(riverside: Team, alice: User) -> Channel:
    return world.a_channel(riverside)


@pytest.fixture
def till(riverside: Team, channel: Channel, alice: User) -> Program:
    return a_program(riverside, alice)


def frozen(job_id: str) -> Campaign:
    """The campaign of a job, with its people as they are fixed."""
    campaign = CalledJob.objects.get(public_id=job_id).campaign
    assert campaign is not None
    launch.freeze(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def phones_of(campaign: Campaign) -> list[str]:
    return list(campaign.recipients.order_by("position").values_list("phone", flat=True))


# --- A campaign as any other ----------------------------------------------------------------------


def test_a_call_is_a_campaign_of_the_tokens_maker(till: Program, alice: User) -> None:
    job_id = till.data("POST", "/messages/bulk", BULK)["job_id"]
    campaign = frozen(job_id)
    assert campaign.name == "By API: Till"
    assert (campaign.launched_by, campaign.state) == (alice, CampaignState.SCHEDULED)
    assert phones_of(campaign) == [ANN, f"+{BOB}"]
    entry = Entry.objects.filter(act="campaign.launched").latest("pk")
    assert (entry.actor_id, entry.door) == (alice.pk, Door.API)
    assert entry.through == f"token {till.made.token.pk}"


def test_its_people_stand_in_no_page_of_lists(
    till: Program, alice: User, client_of: ClientOf, riverside: Team
) -> None:
    job_id = till.data("POST", "/messages/bulk", BULK)["job_id"]
    (people,) = RecipientList.objects.all()
    browser = client_of(alice)
    for page in ("lists/", "lists/?show=archived", "campaigns/"):
        answer = browser.get(f"/{riverside.slug}/{page}")
        assert str(people.public_id) not in answer.content.decode(), page
    assert browser.get(f"/{riverside.slug}/lists/{people.public_id}/").status_code == 404
    campaign = frozen(job_id)
    place = f"/{riverside.slug}/campaigns/{campaign.public_id}/"
    assert browser.get(place).status_code == 200
    assert "Ann" in browser.get(f"{place}people/").content.decode()


def test_its_people_are_deleted_once_it_is_over(till: Program) -> None:
    campaign = frozen(till.data("POST", "/messages/bulk", BULK)["job_id"])
    campaigns_by_call.end_lists_of_calls()
    people = RecipientList.objects.get()
    assert people.deleted_at is None
    Campaign.objects.filter(pk=campaign.pk).update(state="completed")
    campaigns_by_call.end_lists_of_calls()
    people.refresh_from_db()
    assert people.deleted_at is not None


def test_whoever_opted_out_is_left_out(till: Program, riverside: Team) -> None:
    world.opt_out(riverside, ANN)
    campaign = frozen(till.data("POST", "/messages/bulk", BULK)["job_id"])
    assert phones_of(campaign) == [f"+{BOB}"]
    assert campaign.left_out == {"opted_out": 1}
    (job,) = till.data("GET", "/messages/bulk")
    assert job["left_out"] == {"opted_out": 1}


def test_with_everybody_opted_out_nothing_is_made(till: Program, riverside: Team) -> None:
    world.opt_out(riverside, ANN)
    body = BULK | {"recipients": PEOPLE[:1]}
    (sentence,) = till.errors("POST", "/messages/bulk", body)
    assert sentence.startswith("recipients: Nobody would get this message")
    assert not Campaign.objects.exists()
    assert not RecipientList.objects.filter(is_ready=True).exists()


@pytest.mark.parametrize(("is_allowed", "messages"), [(False, 2), (True, 3)])
def test_a_number_comes_once_unless_the_call_allows_more(
    till: Program, is_allowed: bool, messages: int
) -> None:
    body = BULK | {
        "recipients": [*PEOPLE, {"to": f"00{ANN[1:]}"}],
        "duplicates_allowed": is_allowed,
    }
    campaign = frozen(till.data("POST", "/messages/bulk", body)["job_id"])
    assert campaign.frozen_count == messages


def test_hours_of_the_team_hold(till: Program, riverside: Team) -> None:
    now = timezone.now()
    opens = (now + timedelta(hours=6)).hour
    Team.objects.filter(pk=riverside.pk).update(
        time_zone="UTC", hours_from=f"{opens:02}:00", hours_to=f"{opens:02}:59"
    )
    campaign = frozen(till.data("POST", "/messages/bulk", BULK)["job_id"])
    assert world.job(campaign).planned_slot.hour == opens
    till.data("POST", "/message", ONE)
    assert Submission.objects.get(is_single=True).planned_slot.hour == opens


def test_a_limit_of_the_day_holds(till: Program, riverside: Team) -> None:
    Team.objects.filter(pk=riverside.pk).update(daily_limit=2, time_zone="UTC")
    campaign = frozen(
        till.data("POST", "/messages/bulk", BULK | {"recipients": recipients(5)})["job_id"]
    )
    days = [job.planned_slot.date() for job in campaign.submissions.order_by("seq")]
    assert len(set(days)) == 3
    for number in range(3):
        till.data("POST", "/message", ONE | {"text": f"Message {number}"})
    singles = Submission.objects.filter(is_single=True).order_by("seq")
    assert len({job.planned_slot.date() for job in singles}) >= 2


def test_above_the_tokens_own_limit_it_is_429_until_tomorrow(
    till: Program, riverside: Team
) -> None:
    ApiToken.objects.update(daily_limit=2)
    answer = till.call("POST", "/messages/bulk", BULK | {"recipients": recipients(3)})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert not Campaign.objects.exists()
    till.data("POST", "/messages/bulk", BULK)
    assert till.call("POST", "/message", ONE).status_code == 429


# --- Approval -------------------------------------------------------------------------------------


def test_above_the_teams_approval_a_job_waits_and_the_answer_says_so(
    till: Program, riverside: Team, alice: User, sami: User
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=1)
    said = till.data("POST", "/messages/bulk", BULK)
    assert said["status"] == "waiting_for_approval"
    assert "second person" in said["message"]
    campaign = Campaign.objects.get()
    assert campaign.state == CampaignState.DRAFT
    (listed,) = till.data("GET", "/messages/bulk")
    assert (listed["job_id"], listed["status"]) == (said["job_id"], "waiting_for_approval")

    approval = approvals.open_request(campaign)
    assert approval is not None
    assert approval.asked_by == alice
    approvals.approve(approval.public_id, campaign, sami, approval.fingerprint, is_proved=True)
    assert phones_of(frozen(said["job_id"])) == [ANN, f"+{BOB}"]
    assert till.data("GET", "/messages/bulk")[0]["status"] == "scheduled"


def test_a_colleague_sees_what_waits_on_its_page(
    till: Program, riverside: Team, sami: User, client_of: ClientOf
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=1)
    till.data("POST", "/messages/bulk", BULK)
    campaign = Campaign.objects.get()
    page = client_of(sami).get(f"/{riverside.slug}/campaigns/{campaign.public_id}/review/")
    assert page.status_code == 200
    assert "2 people" in page.content.decode()


def test_a_job_that_waits_is_moved_and_deleted_as_any(till: Program, riverside: Team) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=1)
    job_id = till.data("POST", "/messages/bulk", BULK)["job_id"]
    said = till.data("PUT", f"/messages/bulk/{job_id}", {"schedule": later()})
    assert said["status"] == "waiting_for_approval"
    campaign = Campaign.objects.get()
    assert campaign.wall_time
    assert approvals.open_request(campaign) is not None
    till.data("DELETE", f"/messages/bulk/{job_id}")
    assert not Campaign.objects.exists()
    assert till.data("GET", "/messages/bulk") == []
    till.errors("DELETE", f"/messages/bulk/{job_id}", status=404)


def test_single_messages_do_not_get_around_the_approval(till: Program, riverside: Team) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=2)
    for number in range(2):
        till.data("POST", "/message", ONE | {"text": f"Message {number}"})
    (sentence,) = till.errors("POST", "/message", ONE | {"text": "One more"})
    assert "second person" in sentence
    # Nor by another picture, whose campaign is another one.
    picture = ONE | {"text": "Two more", "image_url": "https://example.org/a.png"}
    till.errors("POST", "/message", picture)
    assert Submission.objects.count() == 2


def test_where_nothing_goes_out_unseen_a_single_message_waits_too(
    till: Program, riverside: Team
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=0)
    assert till.data("POST", "/message", ONE)["status"] == "waiting_for_approval"
    waiting = Campaign.objects.get(state=CampaignState.DRAFT.value)
    assert approvals.open_request(waiting) is not None
    assert not Submission.objects.exists()


# --- Another time, and none at all ----------------------------------------------------------------


def test_one_id_answers_for_all_jobs_that_a_campaign_becomes(
    till: Program, settings: Settings
) -> None:
    settings.RECIPIENTS_PER_SUBMISSION = 2
    body = BULK | {"recipients": recipients(5), "schedule": later()}
    job_id = till.data("POST", "/messages/bulk", body)["job_id"]
    campaign = frozen(job_id)
    assert campaign.submissions.count() == 3
    (listed,) = till.data("GET", "/messages/bulk")
    assert (listed["job_id"], listed["recipient_count"]) == (job_id, 5)

    before = campaign.send_at
    till.data("PUT", f"/messages/bulk/{job_id}", {"schedule": later(72)})
    campaign.refresh_from_db()
    assert before is not None
    assert campaign.send_at is not None
    assert campaign.send_at > before
    till.data("DELETE", f"/messages/bulk/{job_id}")
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.CANCELLED
    assert till.errors("PUT", f"/messages/bulk/{job_id}", {"schedule": later()})
    assert till.errors("DELETE", f"/messages/bulk/{job_id}")


def test_a_time_that_has_passed_means_as_soon_as_it_goes(till: Program) -> None:
    body = BULK | {"schedule": "2020-01-01T00:00:00Z"}
    job_id = till.data("POST", "/messages/bulk", body)["job_id"]
    assert frozen(job_id).wall_time == ""
    moved = till.data("POST", "/messages/bulk", BULK | {"schedule": later()})["job_id"]
    campaign = frozen(moved)
    till.data("PUT", f"/messages/bulk/{moved}", {"schedule": "2020-01-01T00:00:00Z"})
    campaign.refresh_from_db()
    assert campaign.send_at is not None
    assert campaign.send_at < timezone.now() + timedelta(minutes=10)


def test_a_job_that_is_just_being_prepared_is_deleted_whole(till: Program) -> None:
    job_id = till.data("POST", "/messages/bulk", BULK)["job_id"]
    till.data("DELETE", f"/messages/bulk/{job_id}")
    assert not Campaign.objects.exists()


def test_jobs_of_another_team_are_not_there(till: Program) -> None:
    job_id = till.data("POST", "/messages/bulk", BULK)["job_id"]
    message_id = till.data("POST", "/message", ONE)["message_id"]
    elsewhere = world.a_team("Hillside Orthodontics")
    world.a_channel(elsewhere)
    other = a_program(elsewhere)
    assert other.data("GET", "/messages/bulk") == []
    assert other.data("GET", "/messages/scheduled") == []
    other.errors("DELETE", f"/messages/scheduled/{message_id}", status=404)
    other.errors("DELETE", f"/messages/bulk/{job_id}", status=404)
    other.errors("PUT", "/messages/bulk/nonsense", {"schedule": later()}, status=404)


# --- Single messages ------------------------------------------------------------------------------


def test_messages_of_a_day_join_one_campaign(till: Program) -> None:
    ids = {
        till.data("POST", "/message", ONE | {"to": phone, "text": f"Hello {phone[-1]}"})[
            "message_id"
        ]
        for phone in world.phones(3)
    }
    assert len(ids) == 3
    campaign = Campaign.objects.get()
    assert campaign.name.startswith("By API: Till, ")
    assert campaign.frozen_count == 3
    texts = campaign.submissions.order_by("seq").values_list("text", "is_single")
    assert list(texts) == [("Hello 0", True), ("Hello 1", True), ("Hello 2", True)]
    listed = till.data("GET", "/messages/scheduled")
    assert {message["message_id"] for message in listed} == ids


def test_the_same_person_may_get_several_a_day(till: Program) -> None:
    for text in ("Your order is here.", "Your order is gone."):
        till.data("POST", "/message", ONE | {"text": text})
    campaign = Campaign.objects.get()
    assert [one.occurrence for one in campaign.recipients.order_by("position")] == [0, 1]


def test_a_campaign_that_stands_open_is_not_over_before_its_day(
    till: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = till.data("POST", "/message", ONE)
    campaign = Campaign.objects.get()
    Campaign.objects.update(hand_over_at=timezone.now())
    tick.tick()
    till.data("DELETE", f"/messages/scheduled/{made['message_id']}")
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    till.data("POST", "/message", ONE | {"text": "Another"})
    assert Submission.objects.get(state="ready").campaign == campaign
    Submission.objects.filter(state="ready").update(state="cancelled")
    Campaign.objects.update(open_until=timezone.now())
    tick.tick()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.COMPLETED


def test_a_message_that_is_on_its_way_is_not_taken_back(till: Program) -> None:
    made = till.data("POST", "/message", ONE)
    Submission.objects.update(state="posting")
    (sentence,) = till.errors("DELETE", f"/messages/scheduled/{made['message_id']}")
    assert "being sent" in sentence
    till.errors("DELETE", "/messages/scheduled/nothing", status=404)


def test_whoever_stopped_todays_messages_stopped_those_to_come(till: Program) -> None:
    till.data("POST", "/message", ONE)
    Campaign.objects.update(state="cancelled")
    (sentence,) = till.errors("POST", "/message", ONE | {"text": "Another"})
    assert "stopped in the dashboard" in sentence
    assert Submission.objects.count() == 1


def test_a_text_is_filled_with_the_name_or_refused(till: Program) -> None:
    till.data("POST", "/message", ONE | {"name": "Ann", "text": "Hello {{name}}"})
    assert Submission.objects.get().text == "Hello Ann"
    (sentence,) = till.errors("POST", "/message", ONE | {"text": "Hello {{name}}"})
    assert sentence.startswith("name: ")


def test_values_of_a_template_are_the_messages_own(till: Program, riverside: Team) -> None:
    world.a_channel(riverside, provider="twlowa", channel_key="clinic")
    line = {"provider": "twlowa", "channel_key": "clinic", "to": ANN}
    for name in ("Ann", "Anna"):
        till.data("POST", "/message", line | {"template": {"id": "HX1", "variables": {"1": name}}})
    campaign = Campaign.objects.get()
    assert campaign.message is not None
    assert campaign.message.template["id"] == "HX1"
    assert [job.text for job in campaign.submissions.order_by("seq")] == ["Ann", "Anna"]
    sms = ONE | {"text": "", "template": {"id": "HX1"}}
    (sentence,) = till.errors("POST", "/message", sms)
    assert sentence.startswith("template: ")


def test_nobody_who_opted_out_gets_a_single_message(till: Program, riverside: Team) -> None:
    world.opt_out(riverside, ANN)
    (sentence,) = till.errors("POST", "/message", ONE)
    assert sentence.startswith("to: This person has opted out")
    assert not Campaign.objects.exists()


# --- Who is blocked -------------------------------------------------------------------------------


def test_a_program_blocks_and_unblocks(till: Program, riverside: Team, alice: User) -> None:
    assert till.data("GET", f"/contacts/isblocked/{BOB}") == {"is_blocked": False}
    assert till.data("POST", f"/contacts/block/{BOB}") == {"is_blocked": True}
    opt_out = OptOut.objects.get()
    assert (opt_out.source, opt_out.created_by, opt_out.note) == ("api", alice, "Till")
    assert till.data("GET", f"/contacts/isblocked/{BOB}") == {"is_blocked": True}
    assert till.data("POST", f"/contacts/unblock/{BOB}") == {"is_blocked": False}
    assert till.data("POST", f"/contacts/unblock/{BOB}") == {"is_blocked": False}
    till.errors("POST", "/contacts/block/0171")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (OptOut.Source.INBOUND, "opted out themselves (Replied STOP)"),
        (OptOut.Source.NETWORK, "opted out themselves"),
        (OptOut.Source.UNSURE, "Someone has to allow messages again in the dashboard"),
        (OptOut.Source.BY_HAND, "Someone has to allow messages again in the dashboard"),
        (OptOut.Source.FILE, "Someone has to allow messages again in the dashboard"),
    ],
)
def test_what_no_program_set_no_program_lifts(
    till: Program, riverside: Team, source: OptOut.Source, reason: str
) -> None:
    OptOut.objects.create(team=riverside, phone=ANN, source=source)
    # Nor by setting it once more itself.
    till.data("POST", f"/contacts/block/{ANN}")
    (sentence,) = till.errors("POST", f"/contacts/unblock/{ANN}")
    assert reason in sentence
    assert OptOut.objects.open().count() == 1


# --- The same call again --------------------------------------------------------------------------


def test_the_same_call_again_gets_the_first_job(till: Program, settings: Settings) -> None:
    first = till.data("POST", "/messages/bulk", BULK)
    assert till.data("POST", "/messages/bulk", BULK) == first
    assert Campaign.objects.count() == 1
    other = till.data("POST", "/messages/bulk", BULK | {"text": "Other"})
    assert other != first
    KeptAnswer.objects.update(kept_at=timezone.now() - timedelta(minutes=11))
    assert till.data("POST", "/messages/bulk", BULK) != first
    message = till.data("POST", "/message", ONE)
    assert till.data("POST", "/message", ONE) == message
    assert Submission.objects.filter(is_single=True).count() == 1


def test_a_key_makes_a_repeat_of_the_same_call_for_thirty_days(till: Program) -> None:
    key = {"Idempotency-Key": "order-7"}
    first = till.data("POST", "/messages/bulk", BULK, **key)
    KeptAnswer.objects.update(kept_at=timezone.now() - timedelta(days=29))
    assert till.data("POST", "/messages/bulk", BULK, **key) == first
    # Another key, or none, is another call.
    assert till.data("POST", "/messages/bulk", BULK, **{"Idempotency-Key": "order-8"}) != first
    assert till.data("POST", "/messages/bulk", BULK) != first
    KeptAnswer.objects.update(kept_at=timezone.now() - timedelta(days=31))
    assert till.data("POST", "/messages/bulk", BULK, **key) != first


def test_a_key_that_came_with_another_body_is_refused(till: Program) -> None:
    key = {"Idempotency-Key": "order-7"}
    till.data("POST", "/messages/bulk", BULK, **key)
    for path, body in (("/messages/bulk", BULK | {"text": "Other"}), ("/message", ONE)):
        (sentence,) = till.errors("POST", path, body, status=422, **key)
        assert sentence.startswith("Idempotency-Key: ")
    assert Campaign.objects.count() == 1


def test_a_key_of_a_call_that_was_refused_is_free_again(till: Program, riverside: Team) -> None:
    key = {"Idempotency-Key": "order-7"}
    ApiToken.objects.update(daily_limit=1)
    assert till.call("POST", "/messages/bulk", BULK, **key).status_code == 429
    ApiToken.objects.update(daily_limit=None)
    assert till.data("POST", "/messages/bulk", BULK, **key)["job_id"]


def test_nothing_of_a_call_is_kept_but_its_digests(till: Program) -> None:
    till.data("POST", "/messages/bulk", BULK, **{"Idempotency-Key": "order-7"})
    kept = json.dumps(list(KeptAnswer.objects.values()), default=str)
    for word in (ANN, "Ann", "Hello", "order-7"):
        assert word not in kept


# --- Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "sms"}, "provider"),
        ({"provider": ["twlo"]}, "provider"),
        ({"provider": None}, "provider"),
        ({"provider": "tlnx"}, "channel_key"),
        ({"channel_key": "elsewhere"}, "channel_key"),
        ({"channel_key": 7}, "channel_key"),
        ({"recipients": []}, "recipients"),
        ({"recipients": ""}, "recipients"),
        ({"recipients": {"to": ANN}}, "recipients"),
        ({"recipients": "+12025550101"}, "recipients"),
        ({"recipients": [ANN]}, "recipients[0]"),
        ({"recipients": [{"to": ANN}, {"to": "0171 5550101"}]}, "recipients[1].to"),
        ({"recipients": [{"to": "555-0101"}]}, "recipients[0].to"),
        ({"recipients": [{"to": None}]}, "recipients[0].to"),
        ({"recipients": [{"to": ANN, "name": 7}]}, "recipients[0].name"),
        ({"recipients": [{"to": ANN, "name": "A\0"}]}, "recipients[0].name"),
        ({"text": ""}, "text"),
        ({"text": 7}, "text"),
        ({"text": "x" * 1601}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "Hello \0"}, "text"),
        ({"text": "Hello {{Dentist}}"}, "text"),
        ({"text": "Hello {{"}, "text"),
        ({"image_url": "ftp://example.org/a.png"}, "image_url"),
        ({"image_url": 7}, "image_url"),
        ({"image_url": "https://e.org/a", "video_url": "https://e.org/b"}, "video_url"),
        ({"schedule": "tomorrow"}, "schedule"),
        ({"schedule": 1764000000}, "schedule"),
        ({"schedule": "9999-12-31T23:59:59-14:00"}, "schedule"),
        ({"schedule": "2126-01-01T00:00:00Z"}, "schedule"),
        ({"user_id": "nobody"}, "user_id"),
        ({"duplicates_allowed": "perhaps"}, "duplicates_allowed"),
    ],
)
def test_an_error_names_its_field_and_nothing_is_made(
    till: Program, changes: dict[str, Any], field: str
) -> None:
    sentences = till.errors("POST", "/messages/bulk", BULK | changes)
    assert sentences[0].startswith(f"{field}: "), sentences
    assert not Campaign.objects.exists()
    assert not RecipientList.objects.filter(is_ready=True).exists()
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": "0171 5550101"}, "to"),
        ({"to": ""}, "to"),
        ({"name": ["Ann"]}, "name"),
        ({"text": ""}, "text"),
        ({"template": "HX1"}, "template"),
        ({"text": "", "template": {"variables": {}}}, "template.id"),
        ({"text": "", "template": {"id": "HX1", "variables": [1]}}, "template.variables"),
        ({"text": "", "template": {"id": "HX1", "variables": {"1": {}}}}, "template.variables"),
        ({"template": {"id": "HX1"}}, "template"),
        ({"contact_saving": "yes"}, "contact_saving"),
        ({"contact_saving": [1]}, "contact_saving"),
        ({"schedule": "2126-01-01T00:00:00Z"}, "schedule"),
    ],
)
def test_an_error_of_a_single_message_names_its_field(
    till: Program, changes: dict[str, Any], field: str
) -> None:
    sentences = till.errors("POST", "/message", ONE | changes)
    assert sentences[0].startswith(f"{field}: "), sentences
    assert not Campaign.objects.exists()


def test_all_mistakes_are_told_at_once_and_ten_of_the_recipients(till: Program) -> None:
    wrong = [{"to": "nobody"}] * 12
    assert len(till.errors("POST", "/messages/bulk", BULK | {"recipients": wrong})) == 10
    assert len(till.errors("POST", "/messages/bulk", {"text": 7})) == 3


@pytest.mark.parametrize("body", ["", "[]", '"text"', "null", "{", '{"text": "a"} b', "\xff"])
def test_a_body_that_is_none_is_told_so(till: Program, body: str) -> None:
    till.errors("POST", "/messages/bulk", body.encode("latin-1"))


def test_no_sentence_repeats_what_was_sent(till: Program) -> None:
    body = json.dumps(BULK).replace('"Hello"', '"Hello', 1)
    words = " ".join(till.errors("POST", "/messages/bulk", body))
    assert "5550101" not in words
    assert "Hello" not in words


@pytest.mark.parametrize("dates", ["start_date=soon", "end_date=2026-13-01"])
def test_days_that_are_none_are_refused(till: Program, dates: str) -> None:
    (sentence,) = till.errors("GET", f"/messages?{dates}")
    assert sentence.startswith(dates.partition("=")[0])


def test_messages_are_listed_for_32_days_at_most(till: Program) -> None:
    till.data("GET", "/messages?start_date=2026-10-01&end_date=2026-11-01")
    (sentence,) = till.errors("GET", "/messages?start_date=2026-10-01&end_date=2026-11-02")
    assert sentence.startswith("end_date: ")
    till.errors("GET", "/messages?start_date=2026-10-02&end_date=2026-10-01")


def environment(length: int, stream: io.BytesIO) -> dict[str, Any]:
    """What a web server says of a body that it has not read."""
    return {"CONTENT_LENGTH": str(length), "wsgi.input": stream}


def test_a_body_over_the_limit_is_refused_before_it_is_read(till: Program) -> None:
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("it was read")

    for path, most in (("/messages/bulk", 32), ("/message", 1)):
        answer = till.client.generic(
            "POST",
            f"/sociocs{path}",
            b"",
            "application/json",
            headers={"apikey": till.made.key},
            **environment(most * 1024 * 1024 + 1, Unread()),
        )
        assert answer.status_code == 413
        assert f"{most} MB at most" in answer.json()["errors"][0]["msg"]


def test_a_body_that_breaks_off_makes_nothing(till: Program) -> None:
    body = json.dumps(BULK).encode()
    answer = till.client.generic(
        "POST",
        "/sociocs/messages/bulk",
        body,
        "application/json",
        headers={"apikey": till.made.key},
        **environment(len(body) + 1, io.BytesIO(body)),
    )
    assert answer.status_code == 400
    assert not Campaign.objects.exists()


# --- Who may --------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_told(till: Program) -> None:
    stranger = Program(till.made)
    for key in ("", "nonsense", till.made.key[:-1]):
        (sentence,) = stranger.errors("GET", "/messages", status=401, apikey=key)
        assert sentence.startswith("apikey: ")


def test_a_dashboard_that_was_led_here_is_sent_away(till: Program) -> None:
    (sentence,) = till.errors(
        "POST", "/messages/bulk", BULK, 400, **{"User-Agent": "sociocs-campaigns"}
    )
    assert "not Sociocs" in sentence
    assert not Campaign.objects.exists()


def test_a_token_bound_to_a_channel_sees_and_uses_no_other(
    riverside: Team, channel: Channel
) -> None:
    other = world.a_channel(riverside, channel_key="other", label="Other")
    till = a_program(riverside, channels=[other])
    listed = till.call("GET", "/channels?provider=twlo").json()
    assert [one["channel_key"] for one in listed] == ["other"]
    (sentence,) = till.errors("POST", "/messages/bulk", BULK)
    assert sentence.startswith("channel_key: ")


def test_the_makers_role_is_asked_at_each_call(till: Program, alice: User, riverside: Team) -> None:
    world.add_member(riverside, world.create_person("Olga"), Role.OWNER)
    members.change_role(alice.memberships.get(), Role.EDITOR)
    (sentence,) = till.errors("POST", "/messages/bulk", BULK, status=401)
    assert "role" in sentence


@pytest.mark.parametrize("scope", Scope)
def test_every_address_needs_the_scope_of_the_door_and_no_other(
    riverside: Team, channel: Channel, alice: User, scope: Scope
) -> None:
    program = a_program(riverside, alice, scopes=[scope])
    for name in sorted(name for name in OF_PROGRAMS if name.startswith("door-")):
        path = address(name, riverside, part="nothing").removeprefix("/sociocs")
        for method in ROUTES[name].methods:
            answer = program.call(method, path)
            is_let_in = answer.status_code != 401
            assert is_let_in is (scope == Scope.DOOR), (name, method, answer.content)
            assert answer.status_code < 500


def test_a_colleague_sees_what_single_messages_said(
    till: Program, riverside: Team, alice: User, client_of: ClientOf
) -> None:
    till.data("POST", "/message", ONE | {"name": "Ann"})
    campaign = Campaign.objects.get()
    browser, place = client_of(alice), f"/{riverside.slug}/campaigns/{campaign.public_id}/"
    assert "By API: Till" in browser.get(place).content.decode()
    assert "Ann" in browser.get(f"{place}people/").content.decode()
    assert browser.get(f"/{riverside.slug}/campaigns/").status_code == 200
    Campaign.objects.update(hand_over_at=timezone.now())
    tick.tick()
    assert browser.get(place).status_code == 200


def test_too_many_calls_are_429(till: Program) -> None:
    ApiToken.objects.update(calls_per_minute=1)
    till.data("GET", "/messages")
    answer = till.call("GET", "/messages")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert answer.json()["status"] == "error"


def test_an_address_that_is_none_is_404_in_the_vendors_form(till: Program) -> None:
    for method, path in (("GET", "/nowhere"), ("PUT", "/messages"), ("GET", "/message")):
        till.errors(method, path, status=404)
    answer = Client().generic("TRACE", "/sociocs/messages")
    assert answer.status_code in {404, 405}
    assert answer["X-Sociocs-Door"] == "1"


def test_a_key_in_the_query_is_in_nothing_that_is_told_of_the_request(
    till: Program, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def broken(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("api.sociocs_door.questions.envelope.success", broken)
    till.client.raise_request_exception = False
    key = till.made.key
    answer = till.call("GET", f"/messages?apikey={key}&start_date=", apikey="")
    assert answer.status_code == 500
    assert answer.json()["status"] == "error"
    request = answer.wsgi_request
    seen += [request.get_full_path(), str(request.GET), caplog.text]
    assert not any(key.partition(":")[2] in text for text in seen)


# --- Many -----------------------------------------------------------------------------------------


def test_many_recipients_are_all_there_in_their_order(till: Program) -> None:
    job_id = till.data(
        "POST", "/messages/bulk", b"".join(many_recipients(SMS | {"text": "Hello"}, 12_000))
    )["job_id"]
    people = RecipientList.objects.get()
    assert (people.recipient_count, people.duplicate_count) == (12_000, 0)
    rows = Recipient.objects.order_by("pk").values_list("phone", flat=True)
    assert (rows[0], rows[11_999]) == ("+12025550000", "+12025561999")
    assert CalledJob.objects.get(public_id=job_id).campaign is not None


def test_a_long_call_with_a_mistake_at_its_end_leaves_nobody_behind(till: Program) -> None:
    body = b"".join(many_recipients(SMS | {"text": "Hello"}, 6_000))[:-2] + b', {"to": "nobody"}]}'
    (sentence,) = till.errors("POST", "/messages/bulk", body)
    assert sentence.startswith("recipients[6000].to: ")
    assert not RecipientList.objects.filter(is_ready=True).exists()
    assert not Campaign.objects.exists()


def test_what_a_killed_process_left_behind_is_deleted(riverside: Team, alice: User) -> None:
    staged = RecipientList.objects.create(
        team=riverside, owner=alice, name="Half", is_of_call=True, visibility="team"
    )
    campaigns_by_call.end_lists_of_calls()
    staged.refresh_from_db()
    assert staged.archived_at is None
    RecipientList.objects.update(created_at=timezone.now() - timedelta(hours=2))
    campaigns_by_call.end_lists_of_calls()
    staged.refresh_from_db()
    assert staged.archived_at is not None
