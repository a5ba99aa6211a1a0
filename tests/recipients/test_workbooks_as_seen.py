"""Workbooks as the person sees them: without what is hidden, and with cells as they are shown."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipients.files.encodings import FileEncoding
from recipients.files.row_sources import ReadOptions, read_rows
from recipients.files.workbook_child import SheetContent
from recipients.imports import importing
from recipients.models import ListImport
from recipients.sheets.books import BookRow, BookSheet
from tests.recipients.conftest import Door
from tests.recipients.test_upload import sentence
from tests.recipients.workbooks import Rows, archive, ods, xls, xlsx

pytestmark = pytest.mark.thorough

CASES = Path(__file__).parent / "cases"
A, B, C = "+14155552671", "+12127365000", "+14155552673"


def case(door: Door, name: str) -> ListImport:
    return door.checked((CASES / name).read_bytes(), name)


def names(made: ListImport) -> list[str]:
    """What stands in the column of names."""
    place = [column["role"] for column in made.columns].index("name")
    return [row["cells"][place].strip() for row in made.judgement["sample"]]


class TestWhatIsHidden:
    def test_rows_that_a_filter_hides_are_left_out_until_they_are_asked_for(
        self, door: Door
    ) -> None:
        made = case(door, "hidden-rows.xlsx")
        assert (names(made), made.judgement["ready"]) == (["Ann", "Dee"], 2)
        page = door.get("import", made).content.decode()
        assert "2 hidden rows are left out." in page
        door.post("import-check", made, with_hidden="on")
        made.refresh_from_db()
        assert made.judgement["rows"] == 4
        page = door.get("import", made).content.decode()
        assert "2 hidden rows are included." in page
        assert "left out." not in page
        door.post("import-check", made)
        made.refresh_from_db()
        assert names(made) == ["Ann", "Dee"]

    def test_a_hidden_sheet_can_be_chosen_once_it_is_asked_for(self, door: Door) -> None:
        made = case(door, "hidden-first-sheet.xlsx")
        assert made.reading["sheet"] == "2026"
        assert "1 hidden sheet is left out." in door.get("import", made).content.decode()
        door.post("import-check", made, with_hidden="on")
        made.refresh_from_db()
        assert made.reading["sheets"] == ["Old 2019", "2026"]
        assert made.reading["sheet"] == "2026"
        assert "1 hidden sheet can be chosen." in door.get("import", made).content.decode()

    def test_hidden_columns_are_left_out_and_counted_where_they_hold_something(
        self, door: Door
    ) -> None:
        row = '<row r="{}"><c t="str"><v>{}</v></c><c t="str"><v>{}</v></c></row>'
        rows = row.format(1, "Phone", "Secret") + row.format(2, A, "x")
        hidden = '<cols><col min="2" max="9" width="0" hidden="1"/></cols>'
        made = door.checked(xlsx({"A": f"{hidden}<sheetData>{rows}</sheetData>"}))
        assert [column["name"] for column in made.columns] == ["Phone"]
        assert "1 hidden column is left out." in door.get("import", made).content.decode()

    def test_a_workbook_with_nothing_hidden_says_nothing_of_it(self, door: Door) -> None:
        page = door.get("import", case(door, "shown-values.xlsx")).content.decode()
        assert "hidden row" not in page
        assert "with_hidden" not in page

    def test_a_workbook_of_which_nothing_is_seen_is_refused(self, door: Door) -> None:
        row = f'<row r="1" hidden="1"><c r="A1" t="str"><v>{A}</v></c></row>'
        response = door.upload(xlsx({"A": f"<sheetData>{row}</sheetData>"}), "a.xlsx")
        assert response.status_code == 422
        assert sentence(response.content.decode()).startswith("Everything in this workbook is")

    def test_rows_and_columns_of_an_ods_file_are_hidden_too(self, door: Door) -> None:
        content = (
            '<table:table-column/><table:table-column table:visibility="collapse"/>'
            "<table:table-column/>"
            + ods_row("Phone", "Secret", "Name")
            + ods_row(A, "x", "Ann")
            + ods_row(B, "x", "Bob", attributes='table:visibility="filter"')
        )
        made = door.checked(ods({"A": content}), "people.ods")
        assert names(made) == ["Ann"]
        assert (made.reading["hidden_rows"], made.reading["hidden_columns"]) == (1, 1)


def ods_row(*cells: str, attributes: str = "") -> str:
    inside = "".join(
        cell
        if cell.startswith("<")
        else f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row {attributes}>{inside}</table:table-row>"


def test_the_sheet_that_is_open_is_read_first(door: Door) -> None:
    made = case(door, "active-second-sheet.xlsx")
    assert (made.reading["sheet"], names(made)) == ("People", ["Cy", "Dee"])


def test_cells_are_read_as_they_are_shown(door: Door) -> None:
    made = case(door, "shown-values.xlsx")
    assert made.judgement["sample"][0]["cells"] == [
        *(A, "Ann", "$12.10", "110.00", "50%", "000123", "02138", "05/12/2026", "2:30 PM"),
        *("05/12/2026 14:30", "36:00"),
    ]


# Format, what is in the cell, what the sheet shows.
SHOWN = [
    ("General", "110.00000000000001", "110"),
    ("General", "0.30000000000000004", "0.3"),
    ("General", "4.91512345678E+12", "4915123456780"),
    ("General", "1E-7", "1E-07"),
    ("@", "4915123456789", "4915123456789"),
    ("0", "2.5", "3"),
    ("0.00", "2.675", "2.68"),
    ("#,##0", "1234567", "1,234,567"),
    ("#,##0.00", "-1234.5", "-1,234.50"),
    ("#,##0.00;(#,##0.00)", "-1234.5", "(1,234.50)"),
    ("#,##0.00\\ [$€-407]", "1234.5", "1,234.50 €"),
    ("[$€-2] #,##0", "1234.5", "€ 1,235"),
    ("[$USD] 0.0", "2", "USD 2.0"),
    ("_(* #,##0.00_);_(* (#,##0.00);_(* -??_);_(@_)", "0", "-"),
    ("0.0%", "0.125", "12.5%"),
    ("00000", "2138", "02138"),
    ("000-00-0000", "12345678", "012-34-5678"),
    ("[&lt;=9999999]###-####;(###) ###-####", "4155552671", "(415) 555-2671"),
    ("+0", "4915123456789", "+4915123456789"),
    ("0.00E+00", "4915123456789", "4915123456789"),
    ("#,##0.00", "4155552671", "4155552671"),
    ("$#,##0.00", "4155552671", "$4,155,552,671.00"),
    ("0.00E+00", "12345.678", "1.23E+04"),
    ("# ?/?", "1.5", "1 1/2"),
    ("0.0,,&quot;M&quot;", "12500000", "12.5M"),
    (";;;", "7", ""),
    ("&quot;Nr. &quot;0", "7", "Nr. 7"),
    ("yyyy\\-mm\\-dd", "46361", "2026-12-05"),
    ("d. mmmm yyyy", "46361", "5. December 2026"),
    ("[$-407]d. mmmm yyyy", "46361", "5. Dezember 2026"),
    ("[$-en-US]dddd, mmm d", "46361", "Saturday, Dec 5"),
    ("m/d/yy h:mm", "46361.60416666666", "12/5/26 14:30"),
    ("h:mm AM/PM", "0.999999999", "12:00 AM"),
    ("hh:mm:ss", "0.5", "12:00:00"),
    ("[h]:mm", "1.5", "36:00"),
    ("[mm]:ss", "0.01", "14:24"),
    ("mm:ss.0", "0.0001", "00:08.6"),
]


def test_every_format_is_shown_as_a_spreadsheet_shows_it(door: Door) -> None:
    cells = "".join(f'<c s="{n}"><v>{value}</v></c>' for n, (_, value, _) in enumerate(SHOWN))
    header = "".join(f'<c t="str"><v>F{n}</v></c>' for n, _ in enumerate(SHOWN))
    rows = (
        f'<row><c t="str"><v>Phone</v></c>{header}</row><row><c t="str"><v>{A}</v></c>{cells}</row>'
    )
    content = styled([code for code, *_ in SHOWN], f"<sheetData>{rows}</sheetData>")
    shown = door.checked(content).judgement["sample"][0]["cells"][1:]
    shown += [""] * (len(SHOWN) - len(shown))
    assert list(zip(SHOWN, shown, strict=True)) == [(one, one[2]) for one in SHOWN]


def styled(formats: list[str], content: str) -> bytes:
    """A workbook whose n-th style has the n-th format."""
    codes = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{code}"/>' for n, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + n}"/>' for n, _ in enumerate(formats))
    place = "http://schemas.openxmlformats.org"
    relations = (
        f'<Relationships xmlns="{place}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{place}/officeDocument/2006/relationships/worksheet" '
        'Target="/xl/worksheets/s1.xml"/>'
        f'<Relationship Id="r2" Type="{place}/officeDocument/2006/relationships/styles" '
        'Target="styles.xml"/></Relationships>'
    )
    return xlsx(
        {"A": content},
        **{
            "xl/styles.xml": f"<styleSheet><numFmts>{codes}</numFmts>"
            f"<cellXfs>{styles}</cellXfs></styleSheet>".encode(),
            "xl/_rels/workbook.xml.rels": relations.encode(),
        },
    )


@pytest.mark.parametrize(
    ("country", "shown"),
    [("US", "12/5/2026"), ("GB", "05/12/2026"), ("DE", "05.12.2026"), ("SE", "2026-12-05")],
)
def test_a_day_in_the_computers_own_way_is_shown_as_in_the_teams_country(
    door: Door, country: str, shown: str
) -> None:
    door.team.default_country = country
    door.team.save()
    row = f'<row><c t="str"><v>{A}</v></c><c s="0"><v>46361</v></c></row>'
    content = styled(["General"], f"<sheetData>{row}</sheetData>")
    other = content_with(
        content, "xl/styles.xml", 'numFmtId="200"/></cellXfs>', 'numFmtId="14"/></cellXfs>'
    )
    made = door.checked(other)
    assert made.judgement["sample"][0]["cells"] == [A, shown]


def content_with(workbook: bytes, member: str, old: str, new: str) -> bytes:
    """The workbook with other words in one of its files."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    assert old.encode() in files[member]
    return archive(files | {member: files[member].replace(old.encode(), new.encode())})


