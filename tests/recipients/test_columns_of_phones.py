"""Which column is called, by which country it is read, and which of two readings it gets."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from recipients.files.country_cells import country_in
from recipients.imports import importing
from recipients.models import ListImport, RecipientList
from recipients.phone_numbers import Ambiguity, Phone, PhoneReader
from recipients.two_ways import AmbiguityFinder, turned_by
from tests.recipients.conftest import Door

pytestmark = pytest.mark.thorough

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def from_country(door: Door) -> Any:
    """A door of a team whose country is the given one."""

    def come_from(country: str) -> Door:
        door.team.default_country = country
        door.team.save(update_fields=["default_country"])
        return door

    return come_from


def case(door: Door, name: str) -> ListImport:
    return door.checked((CASES / name).read_bytes(), name)


def words(door: Door, made: ListImport) -> str:
    return page_words(door.get("import", made))


def page_words(response: Any) -> str:
    """A page's words without its marks."""
    return " ".join(
        html.unescape(
            re.sub(r"</?bdi>|(<[^>]+>)", lambda tag: " " * bool(tag[1]), response.content.decode())
        ).split()
    )


def phones(people: RecipientList) -> list[str]:
    return list(people.recipients.order_by("id").values_list("phone", flat=True))


def imported(door: Door, made: ListImport, **choices: str) -> list[str]:
    """The numbers of a file in its order, after its import."""
    response = door.post("import-confirm", made, **choices)
    assert response.status_code == 302, response.content.decode()
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.recipient_list is not None
    return phones(made.recipient_list)


def roles(made: ListImport) -> list[str]:
    return [column["role"] for column in made.columns]


# --- Two readings ---------------------------------------------------------------------------------

MOBILES = ["+4915123456789", "+491701234567", "+4917612345678", "+491621234567"]


@pytest.mark.parametrize("name", ["de-lost-plus.csv", "de-lost-plus.xlsx", "de-thousands.csv"])
def test_german_mobiles_that_lost_their_plus_are_no_landlines(from_country: Any, name: str) -> None:
    door = from_country("DE")
    made = case(door, name)
    page = words(door, made)
    assert "begin with 49, the code of Germany, but have no plus. " in page
    assert "is now +49 1512 3456789; the other way it would be" in page
    assert "(not a mobile number)" in page
    count = made.judgement["ready"]
    assert imported(door, made) == MOBILES[:count]


def test_one_click_turns_the_column_and_another_turns_it_back(from_country: Any) -> None:
    door = from_country("DE")
    made = case(door, "de-lost-plus.csv")
    door.post("import-check", made, turn="0:own_code")
    page = words(door, made)
    assert "4915123456789 is now +49 491 5123456789 (not a mobile number); the other" in page
    assert "Read with a plus in front" in page
    door.post("import-check", made, turn="0:own_code")
    assert "4915123456789 is now +49 1512 3456789;" in words(door, made)
    door.post("import-check", made, turn="0:own_code")
    # What is chosen otherwise leaves it as it is.
    door.post("import-check", made, list_name="Landlines")
    assert imported(door, made)[0] == "+494915123456789"


def test_a_turn_that_makes_no_sense_changes_nothing(from_country: Any) -> None:
    door = from_country("DE")
    made = case(door, "de-lost-plus.csv")
    before = made.columns
    for turn in ("9:own_code", "0:sideways", "0:"):
        door.post("import-check", made, turn=turn)
        made.refresh_from_db()
        assert made.columns == before


def test_numbers_overseas_are_told_and_can_be_read_as_at_home(from_country: Any) -> None:
    door = from_country("FR")
    made = case(door, "fr-overseas.csv")
    page = words(door, made)
    assert (
        "5 numbers look like numbers from France, but may belong to overseas territories. " in page
    )
    assert "06 92 12 34 56 is now +262 692 12 34 56, Réunion; the other way it would be +33" in page
    assert "The other 5 are read as people dial them in this country." in page
    assert imported(door, made) == [
        *("+262692123456", "+590690123456", "+596696201234", "+594694201234", "+33612345678"),
        "+262692123457",
    ]


