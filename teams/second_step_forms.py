"""The forms of the second step: a code of an app, a recovery code, or a passkey's answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from interface.form_style import StyledFormMixin
from teams.adapters import SecondStepAdapter
from teams.throttling import Limit, count_try

# Whoever reads a code over a shoulder cannot use it again.
_CODE_USED = Limit("code-used", 1)


def _code_field() -> forms.CharField:
    return forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": "autofocus",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Enter the code.")},
    )


class _CodeMixin(StyledFormMixin, forms.Form):
    code = _code_field()

    def clean_code(self) -> str:
        """The code, which is right and was not used before."""
        code = str(self.cleaned_data["code"]).replace(" ", "")
        self.cleaned_data["code"] = code
        super().clean_code()  # type: ignore[misc]
        if not count_try(_CODE_USED, f"{self.user.pk} {code}"):  # type: ignore[attr-defined]
            raise SecondStepAdapter().validation_error("incorrect_code")
        return code


class SecondStepForm(_CodeMixin, AuthenticateForm):  # type: ignore[misc]
    """A code after the password."""

    code = _code_field()


class CodeAgainForm(_CodeMixin, ReauthenticateForm):  # type: ignore[misc]
    """A code of who is signed in, before something that a stranger must not do."""

    code = _code_field()


class AppForm(_CodeMixin, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that was just given its secret."""

    code = _code_field()


@contextmanager
def _understood() -> Iterator[None]:
    """Say of whatever a made-up answer makes its reader raise that it is not right."""
    try:
        yield
    except ValidationError:
        raise
    except Exception as error:
        raise SecondStepAdapter().validation_error("incorrect_code") from error


class _AnswerMixin(forms.Form):
    def clean_credential(self) -> Authenticator:
        """The passkey that gave the answer."""
        with _understood():
            passkey: Authenticator = super().clean_credential()  # type: ignore[misc]
        return passkey


class PasskeyStepForm(_AnswerMixin, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey's answer after the password."""


class PasskeyAgainForm(_AnswerMixin, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey's answer of who is signed in."""


class PasskeyAloneForm(_AnswerMixin, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey's answer instead of a password."""


class PasskeyForm(StyledFormMixin, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and what to call it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Such as “My phone”, so that you can recognise it."),
    )
    passwordless = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """All there is, once the answer was found to be right."""
        with _understood():
            said: dict[str, Any] = super().clean()
        return said