def test_a_workbook_that_counts_days_from_1904_shows_the_same_days(door: Door) -> None:
    row = f'<row><c t="str"><v>{A}</v></c><c s="0"><v>44899</v></c></row>'
    content = styled(["yyyy-mm-dd"], f"<sheetData>{row}</sheetData>")
    old, new = "<sheets>", '<workbookPr date1904="1"/><sheets>'
    made = door.checked(content_with(content, "xl/workbook.xml", old, new))
    assert made.judgement["sample"][0]["cells"] == [A, "2026-12-05"]


def test_cells_that_were_made_one_count_in_each_of_their_rows(door: Door) -> None:
    rows: Rows = [["Town", "Phone", "Name"], ["Rome", A, "Ann"], [None, B, "Bob"], [None, C, "Cy"]]
    merged = '</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'
    content = content_with(xlsx({"A": rows}), "xl/worksheets/s1.xml", "</sheetData>", merged)
    made = door.checked(content)
    assert [row["cells"][0] for row in made.judgement["sample"]] == ["Rome", "Rome", ""]


@pytest.mark.parametrize(
    "name", ["backslashes.xlsx", "workbook22.xlsx", "stray-space-far-down.xlsx"]
)
def test_two_people_are_read_from(door: Door, name: str) -> None:
    assert case(door, name).judgement["ready"] == 2


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("stray-space-far-right.xlsx", 2),
        ("stray-far-corner.xlsx", 1),
        ("stray-down-and-79-columns.xlsx", 1),
        ("wide-hubspot.csv", 2),
    ],
)
def test_only_what_is_filled_counts(door: Door, name: str, people: int) -> None:
    made = case(door, name)
    assert made.judgement["ready"] == people
    assert len(made.columns) <= 79
    door.post("import-confirm", made)
    importing.run_import(made.pk)
    made.refresh_from_db()
    assert made.state == ListImport.State.COMPLETED


