"""No sentence of a page escapes translation: each is looked at in a language that marks them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from interface import guide
from interface.country_names import COUNTRY_NAMES
from teams.models import User
from tests.addresses.routes import GET, OF_PAGES, POST, ROUTES, Site
from tests.client import Client
from tests.people import ClientOf
from tests.pseudo import LANGUAGE, escaped

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("in_pseudo")]

PAGES = [name for name, route in OF_PAGES.items() if GET in route.methods]
FORMS = [name for name, route in OF_PAGES.items() if POST in route.methods]
# What is nobody's sentence: names that people and places have, and words of the trade.
_NAMES = (
    *("Alice Moreau", "Sami Haddad", "Bob Okafor", "Vera Lind", "Nora Quist", "AM"),
    *("Riverside Dental", "riverside-dental", "Spring check-up", "Front desk SMS", "Desk phone"),
    "front-desk",
    *("Patients", "Last year", "In London", "in london", "London", "Reminder", "Hello"),
    *("See you in spring.", "patients.csv", "pixel.gif", "Emilia Brandt", "Priya N.", "Sandbox"),
    *(
        "Body.1",
        "Header.1",
        "MEDIA_URL",
        "spring check-up",
        "Mobile",
        "Full name",
        "city",
        "Sociocs",
        "WhatsApp",
        "SMS",
        "English",
        "Español",
        "Pseudo",
        "Till",
        "Copy",
        "Dental",
        "reply.received",
    ),
    # The guide has one language, and says so.
    *(page.title for page in (guide.contents(), *guide.pages())),
    *("Twilio SMS", "Twilio WhatsApp", "Gupshup WhatsApp", "Emilia Boston", "Jonas", "…cret"),
    *sorted(COUNTRY_NAMES.values(), key=len, reverse=True),
)
DATA = re.compile(
    r"\b[A-Z][A-Za-z]+/[\w/+-]+|"
    + "|".join(map(re.escape, _NAMES))
    + r"|\b(UTC|E[SD]T|Person|x-\w+)\b|[\w.+-]+@[\w.]+|https?://\S+"
    + r"|https://|\b[A-Z]{2}(?= )|\bHX\w+|\b[0-9a-f-]{36}\b|\b[0-9a-f]{8}…"
    + r"|\{\"id\".*\}\}|(\b[A-Z0-9]{4} ){7}\w+"
    + r"|\{\{[^}]*\}\}"
)


def shown(answer: Any) -> list[str]:
    """What the page shows without marks."""
    kind = answer.get("Content-Type", "")
    return escaped(answer.content.decode(), DATA) if kind.startswith("text/html") else []


def speaking(client: Client) -> Client:
    client.cookies["django_language"] = LANGUAGE
    return client


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_nothing_unmarked(
    site: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    answer = speaking(client_of(alice)).get(site.url(name, alice), follow=True)
    assert not shown(answer), "\n".join(shown(answer))


@pytest.mark.parametrize("name", [n for n in PAGES if ROUTES[n].who == "everybody"])
def test_a_public_page_says_nothing_unmarked(site: Site, alice: User, name: str) -> None:
    answer = speaking(Client()).get(site.url(name, alice), follow=True)
    assert not shown(answer), "\n".join(shown(answer))


@pytest.mark.parametrize("name", FORMS)
def test_what_is_answered_to_an_empty_form_says_nothing_unmarked(
    site: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    client = speaking(client_of(alice))
    answer = client.post(site.url(name, alice), {**ROUTES[name].fields}, follow=True)
    assert not shown(answer), "\n".join(shown(answer))
