"""axe-core finds nothing to improve in any page in Spanish, by day and by night."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from teams.models import Team, User
from tests.addresses.routes import Site, a_site
from tests.browser import NewPage, show
from tests.languages.test_long_words import PAGES

pytestmark = [pytest.mark.journey, pytest.mark.long]

LetIn = Callable[[Page, User], None]
PARTS = 8


@pytest.fixture
def site(transactional_db: None, riverside: Team, alice: User) -> Site:
    return a_site(riverside, alice)


# In parts, each with a browser and a team of its own.
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_in_spanish(
    part: int,
    new_page: NewPage,
    let_in: LetIn,
    alice: User,
    site: Site,
    assert_accessible: Callable[[Page], None],
) -> None:
    page = new_page("desktop")
    let_in(page, alice)
    page.context.set_extra_http_headers({"Accept-Language": "es"})
    faults = []
    for name in PAGES[part::PARTS]:
        answer = page.request.get(site.url(name, alice))
        if "<main" not in answer.text():
            continue  # a file, or a part of a page
        page.goto(site.url(name, alice))
        for colours in ("light", "dark"):
            show(page, None, colours)
            try:
                assert_accessible(page)
            except AssertionError as found:
                faults.append(f"{name}, {colours}: {found}")
    assert not faults, "\n".join(faults)
