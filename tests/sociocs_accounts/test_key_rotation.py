"""New keys: what is encrypted moves to the newest, and what was signed before still counts."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from delivery.models import WebhookEndpoint
from recipients.lists.people import person_id, phone_of
from sociocs_accounts.encrypted_fields import Secret, Undecryptable
from sociocs_accounts.models import GatewayAccount
from teams import letters
from teams.letters import Letter
from teams.models import Team, User, WaitingMail
from teams.sealing import unseal
from tests import world
from tests.client import Client
from tests.people import ClientOf
from tests.teams.test_second_step import set_up_app

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


def test_the_second_steps_of_people_and_mails_that_wait_get_the_newest_key(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    secret, _codes = set_up_app(client_of(alice))
    letters.put_down(Letter(alice.email, "News", "Something happened."))
    mails = WaitingMail.objects.count()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert unseal(app.data["secret"]) == secret.replace(" ", "")
    letters.send_letters()
    assert len(mail.outbox) == mails


def test_without_such_keys_an_older_key_of_the_site_opens_what_it_sealed(
    client_of: ClientOf, alice: User, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    secret, _codes = set_up_app(client_of(alice))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [settings.SECRET_KEY]
    call_command("rotate_keys")
    settings.SECRET_KEY_FALLBACKS = []
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert unseal(app.data["secret"]) == secret.replace(" ", "")


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
