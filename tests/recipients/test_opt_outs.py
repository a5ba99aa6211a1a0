"""The register of opt-outs, by its pages."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recipients.imports import import_lifecycle
from recipients.models import OptOut
from recipients.opting_out import opt_out_sources, opt_outs
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.recipients.conftest import Door

pytestmark = pytest.mark.both_databases

EMILIA, AOIFE = "+14155552671", "+447911123456"


@pytest.fixture
def client(client_of: ClientOf, bob: User) -> Client:
    """Bob, an editor."""
    return client_of(bob)


def url(team: Team, name: str, *more: Any) -> str:
    return reverse(name, args=[team.slug, *more])


def add(client: Client, team: Team, **fields: Any) -> Any:
    return client.post(url(team, "opt-outs-add"), fields, follow=True)


def phones_of(team: Team) -> list[str]:
    return sorted(opt_outs.register(team).values_list("phone", flat=True))


def page(client: Client, team: Team, name: str = "opt-outs") -> str:
    return client.get(url(team, name)).content.decode()


def test_pasted_numbers_are_entered_however_they_are_written(
    client: Client, riverside: Team, bob: User
) -> None:
    answer = add(
        client,
        riverside,
        numbers="(415) 555-2671\n\n+44 7911 123456; 415.555.2671",
        note="By phone",
    )
    assert "2 people are opted out now." in answer.content.decode()
    assert phones_of(riverside) == [EMILIA, AOIFE]
    one = OptOut.objects.get(phone=EMILIA)
    assert (one.source, one.note, one.created_by) == ("by_hand", "By phone", bob)


def test_what_is_no_number_comes_back_with_the_reason_and_the_rest_is_entered(
    client: Client, riverside: Team
) -> None:
    answer = add(client, riverside, numbers="415-555-2671\n4.15555E+09\nhello", note="Desk")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "2 of them are no phone numbers" in text
    assert "Excel cut this number off" in text
    assert "4.15555E+09\nhello</textarea>" in text
    assert 'value="Desk"' in text
    assert phones_of(riverside) == [EMILIA]


def test_nothing_typed_is_told(client: Client, riverside: Team) -> None:
    answer = add(client, riverside, numbers=" \n ")
    assert answer.status_code == 422
    assert "Paste at least one phone number, or choose a file." in answer.content.decode()


def test_who_is_in_the_register_is_not_entered_twice(client: Client, riverside: Team) -> None:
    add(client, riverside, numbers=EMILIA, note="first")
    answer = add(client, riverside, numbers=f"{EMILIA}\n{AOIFE}", note="second")
    text = answer.content.decode()
    assert "1 person is opted out now." in text
    assert "1 person had opted out before." in text
    assert OptOut.objects.get(phone=EMILIA).note == "first"


def upload(client: Client, team: Team, content: bytes, **fields: str) -> Any:
    return add(client, team, file=SimpleUploadedFile("stop.csv", content), **fields)


def test_a_files_phone_column_is_enough(client: Client, riverside: Team, uploads: Path) -> None:
    rows = b"Name,Mobile\nEmilia,(415) 555-2671\nPriya,555-013\nNobody,\nAoife,+44 7911 123456\n"
    answer = upload(client, riverside, rows)
    text = answer.content.decode()
    assert phones_of(riverside) == [EMILIA, AOIFE]
    assert set(OptOut.objects.values_list("source", flat=True)) == {"file"}
    assert "One of them is no phone number" in text
    assert "File, row 3" in text
    assert not list(uploads.iterdir()), "the file is not kept"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"Name,City\nA,B\n", "No column of this file looks like phone numbers."),
        (
            b"Mobile,Phone\n4155552671,4155552672\n",
            "More than one column of this file could be the phone number.",
        ),
        (b"%PDF-1.7", "This is a file of the type PDF"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    client: Client, riverside: Team, uploads: Path, content: bytes, sentence: str
) -> None:
    answer = upload(client, riverside, content, numbers=EMILIA)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not phones_of(riverside), "nothing is entered by halves"
    assert not list(uploads.iterdir())


def test_a_file_with_too_many_rows_is_refused(
    client: Client, riverside: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_out_sources, "MAX_ROWS", 1)
    answer = upload(client, riverside, b"Mobile\n4155552671\n4155552672\n")
    assert "more than 1 rows" in answer.content.decode()


def test_lifting_needs_a_reason_and_stays_in_the_history(
    client: Client, riverside: Team, bob: User
) -> None:
    add(client, riverside, numbers=EMILIA)
    one = OptOut.objects.get()
    lift = url(riverside, "opt-out-lift", one.public_id)

    refused = client.post(lift, {"reason": "  "})
    assert refused.status_code == 422
    assert "Say why this person may be messaged again." in refused.content.decode()
    assert phones_of(riverside) == [EMILIA]

    client.post(lift, {"reason": "Asked for it at the desk"})
    one.refresh_from_db()
    assert (one.lifted_reason, one.lifted_by) == ("Asked for it at the desk", bob)
    assert "Asked for it at the desk" in client.get(url(riverside, "opt-outs") + "?lifted").text

    again = client.post(lift, {"reason": "Another"}, follow=True)
    assert "had lifted this opt-out before you" in again.content.decode()
    one.refresh_from_db()
    assert one.lifted_reason == "Asked for it at the desk"


def test_who_was_lifted_can_opt_out_again(client: Client, riverside: Team) -> None:
    add(client, riverside, numbers=EMILIA)
    client.post(
        url(riverside, "opt-out-lift", OptOut.objects.get().public_id), {"reason": "mistake"}
    )
    add(client, riverside, numbers=EMILIA)
    assert phones_of(riverside) == [EMILIA]
    assert OptOut.objects.count() == 2


@pytest.mark.parametrize("words", ["(415) 555-2671", "2671", "Desk"])
def test_a_number_or_a_note_is_found(client: Client, riverside: Team, words: str) -> None:
    add(client, riverside, numbers=EMILIA, note="At the desk")
    add(client, riverside, numbers=AOIFE)
    text = client.post(url(riverside, "opt-outs-search"), {"words": words}).content.decode()
    assert "+1 415 555 2671" in text
    assert "+44 7911 123456" not in text


def test_the_register_is_read_page_by_page(client: Client, riverside: Team) -> None:
    phones = [f"+1202555{n:04}" for n in range(120)]
    opt_outs.add_opt_outs(riverside, phones, OptOut.Source.BY_HAND, None)
    seen: list[str] = []
    answer = client.get(url(riverside, "opt-outs"))
    while True:
        shown = answer.context["page"]
        seen += [row.phone for row in shown.rows]
        if not shown.after:
            break
        answer = client.get(url(riverside, "opt-outs"), {"after": shown.after})
    assert seen == phones[::-1]


def test_the_export_has_no_formula_in_it(
    client_of: ClientOf, sami: User, client: Client, riverside: Team
) -> None:
    add(client, riverside, numbers=EMILIA, note='=HYPERLINK("x")')
    answer = client_of(sami).post(url(riverside, "opt-outs-export"))
    raw = b"".join(answer).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(raw))
    assert header[0] == "Phone"
    assert row[0] == EMILIA
    assert row[3] == '\'=HYPERLINK("x")'
    assert not [cell for cell in row[1:] if cell[:1] in "=+-@"]


def test_an_export_can_be_entered_again(
    client_of: ClientOf, sami: User, riverside: Team, charlie: User
) -> None:
    opt_outs.add_opt_outs(riverside, [EMILIA, AOIFE], OptOut.Source.BY_HAND, None)
    exported = b"".join(client_of(sami).post(url(riverside, "opt-outs-export")))
    hillside = charlie.memberships.get().team
    upload(client_of(charlie), hillside, exported)
    assert phones_of(hillside) == [EMILIA, AOIFE]


def test_another_teams_register_is_its_own(
    client_of: ClientOf, riverside: Team, charlie: User, client: Client
) -> None:
    add(client, riverside, numbers=EMILIA)
    hillside = charlie.memberships.get().team
    assert not phones_of(hillside)
    there = url(hillside, "opt-out-lift", OptOut.objects.get().public_id)
    assert client_of(charlie).post(there, {"reason": "mine now"}).status_code == 404
    assert phones_of(riverside) == [EMILIA]


def test_no_import_takes_anybody_out(door: Door, riverside: Team, client: Client) -> None:
    add(client, riverside, numbers=EMILIA)
    rows = "Mobile,Name,Opted out\n(415) 555-2671,Emilia,no\n+44 7911 123456,Aoife,no\n"
    made = door.imported(rows)
    import_lifecycle.clear_leftovers()
    assert phones_of(riverside) == [EMILIA]
    assert opt_outs.opted_out_count(made) == 1
    made.delete()
    assert phones_of(riverside) == [EMILIA]


def test_a_viewer_looks_and_changes_nothing(
    client_of: ClientOf, vera: User, riverside: Team
) -> None:
    opt_outs.add_opt_outs(riverside, [EMILIA], OptOut.Source.BY_HAND, None)
    text = page(client_of(vera), riverside)
    assert "+1 415 555 2671" in text
    assert "Add opt-outs" not in text
    assert "Export" not in text
    assert client_of(vera).get(url(riverside, "opt-outs-add")).status_code == 403
