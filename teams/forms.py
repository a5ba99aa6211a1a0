"""The forms of signing in, of a person's account and of a team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from interface.countries import country_choices
from interface.form_style import StyledForm, StyledFormMixin, email_input, password_input
from interface.names import validate_no_address
from interface.phones import PhoneField
from interface.time_zones import zone_choices
from teams.models import NeedsSecondStep, Role, StopWay, Team, User


def _current_password() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        widget=password_input("current-password"),
        error_messages={"required": _("Enter your password.")},
    )


def _own_zone_field() -> forms.ChoiceField:
    """Where somebody is; the page's script chooses the browser's own (`static/js/own_zone.js`)."""
    return forms.ChoiceField(
        label=_("Your time zone"),
        choices=lambda: [("", _("Same as the team")), *zone_choices()],
        required=False,
        widget=forms.Select(attrs={"data-own-zone": ""}),
        help_text=_(
            "For times in your account and in e-mails to you. Campaigns use the team's time zone."
        ),
    )


class SignInForm(StyledForm):
    """An address and a password; whether they belong together, `teams.views.signing_in` says."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=email_input(autocomplete="username", autofocus="autofocus"),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.org."),
        },
    )
    password = _current_password()


class PasswordAgainForm(StyledForm):
    """The password of who is signed in, before something that a stranger must not do."""

    password = _current_password()


class AddressForm(StyledForm):
    """Where to send a link."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=email_input(autofocus="autofocus"),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.org."),
        },
    )


class NewPasswordForm(StyledFormMixin, SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice."""


class ChangePasswordForm(StyledFormMixin, PasswordChangeForm):
    """The present password, and a new one twice."""


