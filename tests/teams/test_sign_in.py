"""Signing in and out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from pytest_django.fixtures import Settings

from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD, create_person

WRONG = "This e-mail address and password do not match."


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


class CountingHasher(MD5PasswordHasher):
    """Notes how often a password is hashed: nothing else of a sign-in takes long."""

    algorithm = "counting"
    runs = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.runs += 1
        return super().encode(password, salt)


def sign_in(client: Client, email: str, password: str, **fields: str) -> Any:
    return client.post("/sign-in/", {"email": email, "password": password, **fields})


def test_the_right_password_lets_in(client: Client, emil: User) -> None:
    assertRedirects(sign_in(client, emil.email, PASSWORD), "/", fetch_redirect_response=False)
    assert client.get("/account/").status_code == 200


def test_an_address_that_nobody_has_costs_what_a_wrong_password_costs(
    settings: Settings, db: None
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    create_person("Emil Brandt", PASSWORD, email="emil@example.org")
    costs = []
    for number, email in enumerate(("emil@example.org", "nobody@example.org")):
        before = CountingHasher.runs
        said = {"email": email, "password": "wrong"}
        with CaptureQueriesContext(connection) as queries:
            Client().post("/sign-in/", said, REMOTE_ADDR=f"10.{number}.0.1")
        costs.append((CountingHasher.runs - before, len(queries)))
    assert costs[0] == costs[1]
    assert costs[0][0] == 1


def test_the_address_may_be_typed_in_capitals(client: Client, emil: User) -> None:
    assert sign_in(client, " Emil@Example.ORG ", PASSWORD).status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: Client, emil: User
) -> None:
    answers = [
        sign_in(client, emil.email, "not-the-password").content.decode(),
        sign_in(client, "nobody@example.org", "not-the-password").content.decode(),
    ]
    for answer in answers:
        assert WRONG in answer
    assert tidy(answers[0], emil.email) == tidy(answers[1], "nobody@example.org")


def tidy(page: str, email: str) -> str:
    """The page without what differs in any two answers: the typed address and the form's token."""
    lines = page.replace(email, "EMAIL").splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_a_disabled_account_gets_that_answer_too(client: Client, emil: User) -> None:
    emil.is_active = False
    emil.save()
    assertContains(sign_in(client, emil.email, PASSWORD), WRONG)


def test_the_typed_address_is_still_there_and_the_password_is_not(
    client: Client, emil: User
) -> None:
    answer = sign_in(client, emil.email, "not-the-password")
    assertContains(answer, f'value="{emil.email}"')
    assertNotContains(answer, "not-the-password")


def test_an_empty_form_says_what_is_missing_next_to_the_field_and_on_top(client: Client) -> None:
    answer = sign_in(client, "", "")
    assertContains(answer, "Enter your e-mail address.", count=2)
    assertContains(answer, '<a href="#id_password">Enter your password.</a>', html=True)


def test_after_signing_in_the_wanted_page_opens(
    client: Client, alice: User, riverside: Team
) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    wanted = f"/{riverside.slug}/team/"
    assertRedirects(client.get(wanted), f"/sign-in/?next={wanted}")
    assertRedirects(sign_in(client, alice.email, PASSWORD, next=wanted), wanted)


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "http:///evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "https:evil.example",
        # No page at all.
        *("abc", "campaign", "team", "#", "?x", "[]"),
    ],
)
def test_no_other_site_opens_after_signing_in(client: Client, emil: User, next_page: str) -> None:
    answer = sign_in(client, emil.email, PASSWORD, next=next_page)
    assertRedirects(answer, "/", fetch_redirect_response=False)


def test_signing_in_gives_the_session_a_new_key(client: Client, emil: User) -> None:
    session = client.session
    session["anything"] = "to have a session before signing in"
    session.save()
    before = session.session_key
    sign_in(client, emil.email, PASSWORD)
    assert client.session.session_key != before


def test_somebody_signed_in_is_sent_on(client_of: ClientOf, alice: User) -> None:
    answer = client_of(alice).get("/sign-in/?next=/account/")
    assertRedirects(answer, "/account/")


def test_signing_out_ends_the_session(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assertContains(client.post("/sign-out/", follow=True), "You are signed out.")
    assertRedirects(client.get("/account/"), "/sign-in/?next=/account/")


def test_a_link_cannot_sign_anybody_out(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/account/").status_code == 200


def test_a_form_without_its_token_is_refused_with_advice(emil: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = sign_in(client, emil.email, PASSWORD)
    assertContains(answer, "reload the page", status_code=403)


def test_signing_in_sends_no_mail(client: Client, emil: User) -> None:
    sign_in(client, emil.email, PASSWORD)
    assert not mail.outbox


def test_a_fragment_asked_for_after_the_session_ended_opens_the_sign_in_page(
    client: Client, riverside: Team
) -> None:
    answer = client.get(
        f"/{riverside.slug}/team/",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver/{riverside.slug}/team/?x=1",
        },
    )
    assert answer["HX-Redirect"] == f"/sign-in/?next=/{riverside.slug}/team/"
    assert not answer.content


class TestTheAdminsDoor:
    def test_is_the_same_as_everybodys(self, client: Client) -> None:
        answer = client.get("/admin/", follow=True)
        assert answer.redirect_chain[-1][0] == "/sign-in/?next=/admin/"

    def test_opens_for_staff(self, client_of: ClientOf, alice: User) -> None:
        alice.is_staff = True
        alice.save()
        answer = client_of(alice).get("/admin/login/?next=/admin/")
        assertRedirects(answer, "/admin/")

    def test_stays_shut_for_others_without_a_loop(self, client_of: ClientOf, alice: User) -> None:
        answer = client_of(alice).get("/admin/", follow=True)
        assertContains(answer, "for the people who run this site", status_code=403)

    def test_sends_nobody_to_another_site(self, client_of: ClientOf, alice: User) -> None:
        alice.is_staff = True
        alice.save()
        answer = client_of(alice).get("/admin/login/?next=https://evil.example/")
        assertRedirects(answer, "/admin/")
