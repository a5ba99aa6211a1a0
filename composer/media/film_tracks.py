"""Takes out of a film the tracks that are neither seen nor heard: a camera's positions, above all.

ISO/IEC 14496-12 (boxes; 8.3 tracks, 8.4.3 handlers, 8.7 where a track's samples lie). Such a track
becomes free space of the same length, and its samples zeros, so that nothing else moves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

# Of a film: pictures, sound, words to read, the time of day, and how it is streamed.
_SEEN_OR_HEARD = {b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"tmcd", b"hint"}
_Box = tuple[bytes, int, int]
"""Its name, and where its content begins and ends."""


def clear_data_tracks(film: bytearray) -> None:
    """Empty every track of a film that is data, and what it points to. What is broken stays."""
    for name, begin, end in _boxes(film, 0, len(film)):
        if name == b"moov":
            for track, at, until in list(_boxes(film, begin, end)):
                if track == b"trak" and _is_data(film, at, until):
                    _clear(film, at, until)


def _boxes(film: bytearray, begin: int, end: int) -> Iterator[_Box]:
    while begin + 8 <= end:
        length, name = struct.unpack_from(">I4s", film, begin)
        head = 8
        if length == 1 and begin + 16 <= end:
            (length,), head = struct.unpack_from(">Q", film, begin + 8), 16
        until = end if length == 0 else begin + length
        if 0 < length < head or until > end:
            return
        yield name, begin + head, until
        begin = until


def _inside(film: bytearray, begin: int, end: int, *path: bytes) -> tuple[int, int] | None:
    """Where the content of the first box with this path begins and ends."""
    for name in path:
        found = next((box for box in _boxes(film, begin, end) if box[0] == name), None)
        if found is None:
            return None
        _, begin, end = found
    return begin, end


def _is_data(film: bytearray, begin: int, end: int) -> bool:
    handler = _inside(film, begin, end, b"mdia", b"hdlr")
    if handler is None:
        return False
    return bytes(film[handler[0] + 8 : handler[0] + 12]) not in _SEEN_OR_HEARD


def _clear(film: bytearray, begin: int, end: int) -> None:
    # A track that says it holds more than there is would take for ever.
    left = len(film)
    for at, length in _chunks(film, begin, end):
        left -= length
        if left < 0:
            break
        if at + length <= len(film):
            film[at : at + length] = bytes(length)
    # Its length is in four bytes before its name, or in eight behind it.
    name = begin - (4 if film[begin - 4 : begin] == b"trak" else 12)
    film[name : name + 4] = b"free"
    film[begin:end] = bytes(end - begin)


def _chunks(film: bytearray, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each run of the track's samples lies, and how long it is."""
    table = _inside(film, begin, end, b"mdia", b"minf", b"stbl")
    boxes = {name: (at, until) for name, at, until in _boxes(film, *table)} if table else {}
    offsets = _column(film, boxes.get(b"stco"), 8, "I") or _column(film, boxes.get(b"co64"), 8, "Q")
    runs = _column(film, boxes.get(b"stsc"), 8, "I")
    sizes = _sizes(film, boxes.get(b"stsz"))
    # Each run: its first chunk, how many samples each of its chunks has, and a third number.
    firsts = [*(max(first, 1) for first in runs[::3]), len(offsets) + 1]
    sample = 0
    for (first, after), count in zip(pairwise(firsts), runs[1::3], strict=False):
        for chunk in offsets[first - 1 : after - 1]:
            yield chunk, sum(sizes[sample : sample + count])
            sample += count


def _sizes(film: bytearray, box: tuple[int, int] | None) -> list[int]:
    if box is None or box[0] + 12 > box[1]:
        return []
    same, count = struct.unpack_from(">II", film, box[0] + 4)
    # One size for all, or one for each; a film of this size has no more samples than bytes.
    return [same] * min(count, len(film)) if same else _column(film, box, 12, "I")


def _column(film: bytearray, box: tuple[int, int] | None, head: int, kind: str) -> list[int]:
    """The numbers of a box behind its head."""
    if box is None or box[0] + head > box[1]:
        return []
    count = (box[1] - box[0] - head) // struct.calcsize(kind)
    return list(struct.unpack_from(f">{count}{kind}", film, box[0] + head))
