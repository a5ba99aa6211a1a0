"""Files in which a table is only wrapped: an archive with one table in it, and cards of people.

What is inside takes the place of the stored file, and goes on as if it had been uploaded.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from quopri import decodestring

from django.utils.translation import gettext as _

from recipients.files.archives import opened_archive
from recipients.files.encodings import detect_encoding
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.file_types import is_workbook

_MEGABYTE = 1024 * 1024
# They are read whole: with their pictures, some thousand people.
_MOST_MEGABYTES_OF_CARDS = 20
# What systems put into archives beside what a person did.
_BESIDE = re.compile(r"(?:^|/)(?:__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_TABLES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".vcf")
_BROKEN = (
    *(zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError),
    zlib.error,
)
_CARD = re.compile(rb"\A[\xef\xbb\xbf\xff\xfe]*\s*BEGIN:VCARD\s", re.IGNORECASE)
_ITEM = re.compile(r"\A(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:\"]*(?:\"[^\"]*\")?)*):(.*)\Z", re.DOTALL)
_QUOTED = re.compile(r"(?<!\\);")


def unwrap(path: Path, country: str, most_bytes: int) -> None:
    """Put what is wrapped in a stored file in its place; leave any other file as it is.

    `country` is a hint for letters that are no Unicode. Raises FileProblem for an archive that
    holds no table, or more than one, or unpacks to more than `most_bytes`.
    """
    if _is_plain_archive(path):
        _unpack_only_table(path, most_bytes)
    with path.open("rb") as file:
        start = file.read(64)
    if _CARD.match(start.replace(b"\0", b"")):
        _write_cards(path, country)


def _is_plain_archive(path: Path) -> bool:
    try:
        is_workbook(path)
    except FileProblem as problem:
        if problem.details.get("kind") != "ZIP":
            raise
        return True
    return False


def _unpack_only_table(path: Path, most_bytes: int) -> None:
    made = path.with_name(f"{path.name}.unpacked")
    try:
        with (
            opened_archive(path) as archive,
            archive.open(_only_table(archive)) as inside,
            made.open("wb") as file,
        ):
            while chunk := inside.read(_MEGABYTE):
                file.write(chunk)
                if file.tell() > most_bytes:
                    raise FileProblem(FileFault.TOO_LARGE, most=most_bytes // _MEGABYTE)
    except _BROKEN as error:
        raise FileProblem(FileFault.UNREADABLE) from error
    else:
        made.chmod(0o600)
        made.rename(path)
    finally:
        made.unlink(missing_ok=True)


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one table in an archive; a text beside it is taken for a word to the reader."""
    members = [one for one in archive.infolist() if not _BESIDE.search(one.filename)]
    tables = [one for one in members if one.filename.lower().endswith(_TABLES)]
    tables = tables or [one for one in members if one.filename.lower().endswith(".txt")]
    if not tables:
        raise FileProblem(FileFault.WRONG_TYPE, kind="ZIP")
    if len(tables) > 1:
        raise FileProblem(FileFault.SEVERAL_INSIDE, files=len(tables))
    if tables[0].flag_bits & 1:
        raise FileProblem(FileFault.ENCRYPTED)
    return tables[0]


def _write_cards(path: Path, country: str) -> None:
    """Write cards (vCard 2.1 to 4.0) as a table: a row for each card, a column for each phone."""
    if path.stat().st_size > _MOST_MEGABYTES_OF_CARDS * _MEGABYTE:
        raise FileProblem(FileFault.TOO_LARGE, most=_MOST_MEGABYTES_OF_CARDS)
    encoding, _has_nul = detect_encoding(path, country)
    cards = list(_cards(path.read_text(encoding.codec, errors="replace").lstrip("\ufeff")))
    most = max((len(phones) for _name, phones in cards), default=0)
    columns = [_("Phone") if at == 0 else _("Other number %(n)s") % {"n": at} for at in range(most)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_("Name"), *(columns or [_("Phone")])])
        writer.writerows([name, *phones, *[""] * (most - len(phones))] for name, phones in cards)


def _cards(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the phones of each card, those of mobiles first."""
    name, parts, phones = "", "", list[tuple[bool, str]]()
    for kind, about, value in _items(text):
        match kind:
            case "BEGIN":
                name, parts, phones = "", "", []
            case "FN":
                name = name or value
            case "N":
                family, given, *_more = [*_QUOTED.split(value), "", ""]
                parts = f"{_plain(given)} {_plain(family)}".strip()
            case "TEL":
                is_mobile = bool({"CELL", "MOBILE", "IPHONE"} & set(re.split(r"[;=,]", about)))
                phones.append((not is_mobile, re.sub(r"(?i)\Atel:|;ext=.*\Z", "", value).strip()))
            case "END":
                numbers = [phone for _rank, phone in sorted(phones, key=lambda one: one[0])]
                yield (_plain(name) or parts), list(dict.fromkeys(filter(None, numbers)))


def _items(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (what it is, its parameters, its value) of each line, folded ones put together."""
    lines = iter(re.sub(r"\r?\n[ \t]", "", text).splitlines())
    for line in lines:
        item = _ITEM.match(line)
        if item is None:
            continue
        kind, about, value = item[1].upper(), item[2].upper(), item[3]
        if "QUOTED-PRINTABLE" in about:
            pieces = []
            while value.endswith("="):
                pieces.append(value[:-1])
                value = next(lines, "")
            value = "".join([*pieces, value])
            charset = re.search(r"CHARSET=\"?([\w-]+)", about)
            value = _decoded(value, charset[1] if charset else "utf-8")
        yield kind, about, value


def _decoded(value: str, charset: str) -> str:
    raw = decodestring(value.encode("ascii", errors="ignore"))
    try:
        return raw.decode(charset, errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


def _plain(value: str) -> str:
    return " ".join(re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", " ", value)).split())
