"""Files as they really arrive, odd and hostile ones, each with what must become of it.

    .venv/bin/python -m tests.recipients.hostile_files FOLDER

writes them all to a folder, to be tried by hand.
"""

from __future__ import annotations

import codecs
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.recipients.workbooks import Rows, archive, compound, ods, with_entity, xls, xlsx

A, B, C = "+14155552671", "+12127365000", "+447400123456"


@dataclass(frozen=True)
class Case:
    """One file: either the beginning of the sentence that refuses it, or how its rows are parted.

    `says` stands on the check page; `fields` are those of the first recipient after the import.
    """

    name: str
    content: bytes
    refused: str = ""
    ready: int = 0
    duplicates: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    says: str = ""
    fields: dict[str, str] | None = None
    file_name: str = "people.csv"


def text(name: str, content: str, encoding: str = "utf-8", **expected: object) -> Case:
    """A case whose content is text."""
    return Case(name, content.encode(encoding), **expected)  # type: ignore[arg-type]


def cases() -> list[Case]:
    """Every file, in the order of what is odd about it."""
    found = [
        *nothing_in_it(),
        *other_types(),
        *encodings(),
        *separators(),
        *quotes(),
        *headers(),
        *numbers(),
        *cells(),
        *names_of_files(),
        *limits(),
        *good_workbooks(),
        *bad_workbooks(),
    ]
    assert len({case.name for case in found}) == len(found)
    return found


EMPTY = "This file is empty."
HEADER_ONLY = "There is only one row, and it has the column names"
UNREADABLE = "We could not read this file."
NO_TABLE = "This file is not a table."
UNPACKS = "This file is much larger"
PASSWORD = "This file has a password."


def other(kind: str) -> str:
    """The sentence for a file of another type."""
    return f"This is a {kind} file, not a table."


def nothing_in_it() -> Iterator[Case]:
    """Faults G6 and G14."""
    yield text("no-bytes", "", refused=EMPTY)
    yield text("blank-lines", "\n \r\n\t\n", refused=EMPTY)
    yield Case("only-bom", codecs.BOM_UTF8, refused=EMPTY)
    yield Case("only-utf-16-bom", codecs.BOM_UTF16_LE, refused=EMPTY)
    yield Case("only-zeros", bytes(500), refused=EMPTY)
    yield text("only-commas", ",,,\n,,,\n", refused=EMPTY)
    yield text("header-only", "Phone,Name\n", refused=HEADER_ONLY)
    yield text("header-and-blank-rows", "Phone,Name\n,\n , \n", refused=HEADER_ONLY)
    yield text("header-no-newline", "Phone", refused=HEADER_ONLY)
    yield text("separator-line-only", "sep=;\n", refused=EMPTY)
    yield text("all-invalid", "Phone\nx\ny\n", rejected={"letters": 2}, says="No row has a phone")
    yield text("all-empty-phones", "Phone,Name\n,Ann\n,Bob\n", rejected={"empty": 2})
    yield text("no-phone-column", "Name,City\nAnn,Rome\n", says="No column looks like phone")
    yield text("prose", "Dear all,\nplease find the list attached.\n", says="No column looks")
    yield text("one-person", A, ready=1)


