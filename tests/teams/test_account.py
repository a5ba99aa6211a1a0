"""The front page and a person's own account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from pytest_django.asserts import assertContains, assertRedirects

from teams import letters
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD, add_member, create_person, create_team


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


@pytest.fixture
def browser_of_emil(emil: User, client_of: ClientOf) -> Client:
    return client_of(emil)


def save(client: Client, **changes: str) -> Any:
    fields = {"name": "Emil Brandt", "email": "emil@example.org", "current_password": ""}
    return client.post("/account/", fields | changes, follow=True)


def link_in_mail() -> str:
    """The path of the link in the latest e-mail, once the worker has sent it."""
    letters.send_letters()
    found = re.search(r"http\S+?(/account/address/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found.group(1)


class TestTheFrontPage:
    def test_opens_ones_team(self, client_of: ClientOf, alice: User, riverside: Team) -> None:
        answer = client_of(alice).get("/")
        assertRedirects(answer, f"/{riverside.slug}/", fetch_redirect_response=False)

    def test_opens_the_team_one_was_in_last(
        self, client_of: ClientOf, alice: User, riverside: Team
    ) -> None:
        aardvarks = create_team(alice, name="Aardvarks", slug="aardvarks")
        client = client_of(alice)
        assert client.get("/")["Location"] == f"/{aardvarks.slug}/"
        client.get(f"/{riverside.slug}/team/")
        assert client.get("/")["Location"] == f"/{riverside.slug}/"

    def test_forgets_a_team_one_has_left(
        self, client_of: ClientOf, bob: User, riverside: Team
    ) -> None:
        client = client_of(bob)
        client.get(f"/{riverside.slug}/team/")
        bob.memberships.all().delete()
        assertContains(client.get("/"), "You are not in a team yet")

    def test_tells_who_has_no_team_what_to_do(self, browser_of_emil: Client) -> None:
        assertContains(
            browser_of_emil.get("/"), "Ask an owner of your team to invite emil@example.org"
        )

    def test_shows_staff_without_a_team_where_to_make_one(
        self, browser_of_emil: Client, emil: User
    ) -> None:
        emil.is_staff = True
        emil.save()
        assertContains(browser_of_emil.get("/"), 'href="/teams/new/"')


class TestTheAccount:
    def test_takes_another_name(self, browser_of_emil: Client, emil: User) -> None:
        assertContains(save(browser_of_emil, name="Emil B."), "Your account is saved.")
        emil.refresh_from_db()
        assert emil.name == "Emil B."

    def test_takes_another_address_with_the_password(
        self, browser_of_emil: Client, emil: User
    ) -> None:
        save(browser_of_emil, email="Emil@New.example", current_password=PASSWORD)
        emil.refresh_from_db()
        assert emil.email == "emil@example.org"
        browser_of_emil.post(link_in_mail())
        emil.refresh_from_db()
        assert emil.email == "emil@new.example"
        # Here they are signed in still.
        assertContains(browser_of_emil.get("/account/"), "emil@new.example")

    def test_tells_the_old_address_of_the_new_one(self, browser_of_emil: Client) -> None:
        save(browser_of_emil, email="emil@new.example", current_password=PASSWORD)
        browser_of_emil.post(link_in_mail())
        mail.outbox.clear()
        letters.send_letters()
        assert [message.to for message in mail.outbox] == [["emil@example.org"]]
        assert "emil@new.example" not in mail.outbox[0].body

    def test_another_address_counts_once_its_link_was_pressed_and_opened_by_no_program(
        self, browser_of_emil: Client, emil: User
    ) -> None:
        elsewhere = Client()
        elsewhere.force_login(emil)
        save(browser_of_emil, email="emil@new.example", current_password=PASSWORD)
        link = link_in_mail()
        stranger = Client()
        assertContains(stranger.get(link), "emil@new.example")
        emil.refresh_from_db()
        assert emil.email == "emil@example.org"
        assert stranger.post(link).status_code == 302
        assert elsewhere.get("/account/").status_code == 302
        assertContains(stranger.get(link), "no longer works", status_code=410)
        assertContains(stranger.post(f"{link[:-2]}x/"), "no longer works", status_code=410)

    def test_a_link_for_another_address_works_for_a_day(self, browser_of_emil: Client) -> None:
        with time_machine.travel("2026-03-02T09:00:00Z") as clock:
            save(browser_of_emil, email="emil@new.example", current_password=PASSWORD)
            link = link_in_mail()
            clock.shift(timedelta(hours=24, minutes=1))
            assert Client().post(link).status_code == 410

    @pytest.mark.parametrize("password", ["", "not-the-password"])
    def test_keeps_the_address_without_the_password(
        self, browser_of_emil: Client, emil: User, password: str
    ) -> None:
        answer = save(browser_of_emil, email="emil@new.example", current_password=password)
        assertContains(answer, "Enter your current password")
        assertContains(answer, 'value="emil@new.example"')
        emil.refresh_from_db()
        assert emil.email == "emil@example.org"

    def test_refuses_somebody_elses_address_in_any_spelling(
        self, browser_of_emil: Client, charlie: User
    ) -> None:
        answer = save(browser_of_emil, email="Charlie@Example.org", current_password=PASSWORD)
        free = save(browser_of_emil, email="nobody@example.org", current_password=PASSWORD)
        # The answer is that of an address that nobody has.
        for page, email in ((answer, "charlie@example.org"), (free, "nobody@example.org")):
            assertContains(page, f"We sent a link to {email}.")
        letters.send_letters()
        to_charlie, to_nobody = mail.outbox
        assert "You already have an account with it" in to_charlie.body
        assert "http" not in to_charlie.body
        assert "/account/address/" in to_nobody.body
        charlie.refresh_from_db()
        assert charlie.email == "charlie@example.org"

    def test_refuses_an_address_that_another_account_got_meanwhile(
        self, browser_of_emil: Client, emil: User
    ) -> None:
        save(browser_of_emil, email="nora@example.org", current_password=PASSWORD)
        create_person("Nora New", email="nora@example.org")
        answer = browser_of_emil.post(link_in_mail())
        assertContains(answer, "no longer works", status_code=410)

    def test_fills_nobodys_mailbox(self, browser_of_emil: Client) -> None:
        for _ in range(8):
            save(browser_of_emil, email="nora@example.org", current_password=PASSWORD)
        letters.send_letters()
        assert len(mail.outbox) == 5

    def test_cannot_be_used_to_become_staff(self, browser_of_emil: Client, emil: User) -> None:
        save(browser_of_emil, is_staff="on", is_superuser="on", public_id="x")
        emil.refresh_from_db()
        assert not emil.is_staff

    def test_shows_the_saved_name_in_the_header_while_the_form_is_wrong(
        self, browser_of_emil: Client
    ) -> None:
        answer = save(browser_of_emil, name="Emilia", email="no address")
        assertContains(answer, "Menu of Emil Brandt")
        assertContains(answer, 'value="Emilia"')

    def test_says_that_a_name_is_needed(self, browser_of_emil: Client) -> None:
        assertContains(save(browser_of_emil, name=" "), "Enter your name.")

    def test_lists_ones_own_teams_only(
        self, browser_of_emil: Client, emil: User, riverside: Team, charlie: User
    ) -> None:
        add_member(riverside, emil)
        page = browser_of_emil.get("/account/").content.decode()
        assert "Riverside Dental" in page
        assert "Hillside" not in page
