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
        gettext_lazy("Has characters that phone numbers do not have"),
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
            "The digits are lost. Copy the number again from where it came from, and "
            "format the column as Text before you paste it."
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
        gettext_lazy("Check the first digits of the number."),
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
        gettext_lazy("Wrong length for its country"),
        gettext_lazy("Check the digits, or choose the country the numbers are from."),
    ),
    PhoneFault.PREMIUM: Words(
        gettext_lazy("A premium-rate number"),
        gettext_lazy("These numbers cannot get messages: use a mobile number."),
    ),
    RowReason.UNKNOWN_COUNTRY: Words(
        gettext_lazy("Not a country we know"),
        gettext_lazy("Enter the country's name or code, such as France, FR or 33."),
    ),
    RowReason.UNCLEAR_OPT_OUT: Words(
        gettext_lazy("Not clear whether they opted out"),
        gettext_lazy("Enter yes or no in the column that says who opted out."),
    ),
    RowReason.TOO_MANY_CELLS: Words(
        gettext_lazy("More cells than columns"),
        gettext_lazy("A separator inside a text has split it. Put that text in double quotes."),
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
        gettext_lazy("Kept, read with the zero a spreadsheet removed"),
        gettext_lazy("Check that people dial these numbers with a zero in front."),
    ),
    PhoneDoubt.RENUMBERED: Words(
        gettext_lazy("Kept, read as the number is written today"),
        gettext_lazy("These numbers are written in a form their country no longer uses."),
    ),
    PhoneDoubt.OVERSEAS: Words(
        gettext_lazy("Kept, read as an overseas number"),
        gettext_lazy(
            "These numbers look like local ones, but belong to a territory with its own "
            "country code."
        ),
    ),
    PhoneDoubt.DEAR: Words(
        gettext_lazy("Kept, but a personal or satellite number"),
        gettext_lazy("Messages to these numbers are expensive, and often do not arrive."),
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
    "|": gettext_lazy("vertical bar"),
}

_FAULTS: Mapping[FileFault, str | Promise] = {
    FileFault.NO_FILE: gettext_lazy("Choose a file first."),
    FileFault.EMPTY: gettext_lazy(
        "This file is empty. Save your list again as a CSV file and upload that."
    ),
    FileFault.EMPTY_SHEET: gettext_lazy("This sheet is empty. Choose another one."),
    FileFault.ALL_HIDDEN: gettext_lazy(
        "Everything in this workbook is hidden. Show its rows, columns and sheets in your "
        "spreadsheet, save it and upload it again."
    ),
    FileFault.TOO_LARGE: gettext_lazy(
        "This file is larger than %(most)s MB. Split it, or leave out columns you do not need."
    ),
    FileFault.NO_ROOM: gettext_lazy(
        "There is no space for this file: you or your team have too many uploads. Discard "
        "imports you do not need, or try again tomorrow; files are deleted after %(days)s "
        "days."
    ),
    FileFault.SEVERAL_INSIDE: gettext_lazy(
        "This ZIP file holds %(files)s tables. Unpack it, and upload the one with your people."
    ),
    FileFault.UNREADABLE: gettext_lazy(
        "We could not read this file. Save your list again as a CSV file and upload that."
    ),
    FileFault.ENCRYPTED: gettext_lazy(
        "This file has a password. Save it without one and upload it again."
    ),
    FileFault.TOO_MUCH_INSIDE: gettext_lazy(
        "This file is much larger than a list needs. Save your list as a CSV file and upload that."
    ),
    FileFault.TOO_SLOW: gettext_lazy(
        "Reading this file took too long. Save your list as a CSV file and upload that."
    ),
    FileFault.HEADER_ONLY: gettext_lazy(
        "There is only one row, and it has the column names. Add at least one person and try again."
    ),
    FileFault.TOO_MANY_COLUMNS: gettext_lazy(
        "Row %(row)s has %(columns)s columns, and the most is %(most)s. Leave out columns "
        "you do not need and upload the file again."
    ),
    FileFault.TOO_MANY_ROWS: gettext_lazy(
        "This file has more than %(most)s rows. Split it into smaller files and import each one."
    ),
    FileFault.CELL_TOO_LONG: gettext_lazy(
        "A cell in row %(row)s has more than %(most)s characters. Shorten it, or check the "
        "double quotes around the text, and upload the file again."
    ),
    FileFault.UNCLOSED_QUOTE: gettext_lazy(
        "A double quote in row %(row)s is never closed. Close or remove it and upload the "
        "file again."
    ),
    FileFault.NO_PHONE_COLUMN: gettext_lazy(
        "No column looks like phone numbers. Choose the column with the phone numbers "
        "below (%(columns)s), or choose another file."
    ),
    FileFault.PHONE_NOT_CHOSEN: gettext_lazy(
        "Choose the column with the phone numbers below. It looks like “%(column)s”."
    ),
    FileFault.TWO_PHONE_COLUMNS: gettext_lazy(
        "More than one column could be the phone number: %(columns)s. Choose below which "
        "one to use, and a second one for when it is empty."
    ),
    FileFault.NO_VALID_ROW: gettext_lazy(
        "No row has a phone number we can use. Check that you chose the right column and "
        "country, or choose another file."
    ),
    FileFault.FILE_GONE: gettext_lazy("The uploaded file has been deleted. Upload it again."),
    FileFault.INTERRUPTED: gettext_lazy(
        "The import was interrupted several times. Try again, and if it fails again, tell "
        "the person who manages this server."
    ),
    FileFault.LIST_GONE: gettext_lazy(
        "The list you were adding to was deleted, or you can no longer edit it. Ask its "
        "owner, or upload the file again as a new list."
    ),
    FileFault.STILL_COUNTING: gettext_lazy(
        "We are still counting what changes in your list. Wait a few seconds, then check "
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
            "This is a %(kind)s file, not a table. In your spreadsheet, choose Save as, "
            "then CSV or XLSX, and upload that file."
        ) % {"kind": kind}
    return _(
        "This file is not a table. In your spreadsheet, choose Save as, then CSV or XLSX, "
        "and upload that file."
    )
