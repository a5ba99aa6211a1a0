"""`City` and `city` are one field wherever lists come together."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from campaigns.audiences import audience
from campaigns.models import CampaignRecipient
from campaigns.states import CampaignState
from composer.figures import sample_of
from recipients.imports import importing
from recipients.models import Recipient, RecipientList
from recipients.saved_filters import filters
from teams.models import Team, User
from tests import world
from tests.browsing import text_of
from tests.people import ClientOf
from tests.recipients.conftest import Door

pytestmark = pytest.mark.both_databases


@pytest.fixture
def lists(riverside: Team, alice: User) -> list[RecipientList]:
    """A list with a City, and one with a city and two people more."""
    phones = world.phones(4)
    made = []
    for name, field, some, cities in (
        ("First", "City", phones[:2], ["London", ""]),
        ("Second", "city", phones[1:], ["Leeds", "York", 'O\'Hara "x"']),
    ):
        one = world.a_list(riverside, some, name)
        world.fill(one, field, cities)
        made.append(one)
    Recipient.objects.filter(recipient_list=made[0], phone=phones[1]).update(fields={})
    return made


CITIES = ["London", "Leeds", "York", 'O\'Hara "x"']


@pytest.mark.parametrize("each_once", ["yes", "no"])
def test_lists_put_together_have_the_field_once(
    client_of: ClientOf, lists: list[RecipientList], alice: User, each_once: str
) -> None:
    url = reverse("list-merge", args=[lists[0].team.slug, lists[0].public_id])
    data = {"others": [str(lists[1].public_id)], "each_once": each_once, "name": "Both"}
    page = client_of(alice).post(url, data, follow=True)
    assert "“Both” is ready." in text_of(page)
    both = RecipientList.objects.get(name="Both")
    assert both.field_names == ["City"]
    rows = Recipient.objects.filter(recipient_list=both).order_by("pk")
    fields = [row.fields for row in rows]
    assert all(set(one) <= {"City"} for one in fields)
    assert [one["City"] for one in fields if one] == CITIES


def test_a_campaign_over_both_fills_the_field_for_everybody(lists: list[RecipientList]) -> None:
    campaign = world.a_campaign(world.a_channel(lists[0].team), *lists, text="Hi {{City}}")
    assert audience.audience_field_names(campaign) == ["City"]
    (first, second) = audience.chunks_of_people(campaign)
    assert ["city" in row[3] for row in (*first, *second)] == [False] * 4
    assert len(sample_of(tuple(lists)).people) == 4 + 1
    assert not [row for row in sample_of(tuple(lists)).people if '"city"' in row[3]]
    campaign.state = CampaignState.FREEZING
    campaign.save()
    while not audience.freeze_chunk(campaign.pk):
        pass
    frozen = CampaignRecipient.objects.filter(campaign=campaign).order_by("position")
    assert [one.fields.get("City", "") for one in frozen] == ["London", "", *CITIES[2:]]


def test_a_filter_over_both_looks_at_both_spellings(lists: list[RecipientList]) -> None:
    conditions = [{"field": "CITY", "op": "one_of", "values": ["London", "York"]}]
    saved = world.a_filter(lists[0].team, *lists, conditions=conditions)
    (definition,) = filters.definitions_of([saved])
    assert filters.count_matches(definition).people == 2
    assert filters.column_names(lists) == ["City"]


@pytest.mark.parametrize("mode", ["new", "update", "replace"])
def test_a_file_added_to_a_list_takes_its_spelling(
    door: Door, lists: list[RecipientList], mode: str
) -> None:
    lists[0].visibility, lists[0].team_permission = "team", "edit"
    lists[0].save()
    text = f"Phone,CITY\n{world.phones(1)[0]},Rome\n+15555550177,Oslo"
    list_import = door.checked(text, target=lists[0])
    _confirm(door, list_import, mode)
    lists[0].refresh_from_db()
    assert lists[0].field_names == ["City"]
    rows = Recipient.objects.filter(recipient_list=lists[0])
    assert {name for row in rows for name in row.fields} == {"City"}


def _confirm(door: Door, list_import: Any, mode: str) -> None:
    assert door.post("import-confirm", list_import, mode=mode).status_code == 302
    importing.run_import(list_import.pk)
