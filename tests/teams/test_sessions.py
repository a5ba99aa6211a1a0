"""Where somebody is signed in, and the end of it; mails about what they should know of."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from teams import letters, proving, tasks
from teams.browsers import browser_words
from teams.models import Role, Team, User, WaitingMail
from tests import world
from tests.client import Client
from tests.people import ClientOf
from tests.teams.test_second_step import set_up_app
from tests.world import PASSWORD, create_person

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
NEW = "nine-herons-on-a-weir"


@pytest.fixture
def emil(db: None) -> User:
    return create_person("Emil Brandt", PASSWORD, email="emil@example.org")


def browser(agent: str = CHROME, address: str = "198.51.100.7") -> Client:
    """A browser in which Emil signs in."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.post("/sign-in/", {"email": "emil@example.org", "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def mails() -> list[Any]:
    """What the worker sends now."""
    mail.outbox.clear()
    letters.send_letters()
    return [*mail.outbox]


class TestTheList:
    def test_shows_every_browser_with_its_address(self, emil: User) -> None:
        here = browser()
        browser(PHONE, "2001:db8:1:2:3:4:5:6")
        page = here.get("/account/")
        assertContains(page, "Chrome on Windows")
        assertContains(page, "Safari on iPhone")
        assertContains(page, "2001:db8:1:2::")

    def test_ends_one(self, emil: User) -> None:
        here, there, third = browser(), browser(PHONE), browser(PHONE)
        number = UserSession.objects.get(session_key=there.session.session_key).pk
        url = f"/account/sessions/{number}/end/"
        assertContains(here.post(url, follow=True), "That browser is signed out.")
        assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
        assertContains(here.post(url, follow=True), "was already signed out")

    def test_ends_all_others(self, emil: User) -> None:
        here, there, third = browser(), browser(PHONE), browser(PHONE)
        here.post("/account/sessions/end/")
        assert (is_in(here), is_in(there), is_in(third)) == (True, False, False)
        assertNotContains(here.get("/account/"), "Sign out everywhere else")

    def test_shows_and_ends_nobody_elses(
        self, emil: User, client_of: ClientOf, alice: User
    ) -> None:
        theirs = browser()
        stranger = client_of(alice)
        assertNotContains(stranger.get("/account/"), "198.51.100.7")
        stranger.post(f"/account/sessions/{UserSession.objects.get().pk}/end/")
        assert is_in(theirs)

    def test_follows_a_session_that_gets_another_key(self, emil: User) -> None:
        here, there = browser(), browser(PHONE)
        here.post("/sign-in/again/", {"password": PASSWORD})
        number = UserSession.objects.get(session_key=here.session.session_key).pk
        there.post(f"/account/sessions/{number}/end/")
        assert not is_in(here)

    def test_says_when_somebody_was_last_there(self, emil: User) -> None:
        with time_machine.travel("2026-03-02T09:00:00Z") as clock:
            here, there = browser(), browser(PHONE)
            clock.shift(timedelta(hours=1))
            is_in(there)
            assertContains(here.get("/account/"), "10:00")

    def test_what_has_ended_is_cleared_away_by_the_tick(self, emil: User) -> None:
        with time_machine.travel("2026-03-02T09:00:00Z") as clock:
            browser()
            clock.shift(timedelta(hours=13))
            tasks.tick()
            assert not Session.objects.exists()
            assert not UserSession.objects.exists()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (PHONE, "Safari on iPhone"),
        (f"{CHROME} Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("curl/8.0", "a browser"),
        ("", "a browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, words: str) -> None:
    assert browser_words(agent) == words


class TestAMail:
    def test_tells_of_a_browser_that_was_not_used_before(self, emil: User) -> None:
        first = browser()
        # Nobody is told of the very first one.
        assert mails() == []
        first.post("/sign-out/")
        first.post("/sign-in/", {"email": emil.email, "password": PASSWORD})
        assert mails() == []
        browser(PHONE, "203.0.113.9")
        (told,) = mails()
        assert told.to == [emil.email]
        assert "Safari on iPhone, from the address 203.0.113.9" in told.body

    def test_tells_of_a_new_password(self, emil: User) -> None:
        here, there = browser(), browser(PHONE)
        mails()
        fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        here.post("/account/password/", fields)
        assert "The password of your account was changed." in mails()[0].body
        assert (is_in(here), is_in(there)) == (True, False)
        assert UserSession.objects.count() == 1

    def test_tells_of_a_password_set_by_a_link(self, emil: User) -> None:
        Client().post("/password-reset/", {"email": emil.email})
        found = re.search(r"http\S+?(/password-reset/\S+)", str(mails()[0].body))
        assert found
        client = Client()
        path = client.get(found[1], follow=True).request["PATH_INFO"]
        client.post(path, {"new_password1": NEW, "new_password2": NEW})
        assert "A new password was set for your account" in mails()[0].body

    @pytest.mark.django_db(transaction=True)
    def test_tells_of_an_app_and_of_its_end(self, emil: User, client_of: ClientOf) -> None:
        client = client_of(emil)
        set_up_app(client)
        assert ["A code app was set up" in told.body for told in mails()] == [True]
        client.post("/account/second-step/codes/")
        assert ["New recovery codes were created" in told.body for told in mails()] == [True]
        page = client.get("/account/second-step/").content.decode()
        found = re.search(r"/account/second-step/\d+/remove/", page)
        assert found
        client.post(found[0])
        assert ["was removed" in told.body for told in mails()] == [True]

    def test_tells_all_owners_of_a_new_one(
        self, client_of: ClientOf, alice: User, bob: User, riverside: Team
    ) -> None:
        url = reverse("member-role", args=[riverside.slug, bob.public_id])
        client_of(alice).post(url, {"role": Role.OWNER})
        told = mails()
        assert {one.to[0] for one in told} == {alice.email, bob.email}
        assert "Bob Okafor is now an owner of Riverside Dental" in told[0].body
        client_of(alice).post(url, {"role": Role.OWNER})
        client_of(alice).post(url, {"role": Role.SENDER})
        assert mails() == []

    @pytest.mark.parametrize(
        ("before", "after", "sentence"),
        [
            (
                {"approval_above": 4},
                {"approval_above": ""},
                "Fewer campaigns, or none, need a second person",
            ),
            (
                {"approval_above": 4},
                {"approval_above": "40"},
                "Fewer campaigns, or none, need a second person",
            ),
            ({"approval_above": 4}, {"approval_above": "0"}, ""),
            ({}, {"approval_above": "4"}, ""),
            ({"confirm_typed_above": 4}, {"confirm_typed_above": ""}, "has to be typed for fewer"),
            ({"test_required": True}, {}, "can be sent without a test"),
            ({"second_step_for": "everybody"}, {"second_step_for": "senders"}, "Fewer people need"),
            ({"second_step_for": "senders"}, {"second_step_for": "everybody"}, ""),
        ],
    )
    def test_tells_owners_of_a_guard_that_is_lower(
        self,
        client_of: ClientOf,
        alice: User,
        riverside: Team,
        before: dict[str, Any],
        after: dict[str, str],
        sentence: str,
    ) -> None:
        Team.objects.filter(pk=riverside.pk).update(**before)
        form = {"name": "Riverside", "time_zone": "Europe/Berlin", "default_country": "DE"}
        client_of(alice).post("/riverside-dental/team/settings/", {**form, **after})
        told = mails()
        assert len(told) == bool(sentence)
        assert not told or (told[0].to == [alice.email] and sentence in told[0].body)

    def test_tells_owners_of_a_large_file(
        self,
        client_of: ClientOf,
        alice: User,
        sami: User,
        riverside: Team,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        people = world.a_list(riverside, world.phones(3))
        type(people).objects.filter(pk=people.pk).update(visibility="team")
        url = f"/riverside-dental/lists/{people.public_id}/export/"
        client_of(sami).post(url, {"format": "csv"})
        assert mails() == []
        monkeypatch.setattr(proving, "MANY_NUMBERS", 2)
        client_of(sami).post(url, {"format": "csv"})
        (told,) = mails()
        assert told.to == [alice.email]
        assert "Sami Haddad exported the numbers of 3 people" in told.body

    def test_waits_sealed_is_sent_once_and_is_gone_then(self, emil: User) -> None:
        Client().post("/password-reset/", {"email": emil.email})
        waiting = WaitingMail.objects.get()
        assert "emil" not in waiting.sealed
        assert (len(mails()), len(mails())) == (1, 0)
        assert not WaitingMail.objects.exists()

    def test_is_tried_again_while_the_mail_server_is_away_and_given_up_after_a_day(
        self, emil: User, settings: Any
    ) -> None:
        backend = settings.EMAIL_BACKEND
        with time_machine.travel(time.time()) as clock:
            Client().post("/password-reset/", {"email": emil.email})
            Client().post("/password-reset/", {"email": emil.email})
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
            assert mails() == []
            settings.EMAIL_BACKEND = backend
            assert mails() == []
            clock.shift(timedelta(minutes=3))
            assert letters.are_waiting()
            assert len(mails()) == 2
            Client().post("/password-reset/", {"email": emil.email})
            clock.shift(timedelta(hours=25))
            assert mails() == []
            assert not WaitingMail.objects.exists()
