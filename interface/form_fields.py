"""Form fields that every subject uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.forms.models import ModelChoiceIterator

from interface.prepared_queries import Prepared


class PlainText(forms.CharField):
    """A text as typed, with one kind of line break and without what no database stores."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


class Rows:
    """Rows that a form offers: of a query that is asked with these values, once it is needed."""

    def __init__(self, query: Prepared[..., Any], *values: Any) -> None:
        self._query, self._values = query, values

    def all(self) -> list[Any]:
        """All of them, in their order."""
        return self._query(*self._values)

    def among(self, public_ids: Iterable[str]) -> Iterable[Any]:
        """Those that have one of these ids."""
        return self._query.query(*self._values).filter(public_id__in=public_ids)


class Offer:
    """The rows that a form offers, read once for all of its fields that offer them.

    `known`: rows of them that the caller has already. `wanted`: public ids that will be asked for,
    by whatever field.
    """

    def __init__(self, rows: Rows, known: Iterable[Any] = (), wanted: Collection[str] = ()) -> None:
        self._rows = rows
        self._read: dict[str, Any] = {str(row.public_id): row for row in known}
        self._wanted = {str(UUID(key)) for key in wanted if is_uuid(key)}

    @cached_property
    def all_rows(self) -> list[Any]:
        """All of them, in their order."""
        rows = self._rows.all()
        self._read = {str(row.public_id): row for row in rows}
        self._wanted = set()
        return rows

    def among(self, public_ids: Iterable[Any]) -> list[Any]:
        """Those of the rows that have one of these ids."""
        asked = [str(UUID(str(key))) for key in public_ids]
        missing = (self._wanted | set(asked)) - self._read.keys()
        if missing and "all_rows" not in self.__dict__ and not self._read.keys() >= set(asked):
            self._read |= {str(row.public_id): row for row in self._rows.among(missing)}
            self._wanted = set()
        return [self._read[key] for key in dict.fromkeys(asked) if key in self._read]


class _OfferedRows(ModelChoiceIterator):  # type: ignore[type-arg]
    """The choices of a field: its offer's if it has one."""

    def __iter__(self) -> Iterator[Any]:
        offer: Offer | None = getattr(self.field, "offer", None)
        if offer is None:
            yield from super().__iter__()
            return
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        yield from map(self.choice, offer.all_rows)

    def __len__(self) -> int:
        offer: Offer | None = getattr(self.field, "offer", None)
        if offer is None:
            return super().__len__()
        return len(offer.all_rows) + (self.field.empty_label is not None)

    def __bool__(self) -> bool:
        return len(self) > 0


class PublicChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One object by its public id; anything else is no valid choice, whatever it looks like.

    Of `offer`, where a form sets one; else of `queryset`.
    """

    offer: Offer | None = None
    iterator = _OfferedRows

    def to_python(self, value: Any) -> Any:
        if value and not is_uuid(value):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        if self.offer is None or not value:
            return super().to_python(value)
        found = self.offer.among([value])
        if not found:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return found[0]


def is_uuid(text: object) -> bool:
    """Whether this could be a public id."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


class PublicChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several objects by their public ids: of `offer` where a form sets one, else of `queryset`."""

    offer: Offer | None = None
    iterator = _OfferedRows

    def __init__(self, objects: Any, label: Any) -> None:
        super().__init__(
            objects.none(),
            label=label,
            to_field_name="public_id",
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def clean(self, value: Any) -> Any:
        if not all(is_uuid(item) for item in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        if self.offer is None or not value:
            return super().clean(value)
        chosen = self.offer.among(value)
        if {str(row.public_id) for row in chosen} != {str(UUID(str(key))) for key in value}:
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return chosen
