"""Pasted numbers and rows go the way of every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recipients.files.pasting import MAX_CHARACTERS, one_number_a_line
from recipients.imports import importing
from recipients.models import ListImport
from recipients.phone_numbers import PhoneReader
from teams.models import User
from tests.recipients.conftest import Door

US = PhoneReader("US")


def paste(door: Door, rows: str, **more: str) -> Any:
    return door.client.post(reverse("paste", args=[door.team.slug]), {"rows": rows, **more})


def pasted(door: Door, rows: str) -> ListImport:
    response = paste(door, rows)
    assert response.status_code == 302, response.content.decode()
    import_id = response["Location"].rstrip("/").rpartition("/")[2]
    return ListImport.objects.get(public_id=import_id)


@pytest.mark.parametrize(
    ("rows", "ready", "rejected"),
    [
        ("+14155552671\n+442079460000\n", 2, 0),
        ("4155552671, 2127365000; 3125550100", 3, 0),
        ("+14155552671 +442079460000", 2, 0),
        ("4155552671, 555-013, +442079460000", 2, 1),
        # As cells copied from a spreadsheet.
        ("Mobile\tName\r\n(415) 555-2671\tAnn\r\n", 1, 0),
        ("Ann\t4155552671\nBob\t2127365000", 2, 0),
        # Something like a customer's number beside the phone is a column.
        ("10001,4155552671\n10002,2127365000", 2, 0),
        ("4155552671", 1, 0),
    ],
)
def test_what_is_pasted_is_read(door: Door, rows: str, ready: int, rejected: int) -> None:
    made = pasted(door, rows)
    assert made.judgement["ready"] == ready
    assert sum(made.judgement["rejected"].values()) == rejected
    assert made.list_name.startswith("Pasted on ")
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.state, made.recipient_count) == (ListImport.State.COMPLETED, ready)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "Paste at least one phone number."),
        (" \n\t", "Paste at least one phone number."),
        ("Phone", "This file has only one row"),
        ('{"a": 1}', "This is a file of the type JSON"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_what_cannot_become_a_list_loses_nothing(
    door: Door, uploads: Path, rows: str, said: str
) -> None:
    response = paste(door, rows)
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    assert rows.replace('"', "&quot;").strip() in page
    assert not uploads.exists() or list(uploads.iterdir()) == []


def test_too_much_is_told(door: Door) -> None:
    response = paste(door, "1" * (MAX_CHARACTERS + 1))
    assert response.status_code == 422
    assert "This is too much to paste." in response.content.decode()


def test_the_same_form_sent_twice_is_one_import(door: Door) -> None:
    token = "0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b"
    first, second = (paste(door, "4155552671", token=token) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert ListImport.objects.count() == 1


def test_pasted_people_can_join_a_list(door: Door, sami: User) -> None:
    people = door.imported("Phone\n4155552671\n")
    url = reverse("paste", args=[door.team.slug]) + f"?list={people.public_id}"
    assert door.client.post(url, {"rows": "2127365000"}).status_code == 302
    made = ListImport.objects.get(target_list=people)
    assert (made.judgement["ready"], made.judgement["on_list"]) == (1, 0)
    assert Door(door.team, sami).client.post(url, {"rows": "1"}).status_code == 404


@given(st.text(max_size=80))
def test_no_text_is_lost_on_its_way(text: str) -> None:
    def filled(lines: str) -> str:
        return "".join("".join(lines.split()).translate(dict.fromkeys(map(ord, ",;|"))).split())

    assert filled(one_number_a_line(text, US)) == filled(text)
