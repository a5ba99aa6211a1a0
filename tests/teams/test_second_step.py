"""A second step at signing in: who needs it, setting it up, and that nothing goes round it."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from pytest_django.fixtures import Settings

from teams.models import Membership, Role, Team, User
from tests.browsing import fields_of, text_of
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD

pytestmark = pytest.mark.thorough

STEPS = "/account/second-step/"
CODE_PAGE = "/sign-in/code/"
NOT_RIGHT = "This code is wrong or has been used."


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture
def required(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def code_now(secret: str, steps_on: int = 0) -> str:
    """The six digits that an app shows."""
    return str(
        format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30 + steps_on))
    )


def set_up_app(client: Client, next_page: str = "") -> tuple[str, Any]:
    """Set up an app as a person does; returns its secret and the page with the recovery codes."""
    page = client.get(f"{STEPS}app/").content.decode()
    found = re.search(r'id="app-secret">([A-Z2-7 ]+)<', page)
    assert found
    fields = {"code": code_now(found[1]), "next": next_page}
    return found[1], client.post(f"{STEPS}app/", fields, follow=True)


def recovery_codes_on(page: Any) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", page.content.decode())


def type_password(client: Client, next_page: str = "", **ask: Any) -> Any:
    fields = {"email": "alice@example.org", "password": PASSWORD, "next": next_page}
    return client.post("/sign-in/", fields, **ask)


def type_code(client: Client, code: str, **ask: Any) -> Any:
    return client.post(CODE_PAGE, {"code": code}, **ask)


@pytest.fixture
def secret(alice: User, client_of: ClientOf) -> str:
    """What Alice's app knows. Its first code is used; the one of the next half minute is not."""
    return set_up_app(client_of(alice))[0]


class TestSigningIn:
    def test_asks_for_the_code_and_lets_nobody_in_before(self, client: Client, secret: str) -> None:
        assertRedirects(type_password(client, "/account/"), CODE_PAGE)
        assert client.get("/account/").status_code == 302
        assertContains(type_code(client, "000000"), NOT_RIGHT)
        assert client.get("/account/").status_code == 302
        assertRedirects(type_code(client, code_now(secret, 1)), "/account/")

    def test_a_code_works_once(self, secret: str) -> None:
        code = code_now(secret, 1)
        first, second = Client(), Client()
        type_password(first)
        assert type_code(first, code).status_code == 302
        type_password(second)
        assertContains(type_code(second, code), NOT_RIGHT)

    def test_a_recovery_code_works_once_and_in_two_words(
        self, alice: User, client_of: ClientOf
    ) -> None:
        _secret, page = set_up_app(client_of(alice))
        code = recovery_codes_on(page)[3]
        first, second = Client(), Client()
        type_password(first)
        assert type_code(first, f"{code[:4]} {code[4:]}").status_code == 302
        type_password(second)
        assertContains(type_code(second, code), NOT_RIGHT)

    def test_without_the_password_there_is_no_page_for_codes(
        self, client: Client, secret: str
    ) -> None:
        assertRedirects(client.get(CODE_PAGE), "/sign-in/")
        assertRedirects(type_code(client, code_now(secret, 1)), "/sign-in/")

    def test_a_password_typed_long_ago_does_not_wait_for_a_code(self, secret: str) -> None:
        with time_machine.travel(time.time()) as clock:
            client = Client()
            type_password(client)
            clock.shift(timedelta(minutes=16))
            assertRedirects(type_code(client, code_now(secret, 1)), "/sign-in/")

    def test_codes_are_not_guessed(self, client: Client, secret: str) -> None:
        type_password(client)
        for n in range(10):
            assertContains(type_code(client, f"{n:06}"), NOT_RIGHT)
        assertContains(type_code(client, code_now(secret, 1)), "Too many tries.")
        # Nor by typing the password anew; from elsewhere their owner gets in.
        type_password(client)
        assert client.get("/account/").status_code == 302
        elsewhere = Client()
        type_password(elsewhere, REMOTE_ADDR="198.51.100.7")
        answer = type_code(elsewhere, code_now(secret, 1), REMOTE_ADDR="198.51.100.7")
        assert answer.status_code == 302

    def test_what_was_sent_off_is_kept_through_both_steps(
        self, client: Client, riverside: Team, secret: str
    ) -> None:
        url = "/riverside-dental/lists/new/"
        client.post(url, {"name": "Patients of Dr. Moreau"})
        type_password(client, url)
        answer = client.post(CODE_PAGE, {"code": code_now(secret, 1)}, follow=True)
        assert "Patients of Dr. Moreau" in text_of(answer)

    @pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": "x", "response": {}}', "x"])
    def test_a_made_up_passkey_opens_nothing(
        self, client: Client, secret: str, answer: str
    ) -> None:
        client.get("/sign-in/passkey/")
        client.post("/sign-in/passkey/", {"credential": answer})
        assert client.get("/account/").status_code == 302
        type_password(client)
        assert client.post(CODE_PAGE, {"credential": answer}).status_code == 200
        assert client.get("/account/").status_code == 302

    @pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": "x", "response": {}}', "x"])
    def test_a_made_up_passkey_is_neither_kept_nor_believed_again(
        self, alice: User, client_of: ClientOf, answer: str
    ) -> None:
        client = client_of(alice)
        client.get(f"{STEPS}passkey/")
        made_up = {"name": "", "credential": answer, "passwordless": "on"}
        assert client.post(f"{STEPS}passkey/", made_up).status_code == 200
        assert client.post("/sign-in/again/", {"credential": answer}).status_code == 200
        assert not Authenticator.objects.exists()


