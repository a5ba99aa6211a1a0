"""How states are stored: a column of words, and a constraint that only they are."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """A field's choices from an enumeration of states."""
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in words]


def choice_constraint(field: str, words: type[StrEnum], name: str) -> models.CheckConstraint:
    """A constraint that only these words are ever stored."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": sorted(word.value for word in words)}), name=name
    )
