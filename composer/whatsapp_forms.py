"""The form of a registered WhatsApp template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import HeaderKind, TemplateCategory, TemplateStatus, WhatsAppTemplate
from campaigns.texts.whatsapp_templates import PLACE
from composer.template_fields import TemplateName
from interface.form_fields import PlainText, PublicChoice
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import CAPABILITIES
from teams.models import Team

# WhatsApp, "Template components": the text with its places, the line on top, the line below, and
# what a button says.
LONGEST_BODY = max(able.max_template_text_length or 0 for able in CAPABILITIES.values())
LONGEST_LINE = 60
LONGEST_BUTTON = 25
MOST_BUTTONS = 10
_BRACES = re.compile(r"\{\{|\}\}")


class Buttons(forms.CharField):
    """A line for each button: its words, and behind " = " where it leads."""

    widget = forms.Textarea

    def clean(self, value: Any) -> list[dict[str, str]]:
        text = str(super().clean(value) or "").replace("\r\n", "\n").replace("\x00", "")
        buttons = []
        for line in filter(None, map(str.strip, text.split("\n"))):
            words, _equals, leads_to = line.partition(" = ")
            if len(words.strip()) > LONGEST_BUTTON:
                sentence = _("“%(words)s” is too long for a button, which has %(n)d characters.")
                raise forms.ValidationError(sentence % {"words": words[:40], "n": LONGEST_BUTTON})
            buttons.append({"text": words.strip(), "to": leads_to.strip()[:2000]})
        if len(buttons) > MOST_BUTTONS:
            sentence = _("A template has at most %(n)d buttons.")
            raise forms.ValidationError(sentence % {"n": MOST_BUTTONS})
        return buttons


class WhatsAppTemplateForm(forms.Form):
    """A template as the provider has it; `template` is the one that is changed, if any."""

    channel = PublicChoice(
        Channel.objects.none(),
        label=gettext_lazy("Send from"),
        to_field_name="public_id",
        empty_label=None,
        error_messages={
            "required": gettext_lazy("Choose the channel that has this template."),
            "invalid_choice": gettext_lazy("Choose one of your WhatsApp channels."),
        },
    )
    name = TemplateName()
    provider_id = PlainText(
        label=gettext_lazy("Its id"),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Enter the template's id, as your provider shows it."),
            "max_length": gettext_lazy("No id is that long. Copy it again from your provider."),
        },
    )
    language = forms.RegexField(
        r"\A[A-Za-z]{2,3}(_[A-Za-z]{2,4})?\Z",
        label=gettext_lazy("Language"),
        required=False,
        max_length=15,
        error_messages={
            "invalid": gettext_lazy("Write the language as WhatsApp does, such as en or en_US.")
        },
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category"),
        required=False,
        choices=[("", gettext_lazy("Not known")), *TemplateCategory.choices],
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=TemplateStatus.choices)
    header_kind = forms.ChoiceField(
        label=gettext_lazy("On top"), required=False, choices=HeaderKind.choices
    )
    header = PlainText(
        label=gettext_lazy("The line, or the file's address"), max_length=2000, required=False
    )
    body = PlainText(
        label=gettext_lazy("Text, as WhatsApp approved it"),
        max_length=LONGEST_BODY,
        widget=forms.Textarea,
        error_messages={
            "required": gettext_lazy("Copy the template's text from your provider."),
            "max_length": gettext_lazy(
                "A template has at most %(limit_value)d characters, this one has %(show_value)d. "
                "Copy only its text."
            ),
        },
    )
    footer = PlainText(
        label=gettext_lazy("Small line below"),
        max_length=LONGEST_LINE,
        required=False,
        error_messages={"max_length": gettext_lazy("This line has at most 60 characters.")},
    )
    buttons = Buttons(label=gettext_lazy("Buttons"), required=False)

    def __init__(
        self, team: Team, data: Any = None, template: WhatsAppTemplate | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.template = template
        field = self.fields["channel"]
        assert isinstance(field, PublicChoice)
        field.queryset = whatsapp_channels(team)
        if template is not None:
            del self.fields["channel"]

    def clean_language(self) -> str:
        """`en-us` as WhatsApp writes it: en_US."""
        language, line, region = str(self.cleaned_data["language"]).partition("_")
        return f"{language.lower()}{line}{region.upper()}"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        kind, header = given.get("header_kind"), given.get("header", "")
        if kind == HeaderKind.TEXT and not header:
            self.add_error("header", _("Write the line on top, or choose “Nothing”."))
        if kind == HeaderKind.TEXT and len(header) > LONGEST_LINE:
            self.add_error("header", _("The line on top has at most 60 characters."))
        if not kind:
            given["header"] = ""
        texts = {"header": header, "body": given.get("body", ""), "footer": given.get("footer", "")}
        for name, text in texts.items():
            if _BRACES.search(PLACE.sub("", text)):
                sentence = _(
                    "A place has two braces on each side and a number or a name of letters, digits "
                    "and _ between: {{1}} or {{first_name}}."
                )
                self.add_error(name, sentence)
        self._check_id(given)
        return given

    def _check_id(self, given: Mapping[str, Any]) -> None:
        channel = self.template.channel if self.template else given.get("channel")
        if channel is None or not given.get("provider_id"):
            return
        same = channel.whatsapp_templates.filter(archived_at=None, provider_id=given["provider_id"])
        if other := next((one for one in same if one != self.template), None):
            sentence = _("“%(name)s” has this id already. Change that one instead.")
            self.add_error("provider_id", sentence % {"name": other.name})


def stored_values(template: WhatsAppTemplate) -> dict[str, Any]:
    """A template as its form's fields would be posted."""
    same = ("name", "provider_id", "language", "category", "status", "header_kind", "header")
    lines = (
        f"{button['text']} = {button['to']}" if button.get("to") else button["text"]
        for button in template.buttons
    )
    return {
        **{name: getattr(template, name) for name in same},
        "body": template.body,
        "footer": template.footer,
        "buttons": "\n".join(lines),
    }


def whatsapp_channels(team: Team) -> Any:
    """The team's channels in use that take templates."""
    providers = [provider.value for provider, able in CAPABILITIES.items() if able.takes_templates]
    found = Channel.objects.filter(team=team, is_active=True, provider__in=providers)
    return found.order_by("label", "pk")
