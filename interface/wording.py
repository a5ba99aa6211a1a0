"""Counts and words as people read them."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import ngettext

Text = str | Promise


def number(value: int) -> str:
    """`43377` -> `43,377`."""
    return number_format(value, use_l10n=True, force_grouping=True)


def people(count: int) -> str:
    """`1 person`, `43,377 people`."""
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": number(count)}


def jobs(count: int) -> str:
    """`1 job`, `44 jobs`."""
    return ngettext("%(n)s job", "%(n)s jobs", count) % {"n": number(count)}
