"""How a text file's bytes are to be read."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum
from pathlib import Path

# How many bytes are looked at to find out what a file is.
SAMPLE = 64 * 1024
_CHUNK = 1024 * 1024
_SURROGATE = re.compile("[\udc80-\udcff]")


class FileEncoding(StrEnum):
    """How a text file's bytes are to be read."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1252 = "windows-1252"

    @property
    def codec(self) -> str:
        """Python's name of the codec."""
        return "cp1252" if self is FileEncoding.WINDOWS_1252 else self.value


def detect_encoding(path: Path) -> tuple[FileEncoding, bool]:
    """Return the encoding, and whether there may be NUL characters to be passed over."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        if wide := utf_16(start):
            return wide, True
        file.seek(0)
        right, wrong, has_nul = 0, 0, False
        while chunk := file.read(_CHUNK):
            # To the end of the line, so that no character is cut in two.
            chunk += file.readline(_CHUNK)
            has_nul = has_nul or b"\0" in chunk
            if not chunk.isascii():
                more_right, more_wrong = _count_utf_8(chunk)
                right, wrong = right + more_right, wrong + more_wrong
    return (FileEncoding.WINDOWS_1252 if wrong > right else FileEncoding.UTF_8), has_nul


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
    return None
