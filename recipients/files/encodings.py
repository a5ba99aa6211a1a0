"""How a text file's bytes are to be read."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import charset_normalizer

# How many bytes are looked at to find out what a file is.
SAMPLE = 64 * 1024
_CHUNK = 1024 * 1024
_LINES_SHOWN = 3
_LETTERS_SHOWN = 60
_SURROGATE = re.compile("[\udc80-\udcff]")


class FileEncoding(StrEnum):
    """How a text file's bytes are to be read."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1250 = "windows-1250"
    WINDOWS_1251 = "windows-1251"
    WINDOWS_1252 = "windows-1252"
    WINDOWS_1253 = "windows-1253"
    WINDOWS_1254 = "windows-1254"
    WINDOWS_1255 = "windows-1255"
    WINDOWS_1256 = "windows-1256"
    WINDOWS_1257 = "windows-1257"
    WINDOWS_1258 = "windows-1258"
    WINDOWS_874 = "windows-874"
    SHIFT_JIS = "shift_jis"
    GB18030 = "gb18030"
    BIG5 = "big5"
    EUC_KR = "euc-kr"
    KOI8_R = "koi8-r"
    ISO_8859_2 = "iso-8859-2"
    EUC_JP = "euc_jp"
    MAC_ROMAN = "macintosh"

    @property
    def is_unicode(self) -> bool:
        """Whether it has the letters of every language, so that reading it right is no guess."""
        return self.value.startswith("utf")

    @property
    def codec(self) -> str:
        """Python's name of the codec: Microsoft's own version where there is one."""
        return _CODECS.get(self, self.value)


_CODECS = {
    FileEncoding.WINDOWS_874: "cp874",
    FileEncoding.SHIFT_JIS: "cp932",
    FileEncoding.BIG5: "cp950",
    FileEncoding.EUC_KR: "cp949",
    FileEncoding.MAC_ROMAN: "mac_roman",
}
# What programs that know no Unicode write in a country, the likeliest first.
_USUAL = {
    "PL CZ SK HU SI HR RO BA AL ME": (
        *(FileEncoding.WINDOWS_1250, FileEncoding.ISO_8859_2, FileEncoding.MAC_ROMAN),
    ),
    "RS": (FileEncoding.WINDOWS_1250, FileEncoding.WINDOWS_1251),
    "RU UA BY BG MK KZ KG TJ UZ MN": (FileEncoding.WINDOWS_1251, FileEncoding.KOI8_R),
    "GR CY": (FileEncoding.WINDOWS_1253,),
    "TR AZ": (FileEncoding.WINDOWS_1254,),
    "IL": (FileEncoding.WINDOWS_1255,),
    "AE BH DZ EG IQ IR JO KW LB LY MA OM PK PS QA SA SD SY TN YE": (FileEncoding.WINDOWS_1256,),
    "EE LT LV": (FileEncoding.WINDOWS_1257,),
    "VN": (FileEncoding.WINDOWS_1258,),
    "TH": (FileEncoding.WINDOWS_874,),
    "JP": (FileEncoding.SHIFT_JIS, FileEncoding.EUC_JP),
    "CN SG": (FileEncoding.GB18030,),
    "HK MO TW": (FileEncoding.BIG5,),
    "KR": (FileEncoding.EUC_KR,),
}
_USUAL_OF = {region: usual for regions, usual in _USUAL.items() for region in regions.split()}
_ELSEWHERE = (FileEncoding.WINDOWS_1252, FileEncoding.MAC_ROMAN)
_WITHOUT_UNICODE = [encoding for encoding in FileEncoding if not encoding.is_unicode]
# What a wrong encoding makes of words: signs beside letters, dashes and daggers within them,
# capitals behind small letters, three accents on end, two alphabets in one word, controls.
_LETTER = r"[^\W\d_]"
_SIGN = "[\u00a2-\u00a8\u00ac\u00af\u00b1\u00b6\u00b8\u00b9\u00bc-\u00be\u00d7\u00f7\u02c6-\u02dd]"
_NO_WORDS = re.compile(
    rf"{_LETTER}{_SIGN}|{_SIGN}{_LETTER}|{_LETTER}[\u2013\u2014\u2020-\u2030][a-z\u00df-\u00ff]"
    "|[a-z\u0430-\u044f][\u00c0-\u00de\u0160\u0178\u017d\u0410-\u042f]|[\u00c0-\u00ff]{3}"
    "|[A-Za-z][\u0370-\u1dff\u2e80-\uffef]|[\u0370-\u1dff\u2e80-\uffef][A-Za-z]"
    # What the Mac has where others have letters, and the Y that no word goes on behind.
    "|[\u2044\u221a\u2202\u2206\u220f\u2211\u222b\u2248\u2260\u2264\u2265\u25ca\ufb01\ufb02]"
    rf"|{_LETTER}[\u201a\u201e]|[\u2020\u2021]{_LETTER}|{_LETTER}[\u00a9\u00ab\u00ae\u00bb]+{_LETTER}"
    "|[\u00a1\u00bf\u00ae\u2122][\u00a5\u00a9\u00ae\u2122\u201c]|\u0178[a-z]|[\u00a9\u00ae][\u00ab\u00bb]"
    "|[\u0080-\u009f\u2500-\u25ff\ufff0-\uffff]"
)


