"""No page breaks where words are a third longer than in English: on a phone, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from teams.models import Team, User
from tests.addresses.routes import GET, OF_PAGES, Site, a_site
from tests.browser import NewPage
from tests.pseudo import LANGUAGE

# The pages of every day stand in `make test` with long names: tests/journeys/test_long_names.py.
pytestmark = [pytest.mark.journey, pytest.mark.long, pytest.mark.usefixtures("in_pseudo")]

LetIn = Callable[[Page, User], None]
# Addresses that hand over a file, or lead to another site.
_NO_PAGES = {"sso", "openid_connect_callback", "public-media", "report", "report-file", "healthz"}
PAGES = [name for name, route in OF_PAGES.items() if GET in route.methods and name not in _NO_PAGES]


@pytest.fixture
def site(transactional_db: None, riverside: Team, alice: User) -> Site:
    return a_site(riverside, alice)


@pytest.fixture
def phone(new_page: NewPage, let_in: LetIn, alice: User) -> Page:
    """Alice's phone, which asks for the language of long words."""
    page = new_page("phone")
    let_in(page, alice)
    page.context.set_extra_http_headers({"Accept-Language": LANGUAGE})
    return page


def too_wide(page: Page, site: Site, person: User, names: list[str]) -> list[str]:
    """Which of the pages would scroll sideways, and by what."""
    found = []
    for name in names:
        answer = page.request.get(site.url(name, person))
        if "<main" not in answer.text():
            continue  # a file, or a part of a page
        page.goto(site.url(name, person))
        page.wait_for_load_state("load")
        width, room = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if width > room:
            found.append(f"{name}: {width} px wide in {room} px: {page.evaluate(WIDEST)}")
    return found


# The smallest elements that reach beyond the window, for whoever mends it.
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    && !one.children.length)
  .slice(0, 4).map(one => one.outerHTML.slice(0, 160)).join(" | ")"""


def test_every_page_fits_a_phone_with_long_words(phone: Page, site: Site, alice: User) -> None:
    found = too_wide(phone, site, alice, PAGES)
    assert not found, "\n".join(found)
