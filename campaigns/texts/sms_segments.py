"""How many SMS a text makes, and which characters make it dear.

The alphabet is the GSM 7 bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1 and
6.2.1.1); with any other character in it, the whole text goes out as UCS-2, in UTF-16 code units. A
text that does not fit one SMS is cut into segments with a header each; "a character represented by
an escape-sequence shall not be split in the middle", nor a UCS-2 character (3GPP TS 23.040,
9.2.3.24.1). National language tables are left out: providers do not use them unasked.

`static/js/segments.js` does the same in the browser; `tests/campaigns/vectors` holds both together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

# Row by row as the table stands in TS 23.038; the escape to the extension table (0x1B) is no
# character of its own.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_NOT_GSM = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]")
_EXTENDED = re.compile(f"[{re.escape(_EXTENSION)}]")
_ESCAPE = "\x1b"
# What of the alphabet is in Latin-1 too: nearly every text can be judged byte by byte.
_BASIC_LATIN_1 = "".join(character for character in _BASIC if ord(character) < 256).encode(
    "latin-1"
)
_EXTENSION_LATIN_1 = "".join(character for character in _EXTENSION if ord(character) < 256).encode(
    "latin-1"
)


class SmsEncoding(StrEnum):
    """The alphabet that a text goes out in."""

    GSM_7 = "gsm7"
    UCS_2 = "ucs2"


@dataclass(frozen=True, slots=True)
class _Room:
    """Units in a text of one SMS, and in each segment of a longer one."""

    alone: int
    each: int


_ROOM = {SmsEncoding.GSM_7: _Room(160, 153), SmsEncoding.UCS_2: _Room(70, 67)}


@dataclass(frozen=True, slots=True)
class DearCharacter:
    """A character that costs more than its own place; `start` counts code points from 0.

    In a text in UCS-2: one that is not in the GSM alphabet, and so brought the whole text there.
    In a text in GSM-7: one of the extension table, which takes two units.
    """

    start: int
    character: str


@dataclass(frozen=True, slots=True)
class SmsSize:
    """What a text takes as SMS.

    `units` are septets (GSM-7) or UTF-16 code units (UCS-2); `units_left` are free in the last
    segment. An empty text has no segment.
    """

    encoding: SmsEncoding
    units: int
    segments: int
    units_left: int
    dear: tuple[DearCharacter, ...] = ()


def sms_size(text: str) -> SmsSize:
    """All that can be said about one text. For many texts, `segments` is ten times as fast."""
    if _NOT_GSM.search(text):
        encoding, units, is_inside = SmsEncoding.UCS_2, _utf16_units(text), _inside_a_pair(text)
        dear = _NOT_GSM.finditer(text)
    else:
        escaped = _EXTENDED.sub(rf"{_ESCAPE}\g<0>", text)
        encoding, units, is_inside = SmsEncoding.GSM_7, len(escaped), _inside_an_escape(escaped)
        dear = _EXTENDED.finditer(text)
    needed, left = _pack(units, _ROOM[encoding], is_inside)
    characters = tuple(DearCharacter(match.start(), match[0]) for match in dear)
    return SmsSize(encoding, units, needed, left, characters)


def segments(text: str) -> int:
    """How many segments a text makes: `sms_size(text).segments`, made for a million texts."""
    try:
        rest = text.encode("latin-1").translate(None, _BASIC_LATIN_1)
    except UnicodeEncodeError:
        return _segments_beyond_latin_1(text)
    if rest:
        if rest.translate(None, _EXTENSION_LATIN_1):
            # Latin-1 has no surrogate pairs: no boundary can cut anything.
            return _even_segments(len(text), 70, 67)
        return _segments_with_escapes(text)
    return _even_segments(len(text), 160, 153)


def _segments_beyond_latin_1(text: str) -> int:
    if not _NOT_GSM.search(text):
        return _segments_with_escapes(text)
    units = _utf16_units(text)
    if units == len(text):
        return _even_segments(units, 70, 67)
    return _pack(units, _ROOM[SmsEncoding.UCS_2], _inside_a_pair(text))[0]


def _segments_with_escapes(text: str) -> int:
    escaped = _EXTENDED.sub(rf"{_ESCAPE}\g<0>", text)
    return _pack(len(escaped), _ROOM[SmsEncoding.GSM_7], _inside_an_escape(escaped))[0]


def _even_segments(units: int, alone: int, each: int) -> int:
    if units <= alone:
        return 1 if units else 0
    return -(-units // each)


def _pack(units: int, room: _Room, is_inside: Callable[[int], bool]) -> tuple[int, int]:
    """(segments, units left in the last one), filling one segment after the other.

    `is_inside(unit)` says whether a cut before that unit would go through a character. Filling each
    segment as far as it goes gives the fewest segments: a character moved on can only lengthen the
    rest.
    """
    if units <= room.alone:
        return (1 if units else 0), room.alone - units
    needed, start = 1, 0
    while units - start > room.each:
        start += room.each - is_inside(start + room.each)
        needed += 1
    return needed, room.each - (units - start)


def _inside_an_escape(escaped: str) -> Callable[[int], bool]:
    return lambda unit: escaped[unit - 1] == _ESCAPE


def _inside_a_pair(text: str) -> Callable[[int], bool]:
    raw = text.encode("utf-16-le", "surrogatepass")
    # A unit from D800 to DBFF is the first half of a pair.
    return lambda unit: 0xD8 <= raw[2 * unit - 1] <= 0xDB


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- The same text for less -----------------------------------------------------------------------

# Another form of the same sign, never another sign: the quotes, dashes and spaces of Twilio's Smart
# Encoding (twilio.com/docs/messaging/services/smart-encoding-char-list) with those of the same
# classes in Unicode that it passes over, and marks without a look of their own. Unlike there, a
# space stays one space, and no letter becomes another one.
_EQUIVALENTS: dict[str, str] = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u275b\u275c\uff07", "'"),
    **dict.fromkeys("\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u275d\u275e\u301d\u301e\uff02", '"'),
    **dict.fromkeys("\u00ab\u00bb\u02ba\u02ee", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
    "\u2026": "...",
    **dict.fromkeys("\t\u00a0\u1680\u202f\u205f\u3000", " "),
    **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "\r\n": "\n",
    # Soft hyphens, joiners, marks of direction: between GSM letters a phone shows nothing of them.
    **dict.fromkeys("\u00ad\u061c\u180e\u2060\ufe0e\ufe0f\ufeff", ""),
    **dict.fromkeys(map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F)]), ""),
    **dict.fromkeys(map(chr, range(0x2066, 0x206A)), ""),
}
_REPLACED = re.compile("|".join(map(re.escape, sorted(_EQUIVALENTS, reverse=True))))


def cheaper(text: str, kept: Iterable[tuple[int, int]] = ()) -> str:
    """The text with every dear character replaced by its equal in the GSM alphabet.

    Only if that brings the whole text into GSM-7 and takes no more segments; otherwise `text` as it
    is. The spans `kept` (start, end), in order, are left alone and not judged: `{{…}}`.
    """
    before, between, end = [], [], 0
    for kept_start, kept_end in kept:
        before.append(text[end:kept_start])
        between.append(text[kept_start:kept_end])
        end = kept_end
    before.append(text[end:])
    after = [_replaced(piece) for piece in before]
    judged = "".join(after)
    if _NOT_GSM.search(judged) or segments(judged) > segments("".join(before)):
        return text
    return "".join(map("".join, zip(after, [*between, ""], strict=True)))


def _replaced(piece: str) -> str:
    # Composed first (Unicode, canonical equivalence): "e" and an accent of its own are "é".
    composed = unicodedata.normalize("NFC", piece)
    return _REPLACED.sub(lambda match: _EQUIVALENTS[match[0]], composed)
