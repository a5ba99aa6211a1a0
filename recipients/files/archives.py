"""Opening an archive that a stranger made: what it lists of itself is bounded before it is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MOST_MEMBERS = 1_000
# The list of a thousand members takes less; so does a piece that is read of any of them.
_MOST_AT_ONCE = 1024 * 1024


class TooManyMembers(Exception):
    """It lists more than a table, a workbook or a document has."""


class _SmallReads(io.RawIOBase):
    """A file that hands out so much at once at most.

    `zipfile` reads the whole list of members in one go, as long as the archive says that it is.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(_MOST_AT_ONCE + 1 if size < 0 else min(size, _MOST_AT_ONCE + 1))
        if len(content) > _MOST_AT_ONCE:
            raise TooManyMembers
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


@contextmanager
def opened_archive(source: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open an archive; raise TooManyMembers before the list of its members takes any room.

    Whatever is wrong with it raises as `zipfile` does. A `source` that is open already stays open.
    """
    if isinstance(source, Path):
        with source.open("rb") as file, opened_archive(file) as archive:
            yield archive
        return
    with zipfile.ZipFile(_SmallReads(source)) as archive:
        if len(archive.infolist()) > MOST_MEMBERS:
            raise TooManyMembers
        yield archive
