"""The admin of campaigns, where accounts and channels are managed."""

from __future__ import annotations

import pytest
from django.db import connection

from sociocs_accounts.models import Channel, GatewayAccount
from teams.models import Team
from tests.browsing import admin_address, text_of
from tests.client import Client

pytestmark = [pytest.mark.thorough]

KEY = "e047aa11:Xqc3SecretSecretSecret"


# --- Accounts and their keys ----------------------------------------------------------------------


def save_account(client: Client, account: GatewayAccount | None = None, **fields: str):  # type: ignore[no-untyped-def]
    url = (
        admin_address(GatewayAccount, "change", account.pk)
        if account
        else admin_address(GatewayAccount, "add")
    )
    return client.post(url, fields, follow=True)


def test_a_key_goes_in_and_never_comes_out(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=f" {KEY} ")

    account = GatewayAccount.objects.get()
    assert (account.api_key.reveal(), account.api_key_tail) == (KEY, "cret")
    for url in (admin_address(GatewayAccount), admin_address(GatewayAccount, "change", account.pk)):
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


@pytest.mark.both_databases
def test_the_same_key_is_not_taken_twice_and_not_shown(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    page = save_account(back_office, label="Again", new_api_key=KEY)
    assert "This key is already here under another account." in text_of(page)
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
    page = back_office.get(admin_address(GatewayAccount, "change", account.pk))
    assert "Halted Why: Sociocs does not accept the API key any more" in text_of(page)

    back_office.post(
        admin_address(GatewayAccount), {"action": "use_again", "_selected_action": account.pk}
    )

    account.refresh_from_db()
    assert (account.state, account.probe_needed, account.strikes) == ("open", True, 0)


@pytest.mark.both_databases
def test_an_unused_account_can_be_deleted(back_office: Client) -> None:
    save_account(back_office, label="Main", new_api_key=KEY)
    account = GatewayAccount.objects.get()
    back_office.post(admin_address(GatewayAccount, "delete", account.pk), {"post": "yes"})
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
    back_office.post(admin_address(Channel, "add"), fields)
    made = Channel.objects.get(label="India WhatsApp")
    back_office.post(admin_address(Channel, "change", made.pk), fields | {"is_active": ""})
    made.refresh_from_db()
    assert not made.is_active
