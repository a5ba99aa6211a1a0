"""Where "?" leads: each page of the product has a page of the guide, and it is there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from interface import guide
from interface.guide_places import GUIDE_OF
from teams.models import User
from tests.addresses.routes import GET, OF_PAGES, Site
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

PAGES = [name for name, route in OF_PAGES.items() if GET in route.methods and name[:4] != "help"]


@pytest.mark.parametrize("name", PAGES)
def test_help_leads_from_a_page_to_the_page_of_the_guide_that_fits(
    site: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    answer = client_of(alice).get(site.url(name, alice))
    html = "" if answer.streaming else answer.content.decode()
    if answer.status_code == 200 and 'class="site-head"' in html:
        assert name in GUIDE_OF, f"“?” leads nowhere in particular from {name}"
        assert f'href="{reverse("help-page", args=[GUIDE_OF[name]])}"' in html


def test_help_leads_to_pages_that_there_are() -> None:
    assert set(GUIDE_OF) <= set(OF_PAGES)
    assert set(GUIDE_OF.values()) <= {page.name for page in guide.pages()}


def test_on_a_page_of_the_guide_help_leads_to_all_of_them(
    site: Site, client_of: ClientOf, alice: User
) -> None:
    html = client_of(alice).get(reverse("help-page", args=["files"])).content.decode()
    bell = html.partition('class="bell wide-only"')[2].partition(">")[0]
    assert f'href="{reverse("help")}"' in bell
