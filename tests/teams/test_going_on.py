"""Nothing that was sent off is lost when the session ends, or when a password is wanted first."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from campaigns.models import Campaign
from recipients.models import Export
from teams import kept_posts, proving
from teams.models import Membership, Role, Team, User
from tests import world
from tests.browsing import Desk, fields_of, text_of
from tests.client import Client
from tests.people import ClientOf
from tests.world import PASSWORD

pytestmark = pytest.mark.thorough

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
AGAIN = "/sign-in/again/"
WORDS = "Your check-up is due, {{name}}."


@pytest.fixture
def alice(alice: User) -> User:
    alice.set_password(PASSWORD)
    alice.save()
    return alice


@pytest.fixture
def draft(riverside: Team, alice: User) -> Campaign:
    channel = world.a_channel(riverside, label="Front desk SMS", phone_number="+16317471111")
    return world.a_campaign(channel, world.a_list(riverside, world.phones(3)))


def sign_in(client: Client, next_page: str = "") -> Any:
    fields = {"email": "alice@example.org", "password": PASSWORD, "next": next_page}
    return client.post("/sign-in/", fields, follow=True)


def sent_again(client: Client, page: Any, **changes: str) -> Any:
    """Press the only button of a page that holds what was sent off."""
    html = page.content.decode()
    fields = fields_of(page, "go-on")
    action = html.split('<form id="go-on" method="post" action="')[1].split('"')[0]
    return client.post(action, {**fields, **changes}, follow=True)


class TestWhenTheSessionHasEnded:
    def sent_without_a_session(self, client: Client, draft: Campaign, **changes: str) -> Any:
        desk = Desk(draft.team, client)
        form = fields_of(desk.get("compose", draft)) | {"text": WORDS, "save": ""} | changes
        client.cookies.pop("sessionid")
        return client.post(desk.url("compose", draft), form)

    def test_a_draft_is_saved_after_signing_in(
        self, client_of: ClientOf, alice: User, draft: Campaign
    ) -> None:
        client = client_of(alice)
        answer = self.sent_without_a_session(client, draft)
        page = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        assertRedirects(answer, f"/sign-in/?next={page}")
        assert "We kept what you typed" in text_of(client.get(answer["Location"]))

        shown = sign_in(client, page)
        assert WORDS in text_of(shown)
        assert "You are signed in as Alice Moreau, and we kept what you typed." in text_of(shown)
        saved = sent_again(client, shown)
        assert "The draft is saved." in text_of(saved)
        draft.refresh_from_db()
        assert draft.text == WORDS
        # It is done: the address is the page's own again.
        assertRedirects(client.get(f"/sign-in/go-on/?next={page}"), page)

    def test_what_is_not_wanted_any_more_is_forgotten(
        self, client_of: ClientOf, alice: User, draft: Campaign
    ) -> None:
        client = client_of(alice)
        self.sent_without_a_session(client, draft)
        page = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        fields = fields_of(sign_in(client, page), "without")
        assertRedirects(client.post("/sign-in/go-on/", fields), page)
        client.post("/sign-out/")
        assert WORDS not in text_of(sign_in(client, page))

    def test_what_is_an_hour_old_is_thrown_away_when_more_is_kept(
        self, client_of: ClientOf, alice: User, draft: Campaign
    ) -> None:
        client = client_of(alice)
        self.sent_without_a_session(client, draft)
        with time_machine.travel(time.time() + 3700):
            client.post("/riverside-dental/team/settings/", {"name": "Other words"})
            kept = client.session["kept_posts"]
        assert [path for path, _sealed in kept] == ["/riverside-dental/team/settings/"]

    def test_what_is_kept_cannot_be_read_in_the_database(
        self, client_of: ClientOf, alice: User, draft: Campaign
    ) -> None:
        self.sent_without_a_session(client_of(alice), draft)
        sealed = [session.get_decoded() for session in Session.objects.all()]
        assert "kept_posts" in json.dumps(sealed)
        assert "check-up" not in json.dumps(sealed)

    def test_what_scripts_send_is_theirs_to_keep(
        self, client_of: ClientOf, alice: User, draft: Campaign
    ) -> None:
        client = client_of(alice)
        client.cookies.pop("sessionid")
        url = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        for headers in (
            {"X-Requested-With": "fetch"},
            {"HX-Request": "true"},
            {"Accept": "*/*"},
        ):
            client.post(url, {"text": WORDS}, headers=headers)
        assert WORDS not in text_of(sign_in(client, url))

    def test_what_is_too_large_or_too_old_is_not_kept(
        self,
        client_of: ClientOf,
        alice: User,
        draft: Campaign,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        client = client_of(alice)
        page = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        monkeypatch.setattr(kept_posts, "MOST_BYTES", 500)
        answer = self.sent_without_a_session(client, draft)
        assert "We could not keep what you sent. Send it again" in text_of(
            client.get(answer["Location"])
        )
        assert WORDS not in text_of(sign_in(client, page))
        monkeypatch.undo()
        self.sent_without_a_session(client, draft)
        with time_machine.travel(time.time() + 3700):
            assert WORDS not in text_of(sign_in(client, page))

    def test_a_file_of_a_visitor_is_not_even_read(self, riverside: Team) -> None:
        class Unread(io.BytesIO):
            def read(self, *_size: Any) -> bytes:
                raise AssertionError("read")

        sent: Any = {"wsgi.input": Unread(), "CONTENT_LENGTH": "1000"}
        sent["CONTENT_TYPE"] = "multipart/form-data; boundary=x"
        answer = Client().generic("POST", "/riverside-dental/lists/upload/", **sent)
        assert answer.status_code == 302

    def test_a_visitor_fills_the_database_only_so_far(
        self, draft: Campaign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        for _ in range(65):
            assert Client().post(url, {"text": WORDS}).status_code == 302
        assert Session.objects.count() == 60

    def test_passwords_are_not_kept(self, client_of: ClientOf, alice: User) -> None:
        client = client_of(alice)
        client.cookies.pop("sessionid")
        fields = {"old_password": PASSWORD, "new_password1": "a-new-secret-word", "note": "a b"}
        client.post("/account/password/", fields)
        shown = sign_in(client, "/account/password/")
        assertContains(shown, "a b")
        assertNotContains(shown, PASSWORD)
        assertNotContains(shown, "a-new-secret-word")


class TestAFormOfBeforeTheLastSignIn:
    @pytest.fixture
    def visitor(self) -> Client:
        return Client(enforce_csrf_checks=True)

    def token(self, visitor: Client) -> str:
        page = visitor.get("/sign-in/").content.decode()
        return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]

    def signed_in(self, visitor: Client) -> str:
        """Sign in; returns a token of before."""
        old = self.token(visitor)
        fields = {"email": "alice@example.org", "password": PASSWORD, "csrfmiddlewaretoken": old}
        assert visitor.post("/sign-in/", fields).status_code == 302
        return old

    def test_shows_the_words_and_sends_them_again(self, visitor: Client, draft: Campaign) -> None:
        old = self.signed_in(visitor)
        desk = Desk(draft.team, visitor)
        form = fields_of(desk.get("compose", draft)) | {"text": WORDS, "save": ""}
        headers = {**BROWSER, "Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        shown = visitor.post(
            desk.url("compose", draft), {**form, "csrfmiddlewaretoken": old}, headers=headers
        )
        assert shown.status_code == 403
        assert "You are signed in as Alice Moreau." in text_of(shown)
        assert WORDS in text_of(shown)
        fresh = shown.content.decode().split('csrfmiddlewaretoken" value="')[1].split('"')[0]
        assert "saved" in text_of(sent_again(visitor, shown, csrfmiddlewaretoken=fresh))
        draft.refresh_from_db()
        assert draft.text == WORDS

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_another_sites_form_is_refused_and_not_offered_again(
        self, visitor: Client, draft: Campaign, headers: dict[str, str]
    ) -> None:
        self.signed_in(visitor)
        url = f"/riverside-dental/campaigns/{draft.public_id}/launch/"
        answer = visitor.post(url, {"evil": "words of theirs"}, headers={**BROWSER, **headers})
        assertNotContains(answer, "words of theirs", status_code=403)
        assertNotContains(answer, "<form", status_code=403)

    def test_a_script_is_told_and_asks_for_a_new_token(
        self, visitor: Client, draft: Campaign
    ) -> None:
        old = self.signed_in(visitor)
        url = f"/riverside-dental/campaigns/{draft.public_id}/compose/autosave/"
        headers = {"X-Requested-With": "fetch", "X-CSRFToken": old}
        answer = visitor.post(url, {"text": WORDS}, headers=headers)
        assert answer.status_code == 403
        assert answer["X-Form-Outdated"]
        found = visitor.get("/sign-in/token/").json()
        assert found["person"] == str(User.objects.get(email="alice@example.org").public_id)
        headers["X-CSRFToken"] = found["token"]
        assert visitor.post(url, {"text": WORDS}, headers=headers).status_code == 422

    def test_a_second_sign_in_page_lets_in_too(self, visitor: Client, alice: User) -> None:
        old = self.signed_in(visitor)
        fields = {"email": "alice@example.org", "password": PASSWORD, "next": "/account/"}
        answer = visitor.post("/sign-in/", {**fields, "csrfmiddlewaretoken": old}, headers=BROWSER)
        assertRedirects(answer, "/account/")

    def test_a_second_sign_in_page_tells_who_is_in_already(
        self, visitor: Client, alice: User
    ) -> None:
        old = self.signed_in(visitor)
        fields = {"email": "bob@example.org", "password": PASSWORD, "next": "/account/"}
        answer = visitor.post(
            "/sign-in/", {**fields, "csrfmiddlewaretoken": old}, headers=BROWSER, follow=True
        )
        assert "Alice Moreau is signed in in this browser." in text_of(answer)

    def test_without_a_session_it_is_kept_until_they_have_signed_in(
        self, visitor: Client, draft: Campaign
    ) -> None:
        url = f"/riverside-dental/campaigns/{draft.public_id}/compose/"
        answer = visitor.post(url, {"text": WORDS}, headers=BROWSER)
        assertRedirects(answer, f"/sign-in/?next={url}")
        fields = {"email": "alice@example.org", "password": PASSWORD, "next": url}
        token = self.token(visitor)
        shown = visitor.post(
            "/sign-in/", {**fields, "csrfmiddlewaretoken": token}, follow=True, headers=BROWSER
        )
        assert WORDS in text_of(shown)

    def test_a_sign_in_page_without_its_cookie_asks_once_more(
        self, visitor: Client, alice: User
    ) -> None:
        fields = {"email": "alice@example.org", "password": PASSWORD}
        answer = visitor.post("/sign-in/", fields, headers=BROWSER)
        assertContains(answer, 'value="alice@example.org"', status_code=403)
        assertContains(answer, "Enter your password again", status_code=403)
        assertContains(answer, "allow cookies for this site", status_code=403)

    @pytest.mark.django_db
    def test_a_public_form_without_its_cookie_asks_for_cookies(self, visitor: Client) -> None:
        fields = {"email": "alice@example.org"}
        answer = visitor.post("/password-reset/", fields, headers=BROWSER)
        assertContains(answer, "allow cookies for this site", status_code=403)
        assertNotContains(answer, "signed in or out", status_code=403)


class TestThePasswordQuestion:
    @pytest.fixture
    def left_open(self, alice: User, client_of: ClientOf) -> Client:
        """Alice's browser, eleven minutes after she signed in."""
        client = client_of(alice)
        session = client.session
        session["proved_at"] = int(time.time()) - 11 * 60
        session.save()
        return client

    def proved(self, client: Client, asked: Any, password: str = PASSWORD) -> Any:
        goal = fields_of(client.get(asked["Location"]), "again")["next"]
        return client.post(AGAIN, {"next": goal, "password": password})

    def test_says_what_it_is_for_and_does_it(
        self, left_open: Client, riverside: Team, vera: User
    ) -> None:
        member = Membership.objects.get(user=vera)
        url = f"/riverside-dental/team/members/{vera.public_id}/role/"
        asked = left_open.post(url, {"role": Role.EDITOR})
        question = left_open.get(asked["Location"])
        assert "A new role changes what someone can do in the team." in text_of(question)
        assertContains(question, 'href="/riverside-dental/team/"')
        # A slip of the hand takes nothing away.
        assert "do not match" in text_of(self.proved(left_open, asked, "not-it"))
        done = self.proved(left_open, asked)
        assertContains(done, "data-submits-itself")
        assertContains(done, "We are doing what you asked for")
        assertContains(done, "Press the button to finish what you asked for")
        assert "Vera Lind has a new role. Editor" in text_of(sent_again(left_open, done))
        member.refresh_from_db()
        assert member.role == Role.EDITOR

    def test_brings_the_file(
        self, left_open: Client, riverside: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(proving, "MANY_NUMBERS", 2)
        people = world.a_list(riverside, world.phones(3))
        people.visibility = "team"
        people.save()
        url = f"/riverside-dental/lists/{people.public_id}/export/"
        asked = left_open.post(url, {"format": "csv"})
        question = left_open.get(asked["Location"])
        assert "With this file, you will have exported the numbers of 3 people today." in text_of(
            question
        )
        answer = sent_again(left_open, self.proved(left_open, asked))
        assert answer["Content-Disposition"].startswith("attachment")
        assert Export.objects.count() == 1

    def test_keeps_a_new_accounts_key(self, left_open: Client, riverside: Team) -> None:
        url = "/riverside-dental/channels/accounts/new/"
        asked = left_open.post(url, {"label": "Our own", "api_key": "sk-typed"})
        assert "With an API key" in text_of(left_open.get(asked["Location"]))
        page = self.proved(left_open, asked)
        assertContains(page, 'name="api_key" value="sk-typed"')
        assert "sk-typed" not in json.dumps([s.get_decoded() for s in Session.objects.all()])

    def test_an_opened_page_only_opens(self, left_open: Client, riverside: Team) -> None:
        url = "/riverside-dental/channels/accounts/new/"
        assertRedirects(self.proved(left_open, left_open.get(url)), url)

    def test_an_opened_page_opens_also_after_the_session_has_ended(
        self, left_open: Client, riverside: Team
    ) -> None:
        url = "/riverside-dental/channels/accounts/new/"
        left_open.get(url)
        left_open.cookies.pop("sessionid")
        left_open.get(url)
        assertRedirects(sign_in(left_open, url), url)


class TestAnActionsAddressOpenedAsAPage:
    @pytest.mark.parametrize(
        ("address", "page"),
        [
            ("campaigns/{id}/launch/", "campaigns/{id}/"),
            ("campaigns/{id}/compose/autosave/", "campaigns/{id}/compose/"),
            ("campaigns/{id}/approvals/{id}/", "campaigns/{id}/"),
            ("team/members/{id}/role/", "team/"),
            ("team/settings/", "team/"),
            ("channels/accounts/{id}/read/", "channels/accounts/{id}/"),
            ("opt-outs/export/", "opt-outs/"),
        ],
    )
    def test_leads_to_its_page(
        self, client_of: ClientOf, alice: User, draft: Campaign, address: str, page: str
    ) -> None:
        client, team = client_of(alice), "/riverside-dental/"
        here = team + address.format(id=draft.public_id)
        answer = client.get(here, headers=BROWSER)
        there = team + page.format(id=draft.public_id)
        assertRedirects(answer, there, fetch_redirect_response=False)

    def test_and_home_where_there_is_none(self, client_of: ClientOf, alice: User) -> None:
        client = client_of(alice)
        answer = client.get("/sign-out/", headers=BROWSER)
        assertRedirects(answer, "/", fetch_redirect_response=False)
        assert client.get("/account/").status_code == 200

    def test_a_page_that_takes_no_form_says_so(self, client_of: ClientOf, alice: User) -> None:
        answer = client_of(alice).post("/riverside-dental/team/", headers=BROWSER)
        assertContains(answer, "nothing was changed.", status_code=405)
        assertContains(answer, "<h1>", status_code=405)
        assert answer["Allow"] == "GET"

    def test_a_fragment_gets_a_sentence(self, client_of: ClientOf, alice: User) -> None:
        answer = client_of(alice).get(
            "/riverside-dental/team/settings/", headers={"HX-Request": "true", **BROWSER}
        )
        assert answer.status_code == 405
        assert answer["Content-Type"].startswith("text/plain")
