"""What the admin of campaigns only shows: every record can be found, and none can be changed."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignFilter,
    CampaignList,
    CampaignRecipient,
    EarlierCampaign,
    Heartbeat,
    RenderedText,
)
from campaigns.states import Outcome
from composer import message_templates
from composer.models import DraftEstimate, DraftPage, MediaFile, SentTest, TemplateVersion
from delivery import block_checks
from delivery.models import DeliveryCount, RepliesRead, VendorBlock
from history.models import NoticedEvent
from sending.models import Approval, Attempt, DayTotal, Decision, Submission
from sociocs_accounts.models import (
    CallRate,
    Channel,
    ChannelEvent,
    GatewayAccount,
    NumberForTests,
    SeenTrouble,
    VendorMember,
)
from teams.models import Role
from tests import people, world
from tests.browsing import admin_address, text_of
from tests.client import Client
from tests.history.reports import reported_on
from tests.world import accepted, attempted, create_team, job

pytestmark = pytest.mark.thorough

APPS = ("sociocs_accounts", "campaigns", "sending", "delivery", "composer", "history")
# What a campaign's, a draft's or an account's own row says better, or is counted out of other rows.
NOT_LOOKED_AT = {
    *(CampaignList, CampaignFilter, EarlierCampaign, RenderedText),
    *(DraftEstimate, DraftPage, TemplateVersion),
    *(DeliveryCount, NoticedEvent, CallRate, RepliesRead),
}
OURS = {model for app in APPS for model in apps.get_app_config(app).get_models()}
MODELS = sorted(OURS - NOT_LOOKED_AT, key=lambda model: model._meta.label)
MANAGED = {GatewayAccount, Channel}


@pytest.fixture(scope="module")
def archive(kept: None) -> Campaign:
    """One row of every model, made once."""
    return one_of_everything()


@pytest.fixture
def everything(archive: Campaign, db: None) -> Campaign:
    """The campaign that everything in the archive belongs to."""
    return Campaign.objects.get(pk=archive.pk)


def one_of_everything() -> Campaign:
    """A launched campaign, and one row of every model around it."""
    team = create_team(name="Riverside Dental", slug="riverside-dental")
    alice = people.member(team, "Alice Moreau", Role.OWNER)
    patients = world.a_list(team, world.phones(12), "Patients 2026")
    draft = world.launched(world.a_campaign(world.a_channel(team), patients))
    accepted(job(draft), "kQ2x81Vb")
    Decision.objects.create(user=alice, submission=job(draft), kind="try_again", shown_version=1)
    message_templates.make(draft, alice, "Reminder", "")
    block_checks.begin_block_check(job(draft).account, draft.lists.get(), alice)
    VendorBlock.objects.create(
        opt_out=world.opt_out(draft.team, "+12025559999"),
        account=job(draft).account,
        not_before=timezone.now(),
    )
    MediaFile.objects.create(team=draft.team, name="a.jpg", kind="image", size=1)
    NumberForTests.objects.create(team=draft.team, label="Desk", phone="+12025550199")
    SentTest.objects.create(campaign=draft, token=draft.public_id, user=alice, phone="+12025550199")
    VendorMember.objects.create(account=job(draft).account, user_id="ada", name="Ada Okafor")
    assert draft.channel is not None
    DayTotal.objects.create(team=draft.team, channel=draft.channel, day=timezone.now().date())
    ChannelEvent.objects.create(
        team=draft.team, kind=ChannelEvent.Kind.SYNCED, subject="Ours", actor=alice
    )
    SeenTrouble.objects.create(code="silent", account=job(draft).account, since=timezone.now())
    Approval.objects.create(
        campaign=draft, asked_by=alice, fingerprint="f", version=1, people=12, token=uuid4()
    )
    world.a_whatsapp_template(draft.channel)
    reported_on(draft)
    return draft


@pytest.mark.either_database
@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_listed_and_opened(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    assert back_office.get(admin_address(model)).status_code == 200
    assert back_office.get(admin_address(model, "change", row.pk)).status_code == 200


@pytest.mark.either_database
@pytest.mark.parametrize("model", [one for one in MODELS if one is not Heartbeat])
@pytest.mark.parametrize("words", ["+12025550000", "\x00", "9" * 400])
def test_every_model_can_be_searched(
    back_office: Client, everything: Campaign, model: type[Model], words: str
) -> None:
    assert back_office.get(admin_address(model), {"q": words}).status_code in {200, 302}


@pytest.mark.both_databases
def test_a_person_is_found_by_the_whole_number(back_office: Client, everything: Campaign) -> None:
    page = back_office.get(admin_address(CampaignRecipient), {"q": "+12025550003"})
    assert "1 " in text_of(page)
    assert len(re.findall(r"\+1202555\d{4}</a>", page.content.decode())) == 1


@pytest.mark.both_databases
def test_a_job_is_found_by_its_id(back_office: Client, everything: Campaign) -> None:
    assert "kQ2x81Vb" in text_of(back_office.get(admin_address(Submission), {"q": "kQ2x81Vb"}))


@pytest.mark.parametrize("model", [one for one in MODELS if one not in MANAGED])
def test_facts_cannot_be_added_changed_or_deleted(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = model._default_manager.filter(pk=row.pk).values().get()

    assert back_office.get(admin_address(model, "add")).status_code == 403
    back_office.post(
        admin_address(model, "change", row.pk), {"state": "completed", "outcome": "open"}
    )
    back_office.post(admin_address(model, "delete", row.pk), {"post": "yes"})
    back_office.post(
        admin_address(model),
        {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
    )

    assert model._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.both_databases
@pytest.mark.parametrize("model", [CampaignRecipient, Submission, Attempt, CampaignEvent])
def test_a_huge_table_is_never_counted_whole(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        back_office.get(admin_address(model))
    table = model._meta.db_table
    counts = [q["sql"] for q in captured if "COUNT(" in q["sql"] and f'FROM "{table}"' in q["sql"]]
    assert not [sql for sql in counts if "LIMIT" not in sql], counts


def test_only_staff_come_in(everything: Campaign) -> None:
    client = Client()
    client.force_login(world.owner_of(everything.team))
    assert client.get(admin_address(Campaign)).status_code == 302


def test_an_account_that_has_sent_cannot_be_deleted(
    back_office: Client, everything: Campaign
) -> None:
    account = job(everything).account
    answer = back_office.post(admin_address(GatewayAccount, "delete", account.pk), {"post": "yes"})
    assert answer.status_code == 403


def test_a_channel_that_campaigns_went_through_cannot_be_deleted(
    back_office: Client, everything: Campaign
) -> None:
    channel = everything.channel
    assert channel is not None
    answer = back_office.post(admin_address(Channel, "delete", channel.pk), {"post": "yes"})
    assert answer.status_code == 403


def test_every_other_model_stays_out_of_the_admin() -> None:
    assert OURS - set(admin.site._registry) == NOT_LOOKED_AT


def test_an_attempt_shows_what_is_known_of_it(back_office: Client, everything: Campaign) -> None:
    attempted(job(everything), Outcome.NOT_SENT, reason="invalid", http_status=422)
    text = text_of(back_office.get(admin_address(Attempt)))
    assert "422" in text
    assert "invalid" in text
