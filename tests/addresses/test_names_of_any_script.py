"""Names written from right to left stand by themselves: what is around them keeps its order."""

from __future__ import annotations

import re

import pytest

from campaigns.models import Campaign, CampaignRecipient, WhatsAppTemplate
from composer.models import MessageTemplate
from recipients.models import Recipient, RecipientList, SavedFilter
from sociocs_accounts.models import Channel
from teams.models import Team, User
from tests.addresses.routes import GET, OF_PAGES, Site
from tests.effort import long_but
from tests.html_reader import PageReader
from tests.people import ClientOf

pytestmark = pytest.mark.thorough

PAGES = [name for name, route in OF_PAGES.items() if GET in route.methods]
TELLING = {
    *("overview", "campaigns", "calendar", "campaign", "campaign-people", "compose", "review"),
    *("lists", "list", "filters", "replies", "templates", "team", "channels", "person"),
}
NAMES = {
    Campaign: "תזכורת 12 (סתיו)",
    MessageTemplate: "תבנית 7",
    WhatsAppTemplate: "אישור 3",
    RecipientList: "مرضى 2026 (جديد)",
    SavedFilter: "مدينة 5",
    Recipient: "ليلى حداد 3",
    CampaignRecipient: "ليلى حداد 3",
    Channel: "الاستقبال 1",
}
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u06ff]")
# What shows a text by itself; a title of a window and the choices of a select have no marks.
ALONE = {"title", "option", "textarea", "script", "style"}
# Sentences that begin with a name or hold it between quotes, made where there are no marks: in the
# activity and the timeline, as warnings, as choices of a form.
SENTENCES = re.compile(
    r"(confirmed sending|signed in|uploaded a|started a|saved a|invited someone|added a) ?"
    r"|Everyone in|already got the same text|goes out through the same channel"
    r"|it is not clear whether"
)


class NameReader(PageReader):
    """Notes where a name stands among other words without being set apart from them."""

    def __init__(self, html: str) -> None:
        self.loose: list[str] = []
        super().__init__(html)

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if not RIGHT_TO_LEFT.search(data) or SENTENCES.search(data):
            return
        if not any(
            one.tag in {*ALONE, "bdi"} or "form-check-label" in one.attributes.get("class", "")
            for one in self._open
        ):
            self.loose.append(f"{self._open[-1]}: {' '.join(data.split())[:80]}")


@pytest.fixture
def in_other_scripts(site: Site, riverside: Team, alice: User) -> Site:
    """The team's things with names of Hebrew and Arabic letters."""
    for model, name in NAMES.items():
        field = "label" if model is Channel else "name"
        things = model._default_manager
        for n, thing in enumerate(list(things.all())):
            things.filter(pk=thing.pk).update(**{field: f"{name} {n}" if n else name})
    riverside.name, alice.name = "مستشفى 9", "ليلى נועה 4"
    riverside.save()
    alice.save()
    return site


@pytest.mark.parametrize("name", long_but(TELLING, PAGES))
def test_a_name_is_set_apart_from_the_words_around_it(
    in_other_scripts: Site, client_of: ClientOf, alice: User, name: str
) -> None:
    answer = client_of(alice).get(in_other_scripts.url(name, alice), follow=True)
    if answer["Content-Type"].startswith("text/html"):
        reader = NameReader(answer.content.decode())
        assert not reader.loose, "\n".join(reader.loose)


def test_the_reader_sees_a_name_among_other_words() -> None:
    assert NameReader("<p>By שם 3, today</p>").loose
    assert not NameReader("<p>By <bdi>שם 3</bdi>, today</p>").loose
