"""What kind of file arrived, judged by its content: names and browsers' claims prove nothing."""

from __future__ import annotations

import codecs
import mmap
import re
import zipfile
from pathlib import Path

from recipients.files.archives import TooManyMembers, opened_archive
from recipients.files.encodings import SAMPLE, utf_16
from recipients.files.file_problems import FileFault, FileProblem

# The first bytes of files that people take for a table, and what to call them.
_OTHER_TYPES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"BEGIN:VCARD", "vCard"),
    (b"BEGIN:VCALENDAR", "iCalendar"),
)
_ZIP = b"PK\x03\x04"
# Microsoft's compound files: XLS, DOC, and encrypted files of any newer type.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Where the sheets of a workbook lie; some programs write the names in another way.
_SHEETS = re.compile(r"xl[/\\]|(.*[/\\])?worksheets[/\\]", re.IGNORECASE)
# A member of an archive tells what else it is.
_ARCHIVES = (
    ("word/document.xml", "Word"),
    ("ppt/presentation.xml", "PowerPoint"),
    ("Index/Document.iwa", "Numbers"),
)
# Without those that a text may have: zero (an accident of some exports), white space, end of file.
_CONTROLS = bytes(code for code in range(32) if code not in (0, 9, 10, 11, 12, 13, 26, 27))
# Of bytes: in fewer, a single stray character would already be much.
_SMALL = 200


def is_workbook(path: Path) -> bool:
    """Whether the file is an XLSX, XLS or ODS file.

    Raises FileProblem for a relative of theirs that holds no table, and for an encrypted one.
    """
    with path.open("rb") as file:
        start = file.read(len(_COMPOUND))
        if start == _COMPOUND:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _is_xls(content)
    if not start.startswith(_ZIP):
        return False
    try:
        with opened_archive(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            if any(member.flag_bits & 1 for member in members.values()):
                raise FileProblem(FileFault.ENCRYPTED)
            kind = archive.open("mimetype").read(80) if "mimetype" in members else b""
    except TooManyMembers as error:
        raise FileProblem(FileFault.TOO_MUCH_INSIDE) from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise FileProblem(FileFault.UNREADABLE) from error
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return True
    for member, name in _ARCHIVES:
        if member in members:
            raise FileProblem(FileFault.WRONG_TYPE, kind=name)
    if any(map(_SHEETS.match, members)):
        return True
    raise FileProblem(FileFault.WRONG_TYPE, kind="ZIP")


def _is_xls(content: mmap.mmap) -> bool:
    """Look for the names of streams in a compound file's directory (UTF-16)."""

    def has(stream: str) -> bool:
        return content.find(stream.encode("utf-16-le")) >= 0

    if has("EncryptedPackage"):
        raise FileProblem(FileFault.ENCRYPTED)
    if has("Workbook") or has("Book"):
        return True
    raise FileProblem(FileFault.WRONG_TYPE, kind="Word" if has("WordDocument") else "")


def refuse_other_types(path: Path) -> None:
    """Raise FileProblem unless the file looks like a table in plain text."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    if not start.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileProblem(FileFault.EMPTY)
    bare = start.removeprefix(codecs.BOM_UTF8).lstrip()
    for beginning, kind in _OTHER_TYPES:
        if bare.upper().startswith(beginning.upper()):
            raise FileProblem(FileFault.WRONG_TYPE, kind=kind)
    if bare[:1] in (b"{", b"[") and bare[1:].lstrip()[:1] in (b'"', b"{", b"[", b"}", b"]"):
        raise FileProblem(FileFault.WRONG_TYPE, kind="JSON")
    if bare[:1] == b"<":
        raise FileProblem(FileFault.WRONG_TYPE, kind="XML" if bare[:5] == b"<?xml" else "HTML")
    if not utf_16(start) and _is_binary(start):
        raise FileProblem(FileFault.WRONG_TYPE, kind="")


def _is_binary(start: bytes) -> bool:
    """Whether there are more control characters or zeros than an accident explains."""
    others = len(start) - len(start.translate(None, _CONTROLS))
    return others * 50 > max(len(start), _SMALL) or start.count(0) * 4 > len(start)
