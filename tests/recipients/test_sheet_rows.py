"""Rows of a sheet are the same whether they are read in blocks or by the parser, one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipients.files.workbook_child import SheetContent
from recipients.sheets.books import BookRow, BookSheet
from recipients.sheets.xlsx import XlsxBook
from tests.effort import examples
from tests.recipients.conftest import Door
from tests.recipients.workbooks import xlsx

pytestmark = pytest.mark.thorough

BLANK = st.sampled_from([" ", " ", " ", "  ", "\n", "\t"])
FORMULA = st.sampled_from(
    [
        "",
        "",
        "<f/>",
        "<f>A1>1</f>",
        "<f>A1&gt;1</f>",
        '<f t="shared" si="0"/>',
        "<f t='array'>x</f>",
    ]
)
PLAIN = st.sampled_from(["", "1", "0", "45000.5", "4915123456789012", "2020-01-01", " q "])
MARKED = st.sampled_from(
    [
        "Kim &amp; Jo",
        "a&lt;c r=&quot;A1&quot;&gt;",
        "_x005F_x0041_",
        "a>b",
        "a:c",
        "<![CDATA[<c>]]>",
    ]
)


# Two shared texts, and styles of which the last is a day.
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MORE = {
    "xl/_rels/workbook.xml.rels": "".join(
        [
            "<Relationships>",
            *(
                f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
                for n, (kind, target) in enumerate(
                    {
                        "worksheet": "worksheets/s1.xml",
                        "styles": "styles.xml",
                        "sharedStrings": "sharedStrings.xml",
                    }.items(),
                    1,
                )
            ),
            "</Relationships>",
        ]
    ).encode(),
    "xl/sharedStrings.xml": b"<sst><si><t>Mara</t></si><si><t>Ole</t></si></sst>",
    "xl/styles.xml": b'<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="1"/><xf numFmtId="14"/>'
    b"</cellXfs></styleSheet>",
}


@st.composite
def cells(draw: st.DrawFn, place: str) -> str:
    quote = draw(st.sampled_from(['"', '"', "'"]))
    kind = draw(st.sampled_from(["", "", "n", "s", "str", "inlineStr", "b", "e", "d"]))
    written = {
        "r": place if draw(st.integers(0, 9)) else "",
        "t": kind,
        "s": draw(st.sampled_from(["", "2"])),
    }
    names = draw(st.permutations(["r", "s", "t"])) if draw(st.booleans()) else ["r", "s", "t"]
    attributes = "".join(
        f"{draw(BLANK)}{name}={quote}{written[name]}{quote}" for name in names if written[name]
    )
    if not draw(st.integers(0, 9)):
        return f"<c{attributes}/>"
    value = draw(st.sampled_from(["0", "1"]) if kind in ("s", "b") else PLAIN | MARKED)
    inside = draw(
        st.sampled_from(
            [
                *(f"<is><t>{value}</t></is>", f'<is><t xml:space="preserve">{value}</t></is>'),
                f"<is><r><rPr><color/></rPr><t>{value}</t></r></is>",
            ]
            if kind == "inlineStr" or not draw(st.integers(0, 9))
            else [
                f"<v>{value}</v>",
                f"<v>{value}</v>",
                f'<v xml:space="preserve">{value}</v>',
                "<v/>",
                "",
            ]
        )
    )
    return f"<c{attributes}>{draw(FORMULA)}{inside}</c>"


@st.composite
def rows(draw: st.DrawFn) -> str:
    number = draw(st.integers(1, 9))
    hidden = draw(st.sampled_from(["", "", ' hidden="1"', " hidden='true'"]))
    inside = "".join(draw(cells(f"{column}{number}")) for column in "ABC")
    return f'<row r="{number}"{hidden}>{inside}</row>' if inside else f'<row r="{number}"/>'


@given(block=st.lists(rows(), min_size=1, max_size=3).map("".join))
@examples(50)
def test_a_block_holds_what_its_rows_hold_one_by_one(
    block: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("book") / "book.xlsx"

    def read(last_row: str) -> tuple[list[BookRow], int]:
        path.write_bytes(xlsx({"A": f"<sheetData>{block}{last_row}</sheetData>"}, **MORE))
        sheet = XlsxBook(path, "yyyy\\-mm\\-dd").sheet("A")
        return list(sheet.rows), sheet.without_result

    # A comment is nothing that the quick way knows.
    assert read('<row r="99"></row>') == read('<row r="99"><!-- --></row>')


def test_a_value_behind_a_formula_that_other_cells_share_is_read(door: Door) -> None:
    formula = '<f t="shared" si="0"/>'
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Phone</v></c><c r="B1" t="str"><v>Name</v></c></row>'
        f'<row r="2"><c\n r="A2"><v>14155552671</v></c>'
        f'<c r="B2" t="str">{formula}<v>Kim &amp; Jo</v></c></row>'
    )
    made = door.checked(xlsx({"A": f"<sheetData>{rows}</sheetData>"}), "shared.xlsx")
    assert made.judgement["sample"][0]["cells"] == ["14155552671", "Kim & Jo"]


def test_a_blank_row_of_joined_cells_becomes_nobody() -> None:
    def written(blank: list[str]) -> list[list[str]]:
        rows = [["Phone", "City"], ["1", "Berlin"], blank, ["2"]]
        sheet = BookSheet(iter([BookRow(n, [*row]) for n, row in enumerate(rows, 1)]))
        return list(SheetContent(sheet, with_hidden=False, merges=[(2, 4, 1)]).rows())

    assert written(["", ""]) == written([])
    assert written([])[-1] == ["4", "2", "Berlin"]
