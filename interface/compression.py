"""Pages go out compressed: a composer of 90 kB takes a second on a slow phone, and 15 kB do not.

What BREACH reads out of compressed pages is guarded twice by Django: the token of a form is masked
anew in each answer (`csrf.get_token`), and each answer is lengthened by up to 100 random bytes, so
that its size says little (`GZipMiddleware.max_random_bytes`). Only texts are compressed: a picture
is already, and a download is one file for one person.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_TEXTS = ("text/html", "application/json")


class CompressedPages(GZipMiddleware):
    """Compresses pages, fragments and the API's answers, for whoever can read that."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The answer, compressed where it is a text."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in _TEXTS:
            return response
        return super().process_response(request, response)
