"""What people can say about opt-outs."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interface.form_style import StyledForm
from recipients.files.storing import StoredUpload


class OptOutForm(StyledForm):
    """Numbers to enter into the register, pasted or in a file, and why."""

    # The same form sent twice is one import of its file.
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    numbers = forms.CharField(
        label=_("Phone numbers"),
        required=False,
        max_length=300_000,
        widget=forms.Textarea(
            attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false", "inputmode": "tel"}
        ),
        help_text=_("One on each line or several in a row, with or without names."),
    )
    file = forms.FileField(
        label=_("Or a file with a column of phone numbers"),
        required=False,
        allow_empty_file=True,
        help_text=_(
            "CSV, TSV, XLSX, XLS, ODS or vCard. You see how we read it before anyone is opted out."
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example, how they asked. It is saved with each number."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        has_file = isinstance(cleaned.get("file"), StoredUpload)
        if not self.errors and not has_file and not cleaned.get("numbers", "").strip():
            self.add_error("numbers", gettext("Paste at least one phone number, or choose a file."))
        return cleaned


class LiftForm(StyledForm):
    """Why somebody may be messaged again."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _(
                "Say why this person can get messages again. We keep it with the opt-out."
            )
        },
    )
