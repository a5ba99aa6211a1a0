"""Pages for what went wrong: what happened and what to do; for HTMX, one sentence to show.

They use no database, no session and no context, because those may be what went wrong.
"""

from __future__ import annotations

import errno
import sys

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from interface import machines
from interface.database_errors import is_away, is_held_up


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: we could not make sense of what the browser sent."""
    del exception  # Its text may hold what was sent.
    return _page(
        request,
        400,
        _("We could not understand that"),
        _("Your browser sent something we did not expect. Go back, reload the page and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the sentence comes from whoever refused (`teams.access.require`)."""
    reason = str(exception) if isinstance(exception, PermissionDenied) else ""
    return _page(
        request,
        403,
        _("You may not do this"),
        reason or _("Your account does not allow this. Ask an owner of your team."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose protection against forgery did not match; `reason` is for the log.

    The header lets static/js/page.js ask for what the form needs, and send it again.
    """
    del reason
    page = _page(
        request,
        403,
        _("This form is out of date"),
        _(
            "You may have signed in or out in another tab, or cookies are off, so nothing was "
            "changed. Go back, reload the page and send the form again."
        ),
    )
    page.headers["X-Form-Outdated"] = "yes"
    return page


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: also for what belongs to another team."""
    del exception
    return _page(
        request,
        404,
        _("There is nothing here"),
        _(
            "The address may be mistyped, what was here may have been deleted, or it belongs to a"
            " team you are not in. Check the address, or start from the overview."
        ),
    )


def not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
    """405: a page that takes no form, or a button's address that was opened as a page."""
    page = _page(
        request,
        405,
        _("This page cannot be opened"),
        _(
            "The address belongs to a button or a form, and nothing was changed. Go back to the "
            "page with the button, or start from the overview."
        ),
    )
    page.headers["Allow"] = methods
    return page


def too_large(request: HttpRequest, most_megabytes: int) -> HttpResponse:
    """413: more than the address takes; nothing of it was read."""
    return _page(
        request,
        413,
        _("This is too large"),
        _(
            "You sent more than the %(most)d MB that fit here, so nothing was kept and nothing was"
            " changed. Go back, choose a smaller file or send it in parts, and try again."
        )
        % {"most": most_megabytes},
    )


def without_length(request: HttpRequest) -> HttpResponse:
    """411: a body in chunks, which might never end."""
    return _page(
        request,
        411,
        _("We cannot tell how large this is"),
        _(
            "It came in pieces and without its size, so nothing was kept and nothing was changed."
            " Browsers send the size: open the page in one and try again."
        ),
    )


def no_place_left(request: HttpRequest) -> HttpResponse:
    """503: as many files are being opened as this machine opens at once."""
    page = _page(
        request,
        503,
        _("Other files are being opened first"),
        _(
            "Only a few files are opened at a time. Yours was not kept, and nothing was "
            "changed: wait half a minute and choose it again."
        ),
    )
    page.headers["Retry-After"] = str(RETRY_SECONDS)
    return page


# What a file that cannot be written fails with: the disk is full, read-only, over a quota, broken.
DISK_FAILURES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
# A writer that holds the database up is done, or given up on, within this time.
RETRY_SECONDS = 30
# As long as PostgreSQL lets a frozen process hold something (`config.databases`).
HELD_UP_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our own fault.

    503 while the database is away, full or held up by another process, and while no file can be
    written.
    """
    failure = sys.exc_info()[1]
    if failure is not None and is_held_up(failure):
        return _held_up(request)
    if failure is not None and is_away(failure):
        return _without_database(request)
    if isinstance(failure, OSError) and failure.errno in DISK_FAILURES:
        return _without_disk(request)
    return _page(
        request,
        500,
        _("Something went wrong on our side"),
        _(
            "We have noted it. What you did last may or may not have been done: look at the"
            " overview before you try again."
        ),
    )


def _held_up(request: HttpRequest) -> HttpResponse:
    page = _page(
        request,
        503,
        _("Something else has to be finished first"),
        _(
            "Someone else, or the sending, is changing the same thing, so nothing was changed "
            "and nothing is lost. Wait ten seconds and do it again; if this stays, tell the "
            "person who manages this server."
        ),
    )
    page.headers["Retry-After"] = str(HELD_UP_SECONDS)
    return page


def _without_database(request: HttpRequest) -> HttpResponse:
    page = _page(
        request,
        503,
        _("The database cannot be used at the moment"),
        _(
            "What you did last may not have been kept: wait half a minute, look whether it is "
            "there, and try again if it is not. If this stays, tell the person who manages this "
            "server."
        ),
    )
    page.headers["Retry-After"] = str(RETRY_SECONDS)
    return page


def _without_disk(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        503,
        _("No file can be stored at the moment"),
        _(
            "The disk of this server is full or cannot be written, so the file was not kept. Tell"
            " the person who manages this server, and try again once there is room."
        ),
    )


def _page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    if answers := machines.answers_of(request):
        return answers(status, title, machines.sentence_for(status, sentence))
    if request.headers.get("HX-Request") == "true":
        # static/js/page.js shows a plain text answer as it is.
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    page = render_to_string(
        "interface/error.html", {"status": status, "title": title, "sentence": sentence}
    )
    return HttpResponse(page, status=status)
