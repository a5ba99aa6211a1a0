"""Two tabs change one thing: the second is told, sees both versions, and chooses."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from composer import message_templates
from composer.models import MessageTemplate
from recipients.lists.paging import write_place
from recipients.models import Recipient, RecipientList, SavedFilter
from teams.models import Team, User
from tests import world
from tests.browsing import fields_of, text_of
from tests.client import Client
from tests.people import ClientOf

CHECKBOXES = {"is_active", "lists_shared", "test_required"}
TOLD = "Someone else changed this while you had it open. What you typed is all still here"


@pytest.fixture
def client(client_of: ClientOf, alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def people(riverside: Team, alice: User) -> RecipientList:
    made = world.a_list(riverside, world.phones(2), "Patients")
    world.fill(made, "City", ["London", "Leeds"])
    return made


class Tabs:
    """A form that is open twice: what each of the tabs sends, and what comes of it."""

    def __init__(self, client: Client, address: str, form: str = "", post_to: str = "") -> None:
        self.client, self.address, self.form = client, address, form
        self.post_to = post_to or address
        self.opened = self.fields()

    def fields(self) -> dict[str, Any]:
        """What the form holds when it is opened now; a box without a value holds nothing."""
        fields = fields_of(self.client.get(self.address), self.form)
        return {n: "" if v == "on" and n not in CHECKBOXES else v for n, v in fields.items()}

    def send(self, fields: dict[str, Any], **typed: Any) -> Any:
        """Save what the tab held, changed."""
        return self.client.post(self.post_to, fields | typed)


def held_up(tabs: Tabs, first: dict[str, Any], second: dict[str, Any], *versions: str) -> str:
    """The second of two tabs is told with both versions; what it needs to save over the first."""
    assert tabs.send(tabs.opened, **first).status_code == 302
    page = tabs.send(tabs.opened, **second)
    words = text_of(page)
    assert page.status_code == 409
    assert TOLD in words
    for version in versions:
        assert version in words
    over: str = page.context["conflict"].over
    return over


def person_tabs(client: Client, people: RecipientList) -> Tabs:
    row = Recipient.objects.filter(recipient_list=people).order_by("pk")[0]
    address = [people.team.slug, people.public_id, write_place(row.pk)]
    return Tabs(client, reverse("list-person", args=address), "person")


@pytest.mark.both_databases
def test_the_second_tab_of_a_person_is_told_with_both_versions(
    client: Client, people: RecipientList
) -> None:
    tabs = person_tabs(client, people)
    over = held_up(tabs, {"name": "Ann Lee"}, {"field_0": "York"}, "Ann Lee", "Person", "York")
    first = Recipient.objects.filter(recipient_list=people).order_by("pk")[0]
    assert (first.name, first.fields["City"]) == ("Ann Lee", "London")
    assert tabs.send(tabs.opened, field_0="York", over=over).status_code == 302
    first.refresh_from_db()
    assert (first.name, first.fields["City"]) == (tabs.opened["name"], "York")


@pytest.mark.both_databases
def test_saving_over_a_version_that_nobody_saw_is_asked_again(
    client: Client, people: RecipientList
) -> None:
    tabs = person_tabs(client, people)
    over = held_up(tabs, {"name": "Ann Lee"}, {"name": "Bea"}, "Ann Lee", "Bea")
    tabs.send(tabs.fields(), name="Cy")
    page = tabs.send(tabs.opened, name="Bea", over=over)
    assert page.status_code == 409
    assert "Cy" in text_of(page)


def test_who_saves_the_same_or_a_fresh_page_is_not_held_up(
    client: Client, people: RecipientList
) -> None:
    tabs = person_tabs(client, people)
    for _time in range(2):
        assert tabs.send(tabs.opened, name="Ann Lee").status_code == 302
    assert tabs.send(tabs.fields(), name="Bea").status_code == 302


def test_a_person_taken_out_meanwhile_is_no_longer_there(
    client: Client, people: RecipientList
) -> None:
    tabs = person_tabs(client, people)
    Recipient.objects.all().delete()
    assert tabs.send(tabs.opened, name="Ann").status_code == 404


@pytest.mark.both_databases
def test_the_second_name_of_a_list_is_told(client: Client, people: RecipientList) -> None:
    address = reverse("list-rename", args=[people.team.slug, people.public_id])
    tabs = Tabs(client, address, "rename")
    over = held_up(tabs, {"name": "Spring"}, {"name": "Summer"}, "Spring", "Summer")
    people.refresh_from_db()
    assert people.name == "Spring"
    tabs.send(tabs.opened, name="Summer", over=over)
    people.refresh_from_db()
    assert people.name == "Summer"


def test_a_list_is_not_shared_over_another_sharing(
    client: Client, people: RecipientList, sami: User
) -> None:
    list_page, post_to = (
        reverse(name, args=[people.team.slug, people.public_id])
        for name in ("list", "list-sharing")
    )
    seen = client.get(list_page).context["sharing_seen"]
    lent = {"visibility": "named", f"permission_{sami.public_id}": "edit", "seen": seen}
    assert client.post(post_to, lent).status_code == 302
    page = client.post(post_to, {"visibility": "private", "team_permission": "use", "seen": seen})
    assert page.status_code == 409
    assert TOLD in text_of(page)
    assert f"{sami}: " in text_of(page)
    people.refresh_from_db()
    assert people.visibility == "named"
    again = fields_of(page, "share-again") | {"over": page.context["conflict"].over}
    assert client.post(post_to, again).status_code == 302
    people.refresh_from_db()
    assert people.visibility == "private"


def test_the_second_tab_of_a_filter_is_told_with_its_conditions(
    client: Client, people: RecipientList
) -> None:
    condition = {"field": "City", "op": "is", "values": ["London"]}
    saved = world.a_filter(people.team, people, conditions=[condition])
    address = reverse("filter", args=[people.team.slug, saved.public_id])
    tabs = Tabs(client, address, "filter")
    over = held_up(tabs, {"value-0": "Leeds"}, {"value-0": "York"}, "City is Leeds", "City is York")
    assert SavedFilter.objects.get().conditions[0]["values"] == ["Leeds"]
    tabs.send(tabs.opened, over=over, **{"value-0": "York"})
    assert SavedFilter.objects.get().conditions[0]["values"] == ["York"]


@pytest.mark.both_databases
def test_the_second_tab_of_a_saved_message_is_told(client: Client, people: RecipientList) -> None:
    campaign = world.a_campaign(world.a_channel(people.team), people)
    made = message_templates.make(campaign, world.owner_of(people.team), "Check-up", "")
    tabs = Tabs(
        client, reverse("template", args=[people.team.slug, made.public_id]), "template-place"
    )
    held_up(tabs, {"name": "Spring"}, {"folder": "Teeth"}, "Spring", "Check-up", "Teeth")
    assert MessageTemplate.objects.get().folder == ""


def test_the_second_tab_of_the_teams_settings_is_told(client: Client, riverside: Team) -> None:
    page = reverse("team-settings-part", args=[riverside.slug, "general"])
    tabs = Tabs(client, page, "team-settings", reverse("team-settings", args=[riverside.slug]))
    over = held_up(tabs, {"name": "Riverside"}, {"default_country": "DE"}, "Riverside", "Germany")
    riverside.refresh_from_db()
    assert (riverside.name, riverside.default_country) == (
        "Riverside",
        tabs.opened["default_country"],
    )
    assert tabs.send(tabs.opened, default_country="DE", over=over).status_code == 302
    riverside.refresh_from_db()
    assert riverside.default_country == "DE"


def test_the_second_tab_of_a_channel_is_told(client: Client, riverside: Team) -> None:
    channel = world.a_channel(riverside, label="Front desk")
    tabs = Tabs(client, reverse("channel", args=[riverside.slug, channel.public_id]), "channel")
    held_up(tabs, {"label": "Reception"}, {"phone_number": "+14155550100"}, "Reception")
    channel.refresh_from_db()
    assert channel.label == "Reception"


def test_the_second_tab_of_ones_own_account_is_told(client: Client, alice: User) -> None:
    tabs = Tabs(client, reverse("account"), "profile")
    over = held_up(tabs, {"name": "Alice M."}, {"phone": "+14155550100"}, "Alice M.", "mobile")
    alice.refresh_from_db()
    assert (alice.name, alice.phone) == ("Alice M.", "")
    assert tabs.send(tabs.opened, phone="+14155550100", over=over).status_code == 302
    alice.refresh_from_db()
    assert alice.phone == "+14155550100"


def test_a_typed_password_is_no_version_to_show(client: Client, alice: User) -> None:
    tabs = Tabs(client, reverse("account"), "profile")
    tabs.send(tabs.opened, name="Alice M.")
    page = tabs.send(tabs.opened, current_password="typed-for-nothing", name="Al")
    assert page.status_code == 409
    assert "typed-for-nothing" not in page.content.decode()


def test_the_second_tab_of_a_sociocs_account_is_told_with_the_end_of_a_key(
    client: Client, riverside: Team
) -> None:
    account = world.a_channel(riverside).account
    account.team = riverside
    account.save()
    address = reverse("vendor-account", args=[riverside.slug, account.public_id])
    tabs = Tabs(client, address, "account")
    over = held_up(tabs, {"label": "Ours"}, {"label": "Riverside"}, "Ours", "Riverside")
    account.refresh_from_db()
    assert account.label == "Ours"
    page = tabs.send(tabs.opened, label="Ours", api_key="member:a-new-secret-key")
    assert page.status_code == 409
    assert "…-key" in text_of(page)
    assert "a-new-secret" not in page.content.decode()
    assert tabs.send(tabs.opened, label="Riverside", over=over).status_code == 302
    account.refresh_from_db()
    assert account.label == "Riverside"