def detect_encoding(path: Path, country: str) -> tuple[FileEncoding, bool]:
    """Return the encoding, and whether there may be NUL characters to be passed over.

    What is no Unicode is a guess, in which `country` (ISO 3166-1 alpha-2, or "") is a hint.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        if wide := utf_16(start):
            return wide, True
        file.seek(0)
        right, wrong, has_nul, letters = 0, 0, False, b""
        while chunk := file.read(_CHUNK):
            # To the end of the line, so that no character is cut in two.
            chunk += file.readline(_CHUNK)
            has_nul = has_nul or b"\0" in chunk
            if not chunk.isascii():
                more_right, more_wrong = _count_utf_8(chunk)
                right, wrong = right + more_right, wrong + more_wrong
                if more_wrong and len(letters) < SAMPLE:
                    letters += lines_beyond_ascii(chunk)[:SAMPLE]
    return (_guess(letters, country) if wrong > right else FileEncoding.UTF_8), has_nul


def lines_beyond_ascii(data: bytes) -> bytes:
    """The lines in which the encoding matters."""
    return b"\n".join(line for line in data.splitlines() if not line.isascii())


def letters_in_doubt(path: Path) -> bytes:
    """Some of a file's words in which the encoding matters, to be shown in each."""
    with path.open("rb") as file:
        header, below = file.readline(SAMPLE), file.read(SAMPLE)
    # The header may be in the language of a program and not of the people.
    lines = lines_beyond_ascii(below).splitlines()[:_LINES_SHOWN] or [header]
    cells = [cell for line in lines for cell in re.split(rb"[,;\t|]", line)]
    return b" ".join(cell for cell in cells if not cell.isascii())[:_LETTERS_SHOWN]


def decoded(letters: bytes) -> dict[FileEncoding, str]:
    """What bytes say in each encoding that is not Unicode, as far as they are text in it."""
    texts = {}
    for encoding in _WITHOUT_UNICODE:
        with suppress(UnicodeDecodeError):
            texts[encoding] = letters.decode(encoding.codec)
    return texts


def _guess(letters: bytes, country: str) -> FileEncoding:
    """The country's own encoding if it makes words, else the one the library finds best.

    The library is right about pages of text; names in two rows are too few letters for it to tell
    relatives apart.
    """
    usual = _USUAL_OF.get(country, _ELSEWHERE)
    texts = [encoding for encoding, text in decoded(letters).items() if _are_words(text)]
    for encoding in usual:
        if encoding in texts:
            return encoding
    names = {codecs.lookup(each.codec).name.replace("-", "_"): each for each in texts}
    if not names:
        return usual[0]
    found = charset_normalizer.from_bytes(letters, cp_isolation=list(names)).best()
    return names.get(found.encoding, usual[0]) if found else usual[0]


def _are_words(text: str) -> bool:
    """Whether an encoding makes words of a text; a slip or two in a long one are its writer's."""
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return len(_NO_WORDS.findall(text)) * 50 <= beyond_ascii


def _count_utf_8(data: bytes) -> tuple[int, int]:
    """Return how many non-ASCII characters are UTF-8 and how many bytes are not."""
    text = data.decode("utf-8", errors="surrogateescape")
    wrong = len(_SURROGATE.findall(text))
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return beyond_ascii - wrong, wrong


def utf_16(start: bytes) -> FileEncoding | None:
    """UTF-16 by its byte order mark, or by the zeros that Western text has in every second byte."""
    if start.startswith(codecs.BOM_UTF16_LE):
        return FileEncoding.UTF_16_LE
    if start.startswith(codecs.BOM_UTF16_BE):
        return FileEncoding.UTF_16_BE
    pairs = len(start) // 2
    if pairs and start[1::2].count(0) > pairs * 0.7 and start[::2].count(0) < pairs * 0.05:
        return FileEncoding.UTF_16_LE
    if pairs and start[::2].count(0) > pairs * 0.7 and start[1::2].count(0) < pairs * 0.05:
        return FileEncoding.UTF_16_BE
    for encoding in (FileEncoding.UTF_16_LE, FileEncoding.UTF_16_BE):
        if _is_text_in(start[: pairs * 2], encoding):
            return encoding
    return None


def _is_text_in(start: bytes, encoding: FileEncoding) -> bool:
    """Whether pairs of bytes make a table: in any alphabet its digits and signs are ASCII's."""
    if start.count(0) * 10 < len(start):
        return False
    text = start.decode(encoding.codec, errors="replace")
    signs = sum(character.isascii() and character.isprintable() for character in text)
    return "\0" not in text and "\ufffd" not in text[:-1] and signs * 5 > len(text)
