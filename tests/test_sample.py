"""The sample of the demo team: six weeks of history that add up, and go by one click."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from campaigns.models import Campaign, CampaignRecipient, WhatsAppTemplate
from campaigns.states import CampaignState, SubmissionState
from composer import message_templates
from composer.models import MessageTemplate
from delivery.models import DeliveryCount, Reply, SentMessage, WebhookEndpoint
from demo import tasks
from demo.team import SLUG
from history.models import DayCount
from history.notices import news_of
from interface.samples import is_sample
from recipients.lists import list_lifecycle
from recipients.models import (
    FailingNumber,
    OptOut,
    Recipient,
    RecipientList,
    RejectedRow,
    SavedFilter,
)
from sending import tick
from sending.models import Attempt, Submission
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, text_of
from tests.client import Client
from tests.history.bars import people_on_bar
from tests.processes import Sandbox
from tests.test_demo import DEMO

pytestmark = pytest.mark.thorough

# Set aside for fiction: 555-01xx of an American area code, 07700 900xxx in the United Kingdom.
FICTION = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}")


@pytest.fixture(autouse=True)
def demo_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def desk(demo_environment: None, db: None) -> Desk:
    """The owner's, in front of the sample."""
    call_command("seed_demo", verbosity=0)
    team = Team.objects.get(slug=SLUG)
    client = Client()
    client.force_login(world.owner_of(team))
    return Desk(team, client)


def remove(desk: Desk) -> str:
    answer = desk.client.post(f"/demo/{SLUG}/remove-sample/", follow=True)
    list_lifecycle.clear_deleted()
    return text_of(answer)


@pytest.mark.both_databases
def test_every_page_of_the_sample_adds_up(desk: Desk) -> None:
    launched = list(Campaign.objects.order_by("pk"))
    assert len(launched) == 14
    for campaign in launched:
        people = CampaignRecipient.objects.filter(campaign=campaign).count()
        assert people_on_bar(desk, "campaign", campaign).total() == people == campaign.frozen_count
        rows = sum(one.row_count for one in campaign.lists.all())
        assert rows == people + sum(campaign.left_out.values())
        in_jobs = Submission.objects.filter(campaign=campaign)
        assert sum(in_jobs.values_list("recipient_count", flat=True)) == people
        for count in DeliveryCount.objects.filter(campaign=campaign):
            messages = SentMessage.objects.filter(campaign=campaign, status=count.status)
            assert messages.count() == count.messages
    for people_list in RecipientList.objects.all():
        assert people_list.recipients.count() == people_list.row_count


def test_the_sample_has_some_of_everything(desk: Desk) -> None:
    states = set(Campaign.objects.values_list("state", flat=True))
    assert states == {"completed", "needs_decision", "scheduled"}
    assert set(Campaign.objects.values_list("channel__provider", flat=True)) == {"twlo", "twlowa"}
    codes = set(SentMessage.objects.values_list("status", "error_code").distinct())
    assert {status for status, _code in codes} == {"delivered", "read", "failed"}
    assert len({code for _status, code in codes}) > 4
    wishes = set(Reply.objects.values_list("wish", flat=True))
    assert wishes == {Reply.Wish.NONE, Reply.Wish.STOP, Reply.Wish.MAYBE}
    sources = set(OptOut.objects.values_list("source", flat=True))
    assert sources == {"by_hand", "inbound", "unsure"}
    kinds = {(one.visibility, bool(one.field_names)) for one in RecipientList.objects.all()}
    assert kinds == {("private", False), ("team", True)}
    _notices, replies, _has_stopped = news_of(desk.team.memberships.get(role="owner"))
    assert replies == 3
    assert RejectedRow.objects.count() == 3
    assert SavedFilter.objects.count() == 1
    assert MessageTemplate.objects.count() == 3
    assert WhatsAppTemplate.objects.filter(status="approved").count() == 2
    assert FailingNumber.objects.filter(failures__gte=2).exists()
    assert User.objects.count() == 2
    unclear = Attempt.objects.get(outcome="ambiguous")
    assert unclear.submission.state == SubmissionState.UNKNOWN
    assert DayCount.objects.filter(team=desk.team, sent__gt=0).count() > 5


def test_each_saved_message_says_what_its_name_promises(desk: Desk) -> None:
    texts = {
        one.name: message_templates.current_of(one).content["text"]
        for one in MessageTemplate.objects.all()
    }
    assert "closed on Monday" in texts["Closed for a day"]
    assert "check-ups" in texts["Check-up reminder"]
    assert "last visit" in texts["How was your visit?"]


def test_everybody_of_the_sample_is_fiction(desk: Desk) -> None:
    for model in (Recipient, CampaignRecipient, Reply, OptOut, FailingNumber):
        phones = set(model._default_manager.values_list("phone", flat=True))
        assert phones
        assert not {phone for phone in phones if not FICTION.fullmatch(phone)}