def test_numbers_that_lost_their_plus_are_whole(door: Door) -> None:
    made = case(door, "de-lost-plus.xlsx")
    place = [column["role"] for column in made.columns].index("phone")
    cells = [row["cells"][place] for row in made.judgement["sample"]]
    assert cells == ["4915123456789", "491701234567", "4917612345678", "491621234567"]


@pytest.mark.parametrize("name", ["carriage-return.xlsx", "crlf-in-cells.csv"])
def test_a_line_break_inside_a_cell_ends_no_row(door: Door, name: str) -> None:
    made = case(door, name)
    numbers = [row["number"] for row in made.judgement["sample"]]
    assert numbers == ([2, 3, 4, 5] if name.endswith("xlsx") else [2, 3])
    assert names(made) == (["Ann", "Bob", "Cy", "Dee"] if name.endswith("xlsx") else ["Ann", "Bob"])


NO_RESULT = (
    "with a formula is empty: its result is not in the file. "
    "Open the file in a spreadsheet, save it and upload it again."
)


@pytest.mark.parametrize("between", ["", "<!-- as other programs do -->"])
def test_a_formula_that_was_never_worked_out_is_told(door: Door, between: str) -> None:
    def page(formula: str) -> str:
        rows = (
            '<row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c>'
            '<c r="B1" t="inlineStr"><is><t>Town</t></is></c></row>'
            f'<row r="2">{between}<c r="A2"><v>14155552671</v></c>{formula}</row>'
        )
        made = door.checked(xlsx({"A": f"<sheetData>{rows}</sheetData>"}), "formula.xlsx")
        assert made.judgement["ready"] == 1
        return str(door.get("import", made).content.decode())

    for formula in ('<c r="B2"><f>B1</f></c>', '<c r="B2"><f>B1</f><v/></c>'):
        assert f"1 cell {NO_RESULT}" in page(formula)
    worked_out = '<c r="B2"><f>1+1</f><v>2</v></c>'
    empty_text = '<c r="B2" t="str"><f>T(1)</f><v></v></c>'
    for formula in (worked_out, empty_text, '<c r="B2" s="0"/>', '<c r="B2"></c>'):
        assert NO_RESULT not in page(formula)


