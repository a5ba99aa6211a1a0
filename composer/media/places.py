"""Takes places out of files that are published as they came: films, PDFs, Office documents.

Pictures are drawn anew and carry none. What is taken out is overwritten in its own length, so that
nothing else in the file moves.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice

from composer.media.file_kinds import content_type_of
from composer.media.film_tracks import clear_data_tracks

# What an Office document, and each of its parts, may hold when it is unpacked.
MOST_UNPACKED = 100_000_000
MOST_IN_A_PART = 20_000_000
# How many pictures with data of their own a file may hold, and what these are at most: more than
# any camera writes, and little enough to be looked through at once.
MOST_PICTURES = 2000
_MOST_ENTRIES = 1000
_MOST_IN_A_VALUE = 65_536
# ISO/IEC 29500-2, annex B: an Office document is packed in no other way.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_EXIF = b"Exif\0\0"
_TIFF = (b"II*\0", b"MM\0*")
# PNG, third edition, 5.2 and 5.3: how it begins; then length, name, data and sum of each chunk.
_PNG = b"\x89PNG\r\n\x1a\n"
_GPS_IFD = 0x8825
# How many bytes a value of each type of TIFF 6.0, section 2, takes.
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
# XMP, "EXIF schema for GPS": an attribute, or an element.
_XMP = re.compile(
    rb"""exif:GPS\w++\s*+=\s*+(?:"[^"<]{0,200}"|'[^'<]{0,200}')"""
    rb"""|<exif:GPS(\w++)[^>]{0,200}+>[^<]{0,200}+</exif:GPS\1>"""
)
# ISO 32000-1, 14.3.2: metadata as a stream, here one that is packed (7.4.4).
_STREAM = re.compile(rb"\bstream\r?\n")
_LONGEST_HEAD = 400
_LONGEST_METADATA = 262_144
_MOST_STREAMS, _MOST_METADATA_STREAMS = 200_000, 100
_MOST_METADATA = 4_000_000
# ISO 6709, annex H: how films write where they were taken ("+52.5200+013.4050/").
_ISO_6709 = re.compile(
    rb"[+-]\d{2,6}(?:\.\d{1,12})?[+-]\d{3,7}(?:\.\d{1,12})?(?:[+-]\d{1,6}(?:\.\d{1,12})?)?"
    rb"(?:CRS[\w:]{1,20})?/"
)
# 3GPP TS 26.244, 8.8: length, name, version and flags.
_LOCI = re.compile(rb"\0\0(..)loci\0{4}", re.DOTALL)


class TooMuchInside(ValueError):
    """It unpacks to more than is looked at here, or is packed in a way that may."""


def without_places(content: bytes, content_type: str) -> bytes:
    """The file without the places it says it was made at. Raises TooMuchInside."""
    if content.startswith(b"PK"):
        return _archive_without(content)
    if _pictures_in(content) > MOST_PICTURES:
        raise TooMuchInside
    return _one_without(content, content_type)


def _pictures_in(content: bytes) -> int:
    """How often, at most, the data of a picture has to be looked for in it."""
    return 1 + content.count(_EXIF) + content.count(b"eXIf")


def _one_without(content: bytes, content_type: str) -> bytes:
    is_film = content_type.startswith("video/")
    return _film_without(content) if is_film else _picture_without(content)


def _film_without(content: bytes) -> bytes:
    cleared = bytearray(_XMP.sub(_blank, _ISO_6709.sub(_blank, content)))
    for box in _LOCI.finditer(content):
        begin, length = box.start(), int.from_bytes(box[1])
        if length > 8 and begin + length <= len(cleared):
            cleared[begin + 4 : begin + 8] = b"free"
            cleared[begin + 8 : begin + length] = bytes(length - 8)
    clear_data_tracks(cleared)
    return bytes(cleared)


def _picture_without(content: bytes) -> bytes:
    """A picture, or a file that holds pictures as they are, as PDFs do."""
    cleared = bytearray(_XMP.sub(_blank, content))
    if content.startswith(b"%PDF"):
        _clear_packed(cleared)
    begin = content.find(_EXIF)
    while begin >= 0:
        _clear_gps(cleared, begin + len(_EXIF))
        begin = content.find(_EXIF, begin + len(_EXIF))
    if content.startswith(_TIFF):
        _clear_gps(cleared, 0)
    if content.startswith(_PNG):
        _clear_png(cleared)
    return bytes(cleared)


