"""What a page is narrowed down to: read from its address, and kept in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import ClassVar, Self

from django import forms


@dataclass(frozen=True, slots=True)
class AddressFilters:
    """Each field is a text as it stands in the address; "" where nothing is asked for.

    `form` says what values mean anything.
    """

    form: ClassVar[type[forms.Form]]

    @classmethod
    def read(cls, query: Mapping[str, object]) -> Self:
        """The filters in a query or in stored JSON; what means nothing is left out."""
        names = [field.name for field in fields(cls)]
        form = cls.form({name: str(query.get(name) or "") for name in names})
        form.is_valid()
        return cls(**{name: str(form.cleaned_data.get(name) or "") for name in names})

    def chosen(self) -> dict[str, str]:
        """Those that ask for something, by name: what an address has to say."""
        return {name: value for name, value in asdict(self).items() if value}
