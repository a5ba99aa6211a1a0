"""What a person says about a saved message besides its content."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from interface.form_fields import PlainText


class TemplateForm(forms.Form):
    """A template's name, and the folder it stands in."""

    name = PlainText(
        label=_("Name"),
        max_length=120,
        error_messages={
            "required": _("Give the template a name."),
            "max_length": _("Shorten the name to 120 characters."),
        },
    )
    folder = PlainText(
        label=_("Folder"),
        max_length=60,
        required=False,
        error_messages={"max_length": _("Shorten the folder's name to 60 characters.")},
    )
