"""The admin of campaigns: accounts and channels are managed there, all else is looked at."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.feedback import block_checks
from campaigns.models import (
    Approval,
    Attempt,
    CallRate,
    Campaign,
    CampaignEvent,
    CampaignFilter,
    CampaignRecipient,
    Channel,
    ChannelEvent,
    DayTotal,
    Decision,
    DraftPage,
    DraftPlan,
    EarlierCampaign,
    GatewayAccount,
    Heartbeat,
    MediaFile,
    NumberForTests,
    RenderedText,
    SentTest,
    Submission,
    TextSurvey,
    VendorBlock,
    VendorMember,
)
from campaigns.states import Outcome
from campaigns.writing import message_templates
from recipients.models import SavedFilter
from teams.models import Team, User
from tests.campaigns import world
from tests.campaigns.pages.arranging import accepted, attempted, job
from tests.campaigns.pages.browsing import text_of
from tests.campaigns.pages.reports import reported_on
from tests.factories import create_person

KEY = "e047aa11:Xqc3SecretSecretSecret"
MODELS = list(apps.get_app_config("campaigns").get_models())
MANAGED = {GatewayAccount, Channel}


@pytest.fixture
def back_office(db: None) -> Client:
    """The admin with its manager signed in."""
    client = Client()
    client.force_login(create_person("Root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def everything(draft: Campaign, alice: User) -> Campaign:
    """One row of every model."""
    world.launched(draft)
    accepted(job(draft), "kQ2x81Vb")
    Decision.objects.create(user=alice, submission=job(draft), kind="try_again", shown_version=1)
    assert draft.message is not None
    DraftPage.objects.create(campaign=draft, user=alice, page=uuid4())
    EarlierCampaign.objects.create(campaign=draft, earlier=draft)
    TextSurvey.objects.create(campaign=draft, wanted_by=alice, wanted_at=timezone.now())
    message_templates.make(draft, alice, "Reminder", "")
    held = SavedFilter.objects.create(team=draft.team, owner=alice, name="In London")
    CampaignFilter.objects.create(campaign=draft, saved_filter=held)
    RenderedText.objects.create(message=draft.message, number=1, text="Hi", segments=1)
    block_checks.begin(job(draft).account, draft.lists.get(), alice)
    VendorBlock.objects.create(
        opt_out=world.opt_out(draft.team, "+12025559999"),
        account=job(draft).account,
        not_before=timezone.now(),
    )
    MediaFile.objects.create(team=draft.team, name="a.jpg", kind="image", size=1)
    NumberForTests.objects.create(team=draft.team, label="Desk", phone="+12025550199")
    SentTest.objects.create(campaign=draft, token=draft.public_id, user=alice, phone="+12025550199")
    VendorMember.objects.create(account=job(draft).account, user_id="ada", name="Ada Okafor")
    DayTotal.objects.create(team=draft.team, channel=draft.channel, day=timezone.now().date())
    CallRate.objects.create(account=job(draft).account)
    ChannelEvent.objects.create(
        team=draft.team, kind=ChannelEvent.Kind.SYNCED, subject="Ours", actor=alice
    )
    DraftPlan.objects.create(campaign=draft, fingerprint="f")
    Approval.objects.create(
        campaign=draft, asked_by=alice, fingerprint="f", version=1, people=12, token=uuid4()
    )
    reported_on(draft)
    return draft


def address(model: type[Model], page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:campaigns_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_listed_and_opened(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    assert back_office.get(address(model)).status_code == 200
    assert back_office.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", [one for one in MODELS if one is not Heartbeat])
@pytest.mark.parametrize("words", ["spring", "+12025550000", "'; --", "\x00", "9" * 400])
def test_every_model_can_be_searched(
    back_office: Client, everything: Campaign, model: type[Model], words: str
) -> None:
    assert back_office.get(address(model), {"q": words}).status_code in {200, 302}


def test_a_person_is_found_by_the_whole_number(back_office: Client, everything: Campaign) -> None:
    page = back_office.get(address(CampaignRecipient), {"q": "+12025550003"})
    assert "1 " in text_of(page)
    assert len(re.findall(r"\+1202555\d{4}</a>", page.content.decode())) == 1


def test_a_job_is_found_by_its_id(back_office: Client, everything: Campaign) -> None:
    assert "kQ2x81Vb" in text_of(back_office.get(address(Submission), {"q": "kQ2x81Vb"}))


@pytest.mark.parametrize("model", [one for one in MODELS if one not in MANAGED])
def test_facts_cannot_be_added_changed_or_deleted(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = model._default_manager.filter(pk=row.pk).values().get()

    assert back_office.get(address(model, "add")).status_code == 403
    back_office.post(address(model, "change", row.pk), {"state": "completed", "outcome": "open"})
    back_office.post(address(model, "delete", row.pk), {"post": "yes"})
    back_office.post(
        address(model), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    )

    assert model._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", [CampaignRecipient, Submission, Attempt, CampaignEvent])
def test_a_huge_table_is_never_counted_whole(
    back_office: Client, everything: Campaign, model: type[Model]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        back_office.get(address(model))
    table = model._meta.db_table
    counts = [q["sql"] for q in captured if "COUNT(" in q["sql"] and f'FROM "{table}"' in q["sql"]]
    assert not [sql for sql in counts if "LIMIT" not in sql], counts


def test_only_staff_come_in(everything: Campaign, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get(address(Campaign)).status_code == 302


# --- Accounts and their keys ----------------------------------------------------------------------


def save_account(client: Client, account: GatewayAccount | None = None, **fields: str):  # type: ignore[no-untyped-def]
    url = (
        address(GatewayAccount, "change", account.pk) if account else address(GatewayAccount, "add")
    )
    return client.post(url, fields, follow=True)


def test_a_key_goes_in_and_never_comes_out(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=f" {KEY} ")

    account = GatewayAccount.objects.get()
    assert (account.api_key.reveal(), account.api_key_tail) == (KEY, "cret")
    for url in (address(GatewayAccount), address(GatewayAccount, "change", account.pk)):
        page = back_office.get(url).content.decode()
        assert KEY not in page
        assert KEY.split(":")[1] not in page
        assert "…cret" in page


def test_the_database_holds_no_clear_key(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {GatewayAccount._meta.db_table}")  # noqa: S608
        assert KEY not in str(cursor.fetchall())


def test_leaving_the_key_empty_keeps_it(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    account = GatewayAccount.objects.get()
    save_account(back_office, account, label="Renamed", new_api_key="")
    account.refresh_from_db()
    assert (account.label, account.api_key.reveal()) == ("Renamed", KEY)


def test_a_new_key_replaces_the_old_one(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    account = GatewayAccount.objects.get()
    save_account(back_office, account, label="Main", new_api_key="abc:another-one")
    account.refresh_from_db()
    assert account.api_key.reveal() == "abc:another-one"
    assert account.api_key_tail == "-one"


def test_an_account_needs_a_key(back_office: Client) -> None:
    page = save_account(back_office, label="Main", new_api_key="")
    assert "Enter the account's API key." in text_of(page)
    assert not GatewayAccount.objects.exists()


def test_the_same_key_is_not_taken_twice_and_not_shown(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    page = save_account(back_office, label="Again", new_api_key=KEY)
    assert "This key is here already, under another account." in text_of(page)
    assert KEY not in page.content.decode()
    assert GatewayAccount.objects.count() == 1


def test_its_own_key_again_is_no_clash(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    account = GatewayAccount.objects.get()
    save_account(back_office, account, label="Still", new_api_key=KEY)
    account.refresh_from_db()
    assert account.label == "Still"


def test_a_halted_account_says_why_and_can_be_used_again(
    back_office: Client, front_desk: Channel
) -> None:
    account = front_desk.account
    GatewayAccount.objects.update(state="halted", halt_reason="auth", strikes=2)
    page = back_office.get(address(GatewayAccount, "change", account.pk))
    assert "Halted Why Sociocs does not accept the API key any more" in text_of(page)

    back_office.post(
        address(GatewayAccount), {"action": "use_again", "_selected_action": account.pk}
    )

    account.refresh_from_db()
    assert (account.state, account.probe_needed, account.strikes) == ("open", True, 0)


def test_an_account_that_has_sent_cannot_be_deleted(
    back_office: Client, everything: Campaign
) -> None:
    account = job(everything).account
    answer = back_office.post(address(GatewayAccount, "delete", account.pk), {"post": "yes"})
    assert answer.status_code == 403


def test_an_unused_account_can_be_deleted(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    account = GatewayAccount.objects.get()
    back_office.post(address(GatewayAccount, "delete", account.pk), {"post": "yes"})
    assert not GatewayAccount.objects.exists()


# --- Channels -------------------------------------------------------------------------------------


def test_a_channel_is_made_and_put_out_of_use(
    back_office: Client, front_desk: Channel, riverside: Team
) -> None:
    fields = {
        "team": str(riverside.pk),
        "account": str(front_desk.account_id),
        "provider": "gswa",
        "channel_key": "india",
        "label": "India WhatsApp",
        "phone_number": "+917940001212",
        "is_active": "on",
    }
    back_office.post(address(Channel, "add"), fields)
    made = Channel.objects.get(label="India WhatsApp")
    back_office.post(address(Channel, "change", made.pk), fields | {"is_active": ""})
    made.refresh_from_db()
    assert not made.is_active


def test_a_channel_that_campaigns_went_through_cannot_be_deleted(
    back_office: Client, everything: Campaign
) -> None:
    channel = everything.channel
    assert channel is not None
    answer = back_office.post(address(Channel, "delete", channel.pk), {"post": "yes"})
    assert answer.status_code == 403


def test_every_model_of_campaigns_is_registered() -> None:
    assert set(MODELS) <= set(admin.site._registry)


def test_an_attempt_shows_what_is_known_of_it(back_office: Client, everything: Campaign) -> None:
    attempted(job(everything), Outcome.NOT_SENT, reason="invalid", http_status=422)
    text = text_of(back_office.get(address(Attempt)))
    assert "422" in text
    assert "invalid" in text
