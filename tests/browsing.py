"""Reads pages as a browser does: what a form would send, and what a person is told."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.db.models import Model
from django.urls import reverse

from campaigns.models import Campaign
from teams.models import Team
from tests.client import Client

# Fields of which a form may send several.
SEVERAL = ("lists", "filters", "campaigns_left_out")

Fields = dict[str, Any]
# A response of Django's test client, whose own type is private to its stubs.
Page = Any


class _Reader(HTMLParser):
    """Collects a form's fields and an error summary's lines from a page."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.ids: set[str] = set()
        self._form_id = form_id
        self._in_form = False
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "form":
            self._in_form = given.get("id") == self._form_id
        if not self._in_form:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("form", self._form_id) == self._form_id:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.fields.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "textarea":
            self._area = name
            self.fields[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = [given["value"]]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][0] += data


def fields_of(page: Page, form_id: str = "compose") -> Fields:
    """What the form with this id would send as it stands in the page."""
    reader = _Reader(form_id)
    reader.feed(page.content.decode())
    return {
        name: values if name.startswith(SEVERAL) else values[0]
        for name, values in reader.fields.items()
        if name != "csrfmiddlewaretoken"
    }


def complaints_of(page: Page) -> dict[str, str]:
    """The error summary: each sentence, and the id of the field its link leads to ("": none).

    Fails for a link that leads nowhere.
    """
    reader = _Reader("")
    html = page.content.decode()
    reader.feed(html)
    summary = re.search(r'<div class="error-summary".*?</ul>', html, re.DOTALL)
    found: dict[str, str] = {}
    for target, linked, plain in re.findall(
        r'<li>(?:<a href="#([^"]*)">([^<]*)</a>|([^<]*))</li>', summary.group() if summary else ""
    ):
        assert not target or target in reader.ids, f"nothing has the id {target}"
        found[_unescaped(linked or plain)] = target
    return found


def text_of(page: Page) -> str:
    """What a person reads: the page without its tags, with single spaces."""
    html = re.sub(r"(?s)<(script|head|template)\b.*?</\1>", " ", page.content.decode())
    html = re.sub(r"</?(time|b|bdi|code|a|mark)\b[^>]*>", "", html)
    return " ".join(_unescaped(re.sub(r"<[^>]+>", " ", html)).split())


def _unescaped(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'")):
        text = text.replace(entity, sign)
    return text.replace("&amp;", "&").strip()


class Desk:
    """The campaign pages as one signed-in person uses them."""

    def __init__(self, team: Team, client: Client) -> None:
        self.team = team
        self.client = client

    def url(self, name: str, campaign: Campaign | None = None, *more: Any) -> str:
        return reverse(
            name, args=[self.team.slug, *([campaign.public_id] if campaign else []), *more]
        )

    def get(self, name: str, campaign: Campaign | None = None, /, **query: Any) -> Page:
        return self.client.get(self.url(name, campaign), query)

    def post(self, name: str, campaign: Campaign | None = None, /, **fields: Any) -> Page:
        return self.client.post(self.url(name, campaign), fields)

    def write(self, campaign: Campaign, button: str = "save", /, **changes: Any) -> Page:
        """Open the composer, change fields, press a button; the page after any redirect."""
        return self.send(fields_of(self.get("compose", campaign)), campaign, button, **changes)

    def store(self, campaign: Campaign, **changes: Any) -> None:
        """Open the composer, change fields and save, without a look at what comes then."""
        form = fields_of(self.get("compose", campaign)) | changes | {"save": ""}
        assert self.post("compose", campaign, **form).status_code == 302

    def send(
        self, form: Fields, campaign: Campaign, button: str = "save", /, **changes: Any
    ) -> Page:
        """Press a button of a composer that was opened before."""
        url = self.url("compose", campaign)
        return self.client.post(url, {**form, **changes, button: ""}, follow=True)


def admin_address(model: type[Model], page: str = "changelist", *args: object) -> str:
    """The address of a model of campaigns in the admin."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
