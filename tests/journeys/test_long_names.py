"""No page breaks by a long name: on the narrowest phone, at 200% on a desk, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Model
from playwright.sync_api import Page

from campaigns.models import Campaign, CampaignRecipient, WhatsAppTemplate
from composer.models import MediaFile, MessageTemplate
from recipients.models import Recipient, RecipientList, SavedFilter
from sociocs_accounts.models import Channel, NumberForTests
from teams.models import Team, User
from tests import effort
from tests.addresses.routes import ROUTES, Site, a_site
from tests.browser import NewPage
from tests.languages.test_long_words import PAGES, too_wide

pytestmark = pytest.mark.journey

LetIn = Callable[[Page, User], None]
TELLING = (
    *("overview", "campaigns", "calendar", "compose", "review", "campaign", "campaign-people"),
    *("lists", "list", "upload", "import", "opt-outs", "team", "team-settings-part", "account"),
    *("channels", "replies", "templates", "activity"),
)
# As long as each may be, without a place to break: as compound words of German and file names are.
WORD = "Zahnvorsorgeuntersuchungserinnerungsnachricht"
NAMES: dict[type[Model], tuple[str, int]] = {
    Campaign: ("name", 120),
    CampaignRecipient: ("name", 80),
    Channel: ("label", 100),
    MediaFile: ("label", 120),
    MessageTemplate: ("name", 120),
    NumberForTests: ("label", 100),
    Recipient: ("name", 80),
    RecipientList: ("name", 120),
    SavedFilter: ("name", 120),
    WhatsAppTemplate: ("name", 120),
}
# 320 px is a small phone, and what is left of a desk's 1,280 at 400%; 680 that of 1,360 at 200%.
WINDOWS = {"phone": 320, "desktop": 680}


@pytest.fixture
def site(transactional_db: None, riverside: Team, alice: User) -> Site:
    """A team at work, whose things all have long names."""
    site = a_site(riverside, alice)
    for model, (field, length) in NAMES.items():
        things = model._default_manager
        for n, thing in enumerate(list(things.all())):
            name = f"{n}{WORD * 3}"[:length]
            things.filter(pk=thing.pk).update(**{field: name})
    Team.objects.filter(pk=riverside.pk).update(name=(WORD * 3)[:100])
    User.objects.filter(pk=alice.pk).update(name=(WORD * 2)[:80])
    return site


@pytest.fixture(params=effort.long_but(["phone"], WINDOWS))
def narrow(request: pytest.FixtureRequest, new_page: NewPage, let_in: LetIn, alice: User) -> Page:
    page = new_page(request.param)
    let_in(page, alice)
    page.set_viewport_size({"width": WINDOWS[request.param], "height": 700})
    return page


def test_the_pages_of_every_day_fit_with_long_names(narrow: Page, site: Site, alice: User) -> None:
    found = too_wide(narrow, site, alice, [name for name in TELLING if name in ROUTES])
    assert not found, "\n".join(found)


@pytest.mark.long
def test_every_page_fits_with_long_names(narrow: Page, site: Site, alice: User) -> None:
    found = too_wide(narrow, site, alice, PAGES)
    assert not found, "\n".join(found)
