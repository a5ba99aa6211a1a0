"""Campaigns over REST: made, planned, launched, held, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.models import ApiToken, Scope
from campaigns.models import Campaign, CampaignEvent, CampaignList
from composer import message_templates
from recipients.models import Recipient, RecipientList
from sending import launch, tick
from sending.models import Approval, Submission
from sociocs_accounts.models import Channel, VendorMember
from teams.models import Team, User
from tests import world
from tests.api.conftest import MakeToken
from tests.api.programs import Program
from trail.models import Door, Entry


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    return world.a_list(riverside, world.phones(12))


@pytest.fixture
def channel(riverside: Team) -> Channel:
    return world.a_channel(riverside)


def said(channel: Channel, people: RecipientList, **others: Any) -> dict[str, Any]:
    return {
        "name": "Reminder",
        "channel": str(channel.public_id),
        "text": "See you on Tuesday.",
        "lists": [str(people.public_id)],
        "hours": None,
    } | others


def made(program: Program, channel: Channel, people: RecipientList, **others: Any) -> Any:
    return program.post("/campaigns", said(channel, people, **others))


def plan_of(program: Program, campaign: Any) -> Any:
    return program.get(f"/campaigns/{campaign['id']}/plan")


def confirmation(plan: Any) -> dict[str, Any]:
    overruled = [warning["code"] for warning in plan["warnings"]]
    return {"version": plan["version"], "people": plan["people"], "overruled": overruled}


def the_campaign() -> Campaign:
    return Campaign.objects.get()


def test_from_fields_to_the_first_job(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(program, channel, people)
    plan = plan_of(program, campaign)
    assert (plan["is_ready"], plan["people"], plan["needs_approval"]) == (True, 12, False)

    launched = program.post(f"/campaigns/{campaign['id']}/launch", confirmation(plan))

    assert launched["result"] == "launched"
    assert launched["campaign"]["state"] == "freezing"
    launch.freeze(the_campaign().pk)
    tick.tick()
    (job,) = program.get(f"/campaigns/{campaign['id']}/jobs")["items"]
    assert (job["people"], Submission.objects.count()) == (12, 1)
    assert program.get(f"/campaigns/{campaign['id']}/report")["total"] == 12
    page = program.get(f"/campaigns/{campaign['id']}/people")
    assert len(page["items"]) == 12


def test_what_is_done_stands_in_the_trail_with_its_token(
    program: Program, channel: Channel, people: RecipientList, alice: User
) -> None:
    campaign = made(program, channel, people)
    program.post(f"/campaigns/{campaign['id']}/launch", confirmation(plan_of(program, campaign)))
    token = ApiToken.objects.get()
    acts = Entry.objects.filter(act__in=["campaign.created", "campaign.launched"])
    assert {entry.through for entry in acts} == {f"token {token.pk}"}
    assert {(entry.door, entry.actor_id) for entry in acts} == {(Door.API, alice.pk)}
    assert acts.count() == 2


def test_above_the_teams_mark_it_waits_for_a_colleague(
    program: Program, channel: Channel, people: RecipientList, riverside: Team, sami: User
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=10)
    campaign = made(program, channel, people)
    plan = plan_of(program, campaign)
    assert plan["needs_approval"]

    asked = program.post(f"/campaigns/{campaign['id']}/launch", confirmation(plan))

    assert asked["result"] == "waits_for_approval"
    assert (asked["campaign"]["state"], asked["campaign"]["waits_for_approval"]) == ("draft", True)
    assert Approval.objects.get().answer == Approval.Verdict.WAITING
    assert the_campaign().events.filter(kind=CampaignEvent.Kind.APPROVAL_ASKED).exists()
    assert not Submission.objects.exists()


def test_the_tokens_day_holds_a_launch_up_and_nothing_is_counted(
    token_of: MakeToken, alice: User, channel: Channel, people: RecipientList
) -> None:
    program = Program(token_of(alice, daily_limit=11).key)
    campaign = made(program, channel, people)
    plan = plan_of(program, campaign)

    answer = program.call("POST", f"/campaigns/{campaign['id']}/launch", confirmation(plan))

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert (the_campaign().state, ApiToken.objects.get().people) == ("draft", 0)


def test_a_refused_launch_leaves_the_tokens_day_as_it_was(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(program, channel, people)
    plan = plan_of(program, campaign)
    wrong = confirmation(plan) | {"version": plan["version"] + 1}
    answer = program.call("POST", f"/campaigns/{campaign['id']}/launch", wrong)
    assert (answer.status_code, answer.json()["code"]) == (412, "outdated")
    assert ApiToken.objects.get().people == 0


def test_a_warning_has_to_be_overruled_by_its_code(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(program, channel, people, duplicates_allowed=True)
    plan = plan_of(program, campaign)
    assert "duplicates" in {warning["code"] for warning in plan["warnings"]}
    unread = confirmation(plan) | {"overruled": []}
    answer = program.call("POST", f"/campaigns/{campaign['id']}/launch", unread)
    assert (answer.status_code, answer.json()["code"]) == (409, "warning")
    program.post(f"/campaigns/{campaign['id']}/launch", confirmation(plan))


def test_another_number_of_people_than_the_plans_is_refused(
    program: Program, channel: Channel, people: RecipientList, riverside: Team
) -> None:
    Team.objects.filter(pk=riverside.pk).update(approval_above=10)
    campaign = made(program, channel, people)
    few = confirmation(plan_of(program, campaign)) | {"people": 3}
    answer = program.call("POST", f"/campaigns/{campaign['id']}/launch", few)
    # The plan itself says how many there are: a colleague is asked all the same.
    assert answer.json()["result"] == "waits_for_approval"


def test_one_key_launches_once_and_makes_once(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    first = program.post("/campaigns", said(channel, people), idempotency_key="a")
    again = program.post("/campaigns", said(channel, people), idempotency_key="a")
    assert (first, Campaign.objects.count()) == (again, 1)
    other = program.call("POST", "/campaigns", {"name": "Other"}, idempotency_key="a")
    assert other.status_code == 422
    address, sent = f"/campaigns/{first['id']}/launch", confirmation(plan_of(program, first))
    launched = program.post(address, sent, idempotency_key="b")
    assert program.post(address, sent, idempotency_key="b") == launched
    assert ApiToken.objects.get().people == 12


def test_what_was_refused_under_a_key_may_be_tried_again_with_it(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(program, channel, people, lists=[])
    address = f"/campaigns/{campaign['id']}/launch"
    sent = {"version": campaign["version"], "people": 12}
    assert program.call("POST", address, sent, idempotency_key="c").status_code == 422
    Campaign.objects.update(version=campaign["version"])
    CampaignList.objects.create(campaign=the_campaign(), recipient_list=people)
    program.post(address, sent, idempotency_key="c")


def test_a_change_wants_to_know_what_it_changes(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(program, channel, people)
    address = f"/campaigns/{campaign['id']}"
    tag = program.call("GET", address)["ETag"]
    assert program.call("PATCH", address, {"text": "New"}).status_code == 428
    assert program.call("PATCH", address, {"text": "New"}, if_match='"1"').status_code == 412
    changed = program.call("PATCH", address, {"text": "New"}, if_match=tag)
    assert (changed.status_code, changed.json()["text"]) == (200, "New")
    assert changed["ETag"] != tag
    assert program.call("PATCH", address, {"text": "Old"}, if_match=tag).status_code == 412
    kept = program.get(address)
    assert (kept["name"], kept["lists"]) == ("Reminder", [str(people.public_id)])


def test_of_a_saved_message_with_another_time(
    program: Program, channel: Channel, people: RecipientList, alice: User
) -> None:
    template = message_templates.make(world.a_campaign(channel, people), alice, "Spring", "")
    at = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    (named,) = program.get("/templates")["items"]
    campaign = program.post(
        "/campaigns",
        {"from_template": named["id"], "send_at": at.isoformat(), "time_zone": "Europe/Berlin"},
    )
    assert (named["name"], campaign["text"]) == (template.name, "See you in spring.")
    assert datetime.fromisoformat(campaign["send_at"]) == at
    assert campaign["time_zone"] == "Europe/Berlin"


def test_it_goes_out_as_a_registered_template(
    program: Program, riverside: Team, people: RecipientList
) -> None:
    clinic = world.a_channel(riverside, provider="twlowa", channel_key="clinic")
    template = world.a_whatsapp_template(clinic)
    (named,) = program.get("/whatsapp-templates")["items"]
    assert (named["name"], named["places"], named["status"]) == (
        "Check-up due",
        ["1", "2"],
        "approved",
    )
    lines = "1 = {{CUSTOMER_NAME}}\n2 = Monday"
    wished = {"method": "template", "template": {"registered": named["id"], "variables": lines}}
    campaign = made(program, clinic, people, text="", **wished)
    assert plan_of(program, campaign)["people"] == 12
    kept = the_campaign().template
    assert (kept["id"], kept["of"], kept["variables"]) == (template.provider_id, named["id"], lines)
    # What the draft says of it stays with another change.
    address = f"/campaigns/{campaign['id']}"
    program.call("PATCH", address, {"name": "Later"}, if_match=f'"{campaign["version"]}"')
    assert the_campaign().template == kept


def test_it_says_what_the_composer_offers(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    sender = VendorMember.objects.create(account=channel.account, user_id="7", name="Ann Front")
    VendorMember.objects.create(
        account=channel.account, user_id="8", name="Gone", gone_since=timezone.now()
    )
    (told,) = program.get("/channels")["items"]
    assert told["senders"] == [{"id": str(sender.public_id), "name": "Ann Front"}]
    wished = {
        "text": "Hello {{CUSTOMER_NAME}}, see you in {{City}}.",
        "sent_as": told["senders"][0]["id"],
        "fallbacks": {"CUSTOMER_NAME": "you", "City": "town"},
        "day_first": False,
        "clock_keeper": "here",
        "send_at": "2027-03-01T09:30:00+00:00",
        "time_zone": "Europe/Berlin",
        "repeat": {
            "every": "week",
            "weekdays": ["mon", "sat"],
            "month_day": None,
            "times": 4,
            "until": None,
        },
    }
    campaign = made(program, channel, people, **wished)
    same = {name: value for name, value in wished.items() if name != "send_at"}
    assert {name: campaign[name] for name in same} == same
    address = f"/campaigns/{campaign['id']}"

    renamed = program.call("PATCH", address, {"name": "Other"}, if_match="*").json()
    assert {name: renamed[name] for name in same} == same
    nothing = {"sent_as": None, "fallbacks": None, "day_first": None, "repeat": None}
    bare = program.call("PATCH", address, nothing, if_match="*").json()
    assert {name: bare[name] for name in nothing} == nothing | {"fallbacks": {}}


def test_who_lacks_a_field_gets_the_fallback(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    RecipientList.objects.filter(pk=people.pk).update(field_names=["City"])
    campaign = made(
        program, channel, people, text="Hello {{City}}", fallbacks={"City": "dear patient"}
    )
    messages = program.get(f"/campaigns/{campaign['id']}/preview")["messages"]
    assert {message["text"] for message in messages} == {"Hello dear patient"}
    assert plan_of(program, campaign)["people"] == 12


def test_hours_need_no_more_than_two_times(program: Program) -> None:
    hours = {"begin": "09:00", "end": "19:00"}
    told = program.post("/campaigns", {"hours": hours})["hours"]
    assert (told["begin"], told["zone"]) == ("09:00:00", "campaign")


@pytest.mark.parametrize(
    ("repeat", "kept"),
    [
        ({"every": "month", "month_day": 31}, {"month_day": 31, "until": None}),
        ({"every": "month"}, {"month_day": 2, "weekdays": []}),
        ({"every": "day", "until": "2028-01-31"}, {"until": "2028-01-31", "times": None}),
    ],
)
def test_a_repeat_is_told_as_it_was_sent(
    program: Program, repeat: dict[str, Any], kept: dict[str, Any]
) -> None:
    sent = {"send_at": "2028-01-02T09:30:00Z", "time_zone": "Europe/Berlin", "repeat": repeat}
    told = program.post("/campaigns", sent)["repeat"]
    assert {name: told[name] for name in kept} == kept


def test_a_campaign_repeats_until_a_program_ends_it(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    at = (timezone.now() + timedelta(days=2)).isoformat()
    campaign = made(program, channel, people, send_at=at, repeat={"every": "day"})
    address, sent = f"/campaigns/{campaign['id']}", confirmation(plan_of(program, campaign))
    launched = program.post(f"{address}/launch", sent)["campaign"]
    assert launched["next_run_at"] is not None
    assert program.post(f"{address}/end-repeat")["next_run_at"] is None
    assert program.call("POST", f"{address}/end-repeat").status_code == 409


def test_an_act_heeds_what_was_seen(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = world.launched(world.a_campaign(channel, people))
    address = f"/campaigns/{campaign.public_id}"
    seen = program.call("GET", address)["ETag"]
    program.post(f"{address}/pause", if_match=seen)
    late = program.call("POST", f"{address}/cancel", if_match=seen)
    assert (late.status_code, late.json()["code"]) == (412, "outdated")
    assert program.get(address)["state"] == "paused"


@pytest.mark.parametrize("hour", [5, 6])
def test_both_hours_of_an_autumn_night_can_be_meant(program: Program, hour: int) -> None:
    at = datetime(2027, 11, 7, hour, 30, tzinfo=UTC)
    sent = {"send_at": at.isoformat(), "time_zone": "America/New_York"}
    campaign = program.post("/campaigns", sent)
    assert datetime.fromisoformat(campaign["send_at"]) == at


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"channel": "0b8a1e7c-0000-4000-8000-000000000000"}, "channel"),
        ({"lists": ["0b8a1e7c-0000-4000-8000-000000000000"]}, "lists"),
        ({"lists": "all"}, "lists"),
        ({"send_at": "2026-12-01T09:30:00"}, "send_at"),
        ({"send_at": "tomorrow"}, "send_at"),
        ({"send_at": "0001-01-01T00:00:00+14:00"}, "time_zone"),
        ({"time_zone": "Mars/Olympus", "send_at": "2027-01-01T00:00:00Z"}, "time_zone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"pace": {"people": 0, "minutes": 5}}, "pace.people"),
        ({"hours": {"begin": "25:00", "end": "19:00"}}, "hours.begin"),
        ({"media_kind": "sound"}, "media_kind"),
        ({"days_left_out": 400}, "days_left_out"),
        ({"text": "a\x00b"}, "text"),
        ({"repeat": {"every": "day"}}, "repeat"),
        ({"repeat": {"every": "year"}}, "repeat.every"),
        ({"repeat": {"every": "week"}, "send_at": "2028-01-02T09:30:00Z"}, "repeat.weekdays"),
        (
            {"repeat": {"every": "day", "until": "2027-01-01"}, "send_at": "2028-01-02T09:30:00Z"},
            "repeat.until",
        ),
        ({"repeat": {"every": "day", "times": 2, "until": "2028-01-01"}}, "repeat.until"),
        ({"fallbacks": {"City": "{{Town}}"}}, "fallbacks"),
        ({"sent_as": "0b8a1e7c-0000-4000-8000-000000000000"}, "sent_as"),
    ],
)
def test_what_is_wrong_names_its_field_and_makes_nothing(
    program: Program, wrong: dict[str, Any], field: str
) -> None:
    answer = program.call("POST", "/campaigns", wrong)
    assert answer.status_code == 422, answer.content
    assert field in {one["field"] for one in answer.json()["errors"]}, answer.json()
    assert not Campaign.objects.exists()


def test_a_draft_that_cannot_be_sent_says_why(program: Program) -> None:
    campaign = program.post("/campaigns", {"name": "Empty"})
    plan = plan_of(program, campaign)
    assert not plan["is_ready"]
    assert {"lists", "channel", "text"} <= {problem["field"] for problem in plan["problems"]}
    sent = {"version": plan["version"], "people": 1}
    answer = program.call("POST", f"/campaigns/{campaign['id']}/launch", sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "problems")


def test_the_first_people_are_shown_with_their_text(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    people.recipients.filter(phone=world.phones(1)[0]).update(name="Ann")
    campaign = made(program, channel, people, text="Hello {{CUSTOMER_NAME}}")
    messages = program.get(f"/campaigns/{campaign['id']}/preview")["messages"]
    assert [one["place"] for one in messages] == [1, 2, 3, 4, 5]
    assert (messages[0]["phone"], messages[0]["text"]) == (world.phones(1)[0], "Hello Ann")


def test_the_preview_begins_with_the_first_who_gets_it(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    first, second, *_others = people.recipients.order_by("pk")
    world.opt_out(people.team, first.phone)
    Recipient.objects.filter(pk=second.pk).update(fields={})
    people.recipients.exclude(pk=second.pk).update(fields={"City": "Boston"})
    RecipientList.objects.filter(pk=people.pk).update(field_names=["City"])
    campaign = made(program, channel, people, text="Hello {{City}}")

    messages = program.get(f"/campaigns/{campaign['id']}/preview")["messages"]

    assert [one["place"] for one in messages] == [3, 4, 5, 6, 7]
    assert {one["text"] for one in messages} == {"Hello Boston"}


def test_a_launched_campaign_is_paused_and_goes_on_and_is_cancelled(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = world.launched(world.a_campaign(channel, people))
    address = f"/campaigns/{campaign.public_id}"
    assert program.post(f"{address}/pause")["state"] == "paused"
    again = program.call("POST", f"{address}/pause")
    assert (again.status_code, again.json()["code"]) == (409, "not_possible")
    assert program.post(f"{address}/resume")["state"] in {"sending", "scheduled"}
    assert program.post(f"{address}/cancel")["state"] in {"cancelling", "cancelled"}
    assert program.call("PATCH", address, {"text": "x"}, if_match="*").status_code == 409
    assert program.call("DELETE", address).status_code == 409


def test_a_campaign_gets_another_time(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = made(
        program, channel, people, send_at=(timezone.now() + timedelta(days=2)).isoformat()
    )
    program.post(f"/campaigns/{campaign['id']}/launch", confirmation(plan_of(program, campaign)))
    launch.freeze(the_campaign().pk)
    at = (timezone.now() + timedelta(days=5)).replace(second=0, microsecond=0)
    address = f"/campaigns/{campaign['id']}/reschedule"
    moved = program.post(address, {"send_at": at.isoformat()})
    assert datetime.fromisoformat(moved["send_at"]) == at
    past = program.call("POST", address, {"send_at": "2020-01-01T00:00:00Z"})
    assert past.status_code in {409, 422}


def test_an_unclear_job_is_decided_once(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    campaign = world.launched(world.a_campaign(channel, people))
    world.unclear(world.job(campaign))
    (job,) = program.get(f"/campaigns/{campaign.public_id}/jobs?state=unknown")["items"]
    address = f"/campaigns/{campaign.public_id}/jobs/{job['id']}/decide"
    shown = {"version": job["version"], "attempt": job["attempt"]}
    again = program.call("POST", address, shown | {"kind": "send_again", "people": 3})
    assert again.json()["errors"][0]["field"] == "people"
    decided = program.post(address, shown | {"kind": "mark_as_sent"}, idempotency_key="d")
    assert decided["state"] == "accepted"
    assert program.post(address, shown | {"kind": "mark_as_sent"}, idempotency_key="d") == decided
    assert program.call("POST", address, shown | {"kind": "mark_as_sent"}).status_code == 409


def test_a_token_that_is_bound_to_a_channel_stays_with_it(
    token_of: MakeToken, alice: User, channel: Channel, people: RecipientList, riverside: Team
) -> None:
    other = world.a_channel(riverside, label="Other")
    elsewhere = world.a_campaign(other, people)
    program = Program(token_of(alice, channels=[channel]).key)
    assert program.call("POST", "/campaigns", said(other, people)).status_code == 403
    assert program.call("GET", f"/campaigns/{elsewhere.public_id}").status_code == 403
    assert program.get("/campaigns")["items"] == []
    assert [one["label"] for one in program.get("/channels")["items"]] == ["Front desk"]
    made(program, channel, people)
    assert Campaign.objects.filter(channel=other).count() == 1


def test_a_role_that_may_not_export_reads_nobodys_number(
    token_of: MakeToken, bob: User, alice: User, channel: Channel, people: RecipientList
) -> None:
    campaign = world.launched(world.a_campaign(channel, people))
    program = Program(token_of(bob).key)
    for path in (
        f"/lists/{people.public_id}/people",
        f"/campaigns/{campaign.public_id}/people",
        *("/opt-outs", "/replies"),
    ):
        assert program.call("GET", path).status_code == 403, path
    assert program.get(f"/campaigns/{campaign.public_id}/report")["total"] == 12


def test_campaigns_come_page_by_page(
    program: Program, channel: Channel, people: RecipientList
) -> None:
    names = [f"Number {n}" for n in range(5)]
    for name in names:
        made(program, channel, people, name=name)
    seen, after = [], ""
    while True:
        page = program.get(f"/campaigns?limit=2&after={after}")
        seen += [campaign["name"] for campaign in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == names[::-1]


@pytest.mark.parametrize("scope", Scope)
def test_a_draft_needs_its_scope(token_of: MakeToken, alice: User, scope: Scope) -> None:
    answer = Program(token_of(alice, scope).key).call("POST", "/campaigns", {"name": "New"})
    assert answer.status_code == (201 if scope is Scope.DRAFTS else 403)
