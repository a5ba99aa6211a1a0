"""Every page, as a careful reviewer reads it: headings, labels, ids, and no inline code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from teams.access import ALLOWED, Action
from teams.models import Role, Team, User
from tests import effort
from tests.addresses.routes import GET, OF_PAGES, ROUTES, Site
from tests.client import Client
from tests.html_reader import PageReader, faults_of_fragment, faults_of_page
from tests.people import ClientOf
from tooling.assets import TABLER
from tooling.places import NODE_MODULES, VENDOR

pytestmark = pytest.mark.thorough

PAGES = [name for name, route in OF_PAGES.items() if GET in route.methods]
# Where nothing else opens, viewers get one and the same refusal.
SHUT_TO_VIEWERS = set(Action) - ALLOWED[Role.VIEWER]
OPEN_TO_VIEWERS = [name for name in PAGES if ROUTES[name].who not in SHUT_TO_VIEWERS]


def faults(answer: Any) -> list[str]:
    html = answer.content.decode()
    found = faults_of_page(html) if "<html" in html else faults_of_fragment(html)
    return [*found, *lost_classes(html)]


def lost_classes(html: str) -> Iterator[str]:
    """What the page is to look like by Tabler, and does not by the sheet that is served."""
    carried = {
        name
        for element in PageReader(html).elements
        for name in element.attributes.get("class", "").split()
    }
    lost = carried & classes_in(NODE_MODULES / TABLER) - classes_in(VENDOR / "tabler.min.css")
    yield from (f"the class {name} was cut off (`python3 dev.py setup`?)" for name in sorted(lost))


@cache
def classes_in(sheet: Path) -> set[str]:
    return set(re.findall(r"\.([a-z][\w-]*)", sheet.read_text()))


@pytest.mark.both_databases
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_made(site: Site, client_of: ClientOf, alice: User, name: str) -> None:
    answer = client_of(alice).get(site.url(name, alice), follow=True)
    assert answer.status_code < 500
    if answer["Content-Type"].startswith("text/html"):
        assert not faults(answer), "\n".join(faults(answer))


@pytest.mark.parametrize("name", effort.long_but([*OPEN_TO_VIEWERS, "receivers"], PAGES))
def test_a_viewers_page_is_well_made(
    site: Site, client_of: ClientOf, vera: User, name: str
) -> None:
    answer = client_of(vera).get(site.url(name, vera), follow=True)
    if answer["Content-Type"].startswith("text/html"):
        assert not faults(answer), "\n".join(faults(answer))


@pytest.mark.parametrize("name", [n for n in PAGES if ROUTES[n].who == "everybody"])
def test_a_public_page_is_well_made(site: Site, alice: User, name: str) -> None:
    answer = Client().get(site.url(name, alice), follow=True)
    if answer["Content-Type"].startswith("text/html"):
        assert not faults(answer), "\n".join(faults(answer))


@pytest.mark.parametrize("name", ["home", "overview", "lists", "campaigns", "upload", "team"])
def test_an_empty_teams_page_is_well_made(
    riverside: Team, client_of: ClientOf, alice: User, name: str
) -> None:
    url = "/" if name == "home" else f"/{riverside.slug}/{PLACES[name]}"
    answer = client_of(alice).get(url, follow=True)
    assert answer.status_code == 200
    assert not faults(answer), "\n".join(faults(answer))


PLACES = {
    "overview": "",
    "lists": "lists/",
    "campaigns": "campaigns/",
    "upload": "lists/upload/",
    "team": "team/",
}


@pytest.mark.parametrize(
    "name", ["sign-in", "password-reset", "account", "password-change", "invite", "team-settings"]
)
def test_a_form_with_errors_is_well_made(
    site: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    client = Client() if ROUTES[name].who == "everybody" else client_of(alice)
    answer = client.post(site.url(name, alice))
    assert b"data-error-summary" in answer.content
    assert not faults(answer), "\n".join(faults(answer))


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p onclick='x()'>", "onclick= in"),
        ("<p style='color: red'></p>", "inline style"),
        ("<style></style>", "inline style"),
        ("<script>x()</script>", "inline script"),
        ("<a href='javascript:x()'>x</a>", "code in a link"),
        ("<p id=a></p><p id=a></p>", "stands 2 times"),
        ("<input name=x>", "no label"),
        ("<form method=post></form>", "no token"),
        ("<p><b></p>", "</p> closes"),
        ("<p class='p-0 carousel'></p>", "class carousel was cut off"),
    ],
)
def test_the_reviewer_sees_this(html: str, fault: str) -> None:
    assert fault in "\n".join([*faults_of_fragment(html), *lost_classes(html)])


GOOD = "<html lang=en><title>A · B</title><main><h1>A</h1><h2>C</h2></main></html>"


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("<h1>A</h1>", "<h1>A</h1><h1>A</h1>", "2 first headings"),
        ("<title>A", "<title>X", "does not start with"),
        ("<h2>C</h2>", "<h3>C</h3>", "skips a level"),
        ("<h2>C</h2>", "<a href='#x'>x</a>", "leads nowhere"),
        ("<h2>C</h2>", "<p aria-describedby='x'></p>", "leads nowhere"),
        ("<h2>C</h2>", "<img src='x'>", "no alt"),
        ("<h2>C</h2>", "<button></button>", "nothing to read"),
        (" lang=en", "", "does not say its language"),
        ("<main>", "<main></main><main>", "not exactly one <main>"),
    ],
)
def test_the_reviewer_sees_this_in_a_page(right: str, wrong: str, fault: str) -> None:
    assert not faults_of_page(GOOD)
    assert fault in "\n".join(faults_of_page(GOOD.replace(right, wrong, 1)))