class ProfileForm(StyledFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A person's own name and address; another address needs the password as well."""

    current_password = forms.CharField(
        label=_("Your password"),
        strip=False,
        required=False,
        widget=password_input("current-password"),
        help_text=_("Only needed to change your e-mail address."),
    )

    class Meta:
        model = User
        fields = ("name", "email", "phone", "language", "time_zone")
        widgets = {"email": email_input()}
        labels = {"name": _("Name"), "email": _("E-mail address")}
        error_messages = {
            "name": {"required": _("Enter your name.")},
            "email": {"required": _("Enter your e-mail address.")},
        }

    phone = PhoneField(
        label=_("Your mobile number"),
        required=False,
        help_text=_(
            "With the country code, such as +1 631 747 1111. Used to send tests to yourself."
        ),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: [("", _("Same as my browser")), *settings.LANGUAGES],
        required=False,
        help_text=_("For these pages and for e-mails to you. Your colleagues choose their own."),
    )
    time_zone = _own_zone_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]
        if self.instance.time_zone:
            # Theirs, wherever they are now.
            del self.fields["time_zone"].widget.attrs["data-own-zone"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def validate_unique(self) -> None:
        """Whether another account has the address is nobody's to learn: its owner gets a mail."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        password = cleaned.get("current_password", "")
        if "email" in self.changed_data and not self.stored.check_password(password):
            self.add_error(
                "current_password",
                _("Enter your current password to change your e-mail address."),
            )
        return cleaned

    @property
    def stored(self) -> User:
        """The person as the database has them; the form's instance already holds the new values."""
        return User.objects.get(pk=self.instance.pk)


class NewPersonForm(StyledForm):
    """How an invited person without an account makes one; the address is the invitation's."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        validators=[validate_no_address],
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": "autofocus"}),
        error_messages={"required": _("Enter your name. Your team sees it.")},
    )
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        widget=password_input("new-password"),
        help_text=password_validators_help_text_html,
        error_messages={"required": _("Choose a password of at least 12 characters.")},
    )
    time_zone = _own_zone_field()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self.email, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


@dataclass(frozen=True)
class TeamPart:
    """A page of the team's settings: its title, what it is about, and its fields."""

    title: str | Promise
    about: str | Promise
    fields: tuple[str, ...]


TEAM_PARTS: Mapping[str, TeamPart] = {
    "general": TeamPart(
        _("General"),
        _("The team's name, its time zone, and how files and new lists are read."),
        ("name", "time_zone", "default_country", "lists_shared"),
    ),
    "sending": TeamPart(
        _("Before sending"),
        _("When new campaigns can go out, and what must happen first."),
        ("hours_from", "hours_to", "test_required", "confirm_typed_above", "approval_above"),
    ),
    "prices": TeamPart(
        _("Prices"),
        _("With your prices, everyone sees what a campaign costs before it goes out."),
        ("currency", "price_per_segment", "price_per_mms", "price_per_whatsapp"),
    ),
    "opt-outs": TeamPart(
        _("Opt-outs and failing numbers"),
        _("Who is left out of campaigns automatically, and how."),
        ("failures_until_left_out", "stop_way"),
    ),
    "security": TeamPart(
        _("Signing in"),
        _("What members need besides their password to sign in."),
        ("second_step_for",),
    ),
}


class PriceInput(forms.NumberInput):
    """A price as it was typed, without the zeros that its column puts behind it."""

    def format_value(self, value: Any) -> str | None:
        return (
            f"{value.normalize():f}" if isinstance(value, Decimal) else super().format_value(value)
        )


class TeamForm(StyledFormMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A team's settings: those of one `part` of TEAM_PARTS, or all of them."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("Times are in this zone unless a campaign has its own."),
    )
    default_country = forms.ChoiceField(
        label=_("Numbers without a country code are from"), choices=country_choices
    )

    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        required=False,
        help_text=_("Three letters, such as EUR or USD."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    failures_until_left_out = forms.IntegerField(
        label=_("Failed messages in a row before a number is left out"),
        min_value=0,
        max_value=1000,
        required=False,
        help_text=_("With 0, no number is left out. A delivered message starts the count again."),
    )
    stop_way = forms.ChoiceField(
        label=_("When someone opts out and Sociocs already has their message"),
        choices=StopWay.choices,
        required=False,
        help_text=_(
            "We can take people out until about half an hour before the message goes out, "
            "and the campaign says if we could not. A block applies at once, but Sociocs "
            "may still send a message that is waiting."
        ),
    )

    second_step_for = forms.ChoiceField(
        label=_("Who needs two-step sign-in"),
        choices=NeedsSecondStep.choices,
        required=False,
        help_text=_(
            "A code from an app, or a passkey. Owners always need it if a second person "
            "approves campaigns."
        ),
    )

    class Meta:
        model = Team
        fields = (
            *("name", "time_zone", "default_country", "lists_shared", "test_required"),
            *("currency", "price_per_segment", "price_per_mms", "price_per_whatsapp"),
            *("hours_from", "hours_to", "confirm_typed_above", "approval_above"),
            *("failures_until_left_out", "stop_way", "second_step_for"),
        )
        widgets = {
            "hours_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "hours_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "price_per_segment": PriceInput(),
            "price_per_mms": PriceInput(),
            "price_per_whatsapp": PriceInput(),
        }
        labels = {
            "name": _("Name of the team"),
            "lists_shared": _("New lists are shared with everyone in the team"),
            "hours_from": _("New campaigns go out from"),
            "hours_to": _("New campaigns go out until"),
            "confirm_typed_above": _("Type the number before sending to more people than"),
            "approval_above": _("A second person approves before it goes to more people than"),
            "test_required": _("Every campaign needs a test before it is sent"),
        }
        help_texts = {
            "lists_shared": _(
                "Anyone who uploads a list can choose otherwise. Lists you already have stay as "
                "they are."
            ),
            "test_required": _("A campaign can be sent only after a test of exactly that message."),
            "price_per_segment": _(
                "As in your contract, such as 0.0079. Everyone then sees what a campaign "
                "costs before it goes out."
            ),
            "hours_to": _("00:00 means the end of the day. Leave both empty for any time of day."),
            "confirm_typed_above": _("Leave empty to never ask."),
            "approval_above": _("Leave empty if no approval is needed. 0 means every campaign."),
        }
        error_messages = {
            "name": {"required": _("Enter a name for the team.")},
            "hours_from": {"invalid": _("Enter the time as 09:00.")},
            "hours_to": {"invalid": _("Enter the time as 19:00.")},
        }

    def __init__(self, *args: Any, part: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if part in TEAM_PARTS:
            self.fields = {name: self.fields[name] for name in TEAM_PARTS[part].fields}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("hours_from"), cleaned.get("hours_to")
        if (opens is None) != (closes is None) and not {"hours_from", "hours_to"} & {*self.errors}:
            name = "hours_from" if opens is None else "hours_to"
            self.add_error(name, _("Enter both times, or leave both empty for any time of day."))
        elif opens is not None and closes is not None and time() < closes <= opens:
            self.add_error(
                "hours_to",
                _("These hours leave no time to send. Enter a later end, such as 19:00."),
            )
        return cleaned

    def clean_failures_until_left_out(self) -> int:
        """As it was where nothing is typed."""
        failures = self.cleaned_data["failures_until_left_out"]
        return self.instance.failures_until_left_out if failures is None else int(failures)

    def clean_stop_way(self) -> str:
        """The way in use where none was sent."""
        return str(self.cleaned_data["stop_way"] or self.instance.stop_way)

    def clean_second_step_for(self) -> str:
        """As it is where nothing was sent."""
        return str(self.cleaned_data["second_step_for"] or self.instance.second_step_for)

    def clean_currency(self) -> str:
        """In capitals, however it was typed; the one in use where nothing was."""
        return str(self.cleaned_data["currency"]).strip().upper() or self.instance.currency


class InviteForm(StyledForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=email_input(autocomplete="off"),
        error_messages={
            "required": _("Enter the e-mail address of the person to invite."),
            "invalid": _("Enter an e-mail address such as name@example.org."),
        },
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.EDITOR, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if self.team.memberships.filter(user__email=email).exists():
            raise ValidationError(
                _("%(email)s is already in this team. You can change their role under Members."),
                code="already_member",
                params={"email": email},
            )
        return email


class RoleForm(StyledForm):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)


class HeirForm(StyledForm):
    """Who gets what somebody leaves behind; the first of the possible ones unless said."""

    heir = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who takes it over"),
        required=False,
        empty_label=None,
        to_field_name="public_id",
        error_messages={
            "invalid_choice": _(
                "This person cannot take it over: they left the team, or can only view. "
                "Choose someone else."
            )
        },
    )

    def __init__(self, possible: list[User], data: Any = None) -> None:
        super().__init__(data)
        choice = self.fields["heir"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = User.objects.filter(pk__in=[person.pk for person in possible]).order_by(
            "name"
        )
        if possible:
            choice.initial = possible[0].public_id
