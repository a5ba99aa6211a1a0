"""How much an address takes in: what is larger is refused before a byte of it is stored.

Whoever is not signed in can send to every form. So the size is looked at before anything reads the
body, and a file is stored only where a view has asked for one (OWASP ASVS 5.0, 5.2.1 and 15.2.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from interface import errors

MEGABYTE = 1024 * 1024
View = TypeVar("View", bound=Callable[..., HttpResponseBase])
# Nobody sends so much: a length of more digits is no length.
_MOST_DIGITS = 15


def takes_file(most_megabytes: Callable[[], int]) -> Callable[[View], View]:
    """Decorate a view that takes a file of so many megabytes, besides the fields of its form."""

    def decorate(view: View) -> View:
        view.most_bytes = lambda: most_megabytes() * MEGABYTE + _most_of_fields()  # type: ignore[attr-defined]
        return view

    return decorate


def limits_its_body(view: View) -> View:
    """Decorate a view that reads the raw body itself, in chunks too, as far as it wants it."""
    view.most_bytes = None  # type: ignore[attr-defined]
    return view


class SizeFirst:
    """Answers 413 for a body larger than its address takes, and 411 for one without a length.

    It stands first, as its `process_view` has to come before whatever else reads the body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponse | None:
        """Refuse what is too large; nothing of the body has been read yet."""
        most_bytes = getattr(view, "most_bytes", _most_of_fields)
        if most_bytes is None:
            return None
        if "Transfer-Encoding" in request.headers:
            return errors.without_length(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return errors.bad_request(request)
        most = most_bytes()
        if len(length) > _MOST_DIGITS or int(length) > most:
            return errors.too_large(request, most // MEGABYTE)
        return None


class NoFile(FileUploadHandler):
    """Lets every file pass by unstored: what stands where a view has not asked for one."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip it; the fields of the form are read all the same."""
        super().new_file(*args, **kwargs)
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Never called, as each file is skipped."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """There is no file."""


def _most_of_fields() -> int:
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return most