def other_types() -> Iterator[Case]:
    """What people take for a table, and what is only renamed (G3)."""
    yield Case("pdf", b"%PDF-1.7\n1 0 obj", refused=other("PDF"))
    yield Case("png", b"\x89PNG\r\n\x1a\n" + bytes(40), refused=other("PNG"))
    yield Case("jpeg", b"\xff\xd8\xff\xe0" + bytes(40), refused=other("JPEG"))
    yield Case("gzip", gzip.compress(b"Phone\n1\n", mtime=0), refused=other("gzip"))
    yield Case("rar", b"Rar!\x1a\x07\x00" + bytes(40), refused=other("RAR"))
    yield Case("seven-zip", b"7z\xbc\xaf\x27\x1c" + bytes(40), refused=other("7-Zip"))
    yield text("rtf", "{\\rtf1\\ansi Phone}", refused=other("RTF"))
    yield text("html", "<!doctype html><table><tr><td>1</table>", refused=other("HTML"))
    yield text("html-as-xls", "<table><tr><td>1", refused=other("HTML"), file_name="a.xls")
    yield text("xml", '<?xml version="1.0"?><people/>', refused=other("XML"))
    yield text("json-object", json.dumps({"phone": A}), refused=other("JSON"))
    yield text("json-list", json.dumps([{"phone": A}]), refused=other("JSON"))
    yield text("vcard", f"BEGIN:VCARD\nTEL:{A}\nEND:VCARD\n", ready=1)
    yield Case("sqlite", b"SQLite format 3\0" + bytes(80), refused=other("SQLite"))
    yield Case("parquet", b"PAR1" + bytes(40), refused=other("Parquet"))
    yield Case("noise", bytes(range(256)) * 4, refused=NO_TABLE)
    yield Case("zip-of-a-csv", archive({"people.csv": f"Phone\n{A}\n"}), ready=1)


def encodings() -> Iterator[Case]:
    """Fault G7, pitfall D20."""
    table = f"Phone,Name,Ort\n{A},José,Köln\n"
    ort = {"Ort": "Köln"}
    yield text("utf-8", table, ready=1, fields=ort)
    yield text("utf-8-bom", table, "utf-8-sig", ready=1, fields=ort)
    yield text("windows-1252", table, "cp1252", ready=1, fields=ort, says="Windows")
    yield text("latin-1", table, "latin-1", ready=1, fields=ort)
    yield text("utf-16-bom", table, "utf-16", ready=1, fields=ort)
    yield text("utf-16-le", table, "utf-16-le", ready=1, fields=ort)
    yield text("utf-16-be", table, "utf-16-be", ready=1, fields=ort)
    unicode_text = table.replace(",", "\t")
    yield text("excels-unicode-text", unicode_text, "utf-16", ready=1, fields=ort)
    mixed = f"Phone,Ort\n{A},Köln\n".encode() + f"{B},Köln\n".encode("cp1252")
    yield Case("two-encodings", mixed, ready=2, fields=ort)
    curly = f"Phone,Say\n{A},“hi” €5\n"
    yield text("curly-quotes-1252", curly, "cp1252", ready=1, fields={"Say": "“hi” €5"})
    cut = f"Phone,Ort\n{A},Köln\n".encode()[:-2]
    yield Case("cut-in-a-character", cut[:-1], ready=1)
    cut_off = {"empty": 1}
    yield Case("utf-16-odd-byte", table.encode("utf-16-le") + b"\n", ready=1, rejected=cut_off)
    yield text("cyrillic", f"Телефон,Имя\n{A},Анна\n", ready=1)
    yield text("arabic", f"هاتف,الاسم\n{A},سارة\n", ready=1)
    yield text("japanese", f"電話番号,氏名\n{A},山田\n", ready=1)
    yield text("emoji", f"Phone,Mood\n{A},👩‍👩‍👧\n", ready=1, fields={"Mood": "👩‍👩‍👧"})
    yield text("surrogates", f"Phone,X\n{A},a\n".replace("a", "\\ud800"), ready=1)


