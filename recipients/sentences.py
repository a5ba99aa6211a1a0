"""The words for every code: why a row was rejected, why a number is doubtful, why a file fails.

Codes are stored and counted; sentences are shown. Each says what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interface.wording import number
from recipients.files.columns import ColumnRole
from recipients.files.encodings import FileEncoding
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.rows import RowReason
from recipients.phone_numbers import PhoneDoubt
from recipients.phone_text import PhoneFault


class Words(NamedTuple):
    """`short` stands at the cell; `cure` tells the person what to do about all such rows."""

    short: str | Promise
    cure: str | Promise


REJECTIONS: Mapping[str, Words] = {
    PhoneFault.EMPTY: Words(
        gettext_lazy("No number"),
        gettext_lazy("Enter the missing phone numbers."),
    ),
    PhoneFault.LETTERS: Words(
        gettext_lazy("Has letters in it"),
        gettext_lazy("Leave only the number in the cell, without words."),
    ),
    PhoneFault.SYMBOLS: Words(
        gettext_lazy("Has signs no number has"),
        gettext_lazy("Leave only digits, spaces and a plus at the start."),
    ),
    PhoneFault.EXTENSION: Words(
        gettext_lazy("Has an extension"),
        gettext_lazy("Messages cannot reach an extension: use a mobile number."),
    ),
    PhoneFault.SEVERAL_NUMBERS: Words(
        gettext_lazy("More than one number"),
        gettext_lazy("Keep one number for each row."),
    ),
    PhoneFault.EXCEL_SHORTENED: Words(
        gettext_lazy("Excel cut this number off"),
        gettext_lazy(
            "The digits are lost. Take the number from its source, and format the column as Text "
            "before you paste it."
        ),
    ),
    PhoneFault.EXCEL_DECIMAL: Words(
        gettext_lazy("A decimal number"),
        gettext_lazy("Format the column as Text in your spreadsheet and enter the number again."),
    ),
    PhoneFault.EXCEL_ERROR: Words(
        gettext_lazy("A spreadsheet error"),
        gettext_lazy("Fix the formula, or enter the number itself."),
    ),
    PhoneFault.NO_COUNTRY: Words(
        gettext_lazy("No country code"),
        gettext_lazy("Start the number with a plus and its country code."),
    ),
    PhoneFault.UNKNOWN_COUNTRY_CODE: Words(
        gettext_lazy("No country has this code"),
        gettext_lazy("Check the digits that the number begins with."),
    ),
    PhoneFault.NO_AREA_CODE: Words(
        gettext_lazy("The area code is missing"),
        gettext_lazy("Add the area code in front of the number."),
    ),
    PhoneFault.TOO_SHORT: Words(
        gettext_lazy("Too short"),
        gettext_lazy("Add the missing digits, or choose the country the numbers are from."),
    ),
    PhoneFault.TOO_LONG: Words(
        gettext_lazy("Too long"),
        gettext_lazy("Remove the extra digits, or choose the country the numbers are from."),
    ),
    PhoneFault.WRONG_LENGTH: Words(
        gettext_lazy("Not a length its country uses"),
        gettext_lazy("Check the digits, or choose the country the numbers are from."),
    ),
    PhoneFault.PREMIUM: Words(
        gettext_lazy("A premium-rate number"),
        gettext_lazy("Such numbers take no messages: use a mobile number."),
    ),
    RowReason.UNKNOWN_COUNTRY: Words(
        gettext_lazy("Not a country we know"),
        gettext_lazy("Write the country by its name or its code, such as France, FR or 33."),
    ),
    RowReason.UNCLEAR_OPT_OUT: Words(
        gettext_lazy("Not clear whether they opted out"),
        gettext_lazy("Write yes or no in the column that says who opted out."),
    ),
    RowReason.TOO_MANY_CELLS: Words(
        gettext_lazy("More cells than columns"),
        gettext_lazy("A separator inside a text has split it: put that text in double quotes."),
    ),
}

DOUBTS: Mapping[str, Words] = {
    PhoneDoubt.NOT_ASSIGNED: Words(
        gettext_lazy("Kept, but not in use as far as we know"),
        gettext_lazy("Check the digits, or choose the country the numbers are from."),
    ),
    PhoneDoubt.NOT_MOBILE: Words(
        gettext_lazy("Kept, but not a mobile number"),
        gettext_lazy("Messages may not arrive at landlines and service numbers."),
    ),
    PhoneDoubt.PLUS_ADDED: Words(
        gettext_lazy("Kept, read with a plus in front"),
        gettext_lazy("Check that these numbers begin with their country codes."),
    ),
    PhoneDoubt.ZERO_ADDED: Words(
        gettext_lazy("Kept, read with the zero that a spreadsheet took"),
        gettext_lazy("Check that these numbers begin with a zero where they are dialled."),
    ),
    PhoneDoubt.RENUMBERED: Words(
        gettext_lazy("Kept, read by the numbering plan of today"),
        gettext_lazy("These numbers are written as they were before their country changed them."),
    ),
    PhoneDoubt.OVERSEAS: Words(
        gettext_lazy("Kept, read as a number overseas"),
        gettext_lazy(
            "These numbers are dialled as at home, but belong to a territory with a country code "
            "of its own."
        ),
    ),
    PhoneDoubt.DEAR: Words(
        gettext_lazy("Kept, but a personal or satellite number"),
        gettext_lazy("Messages to these numbers are dear, and often do not arrive."),
    ),
}

ROLES: Mapping[str, str | Promise] = {
    ColumnRole.PHONE: gettext_lazy("Phone number"),
    ColumnRole.PHONE_2: gettext_lazy("Second phone"),
    ColumnRole.PHONE_3: gettext_lazy("Third phone"),
    ColumnRole.PHONE_4: gettext_lazy("Fourth phone"),
    ColumnRole.COUNTRY: gettext_lazy("Country of the number"),
    ColumnRole.NAME: gettext_lazy("Name"),
    ColumnRole.FIELD: gettext_lazy("Field"),
    ColumnRole.OPTED_OUT: gettext_lazy("Who opted out"),
    ColumnRole.SKIP: gettext_lazy("Leave out"),
}

ENCODINGS: Mapping[str, str | Promise] = {
    FileEncoding.UTF_8: gettext_lazy("UTF-8"),
    FileEncoding.WINDOWS_1252: gettext_lazy("Windows (Western European)"),
    FileEncoding.WINDOWS_1250: gettext_lazy("Windows (Central European)"),
    FileEncoding.ISO_8859_2: gettext_lazy("ISO 8859-2 (Central European)"),
    FileEncoding.WINDOWS_1251: gettext_lazy("Windows (Cyrillic)"),
    FileEncoding.WINDOWS_1253: gettext_lazy("Windows (Greek)"),
    FileEncoding.WINDOWS_1254: gettext_lazy("Windows (Turkish)"),
    FileEncoding.WINDOWS_1255: gettext_lazy("Windows (Hebrew)"),
    FileEncoding.WINDOWS_1256: gettext_lazy("Windows (Arabic)"),
    FileEncoding.WINDOWS_1257: gettext_lazy("Windows (Baltic)"),
    FileEncoding.WINDOWS_1258: gettext_lazy("Windows (Vietnamese)"),
    FileEncoding.WINDOWS_874: gettext_lazy("Windows (Thai)"),
    FileEncoding.SHIFT_JIS: gettext_lazy("Shift JIS (Japanese)"),
    FileEncoding.EUC_JP: gettext_lazy("EUC-JP (Japanese)"),
    FileEncoding.GB18030: gettext_lazy("GB18030 (simplified Chinese)"),
    FileEncoding.BIG5: gettext_lazy("Big5 (traditional Chinese)"),
    FileEncoding.EUC_KR: gettext_lazy("EUC-KR (Korean)"),
    FileEncoding.KOI8_R: gettext_lazy("KOI8-R (Cyrillic)"),
    FileEncoding.MAC_ROMAN: gettext_lazy("Mac (Western European)"),
    FileEncoding.UTF_16_LE: gettext_lazy("UTF-16"),
    FileEncoding.UTF_16_BE: gettext_lazy("UTF-16, big-endian"),
}

DELIMITERS: Mapping[str, str | Promise] = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("vertical line"),
}

_FAULTS: Mapping[FileFault, str | Promise] = {
    FileFault.NO_FILE: gettext_lazy("Choose a file first."),
    FileFault.EMPTY: gettext_lazy(
        "This file is empty. Save your list again as a CSV file and choose that one."
    ),
    FileFault.EMPTY_SHEET: gettext_lazy("This sheet is empty. Choose another one."),
    FileFault.ALL_HIDDEN: gettext_lazy(
        "Everything in this workbook is hidden. Show its rows, columns and sheets in your "
        "spreadsheet, and save it again."
    ),
    FileFault.TOO_LARGE: gettext_lazy(
        "This file is larger than %(most)s MB. Split it, or leave out columns you do not need."
    ),
    FileFault.NO_ROOM: gettext_lazy(
        "There is no room for this file: the files of your team, or yours, take what they may. "
        "Discard imports that wait, or come again tomorrow; files go %(days)s days after their "
        "import."
    ),
    FileFault.SEVERAL_INSIDE: gettext_lazy(
        "This ZIP file holds %(files)s tables. Unpack it, and choose the one with your people."
    ),
    FileFault.UNREADABLE: gettext_lazy(
        "We could not read this file. Save your list again as a CSV file and choose that one."
    ),
    FileFault.ENCRYPTED: gettext_lazy(
        "This file is protected by a password. Save it without one and choose it again."
    ),
    FileFault.TOO_MUCH_INSIDE: gettext_lazy(
        "This file unpacks to far more than a recipient list needs. Save your list as a CSV file "
        "and choose that one."
    ),
    FileFault.TOO_SLOW: gettext_lazy(
        "Reading this file took too long. Save your list as a CSV file and choose that one."
    ),
    FileFault.HEADER_ONLY: gettext_lazy(
        "This file has only one row, and it holds the names of the columns. Add at least one "
        "person and choose the file again."
    ),
    FileFault.TOO_MANY_COLUMNS: gettext_lazy(
        "Row %(row)s has %(columns)s columns; at most %(most)s are possible. Leave out columns you "
        "do not need and choose the file again."
    ),
    FileFault.TOO_MANY_ROWS: gettext_lazy(
        "This file has more than %(most)s rows. Split it into smaller files and import each."
    ),
    FileFault.CELL_TOO_LONG: gettext_lazy(
        "A cell in row %(row)s has more than %(most)s characters. Shorten it, or put double quotes "
        "right around the text, and choose the file again."
    ),
    FileFault.UNCLOSED_QUOTE: gettext_lazy(
        "A double quote opens in row %(row)s and never closes. Close or remove it and choose the "
        "file again."
    ),
    FileFault.NO_PHONE_COLUMN: gettext_lazy(
        "No column looks like phone numbers. This file has: %(columns)s. Say below which one has "
        "the phone numbers, or choose another file."
    ),
    FileFault.PHONE_NOT_CHOSEN: gettext_lazy(
        "Say below which column has the phone numbers. “%(column)s” looks like it."
    ),
    FileFault.TWO_PHONE_COLUMNS: gettext_lazy(
        "More than one column could be the phone number: %(columns)s. Say below which one to "
        "message, and if you like which one to take where that is empty."
    ),
    FileFault.NO_VALID_ROW: gettext_lazy(
        "No row has a phone number we can use. Look at the reasons, check that the right column "
        "and country are chosen, or choose another file."
    ),
    FileFault.FILE_GONE: gettext_lazy(
        "The uploaded file is no longer on the server. Upload it again."
    ),
    FileFault.INTERRUPTED: gettext_lazy(
        "The import was interrupted again and again. Try it once more; if that fails too, tell the "
        "person who looks after this server."
    ),
    FileFault.LIST_GONE: gettext_lazy(
        "The list you were adding to is no longer there, or no longer yours to edit. Ask its "
        "owner, or choose the file again and make a list of its own."
    ),
    FileFault.STILL_COUNTING: gettext_lazy(
        "What this does to your list is still being counted. It takes a few seconds; then look at "
        "the numbers and confirm."
    ),
}


def sentence_for(problem: FileProblem) -> str:
    """What happened to the file and what to do, in the reader's language."""
    if problem.fault is FileFault.WRONG_TYPE:
        return _wrong_type(str(problem.details.get("kind", "")))
    details = {
        key: get_text_list([f"“{name}”" for name in value[:12]], _("and"))
        if isinstance(value, list)
        else number(value)
        if isinstance(value, int)
        else value
        for key, value in problem.details.items()
    }
    return str(_FAULTS[problem.fault]) % details


def _wrong_type(kind: str) -> str:
    if kind:
        return _(
            "This is a file of the type %(kind)s, not a table. In your spreadsheet choose Save as, "
            "then CSV or XLSX, and upload that file."
        ) % {"kind": kind}
    return _(
        "This file is not a table. In your spreadsheet choose Save as, then CSV or XLSX, and "
        "upload that file."
    )
