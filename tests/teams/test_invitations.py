"""Invitations: for one address, once, for seven days."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from pytest_django.fixtures import Settings

from teams import invitations, letters, proved_addresses
from teams.models import Invitation, Membership, Role, Team, User
from teams.throttling import Limit
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD, create_person

NEW_PERSON = {"name": "Nora New", "password": PASSWORD}


@pytest.fixture
def owner(alice: User, client_of: ClientOf) -> Client:
    return client_of(alice)


def send(client: Client, team: Team, email: str = "nora@example.org", role: str = "sender") -> Any:
    answer = client.post(f"/{team.slug}/team/invitations/", {"email": email, "role": role})
    letters.send_letters()
    return answer


@pytest.fixture
def thread_pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def link(owner: Client, riverside: Team) -> str:
    """The path of an invitation for nora@example.org, as a sender."""
    send(owner, riverside)
    return link_in_mail()


def link_in_mail() -> str:
    found = re.search(r"http\S+(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found.group(1)


def link_on(page: Any) -> str:
    """The path of the link that the maker of an invitation is shown."""
    found = re.search(r'value="http[^"]+?(/invitations/[^"]+)"', page.content.decode())
    assert found
    return found.group(1)


def roles(team: Team) -> dict[str, str]:
    return dict(team.memberships.values_list("user__email", "role"))


class TestInviting:
    def test_sends_the_link_to_that_address(self, owner: Client, riverside: Team) -> None:
        send(owner, riverside, "Nora@Example.org")
        assert mail.outbox[0].to == ["nora@example.org"]
        assert "Alice Moreau invites you" in mail.outbox[0].body

    def test_shows_the_link_once_to_copy(self, owner: Client, riverside: Team) -> None:
        answer = send(owner, riverside)
        link = link_on(answer)
        assertContains(Client().get(link), "Join Riverside Dental")
        # The mail has a link of its own: who opens that one reads the mail.
        assertNotContains(answer, link_in_mail())
        assertNotContains(owner.get(f"/{riverside.slug}/team/"), link)

    def test_stores_nothing_that_opens_the_door(self, link: str) -> None:
        token = link.split("/")[2]
        stored = Invitation.objects.get().token_sha256
        assert stored == hashlib.sha256(token.encode()).hexdigest()
        assert len(token) >= 43  # 256 bits

    def test_without_a_mail_server_leaves_the_link(
        self, owner: Client, riverside: Team, settings: Settings
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        answer = send(owner, riverside)
        assertContains(
            answer, "If it does not arrive, copy this link and send it to them yourself."
        )
        assertContains(answer, "/invitations/")
        page = f"/{riverside.slug}/team/"
        assertContains(owner.get(page), "The e-mail has not been sent yet.")
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        with time_machine.travel(timezone.now() + timedelta(minutes=3)):
            letters.send_letters()
        assertNotContains(owner.get(page), "The e-mail has not been sent yet.")
        assertContains(Client().get(link_in_mail()), "Join Riverside Dental")

    def test_no_page_waits_for_the_mail_server(self, owner: Client, riverside: Team) -> None:
        owner.post(f"/{riverside.slug}/team/invitations/", {"email": "a@b.org", "role": "viewer"})
        assert Invitation.objects.exists()
        assert not mail.outbox

    def test_again_replaces_the_open_one(
        self, owner: Client, riverside: Team, link: str, client: Client
    ) -> None:
        send(owner, riverside)
        assertContains(client.get(link), "no longer works", status_code=410)
        assertContains(client.get(link_in_mail()), "Join Riverside Dental")

    def test_refuses_who_is_in_the_team(self, owner: Client, riverside: Team, bob: User) -> None:
        answer = send(owner, riverside, bob.email)
        assertContains(answer, "is already in this team")
        assert not mail.outbox

    def test_refuses_a_role_that_does_not_exist(self, owner: Client, riverside: Team) -> None:
        assert send(owner, riverside, role="emperor").status_code == 200
        assert not Invitation.objects.exists()

    def test_cannot_smuggle_headers_into_the_mail(self, owner: Client, riverside: Team) -> None:
        riverside.name = "Riverside\nBcc: everybody@example.org"
        riverside.save()
        send(owner, riverside)
        assert mail.outbox[0].subject.startswith("Invitation to Riverside Bcc: everybody")
        assert mail.outbox[0].recipients() == ["nora@example.org"]


class TestANewPerson:
    def test_makes_an_account_and_is_in(self, client: Client, riverside: Team, link: str) -> None:
        answer = client.post(link, NEW_PERSON)
        assertRedirects(answer, f"/{riverside.slug}/", fetch_redirect_response=False)
        assert roles(riverside)["nora@example.org"] == Role.SENDER
        assert client.get("/account/").status_code == 200
        assert User.objects.get(email="nora@example.org").check_password(PASSWORD)

    def test_has_joined_nothing_by_looking(
        self, client: Client, riverside: Team, link: str
    ) -> None:
        assertContains(client.get(link), "nora@example.org")
        assert "nora@example.org" not in roles(riverside)

    def test_cannot_choose_another_address_or_role(
        self, client: Client, riverside: Team, link: str
    ) -> None:
        client.post(link, NEW_PERSON | {"email": "mallory@example.org", "role": "owner"})
        assert roles(riverside)["nora@example.org"] == Role.SENDER
        assert not User.objects.filter(email="mallory@example.org").exists()

    def test_is_told_when_the_password_is_weak(self, client: Client, link: str) -> None:
        answer = client.post(link, NEW_PERSON | {"password": "nora@example.org"})
        assertContains(answer, "too similar")
        assertContains(answer, 'value="Nora New"')


class TestTheLinkOnTheOwnersPage:
    @pytest.fixture
    def shown(self, owner: Client, riverside: Team) -> str:
        return link_on(send(owner, riverside))

    def test_makes_an_account_whose_address_is_not_proved(
        self, client: Client, riverside: Team, shown: str
    ) -> None:
        client.post(shown, NEW_PERSON)
        assertContains(client.get("/account/"), "Confirm that nora@example.org")
        client.post("/account/address/ask/")
        letters.send_letters()
        found = re.search(r"http\S+?(/account/address/\S+)", str(mail.outbox[-1].body))
        assert found
        Client().post(found.group(1))
        assertNotContains(client.get("/account/"), "Until then you cannot approve campaigns")

    def test_the_one_in_the_mail_proves_the_address(self, client: Client, link: str) -> None:
        client.post(link, NEW_PERSON)
        assertNotContains(client.get("/account/"), "Until then you cannot approve campaigns")

    def test_lets_an_account_in_that_proved_its_address(
        self, client_of: ClientOf, riverside: Team, shown: str
    ) -> None:
        nora = create_person("Nora Old", PASSWORD, email="nora@example.org")
        client_of(nora).post(shown)
        assert roles(riverside)[nora.email] == Role.SENDER

    def test_lets_no_account_in_whose_address_is_not_proved(
        self, client_of: ClientOf, riverside: Team, shown: str
    ) -> None:
        impostor = create_person("Nora Old", PASSWORD, email="nora@example.org")
        proved_addresses.note_unproved(impostor)
        browser = client_of(impostor)
        assertContains(browser.post(shown), "Confirm your e-mail address first")
        assert impostor.email not in roles(riverside)
        browser.post(link_in_mail())
        assert roles(riverside)[impostor.email] == Role.SENDER

    def test_does_not_tell_its_maker_who_has_an_account(self, riverside: Team, shown: str) -> None:
        before = Client().get(shown)
        create_person("Nora Old", PASSWORD, email="nora@example.org")
        assert without_tokens(before) == without_tokens(Client().get(shown))


def without_tokens(page: Any) -> str:
    return re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"', "", page.content.decode()
    )


class TestAPersonWithAnAccount:
    @pytest.fixture
    def nora(self, link: str) -> User:
        return create_person("Nora Old", PASSWORD, email="nora@example.org")

    def test_is_asked_to_sign_in_first(self, client: Client, nora: User, link: str) -> None:
        assertContains(client.get(link), f'href="/sign-in/?next={link}"')

    def test_cannot_be_given_a_new_password_by_the_link(
        self, client: Client, nora: User, link: str
    ) -> None:
        client.post(link, NEW_PERSON | {"password": "nine-herons-on-a-weir"})
        nora.refresh_from_db()
        assert nora.check_password(PASSWORD)
        assert not Membership.objects.filter(user=nora).exists()

    def test_joins_with_one_press(
        self, client_of: ClientOf, nora: User, riverside: Team, link: str
    ) -> None:
        browser = client_of(nora)
        assertContains(browser.get(link), "Join Riverside Dental")
        browser.post(link)
        assert roles(riverside)[nora.email] == Role.SENDER

    def test_who_joined_meanwhile_keeps_their_role(
        self, client_of: ClientOf, nora: User, riverside: Team, link: str
    ) -> None:
        Membership.objects.create(team=riverside, user=nora, role=Role.VIEWER)
        client_of(nora).post(link)
        assert roles(riverside)[nora.email] == Role.VIEWER

    def test_somebody_else_is_told_and_joins_nothing(
        self, client_of: ClientOf, charlie: User, riverside: Team, link: str
    ) -> None:
        browser = client_of(charlie)
        for answer in (browser.get(link), browser.post(link)):
            assertContains(answer, "but you are signed in as charlie@example.org")
        assert charlie.email not in roles(riverside)
        assert Invitation.objects.get().accepted_at is None


class TestTheEnd:
    def test_comes_with_the_first_use(self, client: Client, riverside: Team, link: str) -> None:
        client.post(link, NEW_PERSON)
        assertContains(Client().get(link), "no longer works", status_code=410)

    def test_comes_after_seven_days(
        self, alice: User, client_of: ClientOf, riverside: Team, client: Client
    ) -> None:
        with time_machine.travel("2026-03-02T09:00:00Z") as clock:
            send(client_of(alice), riverside)
            clock.shift(timedelta(days=7) - timedelta(minutes=1))
            assertContains(client.get(link_in_mail()), "Join Riverside Dental")
            clock.shift(timedelta(minutes=2))
            answer = client.post(link_in_mail(), NEW_PERSON)
            assertContains(answer, "older than seven days", status_code=410)

    def test_comes_when_an_owner_takes_it_back(
        self, owner: Client, client: Client, riverside: Team, link: str
    ) -> None:
        path = f"/{riverside.slug}/team/invitations/{Invitation.objects.get().public_id}/revoke/"
        assertContains(owner.post(path, follow=True), "is withdrawn")
        assertContains(owner.post(path, follow=True), "already used, withdrawn or expired")
        assert client.get(link).status_code == 410

    def test_does_not_come_by_the_owner_of_another_team(
        self, client_of: ClientOf, charlie: User, client: Client, link: str
    ) -> None:
        invitation = Invitation.objects.get()
        for team in ("riverside-dental", "hillside"):
            path = f"/{team}/team/invitations/{invitation.public_id}/revoke/"
            assert client_of(charlie).post(path).status_code == 404
        assert client.get(link).status_code == 200

    def test_a_made_up_link_is_answered_alike(self, client: Client, db: None) -> None:
        answer = client.get("/invitations/made-up/")
        assertContains(answer, "no longer works", status_code=410)


class TestLimits:
    def test_one_address_gets_a_few_mails_an_hour_from_all_teams_together(
        self, owner: Client, riverside: Team, charlie: User, client_of: ClientOf
    ) -> None:
        hillside, others = charlie.teams.get(), client_of(charlie)
        answers = [send(client, team) for client, team in [(owner, riverside)] * 2]
        answers += [send(others, hillside), send(others, hillside), send(owner, riverside)]
        assert len(mail.outbox) == 3
        assertContains(answers[-1], "Too many invitations")
        assert Invitation.objects.count() == 3
        # Another address has its own.
        send(owner, riverside, "otto@example.org")
        assert len(mail.outbox) == 4

    def test_a_person_invites_so_many_in_an_hour_and_a_team_so_many(
        self, owner: Client, riverside: Team, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
        monkeypatch.setattr(invitations, "PER_PERSON", Limit("invitations-person", 3))
        monkeypatch.setattr(invitations, "PER_TEAM", Limit("invitations-team", 5))
        for number in range(5):
            send(owner, riverside, f"a{number}@example.org")
        assert len(mail.outbox) == 3
        second = Client()
        second.force_login(bob)
        for number in range(5):
            send(second, riverside, f"b{number}@example.org")
        assert len(mail.outbox) == 5
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            owner.force_login(User.objects.get(name="Alice Moreau"))
            send(owner, riverside, "later@example.org")
        assert len(mail.outbox) == 6

    @pytest.mark.parametrize(
        "name",
        [
            "Your bank: confirm at https://evil.example",
            "Your bank evil.example",
            "WWW.evil",
            "//evil",
            "write to mallory@evil.example",
            "evil.example/confirm",
            "Evil.Example",
            "b\u00fccher.example",
        ],
    )
    @pytest.mark.thorough
    def test_no_name_that_strangers_read_is_an_address(
        self, owner: Client, riverside: Team, link: str, name: str
    ) -> None:
        page = owner.post(f"/{riverside.slug}/team/settings/", {"name": name})
        assertContains(page, "A name cannot hold a web or e-mail address")
        assertContains(owner.post("/account/", {"name": name}), "cannot hold a web")
        joined = Client().post(link, NEW_PERSON | {"name": name})
        assertContains(joined, "cannot hold a web")
        assert not User.objects.filter(name=name).exists()
        assert not Team.objects.filter(name=name).exists()

    @pytest.mark.parametrize("name", ["Dr. Smith", "A.B. Dental", "A/B"])
    def test_a_name_with_dots_is_a_name(self, owner: Client, name: str) -> None:
        owner.post("/account/", {"name": name, "email": "alice@example.org"})
        assert User.objects.filter(name=name).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_who_accept_one_link_at_once_make_one_account_and_no_error(
    riverside: Team, alice: User, thread_pool: ThreadPoolExecutor
) -> None:
    invited = invitations.invite(riverside, "nora@example.org", Role.SENDER, alice)
    path = invited.link.removeprefix(settings.BASE_URL)
    together = Barrier(4)

    def accept(_: int) -> int:
        client = Client()
        client.get(path)
        together.wait()
        try:
            return int(client.post(path, NEW_PERSON).status_code)
        finally:
            connection.close()

    answers = set(thread_pool.map(accept, range(4)))
    assert 302 in answers
    # Whoever comes just after the first one is told to sign in.
    assert answers <= {200, 302, 410, 503}
    assert User.objects.filter(email="nora@example.org").count() == 1
    assert riverside.memberships.filter(user__email="nora@example.org").count() == 1
