"""A team's channels: read at Sociocs over real HTTP, typed by hand, changed, and told about."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from campaigns.models import Campaign
from recipients.models import RecipientList
from sending import submit
from sociocs_accounts.channels import channel_number
from sociocs_accounts.lanes import LaneState
from sociocs_accounts.models import Channel, ChannelEvent, GatewayAccount, VendorMember
from sociocs_accounts.secrets import remember_key
from sociocs_gateway.results import ChannelDetails
from teams.models import Team, User
from tests import world
from tests.browsing import Desk, Page, complaints_of, text_of
from tests.client import Client
from tests.desks import DeskOf
from tests.people import ClientOf
from tests.processes import Sandbox
from tooling import children

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.thorough,
]


@pytest.fixture
def vendor(sandbox: Sandbox, settings: Settings) -> Sandbox:
    settings.SOCIOCS_BASE_URL = sandbox.url
    return sandbox


def connect(desk: Desk, key: str, label: str = "Our Sociocs") -> Page:
    url = desk.url("account-new")
    return desk.client.post(url, {"label": label, "api_key": key}, follow=True)


def account_url(desk: Desk, account: GatewayAccount) -> str:
    return f"{desk.url('channels')}accounts/{account.public_id}/"


def read_url(desk: Desk, account: GatewayAccount) -> str:
    return f"{account_url(desk, account)}read/"


@pytest.mark.both_databases
def test_a_connected_account_brings_its_channels_numbers_and_people(
    desk: Desk, vendor: Sandbox, riverside: Team
) -> None:
    page = connect(desk, vendor.api_key)

    channels = {one.channel_key: one for one in riverside.channels.all()}
    assert {key: one.phone_number for key, one in channels.items()} == {
        "front-desk-sms": "+16317471111",
        "clinic-whatsapp": "+16317472222",
        "india-whatsapp": "+917940001212",
    }
    assert sorted(VendorMember.objects.values_list("user_id", flat=True)) == [
        *("member-ada", "member-ben", "member-chitra")
    ]
    words = text_of(page)
    assert "3 channels are new." in words
    assert f"…{vendor.api_key[-4:]}" in words
    assert vendor.api_key not in page.content.decode()
    assert "Alice Moreau added the Sociocs account “Our Sociocs”" in words
    assert "files up to 5.0\xa0MB (not certain, so send a test)" in words.replace(" MB", "\xa0MB")
    assert "free text only within 24 hours of a person's last message" in words


@pytest.mark.both_databases
def test_reading_again_keeps_what_the_team_said_and_tells_what_is_gone(
    desk: Desk, vendor: Sandbox, riverside: Team
) -> None:
    connect(desk, vendor.api_key)
    account = riverside.accounts.get()
    riverside.channels.filter(channel_key="front-desk-sms").update(
        label="Reception", phone_number="", is_active=False
    )
    gone = Channel.objects.create(
        team=riverside, account=account, provider="twlo", channel_key="old-line", label="Old line"
    )
    VendorMember.objects.create(account=account, user_id="member-gone", name="Gone Gary")

    page = desk.client.post(read_url(desk, account), follow=True)

    kept = riverside.channels.get(channel_key="front-desk-sms")
    assert (kept.label, kept.phone_number, kept.is_active) == ("Reception", "+16317471111", False)
    gone.refresh_from_db()
    assert gone.missing_since is not None
    assert VendorMember.objects.get(user_id="member-gone").gone_since is not None
    assert "1 channel is no longer in Sociocs." in text_of(page)
    assert riverside.channels.count() == 4


@pytest.mark.both_databases
def test_an_account_of_the_server_adds_no_channels_which_might_be_another_teams(
    desk: Desk, vendor: Sandbox, riverside: Team
) -> None:
    channel = world.a_channel(riverside, vendor)
    page = desk.client.post(read_url(desk, channel.account), follow=True)

    assert riverside.channels.count() == 1
    channel.refresh_from_db()
    assert channel.phone_number == "+16317471111"
    assert vendor.api_key[-4:] not in text_of(page)
    # Nor may its key be changed from here.
    assert desk.client.get(account_url(desk, channel.account)).status_code == 404


@pytest.mark.both_databases
def test_a_key_that_is_not_accepted_is_not_kept(desk: Desk, vendor: Sandbox) -> None:
    page = connect(desk, "wrong:key")
    assert complaints_of(page) == {
        "Sociocs does not accept this key. Copy it again: it has two parts with a colon "
        "between them.": ("id_api_key")
    }
    assert "wrong:key" not in page.content.decode()
    assert not GatewayAccount.objects.exists()


@pytest.mark.both_databases
def test_nothing_changes_while_sociocs_is_away(
    desk: Desk, vendor: Sandbox, riverside: Team, settings: Settings
) -> None:
    connect(desk, vendor.api_key)
    settings.SOCIOCS_BASE_URL = f"http://127.0.0.1:{children.free_port()}"
    account = riverside.accounts.get()
    page = desk.client.post(read_url(desk, account), follow=True)
    assert "Sociocs gave no usable answer, so your channels have not changed." in text_of(page)
    assert riverside.channels.filter(missing_since=None).count() == 3


@pytest.mark.both_databases
def test_a_new_key_opens_a_halted_account_and_must_be_of_the_same_one(
    desk: Desk, vendor: Sandbox, riverside: Team
) -> None:
    account = GatewayAccount(label="Ours", team=riverside, state=LaneState.HALTED)
    account.halt_reason = "auth"
    remember_key(account, "revoked:key")
    account.save()
    foreign = Channel.objects.create(
        team=riverside, account=account, provider="twlo", channel_key="elsewhere", label="Far line"
    )
    url = account_url(desk, account)
    form = {"label": "Ours", "api_key": vendor.api_key}

    assert "without the channel “Far line”" in text_of(desk.client.post(url, form))
    account.refresh_from_db()
    assert account.state == LaneState.HALTED

    foreign.delete()
    desk.client.post(url, form)
    account.refresh_from_db()
    assert (account.state, account.api_key.reveal()) == (LaneState.OPEN, vendor.api_key)
    event = ChannelEvent.objects.get(kind="key_changed")
    assert event.details == {"key_tail": vendor.api_key[-4:]}


def test_a_channel_typed_by_hand_and_changed(
    desk: Desk, vendor: Sandbox, riverside: Team, draft: Campaign
) -> None:
    connect(desk, vendor.api_key)
    account = riverside.accounts.get()
    typed = {"account": account.public_id, "provider": "twlo", "channel_key": "short-1"}
    url = desk.url("channel-new")
    assert complaints_of(desk.client.post(url, typed)) == {"Give the channel a name.": "id_label"}
    typed |= {"label": "Short code", "phone_number": "12345"}
    desk.client.post(url, typed)
    assert "already has a channel with this key" in text_of(desk.client.post(url, typed))

    channel = riverside.channels.get(channel_key="short-1")
    url = f"{desk.url('channels')}{channel.public_id}/"
    assert "If empty, we use 100" in text_of(desk.client.get(url))
    page = desk.client.post(
        url, {"label": "Code", "phone_number": "12345", "messages_per_second": "30"}, follow=True
    )
    assert "Alice Moreau stopped using “Code”" in text_of(page)
    channel.refresh_from_db()
    assert (channel.label, channel.messages_per_second, channel.is_active) == ("Code", 30, False)


@pytest.mark.both_databases
def test_who_is_shown_as_sender_goes_along(
    desk: Desk, vendor: Sandbox, riverside: Team, patients: RecipientList, settings: Settings
) -> None:
    settings.LEAD_SECONDS = 2
    connect(desk, vendor.api_key)
    draft = world.a_campaign(riverside.channels.get(channel_key="front-desk-sms"), patients)
    ada = VendorMember.objects.get(user_id="member-ada")
    elsewhere = GatewayAccount(label="Other")
    remember_key(elsewhere, "other:key")
    elsewhere.save()
    Channel.objects.create(
        team=riverside, account=elsewhere, provider="twlo", channel_key="x", label="X"
    )
    stranger = VendorMember.objects.create(account=elsewhere, user_id="s", name="Sue Stranger")

    page = desk.write(draft, sent_as=str(stranger.public_id))
    assert "Sue Stranger is not in the Sociocs account of this channel." in text_of(page)
    desk.store(draft, sent_as=str(ada.public_id))
    draft.refresh_from_db()
    assert draft.sent_as == ada

    VendorMember.objects.filter(pk=ada.pk).update(gone_since=draft.created_at)
    assert "Ada Okafor is no longer in the Sociocs account." in text_of(desk.write(draft, "review"))
    VendorMember.objects.filter(pk=ada.pk).update(gone_since=None)
    draft.refresh_from_db()
    launched = world.launched(draft)
    assert launched.channel
    submit.hand_over(launched.channel.account_id)
    job = world.witness(vendor, "/jobs")[0]
    assert job["user_id"] == "member-ada"


@pytest.mark.parametrize(
    ("country_code", "written", "number"),
    [
        ("1", "+16317471111", "+16317471111"),
        ("1", "6317471111", "+16317471111"),
        ("US", "(631) 747-1111", "+16317471111"),
        ("+44", "7700900123", "+447700900123"),
        ("", "12345", "12345"),
        ("1", "ACME", "ACME"),
        (None, None, ""),
    ],
)
def test_numbers_are_read_in_every_form_the_vendor_might_use(
    country_code: str | None, written: str | None, number: str
) -> None:
    details = ChannelDetails("key", "Name", None, country_code, written)
    assert channel_number(details) == number


def test_only_owners_find_ways_to_change_channels(
    desk_of: DeskOf, bob: User, front_desk: Channel, client_of: ClientOf
) -> None:
    page = desk_of(bob).get("channels")
    assert "Front desk SMS" in text_of(page)
    assert "Change" not in text_of(page)
    assert Client().get(desk_of(bob).url("channels")).status_code == 302
