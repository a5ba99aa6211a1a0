"""Taking in the body of a call: counted, hashed and put aside, before anything looks at it.

It goes into a file as soon as it is larger than some kilobytes, so that memory stays flat however
long it is, and whoever sends slowly keeps no transaction open.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from django.http import HttpRequest

_PIECE = 64 * 1024
_IN_MEMORY = 256 * 1024


class BodyTooLarge(Exception):
    """There is more of it than the address takes; `most_megabytes` would have been right."""

    def __init__(self, most_megabytes: int) -> None:
        super().__init__(most_megabytes)
        self.most_megabytes = most_megabytes


class BodyCutShort(Exception):
    """The connection ended before all of it was here."""


@dataclass(slots=True)
class SpooledBody:
    """A body that is here as a whole; `file` stands at its beginning."""

    file: IO[bytes]
    size: int
    sha256: str

    def close(self) -> None:
        """Forget it."""
        self.file.close()


def spool_body(request: HttpRequest, most_megabytes: int) -> SpooledBody:
    """Take in the body of a request that nothing has read from yet.

    Raises BodyTooLarge, by its announced length before a byte is read, and BodyCutShort.
    """
    most = most_megabytes * 1024 * 1024
    announced = _announced(request)
    if announced is not None and announced > most:
        raise BodyTooLarge(most_megabytes)
    # Of a body in chunks the web server knows the end, and Django does not.
    stream = request if announced is not None else request.META["wsgi.input"]
    file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    digest, size = hashlib.sha256(), 0
    try:
        while piece := _next_piece(stream):
            size += len(piece)
            if size > most:
                raise BodyTooLarge(most_megabytes)
            digest.update(piece)
            file.write(piece)
        if announced is not None and size < announced:
            raise BodyCutShort
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return SpooledBody(file, size, digest.hexdigest())


def _announced(request: HttpRequest) -> int | None:
    """How long it says it is; None: it comes in chunks, and the web server knows its end."""
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if is_chunked and request.META.get("wsgi.input_terminated"):
        return None
    length = request.META.get("CONTENT_LENGTH") or "0"
    # A length of more digits is no length; nobody sends so much.
    return int(length) if length.isdecimal() and len(length) <= 15 else 10**15


def _next_piece(stream: IO[bytes] | HttpRequest) -> bytes:
    try:
        piece: bytes = stream.read(_PIECE)
    except OSError:
        raise BodyCutShort from None
    return piece
