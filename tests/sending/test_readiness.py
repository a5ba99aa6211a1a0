"""What a launch asks for itself, whichever way it comes: no confirmation, no campaign."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignEvent
from sending import control, launch, readiness, rescheduling
from sending.models import Approval
from sending.readiness import Confirmation, LaunchRefusal, LaunchRefused, SeenPlan, TimeFault
from sending.rescheduling import NewTime
from sociocs_accounts.models import Channel
from teams.models import Role, Team, User
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.world import add_member

PEOPLE = 5
AT_NIGHT = {"night": {"en": "It goes out at 03:30: people may be asleep.", "es": "A las 03:30."}}


@pytest.fixture
def team(db: None) -> Team:
    """A team that wants the number typed, and the password with it, above four people."""
    team = world.a_team()
    team.confirm_typed_above = PEOPLE - 1
    team.save()
    return team


@pytest.fixture
def draft(team: Team) -> Campaign:
    channel = world.a_channel(team)
    return world.a_campaign(channel, world.a_list(team, world.phones(PEOPLE)))


@pytest.fixture
def colleague(team: Team) -> User:
    user = User.objects.create_user("sami@example.org", name="Sami Haddad")
    add_member(team, user, Role.SENDER)
    return user


def refusal_of(draft: Campaign, confirmation: Confirmation) -> LaunchRefusal:
    """Why it is refused; nothing may have changed by that."""
    with pytest.raises(LaunchRefused) as refused:
        launch.launch(draft, confirmation)
    assert refused.value.sentence
    draft.refresh_from_db()
    assert (draft.state, draft.events.count(), draft.messages.count()) == ("draft", 0, 0)
    return refused.value.code


def test_what_a_person_confirmed_is_launched(draft: Campaign) -> None:
    launch.launch(draft, world.confirmed(draft))
    assert (draft.state, draft.confirmed_count) == ("freezing", PEOPLE)


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ({"version": 7}, LaunchRefusal.OUTDATED),
        ({"people": 0}, LaunchRefusal.NOBODY),
        ({"is_proved": False}, LaunchRefusal.PASSWORD),
        ({"plan": None}, LaunchRefusal.NO_PLAN),
        ({"plan": SeenPlan(version=7)}, LaunchRefusal.NO_PLAN),
        ({"typed": None}, LaunchRefusal.NOT_TYPED),
        ({"typed": PEOPLE + 1}, LaunchRefusal.NOT_TYPED),
        ({"plan": SeenPlan(1, warnings=AT_NIGHT)}, LaunchRefusal.WARNING),
        (
            {"plan": SeenPlan(1, warnings=AT_NIGHT), "overruled": frozenset({"queue"})},
            LaunchRefusal.WARNING,
        ),
    ],
)
def test_whatever_is_lacking_of_a_confirmation_keeps_it_from_being_launched(
    draft: Campaign, lacking: dict[str, Any], code: LaunchRefusal
) -> None:
    assert refusal_of(draft, world.confirmed(draft, **lacking)) is code


def test_problems_are_looked_for_by_the_launch_itself(draft: Campaign) -> None:
    draft.text = ""
    draft.save()
    assert refusal_of(draft, world.confirmed(draft)) is LaunchRefusal.PROBLEMS


def test_a_draft_that_was_changed_since_it_was_read_is_read_again_first(draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(version=2, text="Other words")
    confirmation = world.confirmed(draft, version=2, plan=SeenPlan(2))

    assert refusal_of(draft, confirmation) is LaunchRefusal.OUTDATED

    launch.launch(draft, confirmation)
    assert draft.message is not None
    assert draft.message.text == "Other words"


def test_a_rule_of_the_team_that_changed_after_the_page_was_read_counts(draft: Campaign) -> None:
    assert draft.channel is not None
    Channel.objects.filter(pk=draft.channel.pk).update(is_active=False)
    assert refusal_of(draft, world.confirmed(draft)) is LaunchRefusal.PROBLEMS


def test_the_number_to_be_typed_is_the_plans_and_not_the_forms(draft: Campaign) -> None:
    plan = SeenPlan(draft.version, people=PEOPLE)
    confirmation = world.confirmed(draft, people=1, plan=plan, typed=None)
    assert refusal_of(draft, confirmation) is LaunchRefusal.NOT_TYPED


def test_who_overruled_what_is_told_whichever_way_it_was_launched(draft: Campaign) -> None:
    plan = SeenPlan(draft.version, warnings=AT_NIGHT)
    confirmation = world.confirmed(draft, plan=plan, overruled=frozenset(AT_NIGHT))

    launch.launch(draft, confirmation)

    event = draft.events.get(kind=CampaignEvent.Kind.OVERRULED)
    assert event.actor == confirmation.user
    assert event.details == {"warnings": list(AT_NIGHT.values())}


# --- A second person ------------------------------------------------------------------------------


def approved(draft: Campaign, colleague: User | None, **fields: Any) -> Confirmation:
    """A confirmation that a colleague approved; `fields` are what is different in the approval."""
    confirmation = world.confirmed(draft, plan=None, typed=None)
    values = {
        "campaign": draft,
        "asked_by": confirmation.user,
        "token": confirmation.token,
        "version": draft.version,
        "people": confirmation.people,
        "overruled": list(AT_NIGHT.values()),
        "answer": Approval.Verdict.APPROVED,
        "answered_by": colleague,
    }
    approval = Approval.objects.create(**values | fields)
    return world.confirmed(
        draft, token=confirmation.token, plan=None, typed=None, approval=approval
    )


@pytest.fixture
def watched(draft: Campaign) -> Campaign:
    """The draft, which goes to so many people that a second person has to approve it."""
    draft.team.approval_above = PEOPLE - 1
    draft.team.save()
    return draft


def test_nothing_but_an_approval_is_missing(watched: Campaign) -> None:
    assert refusal_of(watched, world.confirmed(watched)) is LaunchRefusal.APPROVAL


def test_what_a_second_person_approved_is_launched_as_it_was_confirmed(
    watched: Campaign, colleague: User
) -> None:
    launch.launch(watched, approved(watched, colleague))

    assert watched.state == "freezing"
    event = watched.events.get(kind=CampaignEvent.Kind.OVERRULED)
    assert event.actor == world.owner_of(watched.team)


@pytest.mark.parametrize(
    "different",
    [
        {"answer": Approval.Verdict.WAITING},
        {"answer": Approval.Verdict.REJECTED},
        {"token": uuid.uuid4()},
        {"version": 7},
        {"people": PEOPLE + 1},
        {"answered_by": None},
    ],
)
def test_an_approval_is_of_one_launch_only(
    watched: Campaign, colleague: User, different: dict[str, Any]
) -> None:
    assert refusal_of(watched, approved(watched, colleague, **different)) is LaunchRefusal.APPROVAL


def test_an_approval_is_a_second_persons_of_this_campaign_and_stored(
    watched: Campaign, colleague: User
) -> None:
    owner = world.owner_of(watched.team)
    assert refusal_of(watched, approved(watched, owner)) is LaunchRefusal.APPROVAL
    assert refusal_of(watched, approved(watched, colleague, asked_by=colleague)) is (
        LaunchRefusal.APPROVAL
    )
    assert watched.channel is not None
    other = world.a_campaign(watched.channel)
    assert (
        refusal_of(watched, approved(watched, colleague, campaign=other)) is LaunchRefusal.APPROVAL
    )
    made_up = world.confirmed(watched, approval=Approval(answer=Approval.Verdict.APPROVED))
    assert refusal_of(watched, made_up) is LaunchRefusal.APPROVAL


# --- From the page, unseen ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing",
    [
        {"text": ""},
        {"text": "Hi {{Dentist"},
        {"channel": None},
        {"wall_time": "2027-03-14T02:30", "time_zone": "America/New_York"},
        {"wall_time": "2020-03-14T02:30", "time_zone": "America/New_York"},
        {"hours_from": "19:00", "hours_to": "09:00"},
    ],
)
def test_a_draft_that_cannot_be_launched_leads_back_though_nobody_looked_at_its_plan(
    draft: Campaign, client: Client, missing: dict[str, Any]
) -> None:
    Campaign.objects.filter(pk=draft.pk).update(**missing)
    client.force_login(world.owner_of(draft.team))
    desk = Desk(draft.team, client)

    answer = desk.post(
        "launch", draft, version="1", token=str(uuid.uuid4()), confirmed_count=str(PEOPLE)
    )

    assert answer["Location"] == desk.url("compose", draft) + "?check"


def test_a_draft_without_lists_leads_back_too(draft: Campaign, client: Client) -> None:
    draft.list_choices.all().delete()
    client.force_login(world.owner_of(draft.team))
    desk = Desk(draft.team, client)
    fields = {"version": "1", "token": str(uuid.uuid4()), "confirmed_count": "0"}
    page = desk.client.post(desk.url("launch", draft), fields, follow=True)
    assert "Choose a list first." in text_of(page)


# --- When -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "is_soon_enough"), [(0, True), (0.5, False)])
def test_a_time_is_too_soon_for_all_or_for_none(
    draft: Campaign, settings: Settings, client: Client, seconds: float, is_soon_enough: bool
) -> None:
    settings.LEAD_SECONDS = 300
    wall = {"wall_time": "2027-04-02T09:30", "time_zone": "UTC"}
    Campaign.objects.filter(pk=draft.pk).update(**wall)
    draft.refresh_from_db()
    owner = world.owner_of(draft.team)
    soonest = datetime(2027, 4, 2, 9, 25, tzinfo=UTC)
    with time_machine.travel(soonest + timedelta(seconds=seconds), tick=False):
        client.force_login(owner)
        page = text_of(Desk(draft.team, client).get("reschedule", draft))
        problems = readiness.launch_problems(draft)
        try:
            rescheduling.reschedule(draft, owner, NewTime(wall["wall_time"], wall["time_zone"]))
            is_moved = True
        except control.NotPossible:
            is_moved = False
    assert ("This works:" not in page, not problems, is_moved) == (is_soon_enough,) * 3


def test_a_time_has_passed_comes_too_soon_or_lies_too_far_ahead(settings: Settings) -> None:
    settings.LEAD_SECONDS = 300
    now = timezone.now()
    second = timedelta(seconds=1)
    lead, furthest = timedelta(minutes=5), readiness.FURTHEST
    assert readiness.time_fault(now - second, now) is TimeFault.PASSED
    assert readiness.time_fault(now + lead - second, now) is TimeFault.TOO_SOON
    assert readiness.time_fault(now + lead, now) is None
    assert readiness.time_fault(now + furthest, now) is None
    assert readiness.time_fault(now + furthest + second, now) is TimeFault.TOO_FAR
