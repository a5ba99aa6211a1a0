"""How every form of the dashboard looks: `{% crispy form %}`, errors at the field and on top.

Put `{% error_summary form %}` above; the buttons belong to the template.
"""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms


class StyledFormMixin:
    """Gives a form the helper that `{% crispy form %}` asks for, and no colons after labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    @property
    def helper(self) -> FormHelper:
        """Fields only: no <form>, no buttons, no general errors (the summary shows them)."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.form_show_errors = True
        helper.error_text_inline = True
        helper.form_error_title = ""
        return helper


class StyledForm(StyledFormMixin, forms.Form):
    """A form of the dashboard."""


def email_input(**attrs: str) -> forms.EmailInput:
    """An input for an e-mail address that no phone capitalises or corrects."""
    return forms.EmailInput(
        attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false", **attrs}
    )


def password_input(autocomplete: str) -> forms.PasswordInput:
    """An input that password managers understand: "current-password" or "new-password"."""
    return forms.PasswordInput(attrs={"autocomplete": autocomplete})
