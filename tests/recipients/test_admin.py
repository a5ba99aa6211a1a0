"""The admin of lists: looked at, searched by phone, and never counted whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recipients.lists import exporting, list_operations
from recipients.models import Export, ListOperation, OptOut, Recipient, RecipientList
from teams.models import Team
from tests import world
from tests.client import Client
from tests.world import create_person

pytestmark = [pytest.mark.both_databases, pytest.mark.thorough]

MODELS = [ListOperation, Export, Recipient, OptOut, RecipientList]


@pytest.fixture
def back_office(db: None) -> Client:
    """The admin with its manager signed in."""
    client = Client()
    client.force_login(create_person("Root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture(autouse=True)
def people(db: None) -> RecipientList:
    """A list, an opt-out from it, a copy of it that is begun, and an export."""
    team = world.a_team()
    made = world.a_list(team, world.phones(12))
    world.opt_out(team, world.phones(1)[0])
    list_operations.copy(made, made.owner, "Copy")
    exporting.note_export(team, made.owner, Export.Kind.LIST, "csv", 12, made)
    return made


def page(client: Client, model: type[Model], **asked: str) -> Any:
    return client.get(reverse(f"admin:recipients_{model._meta.model_name}_changelist"), asked)


@pytest.mark.either_database
@pytest.mark.parametrize("model", MODELS)
def test_every_model_can_be_listed_searched_and_opened(
    back_office: Client, model: type[Model]
) -> None:
    assert page(back_office, model).status_code == 200
    assert page(back_office, model, q="'; -- 1").status_code in (200, 302)
    row = model._default_manager.latest("pk")
    opened = reverse(f"admin:recipients_{model._meta.model_name}_change", args=[row.pk])
    assert back_office.get(opened).status_code == 200


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("+1 (202) 555-0003", 1),
        ("+120255500", 12),
        ("1202555000", 10),
        ("+1202556", 0),
        ("+", 0),
        ("9" * 40, 0),
        ("Ann", 0),
    ],
)
def test_a_phone_is_found_whole_or_by_its_beginning(
    back_office: Client, words: str, found: int
) -> None:
    assert page(back_office, Recipient, q=words).context["cl"].result_count == found


def test_an_opt_out_is_found_by_its_phone(back_office: Client) -> None:
    for words, found in ((world.phones(1)[0], 1), (world.phones(2)[1], 0)):
        assert page(back_office, OptOut, q=words).context["cl"].result_count == found


@pytest.mark.parametrize("words", ["", "+12025550"])
def test_a_huge_table_is_never_counted_whole(back_office: Client, words: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        page(back_office, Recipient, q=words)
    assert not [
        one for one in queries if "COUNT(" in one["sql"] and "recipients_recipient" in one["sql"]
    ]


def test_who_exported_what_cannot_be_changed(back_office: Client) -> None:
    kept = Export.objects.get()
    for name in ("change", "delete"):
        address = reverse(f"admin:recipients_export_{name}", args=[kept.pk])
        assert back_office.post(address, {"name": "x", "post": "yes"}).status_code == 403
    assert back_office.get(reverse("admin:recipients_export_add")).status_code == 403


def test_every_model_of_recipients_is_registered(riverside: Team) -> None:
    inside_others = {"FilterList", "ListInOperation", "ListShare", "RememberedColumns"}
    models = apps.get_app_config("recipients").get_models()
    missing = [one.__name__ for one in models if not admin.site.is_registered(one)]
    assert set(missing) <= inside_others | {"SavedFilter_lent_to"}
