"""An upload on its way to the disk: untouched, under a name nobody chose, and never too large."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    SkipFile,
    StopFutureHandlers,
    StopUpload,
)
from django.http import HttpRequest

from interface import shared_files
from recipients.files.file_problems import FileFault, FileProblem
from recipients.files.row_sources import ReadOptions

FILE_FIELD = "file"
MEGABYTE = 1024 * 1024


class StoredUpload(UploadedFile):  # type: ignore[type-arg]  # generic only in the stubs
    """A received file: `stored_name` in settings.UPLOADS_DIR, `size` in bytes and `sha256`."""

    def __init__(self, name: str, stored_name: str, size: int, sha256: str) -> None:
        super().__init__(file=None, name=name, size=size)
        self.stored_name = stored_name
        self.sha256 = sha256


class ListFileHandler(FileUploadHandler):
    """Writes the uploaded file to settings.UPLOADS_DIR as it arrives, mode 0600.

    Stops at settings.UPLOAD_MAX_MB: the part received is deleted at once and `problem` is set, so
    that the disk never holds more than one file of that size for each request.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.problem: FileProblem | None = None
        self._file: IO[bytes] | None = None
        self._stored_name = ""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the file on disk; skip all but the first one of the field."""
        super().new_file(*args, **kwargs)
        if self.field_name != FILE_FIELD or self._stored_name:
            raise SkipFile
        settings.UPLOADS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._stored_name = secrets.token_hex(16)
        self._size = 0
        self._hash = hashlib.sha256()
        path = _folder() / self._stored_name
        self._file = open(path, "xb", opener=_private)  # noqa: SIM115
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002
        """Write a piece; raise StopUpload beyond the limit."""
        assert self._file is not None
        self._size += len(raw_data)
        if self._size > settings.UPLOAD_MAX_MB * MEGABYTE:
            self._abandon()
            self.problem = FileProblem(FileFault.TOO_LARGE, most=settings.UPLOAD_MAX_MB)
            # The rest is read and thrown away: an answer during the upload would not be seen.
            raise StopUpload(connection_reset=False)
        self._hash.update(raw_data)
        with self._abandoning():
            self._file.write(raw_data)

    def file_complete(self, file_size: int) -> StoredUpload:  # noqa: ARG002
        """Return what the form gets as its file."""
        assert self._file is not None
        with self._abandoning():
            self._file.close()
        self._file = None
        return StoredUpload(
            self.file_name or "", self._stored_name, self._size, self._hash.hexdigest()
        )

    def upload_interrupted(self) -> None:
        """The connection broke: leave nothing behind."""
        self._abandon()

    @contextmanager
    def _abandoning(self) -> Iterator[None]:
        """Leave no half a file where the disk fails, which the page for that tells."""
        try:
            yield
        except OSError:
            self._abandon()
            raise

    def _abandon(self) -> None:
        if self._file is not None:
            # What a full disk did not take before it does not take now.
            with suppress(OSError):
                self._file.close()
            self._file = None
            delete_stored(self._stored_name)


def store_upload(content: bytes) -> str:
    """Write what did not come as a file; return its internal name."""
    settings.UPLOADS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    stored_name = secrets.token_hex(16)
    try:
        with open(_folder() / stored_name, "xb", opener=_private) as file:
            file.write(content)
    except OSError:
        delete_stored(stored_name)
        raise
    return stored_name


def stored_path(stored_name: str) -> Path:
    """Where the file of that internal name lies, brought here if it was uploaded elsewhere."""
    return shared_files.here(_folder() / stored_name)


def is_stored(stored_name: str) -> bool:
    """Whether the file of that internal name is still kept."""
    return bool(stored_name) and shared_files.is_there(_folder() / stored_name)


def rows_path(stored_name: str, reading: ReadOptions) -> Path:
    """Where the rows of that file are read: of a workbook, the text made of the chosen sheet."""
    if not reading.sheet:
        return stored_path(stored_name)
    kind = "all" if reading.with_hidden else "seen"
    name = f"{stored_name}.{kind}-{reading.sheets.index(reading.sheet)}.csv"
    return stored_path(name)


def delete_stored(stored_name: str) -> None:
    """Delete a stored file and what was made of it; what is gone already is no error."""
    if stored_name:
        shared_files.delete(_folder() / stored_name)


def _folder() -> Path:
    return Path(settings.UPLOADS_DIR)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