class TestSettingUp:
    def test_shows_recovery_codes_and_then_what_there_is(
        self, alice: User, client_of: ClientOf
    ) -> None:
        client = client_of(alice)
        _secret, page = set_up_app(client)
        assert len(recovery_codes_on(page)) == 10
        assertContains(client.get(STEPS), "A code app is set up.")
        assertContains(client.get("/account/"), "your password alone is not enough")

    def test_ends_the_sessions_that_began_without_it(self, alice: User) -> None:
        here, there = Client(), Client()
        for client in (here, there):
            type_password(client)
        set_up_app(here)
        assert here.get("/account/").status_code == 200
        assert there.get("/account/").status_code == 302

    def test_takes_no_wrong_code(self, alice: User, client_of: ClientOf) -> None:
        client = client_of(alice)
        client.get(f"{STEPS}app/")
        assertContains(client.post(f"{STEPS}app/", {"code": "123"}), NOT_RIGHT)
        assert not Authenticator.objects.exists()

    def test_keeps_no_secret_in_clear(self, alice: User, secret: str) -> None:
        kept = json.dumps([*Authenticator.objects.values_list("data", flat=True)])
        assert secret.replace(" ", "") not in kept
        assert '"secret": "gAAAA' in kept

    def test_new_recovery_codes_end_the_old_ones(self, alice: User, client_of: ClientOf) -> None:
        client = client_of(alice)
        _secret, page = set_up_app(client)
        fresh = client.post(f"{STEPS}codes/", follow=True)
        assert not {*recovery_codes_on(page)} & {*recovery_codes_on(fresh)}

    def test_is_taken_away_by_its_owner_only(
        self, alice: User, bob: User, client_of: ClientOf, secret: str
    ) -> None:
        url = f"{STEPS}{Authenticator.objects.get(type='totp').pk}/remove/"
        assert client_of(bob).post(url).status_code == 404
        assertContains(
            client_of(alice).post(url, follow=True), "Nobody can sign in with it any more"
        )
        assert not Authenticator.objects.exists()

    @pytest.mark.parametrize("path", ["app/", "passkey/", "codes/"])
    def test_asks_first_whether_it_is_still_them(
        self, alice: User, client_of: ClientOf, path: str
    ) -> None:
        answer = proved_long_ago(client_of(alice)).get(STEPS + path)
        assert answer["Location"].startswith("/sign-in/again/")

    def test_is_not_taken_away_at_an_open_browser(
        self, alice: User, client_of: ClientOf, secret: str
    ) -> None:
        left_open = proved_long_ago(client_of(alice))
        url = f"{STEPS}{Authenticator.objects.get(type='totp').pk}/remove/"
        asked = left_open.post(url)
        assert Authenticator.objects.filter(type="totp").exists()
        page = left_open.get(asked["Location"])
        fields = fields_of(page, "code")
        wrong = left_open.post("/sign-in/again/", {**fields, "code": "000000"})
        assertContains(wrong, "This code or passkey is wrong")
        key = left_open.session.session_key
        done = left_open.post("/sign-in/again/", {**fields, "code": code_now(secret, 1)})
        assertContains(done, "We are doing what you asked for")
        assert left_open.session.session_key != key


def proved_long_ago(client: Client) -> Client:
    session = client.session
    session["proved_at"] = int(time.time()) - 11 * 60
    session.save()
    return client