def test_the_engine_finds_nothing_to_put_right_in_the_sample(desk: Desk) -> None:
    def standing() -> list[tuple[object, ...]]:
        campaigns = Campaign.objects.order_by("pk").values_list("pk", "state", "version")
        jobs = Submission.objects.order_by("pk").values_list("pk", "state", "version", "late_look")
        return [*campaigns, *jobs]

    before = standing()
    for _ in range(2):
        tick.tick()
    assert standing() == before


def test_the_sample_stands_beside_the_first_steps(desk: Desk) -> None:
    text = text_of(desk.get("overview"))
    assert "Remove the sample" in text
    assert "Upload a file with phone numbers" in text
    assert "Switch delivery reports on" in text
    assert "Read what people write back" in text
    assert "Sample" in text_of(desk.get("campaigns"))
    assert "Sample" in text_of(desk.get("lists"))


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_one_click_removes_the_sample_and_nothing_else(
    demo_environment: None, transactional_db: None
) -> None:
    call_command("seed_demo", verbosity=0)
    team = Team.objects.get(slug=SLUG)
    client = Client()
    client.force_login(world.owner_of(team))
    desk = Desk(team, client)
    channel = team.channels.get(provider="twlo")
    sample_list = RecipientList.objects.get(name="Check-up is due")
    mine = world.a_list(team, world.phones(3), "My own list")
    draft = world.a_campaign(channel, sample_list, mine, name="My own draft")
    sent = world.launched(world.a_campaign(channel, mine, name="My own campaign"))
    events = sent.events.count()
    template = message_templates.make(draft, world.owner_of(team), "My own message", "")
    opt_out = world.opt_out(team, "+12025550150")

    assert "Everything you made is still there" in remove(desk)

    assert set(Campaign.objects.values_list("name", flat=True)) == {draft.name, sent.name}
    assert sent.events.count() == events
    assert not SentMessage.objects.exists()
    assert not Reply.objects.exists()
    assert not SavedFilter.objects.filter(archived_at=None).exists()
    assert not FailingNumber.objects.exists()
    assert [one.pk for one in OptOut.objects.all()] == [opt_out.pk]
    assert list(MessageTemplate.objects.filter(archived_at=None)) == [template]
    assert not WhatsAppTemplate.objects.filter(archived_at=None).exists()
    assert list(RecipientList.objects.filter(deleted_at=None)) == [mine]
    # It is named in the draft; nobody is on it any more.
    assert list(RecipientList.objects.exclude(deleted_at=None)) == [sample_list]
    assert Recipient.objects.count() == 3
    assert list(team.memberships.values_list("user__name", flat=True)) == ["Mara Klein"]
    assert set(draft.lists.all()) == {sample_list, mine}
    assert "Remove the sample" not in text_of(desk.get("overview"))

    call_command("seed_demo", verbosity=0)
    assert Campaign.objects.count() == 2


def test_a_sample_campaign_that_is_being_sent_stays_until_it_is_over(desk: Desk) -> None:
    ahead = Campaign.objects.get(state=CampaignState.SCHEDULED.value)
    Campaign.objects.filter(pk=ahead.pk).update(state="sending")
    Submission.objects.filter(campaign=ahead).update(state="ready")
    assert f"except “{ahead.name}”" in remove(desk)
    assert list(Campaign.objects.all()) == [ahead]
    Submission.objects.filter(campaign=ahead).update(state="cancelled")
    Campaign.objects.filter(pk=ahead.pk).update(state="cancelled")
    assert "Everything you made is still there" in remove(desk)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "editor", "sender"])
def test_only_an_owner_removes_the_sample(desk: Desk, role: str) -> None:
    person = world.create_person()
    world.add_member(desk.team, person, role)  # type: ignore[arg-type]
    desk.client.force_login(person)
    assert "Remove the sample" not in text_of(desk.get("overview"))
    assert desk.client.post(f"/demo/{SLUG}/remove-sample/").status_code == 403
    assert Campaign.objects.count() == 14


@pytest.mark.processes
def test_reports_and_replies_come_on_once_the_sandbox_answers(
    sandbox: Sandbox,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    monkeypatch.setenv("SANDBOX_API_KEY", sandbox.api_key)
    call_command("seed_demo", verbosity=0)
    settings.SOCIOCS_BASE_URL = "http://127.0.0.1:9"
    for endpoint_id in tasks.waiting_endpoints():
        tasks.switch_reports_on(endpoint_id)
    assert not WebhookEndpoint.objects.filter(state="on").exists()
    settings.SOCIOCS_BASE_URL = sandbox.url
    for endpoint_id in tasks.waiting_endpoints():
        tasks.switch_reports_on(endpoint_id)
    assert [one.state for one in WebhookEndpoint.objects.all()] == ["on"] * 3
    assert not tasks.waiting_endpoints()


def test_what_people_make_is_never_taken_for_the_sample(db: None) -> None:
    assert not is_sample(world.a_team().public_id)
    assert is_sample(UUID("886313e1-3b8a-5372-9b90-0c9aee199e5d"))
