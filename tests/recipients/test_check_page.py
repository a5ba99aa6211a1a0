"""The check page: the file's own rows, the reasons at the cells, and choices that judge anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from recipients import claiming
from recipients.imports import checking, guessing, importing
from recipients.models import ListImport, OptOut, RecipientList
from teams.models import Team, User
from tests.html_reader import PageReader
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough

FILE = """Mobile,Full name,City
(415) 555-2671,Ann,Boston
4.15555E+09,Bob,
,Cleo,Paris

+1 415 555 2671,Ann again,Boston
07400 123456,Dee,London
"""


def text(response: Any) -> str:
    """A page's words without its marks."""
    return " ".join(
        re.sub(
            r"</?bdi>|(<[^>]+>)", lambda tag: " " * bool(tag[1]), response.content.decode()
        ).split()
    )


def numbers(response: Any) -> dict[str, str]:
    """The summary band: label and figure."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", response.content.decode(), re.DOTALL)
    return {label: re.sub(r"<[^>]+>", "", figure) for label, figure in pairs}


def test_the_numbers_add_up(door: Door) -> None:
    assert numbers(door.get("import", door.checked(FILE))) == {
        "Rows in file": "5",
        "Ready to import": "1",
        "Listed twice": "1",
        "Check these": "3",
    }


def test_reasons_stand_at_the_cells_with_the_spreadsheets_row_numbers(door: Door) -> None:
    page = door.get("import", door.checked(FILE)).content.decode()
    rows = re.findall(r'<td class="rownum">(\d+)</td>\s*<td class="bad">(.*?)</td>', page)
    assert [(number, re.findall(r"<small>(.*?)</small>", cell)[0]) for number, cell in rows] == [
        ("3", "Excel cut this number off"),
        ("4", "No number"),
        ("7", "Too long"),
    ]


def test_the_page_says_what_to_do_about_each_reason(door: Door) -> None:
    assert "Copy the number again" in text(door.get("import", door.checked(FILE)))


def test_the_page_says_what_decides_the_country(door: Door) -> None:
    page = text(door.get("import", door.checked(FILE)))
    assert "1 of 2 numbers start with a country code. The other one is read" in page


def test_the_page_doubts_a_country_that_fits_few_numbers(door: Door) -> None:
    made = door.checked("Mobile\n07400 123456\n07400 123457\n4155552671\n")
    doubt = "Most numbers do not look like numbers from United States."
    assert doubt in text(door.get("import", made))
    door.post("import-check", made, default_country="GB")
    assert doubt not in text(door.get("import", made))


def test_another_country_judges_the_file_anew(door: Door) -> None:
    made = door.checked(FILE)
    door.post("import-check", made, default_country="GB")
    made.refresh_from_db()
    assert made.default_country == "GB"
    assert made.judgement["rejected"] == {"excel_shortened": 1, "empty": 1}
    # (415) 555-2671 has the length of a British number, but nobody has it.
    assert made.judgement["doubts"] == {"not_assigned": 1}


def test_another_phone_column_judges_the_file_anew(door: Door) -> None:
    made = door.checked("Mobile,Other\n4155552671,2127365000\n,2127365001\n,2127365002\n")
    door.post("import-check", made, role_0="skip", role_1="phone")
    made.refresh_from_db()
    assert made.judgement["ready"] == 3
    assert made.is_judged


def test_the_first_row_can_be_a_person(door: Door) -> None:
    made = door.checked("Ann,4155552671\nBob,2127365000\n")
    assert made.reading["header_row"] == 0
    made = door.checked("a,Mobile\nBob,2127365000\n")
    door.post("import-check", made, header_row="0")
    made.refresh_from_db()
    assert made.judgement["rows"] == 2
    assert [column["name"] for column in made.columns] == ["Column A", "Column B"]


def test_a_wrong_delimiter_can_be_put_right(door: Door) -> None:
    made = door.checked("a,b;Phone\nx,y;4155552671\nx,z;2127365000\n")
    for delimiter, names in ((",", ["a", "b;Phone"]), (";", ["a,b", "Phone"])):
        door.post("import-check", made, delimiter=delimiter)
        made.refresh_from_db()
        assert [column["name"] for column in made.columns] == names
    assert made.judgement["ready"] == 2


def test_letters_that_are_a_guess_are_shown_in_every_encoding(door: Door) -> None:
    made = door.checked("Telefon;Imię\n+48512345678;Łukasz\n".encode("cp1250"))
    options = PageReader(door.get("import", made).content.decode()).texts("option")
    assert "Windows (Central European): Łukasz" in options
    assert "Windows (Western European): £ukasz" in options
    certain = door.checked("Phone,Name\n+14155552671,Łukasz\n".encode())
    options = PageReader(door.get("import", certain).content.decode()).texts("option")
    assert "Windows (Central European)" in options


def test_a_wrong_encoding_can_be_put_right(door: Door) -> None:
    made = door.checked("Phone,Name\n4155552671,José\n".encode("cp1252"))
    assert made.reading["encoding"] == "windows-1252"
    door.post("import-check", made, encoding="utf-8")
    made.refresh_from_db()
    assert made.reading["encoding"] == "utf-8"
    # Read as UTF-8, what is not UTF-8 is still read as Windows-1252.
    assert made.judgement["sample"][0]["cells"] == ["4155552671", "José"]
    response = door.post("import-check", made, encoding="utf-16-le")
    assert response.status_code == 422


def test_a_correction_that_cannot_be_read_is_told_and_changes_nothing(door: Door) -> None:
    made = door.checked('Phone;x"\n4155552671;"a\n')
    before = made.reading
    response = door.post("import-check", made, delimiter="x")
    assert response.status_code == 422
    made.refresh_from_db()
    assert made.reading == before


def test_a_fragment_is_all_that_htmx_gets(door: Door) -> None:
    made = door.checked(FILE)
    response = door.client.post(
        door.url("import-check", made), door.choices(made), headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert "<html" not in page
    assert 'id="import-button" hx-swap-oob="true"' in page


def test_without_htmx_the_page_comes_back(door: Door) -> None:
    made = door.checked(FILE)
    assert door.post("import-check", made)["Location"] == door.url("import", made)


def test_no_phone_column_is_asked_for_by_the_columns_there_are(door: Door) -> None:
    made = door.checked("First,Town\nAnn,Boston\n")
    page = text(door.get("import", made))
    assert "Choose the column with the phone numbers below (“First” and “Town”)" in page
    response = door.post("import-confirm", made, list_name="Kept name")
    assert response.status_code == 422
    assert "No column looks like phone numbers." in text(response)
    assert 'value="Kept name"' in response.content.decode()
    assert not RecipientList.objects.exists()


def test_two_phone_columns_are_asked_about(door: Door) -> None:
    made = door.checked("Home phone,Mobile\n4155552671,2127365000\n")
    page = text(door.get("import", made))
    assert "More than one column could be the phone number: “Home phone” and “Mobile”." in page
    assert door.post("import-confirm", made).status_code == 422
    assert door.post("import-confirm", made, role_1="phone").status_code == 302


def test_two_chosen_phone_columns_are_refused(door: Door) -> None:
    made = door.checked("Home phone,Mobile\n4155552671,2127365000\n")
    response = door.post("import-confirm", made, role_0="phone", role_1="phone")
    assert response.status_code == 422
    assert "More than one column" in text(response)


def test_a_file_without_a_valid_row_is_refused(door: Door) -> None:
    made = door.checked("Mobile,Name\nn/a,Ann\n123,Bob\n")
    said = "No row has a phone number we can use."
    assert said in text(door.get("import", made))
    response = door.post("import-confirm", made)
    assert response.status_code == 422
    assert said in text(response)
    assert not RecipientList.objects.exists()


def test_a_list_needs_a_name_and_everything_chosen_stays(door: Door) -> None:
    made = door.checked(FILE)
    response = door.post("import-confirm", made, list_name=" ", visibility="team", role_2="skip")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Give the list a name" in page
    assert re.search(r'value="team" checked', page)
    assert re.search(r'id="id_role_2".*?<option value="skip" selected', page, re.DOTALL)


def test_first_and_last_name_become_one(door: Door) -> None:
    made = door.imported("Phone,Vorname,Nachname\n4155552671,Ann,Lee\n2127365000,,Ray\n")
    assert list(made.recipients.order_by("id").values_list("name", flat=True)) == ["Ann Lee", "Ray"]


def test_the_button_says_what_it_does(door: Door) -> None:
    assert "Import 1 recipient " in text(door.get("import", door.checked(FILE)))


def test_a_large_file_is_judged_to_its_end_by_a_worker(
    door: Door, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    made = door.checked(FILE)
    assert not made.is_judged
    page = door.get("import", made)
    assert "These are the first 2 rows. We are counting the rest" in text(page)
    assert 'hx-get="' in page.content.decode()
    with django_assert_max_num_queries(5):
        assert numbers(door.get("import-summary", made))["Rows in file"] == "2+"
    checking.judge_whole(made.pk)
    assert numbers(door.get("import-summary", made))["Rows in file"] == "5"
    assert 'hx-trigger="load' not in door.get("import-summary", made).content.decode()


def test_a_judgement_that_comes_too_late_is_dropped(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    made = door.checked(FILE)
    to_judge = ListImport.objects.filter(state=ListImport.State.CHECKING)
    begun = claiming.claim_work(to_judge, made.pk)
    assert begun is not None
    assert claiming.claim_work(to_judge, made.pk) is None
    door.post("import-check", made, default_country="GB")
    assert not claiming.held(begun).exists()
    checking.judge_whole(made.pk)
    made.refresh_from_db()
    assert made.is_judged
    assert made.judgement["rejected"] == {"excel_shortened": 1, "empty": 1}


def test_a_fault_far_down_the_file_is_found_before_the_import(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(guessing, "_ROWS_TO_GUESS_FROM", 2)
    monkeypatch.setattr(checking, "_TOP_ROWS", 2)
    made = door.checked('Mobile,x\n4155552671,a\n2127365000,b\n2127365001,"open\n')
    checking.judge_whole(made.pk)
    assert "A double quote in row 4 is never closed." in text(door.get("import", made))


def test_another_file_can_be_chosen(door: Door, uploads: Path) -> None:
    made = door.checked(FILE)
    assert door.post("import-discard", made)["Location"] == reverse("upload", args=[door.team.slug])
    assert not ListImport.objects.exists()
    assert list(uploads.iterdir()) == []


def test_a_file_that_kills_those_who_judge_it_is_given_up(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 2)
    made = door.checked(FILE)
    for _ in range(5):
        assert claiming.claim_work(ListImport.objects.filter(state="checking"), made.pk)
        ListImport.objects.update(lease_until=None)
    checking.judge_whole(made.pk)
    assert "interrupted several times" in text(door.get("import", made))
    assert door.post("import-confirm", made).status_code == 422


def test_a_file_that_is_gone_is_told(door: Door, uploads: Path) -> None:
    made = door.checked(FILE)
    next(uploads.iterdir()).unlink()
    response = door.post("import-confirm", made, default_country="GB")
    assert response.status_code == 422
    assert "has been deleted" in text(response)


def test_nothing_changes_once_it_is_confirmed(door: Door) -> None:
    made = door.checked(FILE)
    fields = door.choices(made)
    door.post("import-confirm", made)
    before = ListImport.objects.filter(pk=made.pk).values().get()
    for name in ("import-check", "import-confirm", "import-discard"):
        door.client.post(door.url(name, made), fields | {"default_country": "GB"})
    assert ListImport.objects.filter(pk=made.pk).values().get() == before
    assert RecipientList.objects.count() == 1


def test_a_file_without_names_gets_typed_ones(door: Door) -> None:
    made = door.checked("4155552671,Ann,Boston\n2127365000,Bob,Lynn\n")
    page = door.get("import", made).content.decode()
    assert 'aria-label="Name of column C"' in page
    door.post("import-check", made, name_0="", name_1="Name", name_2="name")
    made.refresh_from_db()
    # Empty ones keep their letter, and no name comes twice.
    assert [column["name"] for column in made.columns] == ["Column A", "Name", "name 2"]
    door.post("import-confirm", made, name_1="Who", name_2="City", role_1="name")
    made.refresh_from_db()
    assert made.recipient_list is not None
    assert made.recipient_list.field_names == ["City"]


def test_names_below_a_title_are_found_and_can_be_put_right(door: Door) -> None:
    made = door.checked("Patients of 2026,,\n\nMobile,Name,City\n4155552671,Ann,Boston\n")
    assert made.reading["header_row"] == 3
    assert made.judgement["rows"] == 1
    page = text(door.get("import", made))
    assert "Row 3: Mobile, Name, City" in page
    assert "No row: the first one is a person" in page
    door.post("import-check", made, header_row="1")
    made.refresh_from_db()
    assert made.columns[0]["header"] == "Patients of 2026"
    assert made.judgement["rows"] == 2
    response = door.post("import-check", made, header_row="4")
    assert "only one row" in text(response)
    assert door.post("import-check", made, header_row="999").status_code == 422


def test_what_the_team_chose_is_remembered_for_the_same_headers(door: Door, alice: User) -> None:
    made = door.checked("Cell,Home phone,Note\n4155552671,2127365000,x\n")
    assert made.columns[0]["role"] == "field"
    door.post(
        "import-confirm", made, role_0="phone", role_1="skip", role_2="name", default_country="CA"
    )
    again = Door(door.team, alice).checked("cell,HOME PHONE ,Note\n4155552672,2127365001,y\n")
    assert [column["role"] for column in again.columns] == ["phone", "skip", "name"]
    # Which country they are from is asked, never decided by what somebody chose for another file.
    assert again.default_country == "US"
    page = text(Door(door.team, alice).get("import", again))
    assert "The last file with these columns was read with numbers from Canada." in page
    Door(door.team, alice).post("import-check", again, default_country="CA")
    again.refresh_from_db()
    assert again.default_country == "CA"
    page = text(Door(door.team, alice).get("import", again))
    assert "The last file with these columns" not in page
    assert "Set as your team chose last time" in text(Door(door.team, alice).get("import", again))
    other = door.checked("Cell,Note,Home phone\n4155552672,y,2127365001\n")
    assert "As your team chose" not in text(door.get("import", other))


def test_a_country_that_decided_nothing_is_not_remembered(door: Door) -> None:
    made = door.checked("Phone,Note\n+14155552671,x\n")
    door.post("import-confirm", made, default_country="MX")
    again = door.checked("Phone,Note\n4155552672,y\n")
    assert again.default_country == "US"
    assert "The last file with these columns" not in text(door.get("import", again))


def test_what_a_number_becomes_stands_beside_its_cell(door: Door) -> None:
    made = door.checked("Phone,Name\n(415) 555-2671,Ann\n00 49 1512 3456789,Ben\n12,Cy\n")
    page = text(door.get("import", made))
    assert "(415) 555-2671 +1 415-555-2671 Ann" in page
    assert "00 49 1512 3456789 +49 1512 3456789, Germany Ben" in page
    assert page.count("+1 415") == 1


def test_a_number_of_before_a_change_of_plan_is_no_number_of_this_country(door: Door) -> None:
    made = door.checked("Phone\n5215512345678\n+14155552671\n")
    page = text(door.get("import", made))
    assert "Every number starts with a country code" in page
    made = door.checked("Phone\n4155552671\n+14155552672\n")
    page = text(door.get("import", made))
    assert "Every number starts with a country code" not in page
    assert "1 of 2 numbers start with a country code. The other one is read" in page
    page = text(door.get("import", door.checked("Phone\n4155552671\n4155552672\n")))
    assert "No number has a country code: all 2 are read as numbers from this country." in page


def test_another_team_remembers_nothing_of_it(door: Door, charlie: User) -> None:
    made = door.checked("Cell,Home phone\n4155552671,2127365000\n")
    door.post("import-confirm", made, role_0="phone", role_1="skip")
    theirs = Door(charlie.teams.get(), charlie).checked("Cell,Home phone\n4155552671,2127365000\n")
    assert theirs.columns[1]["role"] == "field"


def test_who_has_opted_out_is_told_before_the_import(door: Door) -> None:
    OptOut.objects.create(team=door.team, phone="+14155552671")
    OptOut.objects.create(team=door.team, phone="+12127365000", lifted_at=timezone.now())
    made = door.checked("Phone\n4155552671\n2127365000\n")
    assert numbers(door.get("import", made))["Opted out"] == "1"
    assert numbers(door.get("import", made))["Ready to import"] == "2"


def test_duplicates_with_other_data_are_counted(door: Door) -> None:
    same = "4155552671,Ann,Boston\n"
    made = door.checked(f"Phone,Name,City\n{same}{same}4155552671,Bob,Boston\n2127365000,Cleo,\n")
    assert (made.judgement["duplicates"], made.judgement["differing"]) == (2, 1)
    assert "1 of them with different data" in text(door.get("import", made))
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert (made.duplicate_count, made.differing_count) == (2, 1)
    assert made.recipient_list is not None
    assert "1 row repeats a number with different data" in text(door.open(made.recipient_list))


def test_the_country_is_chosen_with_the_observation_that_decides_it(door: Door) -> None:
    rows = "".join(f"+4474001{number}\n" for number in range(23456, 23465))
    made = door.checked(f"Phone\n{rows}2127365000\n")
    said = text(door.get("import", made))
    assert "9 of 10 already start with +44 (United Kingdom)." in said
    assert "Are the others really from United States?" in said
    # Written with the code, but without a plus.
    made = door.checked("Phone\n" + rows.replace("+", ""))
    assert made.judgement["codes"] == {"44": 9}


def test_a_file_that_was_imported_before_is_recognised(door: Door, alice: User) -> None:
    made = door.checked(FILE)
    assert "This very file" not in text(door.get("import", made))
    people = door.imported(FILE)
    assert f"is in the list {people.name}" in text(door.get("import", door.checked(FILE, "b.csv")))
    # A list of one's own is nobody else's business.
    hers = Door(door.team, alice)
    assert "This very file" not in text(hers.get("import", hers.checked(FILE)))


def test_a_colleague_does_not_see_what_i_upload(door: Door, riverside: Team, alice: User) -> None:
    made = door.checked(FILE)
    assert Door(riverside, alice).get("import", made).status_code == 404
    assert Door(riverside, alice).get("rejected-rows", made).status_code == 404