def _clear_packed(content: bytearray) -> None:
    """Empty the places in a PDF's packed metadata, which is packed again into the same room.

    What stands behind the end of packed data is not read (RFC 1950, 2.2).
    """
    for begin, end in islice(_packed_metadata(bytes(content)), _MOST_METADATA_STREAMS):
        unpacking = zlib.decompressobj()
        try:
            metadata = unpacking.decompress(bytes(content[begin:end]), _MOST_METADATA)
        except zlib.error:
            continue
        if not _XMP.search(metadata):
            continue
        packed = zlib.compress(_XMP.sub(_blank, metadata), 9)
        # Where it does not fit it goes as a whole: nobody needs it to read the document.
        if len(packed) > end - begin:
            packed = zlib.compress(b"")
        content[begin:end] = packed.ljust(end - begin, b"\0")


def _packed_metadata(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each begins and ends, by the words of its head."""
    for found in islice(_STREAM.finditer(content), _MOST_STREAMS):
        head = content[max(0, found.start() - _LONGEST_HEAD) : found.start()].rpartition(b"<<")[2]
        if b"/Metadata" in head and b"/FlateDecode" in head:
            end = content.find(b"endstream", found.end(), found.end() + _LONGEST_METADATA)
            yield found.end(), max(end, found.end())


def _clear_png(content: bytearray) -> None:
    """Empty the GPS directory of its Exif, and make the sums of what may have changed true."""
    begin = len(_PNG)
    while begin + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, begin)
        end = begin + 8 + length
        if end + 4 > len(content):
            return
        if name == b"eXIf":
            _clear_gps(content, begin + 8)
        if name in {b"eXIf", b"iTXt"}:
            struct.pack_into(">I", content, end, zlib.crc32(content[begin + 4 : end]))
        begin = end + 4


def _clear_gps(content: bytearray, begin: int) -> None:
    """Empty the GPS directory of the TIFF structure that begins here, if it is one."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(content[begin : begin + 2]))
    if order is None:
        return
    try:
        (first,) = struct.unpack_from(f"{order}I", content, begin + 4)
        for tag, _kind, _count, place in _entries(content, begin, first, order):
            if tag == _GPS_IFD:
                (offset,) = struct.unpack_from(f"{order}I", content, place)
                _empty(content, begin, offset, order)
                return
    except struct.error:
        return


def _empty(content: bytearray, begin: int, offset: int, order: str) -> None:
    entries = _entries(content, begin, offset, order)
    for _tag, kind, count, place in entries:
        size = _WIDTHS.get(kind, 0) * count
        if 4 < size < _MOST_IN_A_VALUE:
            (value,) = struct.unpack_from(f"{order}I", content, place)
            end = min(begin + value + size, len(content))
            content[begin + value : end] = bytes(max(end - begin - value, 0))
    # No entries, and nothing where they were.
    end = begin + offset + 2 + 12 * len(entries)
    content[begin + offset : end] = bytes(end - begin - offset)


def _entries(
    content: bytearray, begin: int, offset: int, order: str
) -> list[tuple[int, int, int, int]]:
    """(tag, type, count, where its value stands) of a directory of TIFF."""
    (count,) = struct.unpack_from(f"{order}H", content, begin + offset)
    places = [begin + offset + 2 + 12 * index for index in range(min(count, _MOST_ENTRIES))]
    return [(*struct.unpack_from(f"{order}HHI", content, place), place + 8) for place in places]


def _archive_without(content: bytes) -> bytes:
    """The same archive, its pictures and films without their places."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        # No part yields more than the size that it states: its reader stops there.
        sizes = [member.file_size for member in old.infolist()]
        if max(sizes) > MOST_IN_A_PART or sum(sizes) > MOST_UNPACKED:
            raise TooMuchInside
        pictures = 0
        for member in old.infolist():
            if member.compress_type not in _PACKED:
                raise TooMuchInside
            with old.open(member) as source:
                part = source.read(MOST_IN_A_PART)
            pictures += _pictures_in(part)
            if pictures > MOST_PICTURES:
                raise TooMuchInside
            with new.open(member, "w") as target:
                target.write(_one_without(part, content_type_of(part[:4096])))
    return out.getvalue()


def _blank(found: re.Match[bytes]) -> bytes:
    return b" " * len(found[0])