def test_where_nobody_can_tell_what_is_hidden_the_page_says_so(door: Door) -> None:
    words = "Hidden rows and columns in this kind of file are included."
    rows = (
        '<sheetData><row r="1" hidden="1"><c r="A1"><v>14155552671</v></c>'
        '<c r="B1" t="inlineStr"><is><t><![CDATA[{}]]></t></is></c></row></sheetData>'
    )
    # Read by the library alone: our own reader takes the text for the end of the rows.
    made = door.checked(xlsx({"A": rows.format("</sheetData>")}), "odd.xlsx")
    assert made.judgement["rows"] == 1
    assert words in door.get("import", made).content.decode()
    assert words not in door.get("import", case(door, "hidden-rows.xlsx")).content.decode()


CELLS = st.text(st.sampled_from("ab ,;\t\r\n\"'|=\u00a0\u2028é"), max_size=6)


@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_what_is_written_of_a_workbook_reads_back_as_the_same_cells(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sheet = BookSheet(iter([BookRow(number, [*row]) for number, row in enumerate(rows, 7)]))
    text = tmp_path_factory.mktemp("sheet") / "text.csv"
    SheetContent(sheet, with_hidden=False).write(text)
    reading = ReadOptions(FileEncoding.UTF_8, sheet="A", sheets=("A",))
    read = dict(read_rows(text, reading, max_columns=9))
    filled = {number: row for number, row in enumerate(rows, 7) if any(one.strip() for one in row)}
    assert read.keys() == filled.keys()
    for number, row in filled.items():
        while not row[-1].strip():
            row.pop()
        assert read[number] == row


def test_an_ods_file_shows_what_its_cells_show(door: Door) -> None:
    def cell(kind: str, value: str, shown: str) -> str:
        return (
            f'<table:table-cell office:value-type="{kind}" {value}>'
            f"<office:annotation><text:p>a note</text:p></office:annotation>"
            f"<text:p>{shown}</text:p></table:table-cell>"
        )

    content = ods_row("Phone", "Owes", "Visit", "Mobile") + ods_row(
        A,
        cell("currency", 'office:value="12.1"', "12,10 €"),
        cell("date", 'office:date-value="2026-12-05T14:30:00"', "05.12.26<text:s/>14:30"),
        cell("float", 'office:value="4915123456789"', "4,92E+12"),
    )
    made = door.checked(ods({"A": content}), "people.ods")
    assert made.judgement["sample"][0]["cells"] == [A, "12,10 €", "05.12.26 14:30", "4915123456789"]


def test_an_xls_file_hides_and_shows_too(door: Door) -> None:
    rows: list[list[str | float]] = [["Phone", "Visit"], [A, 46361.5], [B, 46362.5]]
    made = door.checked(xls(rows, hidden_row=3, number_format="dd/mm/yyyy hh:mm"), "people.xls")
    assert [row["cells"] for row in made.judgement["sample"]] == [[A, "05/12/2026 12:00"]]
    assert made.reading["hidden_rows"] == 1


def locked_xls() -> bytes:
    """An XLS file whose second record says that the rest is encrypted ([MS-XLS] 2.4.117)."""
    content = xls([["Phone"], [A]])
    begin = content.index(struct.pack("<HHHH", 0x0809, 16, 0x0600, 0x0005))
    lock = struct.pack("<HHHHH", 0x002F, 6, 1, 1, 1) + b"\0\0"
    return content[: begin + 20] + lock + content[begin + 20 + len(lock) :]


LOCKED = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
)


