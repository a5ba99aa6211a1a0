"""Files as tills, banks and spreadsheets write them, read row by row."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.row_sources import ReadOptions, data_rows, guess_read_options, head, read_rows
from tests.effort import examples

BOM = "\ufeff"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stored"


def read(file: Path, content: bytes | str) -> list[tuple[int, list[str]]]:
    """Every row of a file with this content, read as guessed."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(file, guess_read_options(file, "US"), max_columns=200))


def problem_of(file: Path, content: bytes | str) -> FileProblem:
    """Why a file with this content cannot be read."""
    with pytest.raises(FileProblem) as caught:
        read(file, content)
    return caught.value


TABLE = [(1, ["Phone", "Name"]), (2, ["+14155552671", "José"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(file: Path, delimiter: str) -> None:
    content = f"Phone{delimiter}Name\n+14155552671{delimiter}José\n"
    assert read(file, content) == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(file: Path, end: str) -> None:
    assert read(file, f"Phone,Name{end}+14155552671,José{end}") == TABLE


def test_lines_may_end_in_different_ways(file: Path) -> None:
    numbers = [number for number, _ in read(file, "a,b\r\n1,2\n3,4\r5,6")]
    assert numbers == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_the_encoding_is_found(file: Path, encoding: str) -> None:
    assert read(file, "Phone,Name\n+14155552671,José\n".encode(encoding)) == TABLE


def test_a_big_endian_byte_order_mark_is_no_part_of_the_header(file: Path) -> None:
    content = (BOM + "Phone,Name\n+14155552671,José\n").encode("utf-16-be")
    assert read(file, content) == TABLE


@pytest.mark.parametrize(
    ("country", "encoding", "content"),
    [
        ("DE", "cp1252", "Telefon;Name\n+4915123456789;Jürgen Groß\n+4915123456780;Zoë Müller\n"),
        ("DE", "mac_roman", "Telefon;Name\n+4915123456789;Jürgen Groß\n+4915123456780;Zoë\n"),
        ("ES", "mac_roman", "Tel;Nombre\n612345678;José Muñoz\n612345679;Ángela Ibáñez\n"),
        ("PL", "cp1250", "Telefon;Imię;Miasto\n512345678;Łukasz;Łódź\n512345679;Żaneta;Gdańsk\n"),
        ("HU", "cp1250", "Telefon;Név\n201234567;Győző Szűcs\n201234568;Ágnes Tóth\n"),
        ("RU", "cp1251", "Телефон;Имя\n89123456789;Юлия\n89123456780;Пётр\n"),
        ("RU", "koi8_r", "Телефон;Имя\n89123456789;Юлия\n89123456780;Пётр Иванов\n"),
        ("RU", "utf-16-le", "Телефон;Имя\n89123456789;Юлия\n"),
        ("GR", "cp1253", "Κινητό;Όνομα\n6912345678;Γιώργος\n6912345679;Ελένη\n"),
        ("TR", "cp1254", "Telefon;Ad;Sehir\n5321234567;G\u00fcl\u015fah I\u015f\u0131k;İstanbul\n"),
        ("IL", "cp1255", "טלפון;שם\n0501234567;דוד כהן\n"),
        ("EG", "cp1256", "هاتف;الاسم\n01001234567;محمد علي\n"),
        ("LT", "cp1257", "Telefonas;Vardas\n61234567;Žygimantas Čiurlionis\n"),
        ("TH", "cp874", "โทรศัพท์;ชื่อ\n0812345678;สมชาย ใจดี\n"),
        ("JP", "cp932", "電話番号,氏名\n090-1234-5678,山田太郎\n"),
        ("JP", "utf-16-be", "電話番号,氏名\n090-1234-5678,山田太郎\n"),
        ("CN", "gbk", "手机,姓名\n13812345678,王小明\n13912345679,李丽\n"),
        ("TW", "big5", "電話,姓名\n0912345678,王小明\n0912345679,陳美麗\n"),
        ("KR", "cp949", "전화,이름\n01012345678,김민수\n01012345679,이영희\n"),
        ("PL", "iso8859_2", "Telefon;Imię\n512345678;Łukasz Śliwa\n512345679;Grażyna\n"),
        ("CZ", "iso8859_2", "Telefon;Jméno\n601234567;Tomáš Šťastný\n"),
        ("JP", "euc_jp", "電話,名前\n09012345678,鈴木一郎\n"),
        ("RU", "koi8_r", "Phone,Name\n89123456789,Иван\n"),
        # One odd name in a short file.
        ("DE", "mac_roman", "Telefon;Name\n01512345678;Jürgen\n"),
        ("US", "cp1252", "Phone,Name\n4155552671,Zoë\n"),
        ("TR", "cp1254", "Telefon;Ad\n5321234567;Ayşe\n"),
        ("IL", "cp1255", "Phone,Name\n0501234567,רחל לוי\n"),
        ("EG", "cp1256", "Phone,Name\n01001234567,فاطمة\n"),
        ("CN", "gbk", "手机,姓名\n13812345678,李\n"),
        # No hint: the team is elsewhere.
        ("US", "cp1250", "Telefon;Imię;Miasto\n512345678;Łukasz;Łódź\n512345679;Żaneta;Gdańsk\n"),
        ("US", "cp1251", "Телефон;Имя\n89123456789;Юлия\n89123456780;Пётр\n"),
        ("DE", "cp1253", "Κινητό;Όνομα\n6912345678;Γιώργος\n6912345679;Ελένη\n"),
        ("US", "cp932", "電話番号,氏名\n090-1234-5678,山田太郎\n"),
        # Signs that stand beside letters in the right encoding.
        ("US", "cp1252", "Phone,Name\n+14155552671,“O\u2019Brien” & Söhne™ \u2013 ¿Qué? 25°C\n"),
    ],
)
def test_letters_beyond_western_europe_are_found(
    file: Path, country: str, encoding: str, content: str
) -> None:
    file.write_bytes(content.encode(encoding))
    reading = guess_read_options(file, country)
    rows = head(file, reading, 9, max_columns=9)
    assert [reading.delimiter.join(cells) for _, cells in rows] == content.splitlines()


def test_a_slip_of_its_writer_makes_no_other_encoding_of_a_long_file(file: Path) -> None:
    people = "".join(f"+1415555{n:04d},José Muñoz\n" for n in range(100))
    file.write_bytes(f"Phone,Name\n{people}+14155559999,Ann \u00a3ee\n".encode("cp1252"))
    assert guess_read_options(file, "US").encoding == "windows-1252"


def test_a_file_of_two_encodings_is_read_row_by_row(file: Path) -> None:
    content = "Name\nJosé\n".encode() + "Zoë\n".encode("cp1252")
    assert read(file, content) == [(1, ["Name"]), (2, ["José"]), (3, ["Zoë"])]


def test_bytes_that_no_encoding_knows_are_no_disaster(file: Path) -> None:
    found = read(file, b"Name\nJo\x81\xe9\n")
    assert found[1] == (2, ["Jo\ufffdé"])


def test_one_column_needs_no_delimiter(file: Path) -> None:
    assert read(file, "4155552671\n2127365000\n") == [(1, ["4155552671"]), (2, ["2127365000"])]


def test_a_comma_in_a_name_does_not_hide_the_semicolons(file: Path) -> None:
    content = 'Name;Phone\n"Smith, John";4155552671\nSmith, Jane;2127365000\n'
    assert [cells for _, cells in read(file, content)][2] == ["Smith, Jane", "2127365000"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_own_first_line_is_no_row(file: Path, line: str) -> None:
    assert read(file, f"{line}\r\nPhone;Name\r\n+14155552671;José\r\n") == TABLE


CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    ("name", "country", "rows"),
    [
        (
            "delimiter-name-comma.csv",
            "DE",
            [["Name, Vorname", "Telefon"], ["Muster, Anna", "0151 23456789"]],
        ),
        ("delimiter-scientific.csv", "BR", [["nome", "telefone"], ["Ana", "5,58199E+12"]]),
        ("tab-decimals.csv", "DE", [["X", "Tel", "Y"], ["120,5", "+4915123456789", "2,35"]]),
        (
            "backslash-quotes.csv",
            "US",
            [
                ["Phone", "Name", "City"],
                ["+14155552671", 'Ann "Annie" Lee', "Bath"],
                ["+12127365000", "Bob", "Rome"],
                ["+14155552672", 'Cy, "the fox"', "Oslo"],
            ],
        ),
        (
            "space-before-quote.csv",
            "US",
            [["Phone", "Name", "City"], ["+14155552671", "Lee, Ann", "Bath"]],
        ),
        ("utf8-two-boms.csv", "US", [["Phone", "Name"], ["+14155552671", "Ann"]]),
        (
            "crlf-in-cells.csv",
            "US",
            [["Phone", "Name", "Address"], ["+14155552671", "Ann", "1 High St\r\nBath\r\n"]],
        ),
    ],
)
def test_what_programs_write_is_read(country: str, name: str, rows: list[list[str]]) -> None:
    path = CASES / name
    read = head(path, guess_read_options(path, country), len(rows), max_columns=200)
    assert [cells for _, cells in read] == rows


ANN = [["Phone", "Name", "City"], ["+14155552671", "Lee, Ann", "Bath"]]
BOB = ["+12127365000", "Bob", "Rome"]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        # Each row whole in quotes: a table that a spreadsheet did not part, saved once more.
        (
            '"Phone,Name,City"\n"+14155552671,""Lee, Ann"",Bath"\n"+12127365000,Bob,Rome"\n',
            [*ANN, BOB],
        ),
        ('"Phone;Name;City"\r\n"+14155552671;Lee, Ann;Bath"\r\n', ANN),
        # Only those in quotes that had quotes.
        ('Phone,Name,City\n"+14155552671,""Lee, Ann"",Bath"\n+12127365000,Bob,Rome\n', [*ANN, BOB]),
        # A title with a comma is no row to be parted.
        ('"All people, 2026"\nPhone,Name\n+14155552671,Ann\n', [["All people, 2026"]]),
        ('"Smith, John"\n"Doe, Jane"\n', [["Smith, John"], ["Doe, Jane"]]),
        # Two separators in each row: the one that yields numbers.
        (
            "Phone;Name, first\n+14155552671;Lee, Ann\n",
            [["Phone", "Name, first"], ["+14155552671", "Lee, Ann"]],
        ),
        ("Lee, Ann\t+14155552671\nRay, Bob\t+12127365000\n", [["Lee, Ann", "+14155552671"]]),
        ("Name|Phone, mobile\nLee|4155552671, \n", [["Name", "Phone, mobile"]]),
        (
            "Name,Phone\nAnn,+14155552671;+12127365000\nBob,+13125550100;+13125550101\n",
            [["Name", "Phone"], ["Ann", "+14155552671;+12127365000"]],
        ),
        # Backslashes that are none before a quote stay.
        ('Phone,Path\n1,"C:\\"\n2,"a\\b"\n', [["Phone", "Path"], ["1", "C:\\"], ["2", "a\\b"]]),
        (
            '"P","N"\n"1","5\\" pipe"\n"2","a ""b"""\n',
            [["P", "N"], ["1", '5" pipe'], ["2", 'a "b"']],
        ),
        ('P; N\n1; "Lee; Ann" ; x\n', [["P", "N"], ["1", "Lee; Ann ", "x"]]),
        ("sep=;;;\nPhone;Name;\n+14155552671;Ann;\n", [["Phone", "Name", ""]]),
        ("\ufeff\ufeff\ufeffPhone,Name\n1,a\n", [["Phone", "Name"]]),
        ("\u00ef\u00bb\u00bfPhone,Name\n1,a\n", [["Phone", "Name"]]),
        ("\ufeffsep=;\r\nPhone;Name\r\n1;a\r\n", [["Phone", "Name"]]),
        # Carriage returns in quotes are a cell's own, whatever ends the lines.
        ('a,b\n1,"x\ry"\n2,z\n', [["a", "b"], ["1", "x\ry"], ["2", "z"]]),
        ('a,b\r1,"x\ny"\r2,z\r', [["a", "b"], ["1", "x\ny"], ["2", "z"]]),
        ('a,b\r\n1,"x\r\r\ny"\r\n2,z\r\n', [["a", "b"], ["1", "x\r\r\ny"], ["2", "z"]]),
    ],
)
def test_other_ways_of_writing_a_table_are_read(
    file: Path, content: str, rows: list[list[str]]
) -> None:
    assert [cells for _, cells in read(file, content)][: len(rows)] == rows


def test_a_cell_over_several_lines_is_one_row(file: Path) -> None:
    content = 'Phone,Note\n1,"one\ntwo\r\nthree"\n2,x\n'
    assert read(file, content) == [
        *((1, ["Phone", "Note"]), (2, ["1", "one\ntwo\r\nthree"]), (3, ["2", "x"]))
    ]


def test_blank_rows_count_in_the_numbering(file: Path) -> None:
    found = read(file, "\n \nPhone,Name\n,\n1,a\n\n2,b\n")
    assert [number for number, _ in found] == [3, 5, 7]


def test_quotes_in_the_middle_of_a_cell_stay(file: Path) -> None:
    assert read(file, 'a,b\n5" pipe,x\n')[1] == (2, ['5" pipe', "x"])


def test_doubled_quotes_are_one(file: Path) -> None:
    assert read(file, 'a,b\n"the ""old"" one",x\n')[1] == (2, ['the "old" one', "x"])


def test_zero_bytes_are_passed_over(file: Path) -> None:
    assert read(file, b"Pho\0ne,Name\n1,\0a\0\n") == [(1, ["Phone", "Name"]), (2, ["1", "a"])]


def test_a_row_may_end_in_empty_cells_beyond_the_limit(file: Path) -> None:
    found = read(file, "a,b\n1,2" + "," * 300 + "\n")
    assert found[1] == (2, ["1", "2", *[""] * 198])


def test_a_row_that_is_too_wide_is_named(file: Path) -> None:
    problem = problem_of(file, "a,b\n1,2\n" + "x," * 300 + "\n")
    assert problem.fault is FileFault.TOO_MANY_COLUMNS
    assert problem.details == {"row": 3, "columns": 301, "most": 200}


def test_a_cell_that_is_too_long_is_named(file: Path) -> None:
    problem = problem_of(file, "a,b\n1," + "x" * 10_001 + "\n")
    assert problem.fault is FileFault.CELL_TOO_LONG
    assert problem.details["row"] == 2


@pytest.mark.parametrize(
    "content",
    [
        # Short: to the end of the file, which the lenient reader of Python takes for one cell.
        'a,b\n1,"open\n2,x\n3,y\n',
        '1,"open',
        # Long: more lines than any cell has.
        'a,b\n1,"open\n' + "2,x\n" * 200,
        # Very long: more than the reader would ever take.
        'a,b\n1,"open\n' + "2,x\n" * 100_000,
        'a,b\n1,"open' + "x" * 200_000 + "\n",
    ],
    ids=["to the end", "at the end", "over 200 rows", "over 400 kB", "in one line"],
)
def test_a_quote_that_never_closes_is_named(file: Path, content: str) -> None:
    problem = problem_of(file, content)
    assert problem.fault in (FileFault.UNCLOSED_QUOTE, FileFault.CELL_TOO_LONG)
    assert problem.details["row"] == (1 if content.startswith("1") else 2)


def test_a_cell_over_several_lines_may_be_the_last(file: Path) -> None:
    assert read(file, 'a,b\n1,"one\ntwo"')[1] == (2, ["1", "one\ntwo"])


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0"])
def test_a_file_with_nothing_in_it_is_empty(file: Path, content: bytes) -> None:
    assert problem_of(file, content).fault is FileFault.EMPTY


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"BEGIN:VCARD\nTEL:+1", "vCard"),
        (b'{"phone": "+1"}', "JSON"),
        (b'[\n  {"phone": "+1"}]', "JSON"),
        (b"<html><table>", "HTML"),
        (b"<!DOCTYPE html>", "HTML"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>', "XML"),
        (b"{\\rtf1", "RTF"),
        (bytes(range(256)) * 4, ""),
    ],
)
def test_another_type_of_file_is_recognised_by_its_content(
    file: Path, content: bytes, kind: str
) -> None:
    problem = problem_of(file, content)
    assert problem.fault is FileFault.WRONG_TYPE
    assert problem.details["kind"] == kind


