"""Makes small workbooks by hand, right ones and wrong ones, without any spreadsheet program."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_NS = "http://schemas.openxmlformats.org"
_TYPES = f"""<?xml version="1.0"?><Types xmlns="{_NS}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""
_RELATIONS = f'<?xml version="1.0"?><Relationships xmlns="{_NS}/package/2006/relationships">'
_OFFICE = f"{_NS}/officeDocument/2006/relationships"

Value = str | int | float | bool | None
Rows = Sequence[Sequence[Value]]


def xlsx(sheets: Mapping[str, Rows | str], **more: bytes) -> bytes:
    """An XLSX file; a sheet is rows, or the XML inside of its <worksheet>."""
    names = list(sheets)
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'{_RELATIONS}<Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{_NS}/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _RELATIONS
        + "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>'
            for n in range(1, len(names) + 1)
        )
        + "</Relationships>",
    }
    for number, content in enumerate(sheets.values(), 1):
        inside = content if isinstance(content, str) else _sheet_data(content)
        files[f"xl/worksheets/s{number}.xml"] = (
            f'<?xml version="1.0"?><worksheet xmlns="{_NS}/spreadsheetml/2006/main">'
            f"{inside}</worksheet>"
        )
    return archive(files | more)


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return packed.getvalue()


def with_entity(workbook: bytes, address: str) -> bytes:
    """The workbook with an entity that stands at `address`, in place of each cell `ENTITY`.

    A second one, and the document's type itself, are to be fetched as soon as it is read (XML 1.0,
    4.2.2, 2.8).
    """
    doctype = (
        f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{address}?dtd" ['
        f'<!ENTITY % more SYSTEM "{address}?more"> %more; <!ENTITY e SYSTEM "{address}">]>'
    )
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    return archive(
        {
            name: text.replace('<?xml version="1.0"?>', doctype).replace("ENTITY<", "&e;<")
            for name, text in files.items()
        }
    )


def _sheet_data(rows: Rows) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            _cell(f"{chr(ord('A') + column)}{number}", value) for column, value in enumerate(row)
        )
        lines.append(f'<row r="{number}">{cells}</row>' if cells else "")
    return f"<sheetData>{''.join(lines)}</sheetData>"


def _cell(place: str, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


def ods(sheets: Mapping[str, Rows | str], **more: bytes) -> bytes:
    """An ODS file; a sheet is rows, or the XML inside of its <table:table>."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + (rows if isinstance(rows, str) else "")
        + "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}'
                "</text:p></table:table-cell>"
                if isinstance(value, str)
                else f'<table:table-cell office:value-type="float" office:value="{value}"/>'
                for value in row
            )
            + "</table:table-row>"
            for row in rows
            if not isinstance(row, str)
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f'<?xml version="1.0"?><office:document-content xmlns:office="{office}'
        f'office:1.0" xmlns:table="{office}table:1.0" xmlns:text="{office}text:1.0" '
        f'office:version="1.3"><office:body><office:spreadsheet>{tables}'
        "</office:spreadsheet></office:body></office:document-content>",
        "META-INF/manifest.xml": '<?xml version="1.0"?><manifest:manifest xmlns:manifest="'
        f'{office}manifest:1.0"/>',
    }
    return archive(files | more)


def xls(
    rows: Sequence[Sequence[str | float]], *, hidden_row: int = 0, number_format: str = ""
) -> bytes:
    """An XLS file of one sheet (BIFF8, [MS-XLS]) in a compound file ([MS-CFB]).

    With a format it has the style that all numbers have.
    """
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    if hidden_row:
        options = struct.pack("<HHHHHHII", hidden_row - 1, 0, 9, 255, 0, 0, 0x20, 0)
        sheet += _record(0x0208, options)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                sheet += _record(0x0204, place + text)
            else:
                sheet += _record(0x0203, place + struct.pack("<d", value))
    sheet += _record(0x000A, b"")
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if number_format:
        code = number_format.encode("utf-16-le")
        begin += _record(
            0x0031, struct.pack("<HHHHHBBBBBB", 200, 0, 8, 400, 0, 0, 0, 0, 0, 1, 1) + b"A\0"
        )
        begin += _record(0x041E, struct.pack("<HHB", 164, len(number_format), 1) + code)
        begin += _record(0x00E0, struct.pack("<HHH", 0, 164, 0) + bytes(14))
    name = b"Sheet1"
    bound = struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name
    end = _record(0x000A, b"")
    start = len(begin) + len(_record(0x0085, bound)) + len(end)
    bound = struct.pack("<I", start) + bound[4:]
    return compound("Workbook", begin + _record(0x0085, bound) + end + sheet)


def _record(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def compound(stream: str, content: bytes) -> bytes:
    """A compound file with one stream: header, its allocation table, directory, then the stream."""
    # Streams under 4,096 bytes would live in a table of their own.
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    sectors = len(content) // 512
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    allocation = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    end = 0xFFFFFFFE
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    directory = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(
        stream, 2, 0xFFFFFFFF, 2, len(content)
    )
    return header + allocation + directory.ljust(512, b"\0") + content


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    none = 0xFFFFFFFF
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text), kind, 1, none, none, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
