"""A column that says who opted out is noticed, offered, and heard."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from recipients.files.opt_out_words import may_say_who_opted_out, says_opted_out
from recipients.imports import importing
from recipients.lists.paging import write_place
from recipients.models import ListImport, OptOut, RejectedRow
from tests.recipients.conftest import Door

pytestmark = pytest.mark.both_databases

CASES = Path(__file__).parent / "cases"
OFFER = "seems to say who opted out"


def test_a_column_that_says_who_opted_out_is_offered_and_heard(door: Door) -> None:
    made = door.checked((CASES / "opted-out-column.csv").read_bytes(), "people.csv")
    page = door.get("import", made).content.decode()
    assert page.count(OFFER) == 2
    assert "Opt out people by “Unsubscribed”" in page
    door.post("import-check", made, role_2="opted_out")
    page = door.get("import", made).content.decode()
    assert OFFER not in page
    assert "Opted out by this file</dt><dd>1</dd>" in page
    assert "Import 2 recipients" in page
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.recipient_count, made.opted_out_count, made.rows_done) == (2, 1, 3)
    assert made.recipient_list is not None
    phones = made.recipient_list.recipients.order_by("pk").values_list("phone", flat=True)
    assert list(phones) == ["+14155552671", "+14155552672"]
    assert made.recipient_list.field_names == ["SMS opt-out"]
    opt_out = OptOut.objects.get()
    assert (opt_out.phone, opt_out.source, opt_out.note) == ("+12127365000", "file", "people.csv")


def test_what_is_unclear_is_told_and_brings_nobody_in(door: Door) -> None:
    rows = "Phone,Opted out\n4155552671,perhaps\n2127365000,\n3125550100,2026-01-02\n,yes\n"
    made = door.checked(rows)
    assert OFFER not in door.get("import", made).content.decode(), "its values are no answers"
    door.post("import-confirm", made, role_1="opted_out")
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == ListImport.State.COMPLETED
    assert (made.recipient_count, made.opted_out_count, made.rejected_count) == (1, 1, 2)
    assert dict(RejectedRow.objects.values_list("row_number", "code")) == {
        2: "unclear_opt_out",
        5: "empty",
    }


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Unsubscribed", ["no", "yes"]),
        ("SMS opt-out", ["FALSE", "TRUE", ""]),
        ("UNSUB_TIME", ["", "2026-05-01 10:00:00"]),
        ("Abgemeldet am", ["01.05.2026", ""]),
        ("Désabonné", ["oui", "non"]),
        ("Baja", ["sí", "no"]),
        ("Do not contact", ["x", ""]),
        ("Status", ["subscribed", "Unsubscribed"]),
        ("Subscribed", ["no", "yes"]),
        ("Отписан", ["да", "нет"]),
    ],
)
def test_such_columns_are_noticed(header: str, cells: list[str]) -> None:
    assert may_say_who_opted_out(header, cells)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Name", ["yes", "no"]),
        ("Status", ["new", "paid"]),
        ("Status", ["active"]),
        ("Stop", ["Main Street", "Station"]),
        ("Blocked", ["3 times", "twice"]),
        ("Accepts SMS Marketing", ["no"]),
    ],
)
def test_other_columns_are_not(header: str, cells: list[str]) -> None:
    assert not may_say_who_opted_out(header, cells)


@pytest.mark.parametrize(
    ("header", "cell", "said"),
    [
        ("Unsubscribed", "Yes", True),
        ("Unsubscribed", "0", False),
        ("Unsubscribed", " ", False),
        ("Unsubscribed", "-", False),
        ("Unsubscribed", "✓", True),
        ("Unsubscribed", "later", None),
        ("Subscribed", "no", True),
        ("Subscribed", "yes", False),
        ("Subscribed", "unsubscribed", True),
        ("Status", "Opted-out", True),
        ("Status", "active", False),
        ("Opt-out date", "May 1, 2026", True),
    ],
)
def test_a_cell_says_yes_no_or_neither(header: str, cell: str, said: bool | None) -> None:
    assert says_opted_out(header, cell) is said


def test_whoever_could_be_imported_can_be_changed_by_hand(door: Door) -> None:
    people = door.imported((CASES / "long-field.csv").read_bytes())
    recipient = people.recipients.get()
    where = [door.team.slug, people.public_id, write_place(recipient.pk)]
    address = reverse("list-person", args=where)
    fields = {"phone": recipient.phone, "name": "Anna", "field_0": recipient.fields["Note"]}
    assert door.client.post(address, fields).status_code == 302
    recipient.refresh_from_db()
    assert (recipient.name, len(recipient.fields["Note"]) > 1_000) == ("Anna", True)
