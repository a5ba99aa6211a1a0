"""Addresses that programs call: no pages, no sessions and no forms, but answers of their own form.

An app that answers programs registers where, and how it says that something went wrong, so that
what is refused before its views (a size, a method, an unknown address) is said in that form too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

# A status, a title and a sentence, as an answer.
Answers = Callable[[int, str, str], HttpResponse]

# What a page tells people to do is nothing that a program can.
_SENTENCES: Mapping[int, str | Promise] = {
    400: _("The request cannot be read."),
    404: _("There is no such address."),
    405: _("The address does not take this method."),
    411: _("Send the size of the body, as Content-Length."),
    500: _(
        "Something went wrong here. It may or may not have been done: send the same again, with "
        "the same Idempotency-Key."
    ),
    503: _(
        "This is not possible at the moment. Send the same again in half a minute, with the same "
        "Idempotency-Key."
    ),
}
_doors: dict[str, str] = {}


def open_door(prefix: str, answers: str) -> None:
    """Register that addresses which begin with `prefix` are for programs.

    `answers` is the dotted path of an `Answers`: what it needs is imported once somebody calls, so
    that a worker, whom nobody calls, begins without it.
    """
    _doors[prefix] = answers


def sentence_for(status: int, sentence: str) -> str:
    """What a program is told instead of a page's sentence."""
    return str(_SENTENCES.get(status, sentence))


def answers_of(request: HttpRequest) -> Answers | None:
    """How whoever answers at this address says that something went wrong; None: it is a page."""
    answers = (_doors[prefix] for prefix in _doors if request.path.startswith(prefix))
    return next(map(import_string, answers), None)
