"""Saving rows as they were left weeks ago, with the moments of then."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model

M = TypeVar("M", bound=Model)


def as_of(row: M) -> M:
    """Save a new row just as it is, also the moments that are otherwise those of saving.

    As a dump is read back in: no `save` of the model's own is called.
    """
    row.save_base(raw=True, force_insert=True)
    return row
