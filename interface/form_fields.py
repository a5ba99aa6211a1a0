"""Form fields that every subject uses."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms


class PlainText(forms.CharField):
    """A text as typed, with one kind of line break and without what no database stores."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


class PublicChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One object by its public id; anything else is no valid choice, whatever it looks like."""

    def to_python(self, value: Any) -> Any:
        if value and not is_uuid(value):
            raise forms.ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().to_python(value)


def is_uuid(text: object) -> bool:
    """Whether this could be a public id."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


class PublicChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several objects by their public ids."""

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
        return super().clean(value)