def separators() -> Iterator[Case]:
    """Fault G13, pitfall D20."""
    for name, sign in (("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("pipe", "|")):
        table = f"Phone{sign}City\n{A}{sign}Rome\n{B}{sign}Oslo\n"
        yield text(f"separator-{name}", table, ready=2, fields={"City": "Rome"})
    yield text("sep-line-semicolon", f"sep=;\nPhone;City\n{A};Rome\n", ready=1)
    yield text("sep-line-quoted", f'"sep=|"\nPhone|City\n{A}|Rome\n', ready=1)
    yield text("sep-line-tab", f"sep=\t\nPhone\tCity\n{A}\tRome\n", ready=1)
    yield text("sep-line-odd", f"sep=^\nPhone^City\n{A}^Rome\n", ready=1)
    decimals = f"Phone;Sum\n{A};1,50\n{B};2,75\n"
    yield text("commas-in-a-semicolon-file", decimals, ready=2, fields={"Sum": "1,50"})
    for name, end in (("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")):
        yield text(f"lines-{name}", f"Phone,City{end}{A},Rome{end}{B},Oslo{end}", ready=2)
    yield text("lines-mixed", f"Phone,City\r\n{A},Rome\n{B},Oslo\r{C},Bath", ready=3)
    yield text("no-last-newline", f"Phone\n{A}\n{B}", ready=2)
    yield text("trailing-separators", f"Phone,City,,\n{A},Rome,,\n", ready=1)
    yield text("ragged-short", f"Phone,Name,City\n{A}\n{B},Bob\n", ready=2)
    too_many = {"too_many_cells": 1}
    yield text("ragged-long", f"Phone,Name\n{A},Lee, Ann\n{B},Bob\n", ready=1, rejected=too_many)
    yield text("blank-rows-between", f"Phone\n\n{A}\n\n\nx\n", ready=1, rejected={"letters": 1})
    yield text("spaces-around", f" Phone , City \n {A} , Rome \n", ready=1, fields={"City": "Rome"})
    yield text("one-column", f"Phone\n{A}\n{B}\n{A}\n", ready=2, duplicates=1)


def quotes() -> Iterator[Case]:
    """Quotes that close, and that do not (G9)."""
    yield text("quoted-separator", f'Phone,Name\n{A},"Lee, Ann"\n', ready=1)
    yield text("quoted-quote", f'Phone,Say\n{A},"a ""b"""\n', ready=1, fields={"Say": 'a "b"'})
    yield text("quoted-line", f'Phone,Street\n{A},"1 High St\nBath"\n', ready=1)
    yield text("quote-inside", f'Phone,Size\n{A},5" pipe\n', ready=1, fields={"Size": '5" pipe'})
    yield text("all-quoted", f'"Phone","Name"\n"{A}","Ann"\n', ready=1)
    never = "A double quote in row"
    yield text("never-closed", f'Phone,Name\n{A},"Ann\n{B},Bob\n', refused=never)
    swallowed = f'Phone,Name\n{A},"Ann\n' + f"{B},Bob\n" * 200
    yield text("never-closed-long", swallowed, refused=never)
    yield text("apostrophes", f"Phone,Name\n'{A},'Ann\n", ready=1)
    yield text("backslashes", f"Phone,Path\n{A},a\\\\b\\t\n", ready=1, fields={"Path": "a\\\\b\\t"})


def headers() -> Iterator[Case]:
    """Fault G10, pitfalls D18 and D19."""
    yield text("header-none", f"{A},Ann\n{B},Bob\n", ready=2, says="Name of column A")
    yield text("header-below-title", f"Spring list,\n\nPhone,Name\n{A},Ann\n", ready=1)
    yield text("header-below-notes", f"Report,,\nby,me,\nPhone,Name,City\n{A},B,C\n", ready=1)
    yield text(
        "header-twice", f"Phone,Name\n{A},Ann\nPhone,Name\n", ready=1, rejected={"letters": 1}
    )
    yield text(
        "header-duplicate",
        f"Phone,Note,Note\n{A},a,b\n",
        ready=1,
        fields={"Note": "a", "Note 2": "b"},
    )
    yield text("header-duplicate-by-case", f"Phone,note,NOTE\n{A},a,b\n", ready=1)
    yield text("header-blank", f"Phone,,City\n{A},x,Rome\n", ready=1)
    yield text("header-all-blank-but-one", f",Phone,\nx,{A},y\n", ready=1)
    yield text("header-braces", f"Phone,{{{{Visit}}}}\n{A},May\n", ready=1, fields={"Visit": "May"})
    yield text("header-markup", f"Phone,<script>alert(1)</script>\n{A},x\n", ready=1)
    yield text("header-formula", f"Phone,=1+1\n{A},x\n", ready=1)
    yield text("header-5-kB", f"Phone,{'x' * 5000}\n{A},y\n", ready=1, fields={"x" * 60: "y"})
    yield text(
        "header-lines", f'Phone,"Last\nvisit"\n{A},May\n', ready=1, fields={"Last visit": "May"}
    )
    yield text("header-marks", f"Phone,\u202eyM\u202c\n{A},x\n", ready=1)
    yield text(
        "two-phone-columns", f"Mobile,Phone\n{A},{B}\n", says="More than one column could be"
    )
    yield text("phone-and-fax", f"Fax,Mobile\n{B},{A}\n", ready=1)
    yield text("phone-type-column", f"Phone type,Phone\nmobile,{A}\n", ready=1)
    yield text("phone-unnamed", f"a,b\nx,{A}\ny,{B}\n", ready=2)
    yield text("first-and-last-name", f"First name,Last name,Tel.\nAnn,Lee,{A}\n", ready=1)
    yield text("german-headers", f"Vorname;Nachname;Handynummer\nAnn;Lee;{A}\n", ready=1)
    yield text("header-null", f"Phone,null\n{A},x\n", ready=1, fields={"null": "x"})
    yield text("header-is-a-year", f"2026,Phone\nx,{A}\n", ready=1)


def numbers() -> Iterator[Case]:
    """Faults G8 and G12, pitfalls D13 to D17: one number each that is read or refused."""
    good = {
        "spaces": "415 555 2671",
        "brackets": "(415) 555-2671",
        "dots": "415.555.2671",
        "zeros": "0014155552671",
        "plus-zero": "+014155552671",
        "no-break-space": "+1\u00a0415\u00a0555\u00a02671",
        "full-width": "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11",
        "direction-marks": "\u202a+1 415 555 2671\u202c",
        "zero-width": "+1415\u200b555\u200b2671",
        "tel": "tel:+1-415-555-2671",
        "apostrophe": "'4155552671",
        "formula-text": '"=""4155552671"""',
        "float": "4155552671.0",
        "fictional": "415 555 0123",
    }
    for name, number in good.items():
        yield text(f"number-{name}", f"Phone,x\n{number},1\n", ready=1)
    bad = {
        "shortened": ("4.1555E+09", "excel_shortened"),
        "shortened-comma": ('"4,1555E+09"', "excel_shortened"),
        "shortened-plus": ("4.4791E+11", "excel_shortened"),
        "decimal": ("4155552671.5", "excel_decimal"),
        "error": ("#N/A", "excel_error"),
        "hashes": ("########", "excel_error"),
        "letters": ("+4930123456 (home)", "letters"),
        "vanity": ("1-800-FLOWERS", "letters"),
        "extension": ("415 555 2671 ext 9", "extension"),
        "several": ('"4155552671, 2127365000"', "several_numbers"),
        "short": ("12345", "too_short"),
        "long": ("+1415555267112345", "too_long"),
        "no-such-country": ("+999 123 4567", "unknown_country_code"),
        "symbols": ("415*555*2671", "symbols"),
        "premium": ("+1 900 234 5678", "premium"),
        "date": ("2025-09-12", "too_short"),
        "e-mail": ("ann@example.org", "letters"),
        "nul-only": ('"\0"', "empty"),
    }
    for name, (number, reason) in bad.items():
        table = f"Phone,x\n{number},1\n{B},2\n"
        yield text(f"number-{name}", table, ready=1, rejected={reason: 1})
    yield text(
        "same-number-spelled",
        f"Phone\n{A}\n(415) 555-2671\n001 415 555 2671\n",
        ready=1,
        duplicates=2,
    )
    yield text("landline", "Phone\n+442079460123\n", ready=1, says="not a mobile number")
    yield text("own-code-no-plus", "Phone\n447400123456\n447400123457\n", ready=2, says="+44")
    yield text("lost-plus", "Phone\n4915123456789\n", ready=1, says="read with a plus in front")


def cells() -> Iterator[Case]:
    """Faults G6, G8 and G11: what stands beside the numbers."""
    for name, cell in {
        "equals": "=cmd|' /C calc'!A0",
        "plus": "+1+1",
        "minus": "-1+1",
        "at": "@SUM(A1)",
    }.items():
        yield text(f"formula-{name}", f'Phone,X\n{A},"{cell}"\n', ready=1, fields={"X": cell})
    yield text(
        "formula-in-a-rejected-row",
        f"Phone,X\n=1+1,=2+2\n{A},x\n",
        ready=1,
        rejected={"symbols": 1},
    )
    yield text("nul-in-a-name", f"Phone,Name,X\n{A},A\0nn,a\0b\n", ready=1, fields={"X": "ab"})
    yield text("override-in-a-name", f"Phone,X\n{A},a\u202eb\n", ready=1, fields={"X": "ab"})
    yield text("markup-in-a-name", f"Phone,Name\n{A},<img src=x onerror=alert(1)>\n", ready=1)
    yield text("braces-in-a-name", f"Phone,X\n{A},{{{{Name}}}} {{% x %}}\n", ready=1)
    yield text("sql-in-a-name", f"Phone,X\n{A},'); DROP TABLE x;--\n", ready=1)
    yield text("controls", f"Phone,X\n{A},a\x07\x1bb\n", ready=1, fields={"X": "ab"})
    yield text("long-name", f"Phone,Name\n{A},{'n' * 9000}\n", ready=1)
    yield text(
        "household",
        f"Phone,Name\n{A},Ann\n{A},Bob\n",
        ready=1,
        duplicates=1,
        says="with different data",
    )
    yield text("same-twice", f"Phone,Name\n{A},Ann\n{A},Ann\n", ready=1, duplicates=1)
    yield text(
        "our-report", f"Row in file,Reason,What to do,Phone\n7,x,y,{A}\n", ready=1, fields={}
    )


def names_of_files() -> Iterator[Case]:
    """Fault G15."""
    table = f"Phone\n{A}\n".encode()
    for name, file_name in {
        "path": "../../etc/passwd",
        "windows-path": "C:\\temp\\people.csv",
        "long": "x" * 5000 + ".csv",
        "direction": "\u202egpj.csv",
        "markup": "<b>x</b>.csv",
        "no-ending": "people",
        "wrong-ending": "people.pdf",
    }.items():
        yield Case(f"name-{name}", table, ready=1, file_name=file_name)


def limits() -> Iterator[Case]:
    """Faults G4, G9 and G14, at their edges."""
    columns = "and the most is 200."
    wide = ",".join(f"c{n}" for n in range(198))
    yield text("columns-200", f"Phone,{wide},z\n{A},{wide},z\n", ready=1)
    yield text(
        "columns-201",
        f"Phone,{wide},y,z\n{A},{wide},y,z\n",
        refused=f"Row 1 has 201 columns, {columns}",
    )
    yield text("columns-10000", f"Phone{',x' * 10_000}\n{A}\n", refused="Row 1 has 10,001 columns")
    yield text("columns-empty-beyond", f"Phone{',' * 300}\n{A}{',' * 300}\n", ready=1)
    yield text("wide-row-below", f"Phone\n{A}{',x' * 300}\n", refused="Row 2 has 301 columns")
    yield text("cell-10000", f"Phone,X\n{A},{'x' * 10_000}\n", ready=1)
    yield text(
        "cell-10001",
        f"Phone,X\n{A},{'x' * 10_001}\n",
        refused="A cell in row 2 has more than 10,000",
    )
    yield text(
        "cell-131073",
        f"Phone,X\n{A},{'x' * 131_073}\n",
        refused="A cell in row 2 has more than 10,000",
    )
    yield text(
        "cell-of-lines",
        f'Phone,X\n{A},"{"x" * 9 + chr(10)}{(chr(10) + "y") * 150}"\n',
        refused="A double quote in row 2",
    )
    yield text("line-without-end", "4" * 300_000, refused="A cell in row 1 has more than 10,000")


def good_workbooks() -> Iterator[Case]:
    """Pitfalls D13 and D21, fault G4."""
    people: Rows = [["Phone", "City"], [14155552671, "Rome"], [C, "Bath"]]
    yield Case("xlsx", xlsx({"A": people}), ready=2, fields={"City": "Rome"}, file_name="a.xlsx")
    yield Case("xlsx-called-csv", xlsx({"A": people}), ready=2)
    yield Case("ods", ods({"A": people}), ready=2, file_name="a.ods")
    yield Case("xls", xls([["Phone", "City"], [14155552671.0, "Rome"]]), ready=1, file_name="a.xls")
    yield Case("xlsx-sheets", xlsx({"Cover": [], "People": people}), ready=2, says="Cover")
    titled = xlsx({"Cover": [["Spring list 2026"]], "People": people, "Old": people[:1]})
    yield Case("xlsx-cover-with-a-title", titled, ready=2, says="Cover")
    lost: Rows = [["Phone", "x"], [4.15555267112345e20, "a"], [14155552671, "b"]]
    yield Case("xlsx-lost-digits", xlsx({"A": lost}), ready=1, rejected={"excel_shortened": 1})
    title: Rows = [["Patients", None], [], ["Phone", "City"], [14155552671, "Rome"]]
    yield Case("xlsx-title", xlsx({"A": title}), ready=1, fields={"City": "Rome"})
    inside = '<row r="1"><c r="A1"><v>14155552671</v></c></row>'
    lies = f'<dimension ref="A1:XFD1048576"/><sheetData>{inside}</sheetData>'
    yield Case("xlsx-lying-dimension", xlsx({"A": lies}), ready=1)
    formula = '<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><v>14155552671</v></c></row>'
    yield Case(
        "xlsx-formula-without-value", xlsx({"A": f"<sheetData>{formula}</sheetData>"}), ready=1
    )
    broken = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Phone</t></is></c><c r="B1"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>7</v></c></row>'
        '<row r="3"><c r="A3"><v>14155552671</v></c></row>'
    )
    errors = xlsx({"A": f"<sheetData>{broken}</sheetData>"})
    yield Case("xlsx-error-cell", errors, ready=1, rejected={"empty": 1})


def bad_workbooks() -> Iterator[Case]:
    """Faults G2, G3 and G5; more of them in test_workbooks.py."""
    people: Rows = [["Phone"], [14155552671]]
    yield Case("xlsx-empty", xlsx({"A": []}), refused=EMPTY)
    yield Case("xlsx-cut", xlsx({"A": people})[:-30], refused=UNREADABLE)
    yield Case(
        "xlsx-members", xlsx({"A": people}, **{f"x{n}": b"" for n in range(1001)}), refused=UNPACKS
    )
    zeros = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"0" * 12_000_000}</t></is></c></row>'
    yield Case("xlsx-bomb", xlsx({"A": f"<sheetData>{zeros}</sheetData>"}), refused=UNPACKS)
    stolen: Rows = [["Phone", "City"], [14155552671, "ENTITY"]]
    for kind, made in (("xlsx", xlsx({"A": stolen})), ("ods", ods({"A": stolen}))):
        for what, address in (("file", "file:///etc/passwd"), ("web", "http://127.0.0.1:9/")):
            entity = with_entity(made, address)
            name = f"{kind}-entity-from-a-{what}"
            yield Case(name, entity, refused=UNREADABLE, file_name=f"a.{kind}")
    yield Case("docx", archive({"word/document.xml": "<x/>"}), refused=other("Word"))
    yield Case("pptx", archive({"ppt/presentation.xml": "<x/>"}), refused=other("PowerPoint"))
    yield Case("numbers-app", archive({"Index/Document.iwa": "x"}), refused=other("Numbers"))
    yield Case("doc-as-xls", compound("WordDocument", b"x"), refused=other("Word"))
    yield Case("ole-password", compound("EncryptedPackage", b"x"), refused=PASSWORD)
    yield Case("ole-nonsense", compound("Workbook", b"nonsense"), refused=UNREADABLE)
    yield Case("zip-start-only", b"PK\x03\x04 and no more", refused=UNREADABLE)


def main() -> None:
    """Write every file to the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases():
        (folder / case.name).write_bytes(case.content)


if __name__ == "__main__":
    main()
