"""Pasted numbers and rows go the way of every file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recipients.files.pasting import MAX_CHARACTERS, numbers_in, one_number_a_line
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
        # Copied from a group in WhatsApp.
        ("+91 98765 43210, +91 98765 43211, +91 98765 43212, You", 3, 1),
        ("(415) 555-2671 (212) 736-5000 312 555 0100", 3, 0),
        ("4155552671 / 2127365000 & 3125550100", 3, 0),
        ("Ann 4155552671\nBob Lee: (212) 736-5000\nCy \u2013 +44 20 7946 0000", 3, 0),
        ("4155552671 Ann\n2127365000 - Bob", 2, 0),
        ("- 415-555-2671\n- 212-736-5000", 2, 0),
        ("\u2022 Ann \u2013 415 555 2671\n\u2022 Bob \u2013 212.736.5000", 2, 0),
        ("1. 4155552671\n2. 2127365000\n3) 3125550100", 3, 0),
        ("Ann, 4155552671, Bob, 2127365000", 2, 0),
        ("Ann Lee; 4155552671\n2127365000\nBob, 3125550100\nnobody", 3, 1),
        ("Ann <+1 415 555 2671>; Bob <+1 212 736 5000>", 2, 0),
        ("4155552671\tAnn\t2026-01-01\n2127365000\tBob\t2026-01-02", 2, 0),
        ("4155552671 ext 12\n2127365000", 1, 1),
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
        ("Phone", "There is only one row"),
        ('{"a": 1}', "This is a JSON file"),
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


def test_a_name_beside_a_number_is_its_name(door: Door) -> None:
    made = pasted(door, "1. Ann Lee: 4155552671\n2. Phone 2127365000\n3. +13125550100 (Bob)")
    rows = [sample["cells"] for sample in made.judgement["sample"]]
    assert [column["role"] for column in made.columns] == ["phone", "name"]
    assert rows == [["4155552671", "Ann Lee"], ["2127365000", ""], ["+13125550100", "Bob"]]


def test_a_line_of_nothing_but_spaces_and_dashes_takes_no_time() -> None:
    text = "a" + " -" * 100_000 + " +12125550100\nb +12125550101"
    found = [str(pasted.answer) for pasted in numbers_in(text, US)]
    assert len(found) == 2


@given(
    numbers=st.lists(
        st.sampled_from(["4155552671", "(212) 736-5000", "+44 7911 123456", "312.555.0100"]),
        min_size=2,
        max_size=6,
    ),
    between=st.sampled_from(
        [", ", ";", "\t", "\n", "\r\n", " | ", " / ", " ", "   ", " - ", "\n\u2022 "]
    ),
    names=st.booleans(),
)
def test_every_number_is_found_however_they_are_parted(
    numbers: list[str], between: str, names: bool
) -> None:
    text = between.join(f"Ann {number}" if names else number for number in numbers)
    found = [pasted.answer for pasted in numbers_in(text, US)]
    assert found == [US.read(number) for number in numbers]


@given(st.text(max_size=80))
def test_no_text_is_lost_on_its_way(text: str) -> None:
    def filled(lines: str) -> str:
        return "".join("".join(lines.split()).translate(dict.fromkeys(map(ord, ",;|"))).split())

    assert filled(one_number_a_line(text, US)) == filled(text)