def test_a_lost_zero_is_told_and_can_be_left_out(from_country: Any) -> None:
    door = from_country("CI")
    made = case(door, "ci-lost-zero.xlsx")
    assert "to have lost their first zero. " in words(door, made)
    place = roles(made).index("phone")
    door.post("import-check", made, turn=f"{place}:zero")
    page = words(door, made)
    assert "is now not a phone number (“Too short”); the other way it would be +225 07" in page
    door.post("import-check", made, turn=f"{place}:zero")
    assert imported(door, made) == [
        *("+2250712345678", "+2250512345679", "+2250112345670", "+2250712345671"),
    ]


def test_a_code_of_another_country_without_a_plus_is_told(door: Door) -> None:
    made = door.checked("Phone\n447400123456\n4155552671\n")
    page = words(door, made)
    assert (
        "1 number seems to begin with another country's code, but has no plus. "
        "447400123456 is now +44 7400 123456, United Kingdom; the other way it would be not a "
        "phone number (“Too long”)."
    ) in page
    assert made.judgement["ready"] == 2
    door.post("import-check", made, turn="0:plus_only")
    made.refresh_from_db()
    assert made.judgement["rejected"] == {"too_long": 1}


def test_a_column_of_numbers_nobody_has_at_home_is_read_as_the_mobiles_they_are(
    door: Door,
) -> None:
    made = door.checked("Phone\n4740612345\n4741234567\n4790123456\n")
    page = words(door, made)
    assert "3 numbers do not exist in United States, but do abroad with a plus in front" in page
    assert "is now +47 40 61 23 45, Norway; the other way it would be +1 474" in page
    assert imported(door, made) == ["+4740612345", "+4741234567", "+4790123456"]


def test_numbers_nobody_has_are_read_abroad_among_others_but_not_one_alone(door: Door) -> None:
    home = "4155552671\n2127365000\n2127365001\n"
    made = door.checked(f"Phone\n4520123456\n4530123456\n{home}")
    assert imported(door, made)[:2] == ["+4520123456", "+4530123456"]
    made = door.checked(f"Phone\n4520123456\n{home}")
    page = words(door, made)
    assert "1 number does not exist in United States, but does abroad with a plus in front" in page
    # As many that are nobody's anywhere: who typed these may have slipped.
    slips = "5555550100\n5555550101\n"
    made = door.checked(f"Phone\n4520123456\n4530123456\n{slips}{home}")
    assert imported(door, made)[0] == "+14520123456"


def test_a_column_that_is_as_good_at_home_stays_there_and_is_told(door: Door) -> None:
    made = door.checked("Phone\n6598345678\n6598345679\n")
    page = words(door, made)
    assert "6598345678 is now +1 659-834-5678; the other way it would be +65 9834 5678, Sin" in page
    door.post("import-check", made, turn="0:both_ways")
    assert imported(door, made) == ["+6598345678", "+6598345679"]


def test_an_accident_among_many_numbers_is_not_worth_a_question(door: Door) -> None:
    made = door.checked("Phone\n6598345678\n4155552671\n2127365000\n2127365001\n")
    assert "can be read as dialled" not in words(door, made)
    assert imported(door, made)[0] == "+16598345678"


def test_another_country_asks_the_column_anew(door: Door) -> None:
    made = door.checked("Phone\n4740612345\n4741234567\n")
    assert made.columns[0]["turned"] == ["unassigned"]
    door.post("import-check", made, default_country="NO")
    made.refresh_from_db()
    assert "turned" not in made.columns[0]


@pytest.mark.parametrize(
    ("country", "written", "usual"),
    [
        ("XK", "38343201234", "+38343201234"),
        ("ID", "62810319561", "+62810319561"),
        ("IN", "919876543210", "+919876543210"),
        ("CG", "66123456", "+242066123456"),
    ],
)
def test_the_usual_reading_is_the_mobile(country: str, written: str, usual: str) -> None:
    answer = PhoneReader(country).read(written)
    assert isinstance(answer, Phone)
    assert answer.e164 == usual


def test_a_number_with_its_plus_is_in_no_doubt() -> None:
    finder = AmbiguityFinder("DE")
    assert finder.find("+49 151 23456789") is None
    assert finder.find("0151 23456789") is None
    both = finder.find("49 151 23456789")
    assert both is not None
    assert both.ambiguity is Ambiguity.OWN_CODE
    assert turned_by(["0151 23456789", "49 151 23456789"], "DE") == ()


# --- The country of the row -----------------------------------------------------------------------


