"""In which language a page, a mail or a program is spoken to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation

from campaigns.models import CampaignEvent
from campaigns.moves import record_event
from history import notices
from history.models import Notice
from interface.countries import country_name
from teams import alerts, letters
from teams.models import Team, User
from tests import world
from tests.client import Client
from tests.people import ClientOf
from tests.pseudo import LANGUAGE, OPEN

pytestmark = pytest.mark.usefixtures("in_pseudo")


def asked_for(client: Client, url: str, language: str = LANGUAGE) -> Any:
    return client.get(url, headers={"accept-language": f"{language},de;q=0.5"})


def speaks(user: User, language: str) -> None:
    User.objects.filter(pk=user.pk).update(language=language)


def is_marked(answer: Any) -> bool:
    return OPEN in answer.content.decode()


def test_a_browser_that_asks_for_a_language_gets_it_before_anybody_signed_in(db: None) -> None:
    answer = asked_for(Client(), reverse("sign-in"))
    assert is_marked(answer)
    assert re.search(r'<html lang="en-xa" dir="ltr">', answer.content.decode())
    assert answer["Content-Language"] == LANGUAGE
    assert "Accept-Language" in answer["Vary"]
    assert not is_marked(asked_for(Client(), reverse("sign-in"), "fr"))


def test_the_account_goes_before_the_browser(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    assert is_marked(asked_for(client, "/account/"))
    speaks(alice, "en")
    assert not is_marked(asked_for(client, "/account/"))
    speaks(alice, LANGUAGE)
    assert is_marked(asked_for(client, "/account/", "en"))


def test_a_language_is_chosen_on_the_account_page(client_of: ClientOf, alice: User) -> None:
    client = client_of(alice)
    page = client.get("/account/").content.decode()
    assert re.search(r'<option value="" selected>\s*Same as my browser\s*</option>', page)
    form = {"name": alice.name, "email": alice.email, "language": LANGUAGE}
    saved = client.post("/account/", form, follow=True)
    assert f"{OPEN}Yóoúur áaccóoúunt íis sáavéed.⟧" in saved.content.decode()
    alice.refresh_from_db()
    assert alice.language == LANGUAGE
    refused = client.post("/account/", form | {"language": "tlh"})
    assert refused.status_code == 200
    alice.refresh_from_db()
    assert alice.language == LANGUAGE


def test_a_language_that_is_offered_no_more_counts_as_none(
    client_of: ClientOf, alice: User
) -> None:
    speaks(alice, "tlh")
    assert not is_marked(asked_for(client_of(alice), "/account/", "en"))


def test_programs_are_answered_in_english(db: None) -> None:
    answer = asked_for(Client(), "/api/v1/me")
    assert answer.status_code == 401
    assert not is_marked(answer)
    assert answer["Content-Language"] == "en"


def test_what_is_refused_before_any_page_speaks_too(db: None) -> None:
    answer = Client().generic("TRACE", "/", headers={"accept-language": LANGUAGE})
    assert answer.status_code == 405
    assert is_marked(answer)


def test_a_notice_is_mailed_in_the_language_of_who_gets_it(
    riverside: Team, alice: User, sami: User
) -> None:
    speaks(sami, LANGUAGE)
    campaign = world.a_campaign(
        world.a_channel(riverside), world.a_list(riverside, world.phones(1))
    )
    event = record_event(campaign, CampaignEvent.Kind.NEEDS_DECISION)
    for user in (alice, sami):
        Notice.objects.create(
            user=user,
            team=riverside,
            campaign=campaign,
            event=event,
            kind="needs_decision",
            mail=Notice.Mail.WAITING,
            mail_not_before=campaign.created_at,
        )
    notices.send_mails()
    assert {one.to[0]: OPEN in one.subject for one in mail.outbox} == {
        alice.email: False,
        sami.email: True,
    }


def test_a_mail_without_a_choice_goes_by_the_browser_seen_last(
    client_of: ClientOf, alice: User, riverside: Team, sami: User
) -> None:
    asked_for(client_of(alice), "/account/")
    alerts.new_owner(riverside, sami)
    letters.send_letters()
    (sent,) = mail.outbox
    assert sent.subject == f"{OPEN}Riverside Dental háas áa néew óownéer⟧"
    assert f"{OPEN}Sami Haddad íis nóow áan óownéer óof Riverside Dental" in sent.body
    asked_for(client_of(alice), "/account/", "en")
    alerts.new_owner(riverside, sami)
    letters.send_letters()
    assert mail.outbox[-1].subject == "Riverside Dental has a new owner"


def test_a_new_password_is_mailed_in_the_accounts_language(alice: User) -> None:
    speaks(alice, LANGUAGE)
    Client().post(reverse("password-reset"), {"email": alice.email})
    letters.send_letters()
    (sent,) = mail.outbox
    assert sent.subject.startswith(OPEN)
    assert OPEN in sent.body


def test_countries_have_the_names_of_the_language() -> None:
    assert country_name("DE") == "Germany"
    with translation.override("es"):
        assert country_name("DE") == "Alemania"
