"""One phone number as a person types their own: with its country code."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Stands in place of a number that was erased, before what tells the row from others.
ERASED = "~"


def is_erased(phone: str) -> bool:
    """Whether a number stood here once, and was erased."""
    return phone.startswith(ERASED)


def parse_phone(text: str) -> str:
    """`+1 (631) 747-1111` -> `+16317471111` (E.164). Raises ValidationError."""
    written = text.strip()
    try:
        number = phonenumbers.parse("+" + written[2:] if written.startswith("00") else written)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(
            _("Write the number with its country code, such as +1 631 747 1111."), code="phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def validate_phone(phone: str) -> None:
    """Raise ValidationError unless `phone` is a number in E.164."""
    if parse_phone(phone) != phone:
        raise ValidationError(_("Write the number as +16317471111."), code="phone")


class PhoneField(forms.CharField):
    """A number with its country code; cleans to E.164, or to "" where nothing is required."""

    widget = forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return parse_phone(text) if text else ""
