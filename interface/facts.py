"""What happened stays: rows that are added and never changed or deleted by code.

The database holds the same (each `append_only`), in case somebody comes another way.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class FactsStay(TypeError):
    """Code tried to change or delete a fact: a bug."""


class KeptQuerySet(models.QuerySet[M]):
    """Rows that stay."""

    def delete(self) -> NoReturn:
        """Refuse."""
        raise FactsStay


class FactQuerySet(KeptQuerySet[M]):
    """Rows that are only ever added and read."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise FactsStay


class Fact(models.Model):
    """A row that is written once. It goes only together with a draft that was never sent."""

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it; a second time is refused."""
        if not self._state.adding:
            raise FactsStay
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise FactsStay