def test_a_column_of_calling_codes_says_where_its_rows_are_from(door: Door) -> None:
    made = case(door, "calling-code-column.csv")
    assert roles(made) == ["name", "country", "phone"]
    page = words(door, made)
    assert "4 of 4 numbers are read with the country in their rows." in page
    assert imported(door, made) == [
        *("+447400123456", "+447400123457", "+4915123456789", "+14155552671"),
    ]


def test_a_column_of_countries_says_where_its_rows_are_from(door: Door) -> None:
    made = case(door, "country-column.csv")
    assert imported(door, made) == [
        *("+33612345678", "+447400123456", "+4915123456789", "+14155552671", "+393401234567"),
    ]
    # It is a field as well: a text may say it.
    assert made.recipient_list is not None
    assert made.recipient_list.field_names == ["Country"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Land", ("Frankreich", "Vereinigtes Königreich", "Österreich")),
        ("Pays", ("France", "Royaume-Uni", "Autriche")),
        ("País", ("Francia", "Reino Unido", "Austria")),
        ("Страна", ("Франция", "Великобритания", "Австрия")),
        ("国", ("フランス", "イギリス", "オーストリア")),
        ("Ülke", ("Fransa", "İngiltere", "Avusturya")),
        ("country_code", ("FR", "GB", "AT")),
        ("ISO", ("FRA", "GBR", "AUT")),
        ("Land", ("F", "GB", "A")),
        ("Vorwahl", ("+33", "0044", "43")),
        ("Dial code", ("33", "44", "43")),
        ("Country of residence", ("France (+33)", "UK", "🇦🇹")),
    ],
)
def test_countries_are_read_in_many_ways(
    door: Door, header: str, cells: tuple[str, str, str]
) -> None:
    rows = zip(cells, ("06 12 34 56 78", "07400 123456", "0664 1234567"), strict=True)
    lines = [f"{country},{phone}" for country, phone in rows]
    made = door.checked("\n".join([f"{header},Mobile", *lines, ""]))
    assert roles(made) == ["country", "phone"]
    assert imported(door, made) == ["+33612345678", "+447400123456", "+436641234567"]


def test_a_file_without_a_header_is_read_by_the_countries_in_it(door: Door) -> None:
    made = door.checked("Anne,France,06 12 34 56 78\nBen,United Kingdom,07400 123456\n")
    assert made.reading["header_row"] == 0
    assert roles(made) == ["field", "country", "phone"]
    assert imported(door, made) == ["+33612345678", "+447400123456"]


def test_a_header_alone_makes_no_country(door: Door) -> None:
    made = door.checked("Country,Phone\nnorth,4155552671\nsouth,2127365000\n")
    assert roles(made) == ["field", "phone"]
    # Neither do values under another header, and no state is a country.
    made = door.checked("State,Phone\nCA,4155552671\nDE,2127365000\n")
    assert roles(made) == ["field", "phone"]


def test_a_country_that_spoils_the_numbers_is_not_theirs(door: Door) -> None:
    made = door.checked("Country,Phone\nFrance,4155552671\nGermany,2127365000\n")
    assert roles(made) == ["field", "phone"]
    assert imported(door, made) == ["+14155552671", "+12127365000"]


def test_a_row_without_a_country_is_the_teams_and_an_unknown_one_is_nobodys(door: Door) -> None:
    made = door.checked(
        "Country,Phone\nFrance,0612345678\n,4155552671\nUK,07400123456\nDE,015123456789\n"
        "IT,3401234567\nAtlantis,4155552672\nAtlantis,+14155552673\n"
    )
    page = words(door, made)
    assert "4 of 6 numbers are read with the country in their rows." in page
    assert "1 of 6 numbers start with a country code." in page
    assert "The other one is read as a number from this country." in page
    assert "Not a country we know. Enter the country's name" in page
    assert made.judgement["rejected"] == {"unknown_country": 1}
    assert imported(door, made)[-1] == "+14155552673"


