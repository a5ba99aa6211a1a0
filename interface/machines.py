"""Addresses that programs call: no pages, no sessions and no forms, but answers of their own form.

An app that answers programs registers where, and how it says that something went wrong, so that
what is refused before its views (a size, a method, an unknown address) is said in that form too.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

# A status, a title and a sentence, as an answer.
Answers = Callable[[int, str, str], HttpResponse]

_doors: dict[str, str] = {}


def open_door(prefix: str, answers: str) -> None:
    """Register that addresses which begin with `prefix` are for programs.

    `answers` is the dotted path of an `Answers`: what it needs is imported once somebody calls, so
    that a worker, whom nobody calls, begins without it.
    """
    _doors[prefix] = answers


def answers_of(request: HttpRequest) -> Answers | None:
    """How whoever answers at this address says that something went wrong; None: it is a page."""
    answers = (_doors[prefix] for prefix in _doors if request.path.startswith(prefix))
    return next(map(import_string, answers), None)
