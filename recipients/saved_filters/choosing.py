"""Form fields for choosing things by the ids that people may see."""

from __future__ import annotations

from typing import Any

from django import forms

from interface.form_fields import is_uuid


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