@pytest.mark.parametrize(
    ("text", "home", "country"),
    [
        *(("1", "CA", "CA"), ("1", "DE", "US"), ("+1 809", "US", "US"), ("7", "KZ", "KZ")),
        *(("44.0", "US", "GB"), ("Côte d'Ivoire", "US", "CI"), ("ESPANA", "US", "ES")),
        *(("Bosnia and Herzegovina", "US", "BA"), ("The Gambia", "US", "GM")),
        *(("Myanmar", "US", "MM"), ("Burma", "US", "MM"), ("대한민국", "US", "KR")),
        *(("Yes", "US", None), ("Boston", "US", None), ("999", "US", None), ("800", "US", None)),
        *(("", "US", None), ("-", "US", None), ("4155552671", "US", None), ("ZZZ", "US", None)),
    ],
)
def test_which_country_a_cell_means(text: str, home: str, country: str | None) -> None:
    assert country_in(text, home) == country


# --- More than one phone --------------------------------------------------------------------------


def test_the_first_usable_of_several_columns_in_the_order_that_was_given(door: Door) -> None:
    made = case(door, "two-cells-in-priority.csv")
    assert "More than one column could be the phone number: “Cell 1” and “Cell 2”." in words(
        door, made
    )
    order = {"role_2": "phone", "role_3": "phone_2", "role_4": "phone_3"}
    door.post("import-check", made, **order)
    made.refresh_from_db()
    assert made.judgement["ready"] == 4
    assert imported(door, made) == [
        *("+14155552671", "+12127365000", "+14155552672", "+14155552673"),
    ]


def test_the_order_decides_and_what_is_wrong_stands_at_its_cell(door: Door) -> None:
    rows = "+14155552671,+12127365000\n,n/a\nhome,\n,-\n+15555550100,+12127365001\n"
    made = door.checked("Cell,WhatsApp\n" + rows)
    door.post("import-check", made, role_0="phone_2", role_1="phone")
    made.refresh_from_db()
    shown = [(row["phone"], row["reason"], row["place"]) for row in made.judgement["sample"]]
    assert shown == [
        ("+12127365000", "", 1),
        ("", "letters", 1),
        ("", "letters", 0),
        ("", "empty", 1),
        ("+12127365001", "", 1),
    ]
    door.post("import-check", made, role_0="phone", role_1="phone_2")
    made.refresh_from_db()
    assert [row["phone"] for row in made.judgement["sample"]][::4] == [
        *("+14155552671", "+12127365001"),
    ]


def test_a_second_phone_without_a_first_is_asked_about(door: Door) -> None:
    made = door.checked("Cell,Town\n4155552671,Rome\n")
    response = door.post("import-confirm", made, role_0="phone_2")
    assert response.status_code == 422
    assert "Choose the column with the phone numbers below. It looks like “Cell”." in (
        page_words(response)
    )


def test_a_phone_and_a_whatsapp_are_asked_about(door: Door) -> None:
    made = case(door, "phone-and-whatsapp.csv")
    assert "More than one column could be the phone number: “Phone” and “WhatsApp”." in words(
        door, made
    )


def test_a_column_of_yes_and_no_is_no_phone(door: Door) -> None:
    made = case(door, "whatsapp-yes-no.csv")
    assert roles(made) == ["name", "phone", "field"]
    assert imported(door, made) == ["+14155552671", "+12127365000", "+14155552672"]


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("google-new.csv", ""),
        ("shopify.csv", "“Default Address Phone” and “Phone”"),
        ("outlook.csv", "More than one column could be the phone number"),
    ],
)
def test_exports_of_address_books_are_read_as_before(door: Door, name: str, asks: str) -> None:
    made = case(door, name)
    if asks:
        assert asks in words(door, made)
    else:
        assert imported(door, made) == ["+14155552671", "+14155552673"]


def test_a_column_of_phones_without_a_name_is_found(door: Door) -> None:
    made = door.checked("Name,,Town\nAnn,4155552671,Rome\nBob,2127365000,Oslo\n")
    assert roles(made) == ["name", "phone", "field"]


# --- The country of the file ----------------------------------------------------------------------


def test_a_country_somebody_chose_once_does_not_decide_for_everybody(door: Door) -> None:
    earlier = door.checked("Phone,Name\n55 1234 5678,Luz\n")
    door.post("import-confirm", earlier, default_country="MX")
    made = case(door, "us-after-mexico.csv")
    page = words(door, made)
    assert "This is your team's country." in page
    assert "The last file with these columns was read with numbers from Mexico." in page
    assert imported(door, made) == ["+14155552671", "+14155552672"]
