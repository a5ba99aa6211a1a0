"""New keys: what is encrypted moves to the newest, and what was signed before still counts."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from delivery.models import WebhookEndpoint
from recipients.lists.people import person_id, phone_of
from sociocs_accounts.encrypted_fields import Secret, Undecryptable
from sociocs_accounts.models import GatewayAccount
from teams.models import Team, User
from tests import world
from tests.client import Client
from tests.people import ClientOf

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def endpoint(riverside: Team, settings: Settings) -> WebhookEndpoint:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    channel = world.a_channel(riverside)
    GatewayAccount.objects.update(api_key=Secret.of("the-api-key"))
    return WebhookEndpoint.objects.create(
        channel=channel, secret=Secret.of("one"), other_secret=Secret.of("other")
    )


def secrets_here() -> list[str]:
    endpoint = WebhookEndpoint.objects.get()
    kept = (GatewayAccount.objects.get().api_key, endpoint.secret, endpoint.other_secret)
    return [secret.reveal() for secret in kept]


def test_after_the_command_the_old_key_can_go(
    endpoint: WebhookEndpoint, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_keys")
    assert capsys.readouterr().out == "Encrypted with the newest key: 3\n"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert secrets_here() == ["the-api-key", "one", "other"]


def test_a_secret_that_is_not_there_stays_so(endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.update(other_secret=Secret(""))
    call_command("rotate_keys")
    assert not WebhookEndpoint.objects.get().other_secret


def test_a_secret_that_no_key_opens_is_named_and_the_others_are_done(
    endpoint: WebhookEndpoint, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    WebhookEndpoint.objects.update(secret=Secret.of("newer"))
    with pytest.raises(CommandError) as failed:
        call_command("rotate_keys")
    said = str(failed.value)
    assert f"delivery.WebhookEndpoint {endpoint.pk}: other_secret" in said
    assert f"sociocs_accounts.GatewayAccount {GatewayAccount.objects.get().pk}: api_key" in said
    assert ": secret" not in said
    with pytest.raises(Undecryptable):
        WebhookEndpoint.objects.get().other_secret.reveal()


def test_a_new_key_of_the_site_ends_nothing_while_the_old_one_is_named(
    client_of: ClientOf, alice: User, riverside: Team, settings: Settings
) -> None:
    before = settings.SECRET_KEY
    client = client_of(alice)
    person = person_id(riverside, "+12025550001")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [before]
    assert client.get(reverse("account")).status_code == 200
    assert phone_of(riverside, person) == "+12025550001"
    assert person_id(riverside, "+12025550001") != person
    settings.SECRET_KEY_FALLBACKS = []
    assert phone_of(riverside, person) is None
    assert Client().get(reverse("account")).status_code == 302