@pytest.mark.parametrize(
    "content",
    [ods({"A": [["Phone"], [A]]}, **{"META-INF/manifest.xml": LOCKED.encode()}), locked_xls()],
    ids=["ods", "xls"],
)
def test_a_password_is_called_a_password(door: Door, content: bytes) -> None:
    response = door.upload(content, "people.ods")
    assert response.status_code == 422
    assert sentence(response.content.decode()).startswith("This file has a password.")


@pytest.mark.parametrize(
    "row",
    [
        f'<x:row r="2"><x:c r="A2" t="str"><x:v>{A}</x:v></x:c></x:row>',
        '<x:row><x:c t="inlineStr"><x:is><x:r><x:t>+1415</x:t></x:r><x:r><x:t>5552671</x:t></x:r>'
        "<x:rPh><x:t>no</x:t></x:rPh></x:is></x:c></x:row>",
        "<x:row><x:c t='str'><x:f>A1&amp;B1</x:f><x:v>+14155552671</x:v></x:c></x:row>",
        "<x:row><x:c t='str'><x:v><![CDATA[+14155552671]]></x:v></x:c></x:row>",
    ],
)
@pytest.mark.parametrize("prefix", ["x:", ""])
def test_sheets_are_read_however_their_xml_is_written(door: Door, prefix: str, row: str) -> None:
    place = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<x:worksheet xmlns:x="{place}"><x:sheetData>{row}</x:sheetData></x:worksheet>'
    sheet = (
        sheet
        if prefix
        else sheet.replace("x:", "").replace("xmlns:=", "xmlns=").replace("xmlns:x", "xmlns")
    )
    made = door.checked(xlsx({"A": []}, **{"xl/worksheets/s1.xml": sheet.encode()}))
    assert made.judgement["sample"][0]["cells"] == [A]