def test_more_rows_than_allowed_are_refused(file: Path) -> None:
    file.write_text("a\n1\n2\n3\n")
    reading = guess_read_options(file, "US")
    assert len(list(data_rows(file, reading, max_columns=5, max_rows=3))) == 3
    with pytest.raises(FileProblem) as caught:
        list(data_rows(file, reading, max_columns=5, max_rows=2))
    assert caught.value.fault is FileFault.TOO_MANY_ROWS


def test_the_head_is_read_without_the_rest(file: Path) -> None:
    # The quote in row 4 is never looked at.
    file.write_text('a\n1\n2\n"3\n')
    assert head(file, guess_read_options(file, "US"), 2, max_columns=5) == [(1, ["a"]), (2, ["1"])]


def test_a_reading_survives_its_way_through_the_database() -> None:
    reading = ReadOptions.from_json({"encoding": "utf-16-le", "delimiter": ";", "header_row": 0})
    assert ReadOptions.from_json(reading.to_json()) == reading


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12
)
tables = st.lists(st.lists(cells, min_size=2, max_size=5), min_size=1, max_size=8)


@given(table=tables, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_spreadsheet_writes_is_read_back(
    file: Path, table: list[list[str]], delimiter: str, end: str
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(
        table
    )
    file.write_bytes(written.getvalue().encode())
    reading = ReadOptions.from_json({"encoding": "utf-8", "delimiter": delimiter})
    found = dict(read_rows(file, reading, max_columns=200))
    for number, expected in enumerate(table, 1):
        if "".join(expected).strip():
            assert found.pop(number) == expected
    assert not found


@pytest.mark.parametrize("start", ['sep="', "sep=\\", "sep=", "sep=;;", "sep=a", "sep=\t"])
def test_a_first_line_that_only_looks_like_excels_is_no_disaster(file: Path, start: str) -> None:
    assert read(file, f"{start}\na\tb\n1\t2\n")[-1][1] == ["1", "2"]


def test_zero_characters_of_a_wide_file_are_passed_over(file: Path) -> None:
    found = read(file, "Phone,Name\n1,a\0b\n".encode("utf-16"))
    assert found[1] == (2, ["1", "ab"])


@given(content=st.binary(max_size=300))
@examples(100, HealthCheck.function_scoped_fixture)
def test_no_bytes_at_all_break_the_reader(file: Path, content: bytes) -> None:
    with contextlib.suppress(FileProblem):
        read(file, content)
