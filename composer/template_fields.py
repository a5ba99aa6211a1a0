"""Fields that the forms of saved messages and of WhatsApp templates have in common."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from interface.form_fields import PlainText


class TemplateName(PlainText):
    """What a team calls a template of its own."""

    default_error_messages = {
        "required": gettext_lazy("Give the template a name."),
        "max_length": gettext_lazy("Shorten the name to 120 characters."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(label=gettext_lazy("Name"), max_length=120, **options)
