"""A forgotten password and a new one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from pytest_django.asserts import assertContains, assertRedirects
from pytest_django.fixtures import Settings

from teams import letters
from teams.models import User
from tests.client import Client
from tests.world import PASSWORD, create_person

NEW = "nine-herons-on-a-weir"


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


@pytest.fixture
def signed_in(emil: User) -> Client:
    client = Client()
    client.force_login(emil)
    return client


def ask_for_link(email: str, **ask: str) -> str:
    """Ask for a reset, and return the path of the link in the e-mail."""
    Client().post("/password-reset/", {"email": email}, headers=ask)
    letters.send_letters()
    found = re.search(r"https?://([^/]+)(/password-reset/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found.group(2)


def set_by_link(client: Client, link: str, password: str = NEW) -> Any:
    form = client.get(link, follow=True)
    path = form.request["PATH_INFO"]
    return client.post(path, {"new_password1": password, "new_password2": password}, follow=True)


def test_the_link_sets_a_new_password(client: Client, emil: User) -> None:
    answer = set_by_link(client, ask_for_link(emil.email))
    assertRedirects(answer, "/sign-in/")
    assertContains(answer, "Your new password is set")
    emil.refresh_from_db()
    assert emil.check_password(NEW)


def test_the_link_works_once(client: Client, emil: User) -> None:
    link = ask_for_link(emil.email)
    set_by_link(client, link)
    assertContains(Client().get(link, follow=True), "This link no longer works")


def test_the_link_works_for_an_hour(emil: User) -> None:
    with time_machine.travel("2026-03-02T09:00:00Z") as clock:
        link = ask_for_link(emil.email)
        clock.shift(timedelta(minutes=59))
        assertContains(Client().get(link, follow=True), "Set your new password")
        clock.shift(timedelta(minutes=2))
        assertContains(Client().get(link, follow=True), "Ask for a new one")


def test_the_link_names_our_own_host_whatever_the_browser_says(
    emil: User, settings: Settings
) -> None:
    settings.BASE_URL = "https://campaigns.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    ask_for_link(emil.email, Host="evil.example")
    assert "https://campaigns.example.org/password-reset/" in mail.outbox[-1].body
    assert "evil" not in str(mail.outbox[-1].message())


def test_a_reset_ends_every_session(client: Client, emil: User, signed_in: Client) -> None:
    assert signed_in.get("/account/").status_code == 200
    set_by_link(client, ask_for_link(emil.email))
    assert signed_in.get("/account/").status_code == 302


def test_a_reset_opens_an_account_that_others_tried_too_often(client: Client, emil: User) -> None:
    for n in range(11):
        client.post("/sign-in/", {"email": emil.email, "password": "x"}, REMOTE_ADDR=f"192.0.2.{n}")
    set_by_link(client, ask_for_link(emil.email))
    assert client.post("/sign-in/", {"email": emil.email, "password": NEW}).status_code == 302


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, emil: User) -> None:
    answers = [
        client.post("/password-reset/", {"email": email}, follow=True)
        for email in ("emil@example.org", "nobody@example.org")
    ]
    letters.send_letters()
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assertContains(answers[1], "If there is an account with that address")
    assert [message.to for message in mail.outbox] == [["emil@example.org"]]


def test_a_person_without_a_password_gets_one_this_way(client: Client, db: None) -> None:
    person = create_person("Nora New")
    set_by_link(client, ask_for_link(person.email))
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_a_disabled_account_gets_no_link(client: Client, emil: User) -> None:
    emil.is_active = False
    emil.save()
    client.post("/password-reset/", {"email": emil.email})
    letters.send_letters()
    assert not mail.outbox


def test_nobodys_mailbox_can_be_filled(client: Client, emil: User) -> None:
    answers = [
        client.post("/password-reset/", {"email": emil.email}, REMOTE_ADDR=f"192.0.2.{n}")
        for n in range(8)
    ]
    letters.send_letters()
    assert len(mail.outbox) == 5
    # Whoever asks gets the same answer: strangers may have asked for the five.
    assert {answer.headers["Location"] for answer in answers} == {"/password-reset/sent/"}


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("too-short", "at least 12 characters"),
        ("password1234", "too common"),
        ("emil@example.org", "too similar to the e-mail address"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    client: Client, emil: User, password: str, sentence: str
) -> None:
    assertContains(set_by_link(client, ask_for_link(emil.email), password), sentence)


def test_changing_the_password_ends_all_other_sessions(emil: User, signed_in: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(emil)
    answer = signed_in.post(
        "/account/password/",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
        follow=True,
    )
    assertContains(answer, "you are signed out everywhere else")
    assert signed_in.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_changing_the_password_needs_the_present_one(emil: User, signed_in: Client) -> None:
    answer = signed_in.post(
        "/account/password/",
        {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW},
    )
    assertContains(answer, "Your old password was entered incorrectly")
    emil.refresh_from_db()
    assert emil.check_password(PASSWORD)