@pytest.mark.usefixtures("required")
class TestWhoNeedsIt:
    def ask(self, riverside: Team, **changes: Any) -> None:
        Team.objects.filter(pk=riverside.pk).update(**changes)

    @pytest.mark.parametrize(
        ("setting", "role", "is_asked"),
        [
            ("nobody", Role.OWNER, False),
            ("senders", Role.EDITOR, False),
            ("senders", Role.SENDER, True),
            ("senders", Role.OWNER, True),
            ("everybody", Role.VIEWER, True),
        ],
    )
    def test_is_said_by_the_team(
        self,
        client_of: ClientOf,
        riverside: Team,
        alice: User,
        setting: str,
        role: Role,
        is_asked: bool,
    ) -> None:
        self.ask(riverside, second_step_for=setting)
        Membership.objects.filter(user=alice).update(role=role)
        answer = client_of(alice).get("/riverside-dental/")
        assert (answer.status_code == 302) is is_asked
        assert not is_asked or answer["Location"] == f"{STEPS}?next=%2Friverside-dental%2F"

    def test_owners_do_where_a_second_person_approves(
        self, client_of: ClientOf, riverside: Team, alice: User, sami: User
    ) -> None:
        self.ask(riverside, approval_above=4)
        answer = client_of(alice).get("/riverside-dental/", follow=True)
        assertContains(answer, "Owners of Riverside Dental need it")
        assert client_of(sami).get("/riverside-dental/").status_code == 200

    def test_what_they_had_typed_is_done_once_they_have_one(
        self, client_of: ClientOf, riverside: Team, alice: User
    ) -> None:
        client = client_of(alice)
        self.ask(riverside, second_step_for="everybody")
        url = "/riverside-dental/lists/new/"
        led = client.post(url, {"name": "Patients of Dr. Moreau"}, follow=True)
        assertContains(led, "We keep what you were about to do.")
        _secret, codes = set_up_app(client, url)
        assertContains(codes, f"/sign-in/go-on/?next={url}")
        shown = client.get(f"/sign-in/go-on/?next={url}")
        assert "Patients of Dr. Moreau" in text_of(shown)
        done = client.post(url, fields_of(shown, "go-on"), follow=True)
        assert "Patients of Dr. Moreau" in text_of(done)

    def test_whoever_may_open_the_admin_does(self, client_of: ClientOf, alice: User) -> None:
        alice.is_staff = alice.is_superuser = True
        alice.save()
        client = client_of(alice)
        for url in ("/admin/", "/admin/teams/user/", "/admin/login/"):
            assert client.get(url)["Location"].startswith(STEPS)
        client.post("/admin/teams/user/add/", {"email": "mallory@example.org", "name": "M"})
        assert not User.objects.filter(email="mallory@example.org").exists()
        set_up_app(client)
        assert client.get("/admin/").status_code == 200

    def test_a_fragment_opens_the_whole_page(
        self, client_of: ClientOf, riverside: Team, alice: User
    ) -> None:
        self.ask(riverside, second_step_for="everybody")
        answer = client_of(alice).get("/riverside-dental/", headers={"HX-Request": "true"})
        assert answer["HX-Redirect"].startswith(STEPS)

    def test_a_stranger_learns_nothing_of_it(
        self, client_of: ClientOf, riverside: Team, charlie: User
    ) -> None:
        self.ask(riverside, second_step_for="everybody")
        assert client_of(charlie).get("/riverside-dental/").status_code == 404

    def test_an_owner_says_who(self, client_of: ClientOf, riverside: Team, alice: User) -> None:
        client = client_of(alice)
        form = {"name": "Riverside", "time_zone": "Europe/Berlin", "default_country": "DE"}
        url = "/riverside-dental/team/settings/"
        client.post(url, {**form, "second_step_for": "senders"})
        riverside.refresh_from_db()
        assert riverside.second_step_for == "senders"
        # Of a form without the question it stays as it is.
        set_up_app(client)
        client.post(url, {**form, "name": "Riverside Dental"})
        riverside.refresh_from_db()
        assert (riverside.second_step_for, riverside.name) == ("senders", "Riverside Dental")


def test_a_trial_asks_nobody_and_says_nothing_of_it(
    client_of: ClientOf, riverside: Team, alice: User
) -> None:
    Team.objects.update(approval_above=0, second_step_for="everybody")
    assert client_of(alice).get("/riverside-dental/").status_code == 200
    assertNotContains(client_of(alice).get(STEPS), "needs it")


def test_no_code_is_kept_in_a_session(client: Client, secret: str) -> None:
    type_password(client)
    type_code(client, "424242")
    assert "424242" not in json.dumps([row.get_decoded() for row in Session.objects.all()])
