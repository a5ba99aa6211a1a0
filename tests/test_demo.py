"""The demo team and its sample file."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from demo.views import sample_csv
from recipients.phone_numbers import Phone, PhoneReader
from sociocs_accounts.models import Channel, GatewayAccount
from sociocs_gateway.providers import Provider
from teams.models import Role, User
from tests.client import Client
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

DEMO = {
    "DEMO_EMAIL": "demo@example.org",
    "DEMO_PASSWORD": "amber-otter-4821",
    "SANDBOX_API_KEY": "0123456789abcdef:0123456789abcdef",
}


@pytest.fixture(autouse=True)
def demo_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def rows() -> list[list[str]]:
    return list(csv.reader(io.StringIO(sample_csv())))


def signs_in(client: Client, password: str) -> bool:
    form = {"email": DEMO["DEMO_EMAIL"], "password": password}
    return client.post("/sign-in/", form).status_code == 302


@pytest.mark.django_db
class TestTheDemoTeam:
    def test_has_an_owner_who_signs_in_and_sees_the_admin(self, client: Client) -> None:
        call_command("seed_demo", verbosity=0)
        assert signs_in(client, DEMO["DEMO_PASSWORD"])
        assert User.objects.get(email=DEMO["DEMO_EMAIL"]).memberships.get().role == Role.OWNER
        assert client.get("/admin/").status_code == 200

    @pytest.mark.both_databases
    def test_has_a_channel_of_each_provider(self) -> None:
        call_command("seed_demo", verbosity=0)
        assert set(Channel.objects.values_list("provider", flat=True)) == set(Provider)

    @pytest.mark.both_databases
    def test_is_made_once_however_often_it_is_asked_for(self) -> None:
        for _ in range(3):
            call_command("seed_demo", verbosity=0)
        counts = [model.objects.count() for model in (User, GatewayAccount, Channel)]
        assert counts == [2, 1, 3]

    def test_takes_the_password_that_is_printed_now(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call_command("seed_demo", verbosity=0)
        monkeypatch.setenv("DEMO_PASSWORD", "violet-heron-1234")
        call_command("seed_demo", verbosity=0)
        assert signs_in(client, "violet-heron-1234")

    def test_is_refused_without_a_login_to_print(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DEMO_PASSWORD")
        with pytest.raises(CommandError, match="DEMO_PASSWORD"):
            call_command("seed_demo", verbosity=0)


class TestTheSampleFile:
    def test_is_the_same_every_time(self) -> None:
        assert sample_csv() == sample_csv()

    def test_has_what_real_files_have(self, rows: list[list[str]]) -> None:
        numbers = [row[0] for row in rows[1:]]
        assert "" in numbers
        assert any("E+" in number for number in numbers)
        assert len(set(numbers)) < len(numbers)

    def test_is_readable_but_for_a_few_rows(self, rows: list[list[str]]) -> None:
        reader = PhoneReader("US")
        read = [reader.read(row[0]) for row in rows[1:]]
        refused = [one for one in read if not isinstance(one, Phone)]
        assert len(read) == 300
        assert 3 <= len(refused) <= 6

    def test_is_downloaded_as_a_spreadsheet_reads_it(
        self, client_of: ClientOf, alice: User
    ) -> None:
        answer = client_of(alice).get("/demo/sample-recipients.csv")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer.content.decode("utf-8-sig").startswith("Mobile,Full name")
