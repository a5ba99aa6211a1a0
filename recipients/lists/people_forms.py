"""What people can say about one person of a list, and whom to look for in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from interface.form_style import StyledForm
from recipients.files.row_sources import MAX_CELL_CHARACTERS
from recipients.files.rows import MAX_NAME, printable
from recipients.lists.list_search import Order, PeopleQuery
from recipients.lists.people_editing import Details
from recipients.models import Recipient, RecipientList
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader
from recipients.phone_words import becomes
from recipients.sentences import REJECTIONS

# Whoever could be imported can be changed by hand.
LONGEST_FIELD = MAX_CELL_CHARACTERS
_QUIET = {"autocomplete": "off", "spellcheck": "false"}


class PersonForm(StyledForm):
    """A phone, a name, and one input for each field of the list."""

    phone = forms.CharField(
        label=_("Phone number"),
        max_length=60,
        widget=forms.TextInput(attrs={**_QUIET, "inputmode": "tel"}),
        error_messages={"required": _("Enter the phone number.")},
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        required=False,
        widget=forms.TextInput(attrs=_QUIET),
    )

    def __init__(
        self, recipient_list: RecipientList, data: Any = None, recipient: Recipient | None = None
    ) -> None:
        initial: dict[str, str] = {}
        if recipient is not None:
            initial = {"phone": recipient.phone, "name": recipient.name}
            for number, name in enumerate(recipient_list.field_names):
                initial[f"field_{number}"] = recipient.fields.get(name, "")
        super().__init__(data, initial=initial)
        self._country = recipient_list.team.default_country
        self._tell_what_the_number_becomes(recipient_list.team.slug)
        self._names = list(recipient_list.field_names)
        self.doubt: PhoneDoubt | None = None
        for number, name in enumerate(self._names):
            self.fields[f"field_{number}"] = forms.CharField(
                label=name,
                required=False,
                max_length=LONGEST_FIELD,
                widget=forms.TextInput(attrs=_QUIET),
            )

    def _tell_what_the_number_becomes(self, team_slug: str) -> None:
        """Let the number as it will be called stand below the input, and follow what is typed."""
        phone = self.fields["phone"]
        written = str((self.data if self.is_bound else self.initial).get("phone", ""))
        phone.help_text = format_html(
            '<span id="becomes" aria-live="polite">{}</span>', becomes(written, self._country)
        )
        phone.widget.attrs |= {
            "hx-post": reverse("phone-becomes", args=[team_slug]),
            "hx-trigger": "input changed delay:400ms",
            "hx-params": "phone",
            "hx-target": "#becomes",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }

    def clean_phone(self) -> str:
        """The phone in E.164."""
        answer = PhoneReader(self._country).read(self.cleaned_data["phone"])
        if not isinstance(answer, Phone):
            words = REJECTIONS[answer.reason]
            raise forms.ValidationError(f"{words.short}. {words.cure}")
        self.doubt = answer.doubt
        return answer.e164

    @property
    def details(self) -> Details:
        """What a valid form says."""
        texts = {
            name: printable(self.cleaned_data[f"field_{number}"]).strip()
            for number, name in enumerate(self._names)
        }
        return Details(
            phone=self.cleaned_data["phone"],
            name=printable(self.cleaned_data["name"]).strip(),
            fields={name: text for name, text in texts.items() if text},
        )


class QuestionForm(forms.Form):
    """Whom to look for in a list. Sent by POST, so that no address or log holds it."""

    words = forms.CharField(
        label=_("Search by name, phone or value"), required=False, max_length=100
    )
    field = forms.ChoiceField(label=_("Field"), required=False)
    value = forms.CharField(label=_("is"), required=False, max_length=LONGEST_FIELD)
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=(
            (Order.FILE.value, _("As added")),
            (Order.NAME.value, _("By name")),
            (Order.PHONE.value, _("By phone")),
        ),
    )

    def __init__(self, recipient_list: RecipientList, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["field"]
        assert isinstance(field, forms.ChoiceField)
        names = recipient_list.field_names
        field.choices = [("", _("Any field")), *((name, name) for name in names)]

    @property
    def question(self) -> PeopleQuery:
        """What was asked; nothing in particular where the form makes no sense."""
        if not self.is_bound:
            return PeopleQuery()
        self.is_valid()
        asked = self.cleaned_data
        return PeopleQuery(
            words=asked.get("words", ""),
            field_name=asked.get("field", ""),
            value=asked.get("value", "").strip(),
            order=Order(asked.get("order") or Order.FILE),
        )
