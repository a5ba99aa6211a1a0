"""The register of opt-outs, by its pages."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recipients.imports import import_lifecycle, importing, opt_out_files
from recipients.models import ListImport, OptOut, RecipientList
from recipients.opting_out import opt_outs
from teams.models import Team, User
from tests.client import Client
from tests.people import ClientOf
from tests.recipients.conftest import Door

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
    assert "2 people are now opted out." in answer.content.decode()
    assert phones_of(riverside) == [EMILIA, AOIFE]
    one = OptOut.objects.get(phone=EMILIA)
    assert (one.source, one.note, one.created_by) == ("by_hand", "By phone", bob)


def test_what_is_no_number_comes_back_with_the_reason_and_the_rest_is_entered(
    client: Client, riverside: Team
) -> None:
    answer = add(client, riverside, numbers="415-555-2671\n4.15555E+09\nhello", note="Desk")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "2 of them are not phone numbers" in text
    assert "Excel cut this number off" in text
    assert "4.15555E+09\nhello</textarea>" in text
    assert 'value="Desk"' in text
    assert phones_of(riverside) == [EMILIA]


def test_nothing_typed_is_told(client: Client, riverside: Team) -> None:
    answer = add(client, riverside, numbers=" \n ")
    assert answer.status_code == 422
    assert "Paste at least one phone number, or choose a file." in answer.content.decode()


@pytest.mark.both_databases
def test_who_is_in_the_register_is_not_entered_twice(client: Client, riverside: Team) -> None:
    add(client, riverside, numbers=EMILIA, note="first")
    answer = add(client, riverside, numbers=f"{EMILIA}\n{AOIFE}", note="second")
    text = answer.content.decode()
    assert "1 person is now opted out." in text
    assert "1 person had already opted out." in text
    assert OptOut.objects.get(phone=EMILIA).note == "first"


def upload(
    client: Client, team: Team, content: bytes, name: str = "stop.csv", **fields: str
) -> Any:
    """Send a file by the form; the check page, or the form with what is wrong."""
    return add(client, team, file=SimpleUploadedFile(name, content), **fields)


def enter(client: Client, team: Team, content: bytes, name: str = "stop.csv", **fields: str) -> Any:
    """Send a file, confirm it as it is read, and let it be entered: the report."""
    answer = upload(client, team, content, name)
    list_import = ListImport.objects.order_by("-pk")[0]
    assert answer.status_code == 200, answer.content.decode()
    form = {"default_country": list_import.default_country, "header_row": ""}
    form |= {f"role_{n}": column["role"] for n, column in enumerate(list_import.columns)}
    client.post(url(team, "import-confirm", list_import.public_id), form | fields)
    importing.run_import(list_import.pk)
    return client.get(url(team, "import", list_import.public_id))


def test_a_file_is_shown_before_it_is_entered_and_reported_after(
    client: Client, riverside: Team, bob: User
) -> None:
    rows = b"Name,Mobile\nEmilia,(415) 555-2671\nPriya,555-013\nNobody,\nAoife,+44 7911 123456\n"
    checked = upload(client, riverside, rows, note="By letter")
    text = checked.content.decode()
    assert "People to opt out</dt><dd" in text
    assert "+1 415-555-2671" in text
    assert "+44 7911 123456, Guernsey" in text
    assert "Opt out 2 people" in text
    assert "555-013" in text
    assert not phones_of(riverside), "nothing is entered unasked"

    list_import = ListImport.objects.get()
    columns = {"role_0": "skip", "role_1": "phone", "default_country": "US", "header_row": "1"}
    client.post(url(riverside, "import-confirm", list_import.public_id), columns)
    importing.run_import(list_import.pk)
    assert phones_of(riverside) == [EMILIA, AOIFE]
    assert set(OptOut.objects.values_list("source", "note", "created_by")) == {
        ("file", "By letter", bob.pk)
    }
    report = client.get(url(riverside, "import", list_import.public_id)).content.decode()
    assert 'Opted out now</dt><dd class="text-success">2</dd>' in report
    assert 'Rows to check</dt><dd class="text-danger">2</dd>' in report
    assert "555-013" in report
    assert "No number" in report
    told = client.get(url(riverside, "rejected-rows", list_import.public_id))
    assert b"".join(told).decode("utf-8-sig").splitlines()[1].startswith("3,Too short,")
    assert not RecipientList.objects.exists()


CASES = Path(__file__).parent / "cases"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("name", "country", "phones", "told"),
    [
        ("opt-outs.xlsx", "US", [EMILIA, "+12127365000"], 0),
        ("opt-outs.csv", "US", [EMILIA, "+12127365000"], 0),
        ("opt-outs-two-columns.csv", "US", [EMILIA, "+12127365000"], 0),
        ("twilio-log.csv", "US", [EMILIA, "+12127365000"], 0),
        ("mailchimp-unsubscribed.csv", "US", [EMILIA], 1),
    ],
)
def test_everybody_in_a_file_is_opted_out(
    client: Client,
    riverside: Team,
    name: str,
    country: str,
    phones: list[str],
    told: int,
) -> None:
    enter(client, riverside, (CASES / name).read_bytes(), name, default_country=country)
    list_import = ListImport.objects.get()
    assert list_import.state == ListImport.State.COMPLETED, list_import.failure
    assert list_import.rejected_count == told
    assert phones_of(riverside) == sorted(phones)


@pytest.mark.parametrize(
    ("content", "phones", "told"),
    [
        # Several in one cell, and a row of which one part cannot be read.
        (
            "Phone\n4155552671 / 2127365000\n+447911123456; 555-013\n",
            [EMILIA, "+12127365000", AOIFE],
            1,
        ),
        # Without names of columns, however many numbers the first cell has.
        ("4155552671, 2127365000\n3125550100\n", [EMILIA, "+12127365000", "+13125550100"], 0),
        ("4.15555E+09\n4155552671\n", [EMILIA], 1),
        ("555-013\n4155552671\n2127365000\n", [EMILIA, "+12127365000"], 1),
        ("Name;Handy\nJos\xe9;4155552671\n", [EMILIA], 0),
        ("Phone\tWhatsApp\n4155552671\t4155552671\n\t2127365000\n", [EMILIA, "+12127365000"], 0),
    ],
)
def test_every_number_of_a_file_counts_and_what_is_none_is_told(
    client: Client, riverside: Team, content: str, phones: list[str], told: int
) -> None:
    enter(client, riverside, content.encode("cp1252"))
    assert phones_of(riverside) == sorted(phones)
    assert ListImport.objects.get().rejected_count == told


def test_the_navigation_says_that_a_file_of_opt_outs_is_one(
    client: Client, riverside: Team
) -> None:
    page = upload(client, riverside, b"Phone\n4155552671\n").content.decode()
    current = re.findall(r'href="([^"]+)"\s+aria-current="page"', page)
    # They stand under the lists, and say so themselves.
    assert set(current) == {url(riverside, "lists")}
    assert f'<a href="{url(riverside, "opt-outs")}"><bdi>Opt-outs</bdi></a>' in page


def test_a_column_says_which_country_a_number_is_from(client: Client, riverside: Team) -> None:
    rows = "07400123456,United Kingdom\n0612345678,FR\n4155552671,\n"
    page = upload(client, riverside, f"Phone,Country\n{rows}".encode()).content.decode()
    assert "+44 7400 123456" in page
    list_import = ListImport.objects.get()
    assert [column["role"] for column in list_import.columns] == ["phone", "country"]
    enter(client, riverside, f"Phone,Country\n{rows}".encode())
    assert phones_of(riverside) == sorted(["+447400123456", "+33612345678", EMILIA])


def test_the_column_and_the_country_are_chosen(client: Client, riverside: Team) -> None:
    content = b"A,B\n07400123456,x\n07400123457,y\n"
    page = upload(client, riverside, content).content.decode()
    assert "No column looks like phone numbers." in page
    list_import = ListImport.objects.get()
    chosen = {"role_0": "phone", "role_1": "skip", "default_country": "GB", "header_row": "1"}
    client.post(url(riverside, "import-check", list_import.public_id), chosen)
    list_import.refresh_from_db()
    assert list_import.judgement["ready"] == 2
    client.post(url(riverside, "import-confirm", list_import.public_id), chosen)
    importing.run_import(list_import.pk)
    assert phones_of(riverside) == ["+447400123456", "+447400123457"]


@pytest.mark.both_databases
def test_who_had_opted_out_before_is_counted_apart(client: Client, riverside: Team) -> None:
    add(client, riverside, numbers=EMILIA)
    page = upload(client, riverside, b"Phone\n4155552671\n4155552671\n2127365000\n")
    assert "Opt out 2 people" in page.content.decode()
    report = enter(client, riverside, b"Phone\n4155552671\n4155552671\n2127365000\n").text
    assert 'Opted out now</dt><dd class="text-success">1</dd>' in report
    assert "Already opted out</dt><dd>1</dd>" in report


@pytest.mark.both_databases
def test_a_large_file_goes_on_where_a_worker_died(
    client: Client, riverside: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_out_files, "_ROWS_A_CHUNK", 2)
    upload(client, riverside, b"Phone\n4155552671\n2127365000\n4155552671\n3125550100\n")
    list_import = ListImport.objects.get()
    confirm = {"role_0": "phone", "default_country": "US", "header_row": "1"}
    client.post(url(riverside, "import-confirm", list_import.public_id), confirm)
    opt_outs.add_opt_outs(riverside, [EMILIA, "+12127365000"], OptOut.Source.FILE, None)
    ListImport.objects.update(rows_done=2, recipient_count=2, state=ListImport.State.IMPORTING)
    importing.run_import(list_import.pk)
    list_import.refresh_from_db()
    assert (list_import.recipient_count, list_import.duplicate_count) == (3, 0)
    assert list_import.rows_done == 4


def test_a_file_that_waits_is_found_on_the_page_of_opt_outs(
    client: Client, riverside: Team
) -> None:
    upload(client, riverside, b"Phone\n4155552671\n")
    assert "stop.csv" in page(client, riverside)
    assert "stop.csv" not in page(client, riverside, "lists")
    list_import = ListImport.objects.get()
    answer = client.post(url(riverside, "import-discard", list_import.public_id))
    assert answer["Location"] == url(riverside, "opt-outs-add")
    assert "stop.csv" not in page(client, riverside)


def test_what_a_doubtful_number_was_read_as_is_told(client: Client, riverside: Team) -> None:
    text = add(client, riverside, numbers="4155552671, 447911123456, You").content.decode()
    assert phones_of(riverside) == [EMILIA, AOIFE]
    assert "Opted out, please check" in text
    assert "+44 7911 123456, Guernsey" in text
    assert "One of them is not a phone number" in text
    assert "You</textarea>" in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"Phone\n", "There is only one row"),
        (b"%PDF-1.7", "This is a PDF file"),
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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Name,City\nA,B\n", "No column looks like phone numbers."),
        (b"Phone,City\n12,B\n", "No row has a phone number we can use."),
    ],
)
def test_a_file_in_which_there_is_no_number_cannot_be_confirmed(
    client: Client, riverside: Team, content: bytes, sentence: str
) -> None:
    page = enter(client, riverside, content).content.decode()
    assert sentence in page
    assert ListImport.objects.get().state == ListImport.State.CHECKING


def test_a_file_with_too_many_rows_is_refused(
    client: Client, riverside: Team, settings: Any
) -> None:
    settings.IMPORT_MAX_ROWS = 1
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
    assert "Say why this person can get messages again." in refused.content.decode()
    assert phones_of(riverside) == [EMILIA]

    client.post(lift, {"reason": "Asked for it at the desk"})
    one.refresh_from_db()
    assert (one.lifted_reason, one.lifted_by) == ("Asked for it at the desk", bob)
    assert "Asked for it at the desk" in client.get(url(riverside, "opt-outs") + "?lifted").text

    again = client.post(lift, {"reason": "Another"}, follow=True)
    assert "has already allowed messages to this person again" in again.content.decode()
    one.refresh_from_db()
    assert one.lifted_reason == "Asked for it at the desk"


@pytest.mark.both_databases
def test_who_was_lifted_can_opt_out_again(client: Client, riverside: Team) -> None:
    add(client, riverside, numbers=EMILIA)
    client.post(
        url(riverside, "opt-out-lift", OptOut.objects.get().public_id), {"reason": "mistake"}
    )
    add(client, riverside, numbers=EMILIA)
    assert phones_of(riverside) == [EMILIA]
    assert OptOut.objects.count() == 2


@pytest.mark.both_databases
@pytest.mark.parametrize("words", ["(415) 555-2671", "2671", "Desk"])
def test_a_number_or_a_note_is_found(client: Client, riverside: Team, words: str) -> None:
    add(client, riverside, numbers=EMILIA, note="At the desk")
    add(client, riverside, numbers=AOIFE)
    text = client.post(url(riverside, "opt-outs-search"), {"words": words}).content.decode()
    assert "+1 415 555 2671" in text
    assert "+44 7911 123456" not in text


@pytest.mark.both_databases
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


@pytest.mark.both_databases
def test_an_export_can_be_entered_again(
    client_of: ClientOf, sami: User, riverside: Team, charlie: User
) -> None:
    opt_outs.add_opt_outs(riverside, [EMILIA, AOIFE], OptOut.Source.BY_HAND, None)
    exported = b"".join(client_of(sami).post(url(riverside, "opt-outs-export")))
    hillside = charlie.memberships.get().team
    enter(client_of(charlie), hillside, exported)
    assert phones_of(hillside) == [EMILIA, AOIFE]


@pytest.mark.both_databases
def test_another_teams_register_is_its_own(
    client_of: ClientOf, riverside: Team, charlie: User, client: Client
) -> None:
    add(client, riverside, numbers=EMILIA)
    hillside = charlie.memberships.get().team
    assert not phones_of(hillside)
    there = url(hillside, "opt-out-lift", OptOut.objects.get().public_id)
    assert client_of(charlie).post(there, {"reason": "mine now"}).status_code == 404
    assert phones_of(riverside) == [EMILIA]


@pytest.mark.both_databases
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


@pytest.mark.parametrize("source", OptOut.OWN_WORD)
def test_a_persons_own_stop_is_lifted_by_who_may_send_and_with_a_warning(
    client: Client, client_of: ClientOf, sami: User, riverside: Team, source: str
) -> None:
    own = OptOut.objects.create(team=riverside, phone=EMILIA, source=source)
    lift = url(riverside, "opt-out-lift", own.public_id)
    shown = client.get(lift).content.decode()
    assert "Only senders and owners of the team can allow messages again." in shown
    assert "Reason" not in shown
    assert client.post(lift, {"reason": "They told me"}).status_code == 403
    own.refresh_from_db()
    assert own.is_open

    sender = client_of(sami)
    assert "the law forbids" in " ".join(sender.get(lift).content.decode().split())
    sender.post(lift, {"reason": "Asked for it in writing"})
    own.refresh_from_db()
    assert (own.is_open, own.lifted_by) == (False, sami)
