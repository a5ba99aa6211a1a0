"""How a campaign goes out, as the composer asks: as an approved template, in jobs, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from campaigns.texts import whatsapp_templates

JOBS, EACH, TEMPLATE = "jobs", "each", "template"
OWN_WORDS = "text"
# Instead of a registered template's public id.
BY_HAND = "by_hand"
_NOTHING_PICKED = {**whatsapp_templates.as_json("", "", ""), "of": ""}


@dataclass(frozen=True, slots=True)
class SendMethod:
    """How a campaign goes out; `template` is {} where it is a text that goes out.

    `aside`: what was chosen or typed of a template before another way was chosen, kept in case it
    comes back.
    """

    one_by_one: bool = False
    template: Mapping[str, Any] = field(default_factory=dict)
    aside: Mapping[str, Any] = field(default_factory=dict)


class SendMethodFields(forms.Form):
    """Part of the composer's form."""

    # Asked where the channel takes templates.
    says = forms.ChoiceField(
        label=gettext_lazy("What it says"),
        required=False,
        choices=[
            (TEMPLATE, gettext_lazy("An approved template")),
            (OWN_WORDS, gettext_lazy("Your own words")),
        ],
        widget=forms.RadioSelect,
    )
    # Pages ask for the first two. A program may name a template here, whatever the channel.
    send_method = forms.ChoiceField(
        label=gettext_lazy("How it goes out"),
        required=False,
        choices=[
            (JOBS, gettext_lazy("Choose for me")),
            (EACH, gettext_lazy("Always one message for each person")),
            (TEMPLATE, gettext_lazy("An approved WhatsApp template")),
        ],
        widget=forms.RadioSelect,
    )
    whatsapp_template = forms.CharField(
        label=gettext_lazy("Approved template"), max_length=36, required=False
    )
    template_id = forms.CharField(
        label=gettext_lazy("Template id"),
        max_length=whatsapp_templates.LONGEST_ID,
        required=False,
    )
    template_body = forms.CharField(
        label=gettext_lazy("The template's text"),
        max_length=4096,
        required=False,
        widget=forms.Textarea(
            {"placeholder": gettext_lazy("Hello {{1}}, we expect you on {{2}}.")}
        ),
    )
    template_variables = forms.CharField(
        label=gettext_lazy("Its variables"),
        max_length=8192,
        required=False,
        widget=forms.Textarea({"placeholder": "1 = {{CUSTOMER_NAME}}"}),
    )

    @property
    def is_template(self) -> bool:
        """Whether an approved template goes out, by what is chosen now."""
        given = getattr(self, "cleaned_data", {})
        if given.get("send_method") == TEMPLATE:
            return True
        channel = given.get("channel")
        takes_them = channel is None or channel.capabilities.takes_templates
        return bool(takes_them and given.get("says") == TEMPLATE)

    @property
    def is_typed_by_hand(self) -> bool:
        """Whether the template that goes out is one that was typed into the draft itself."""
        chosen = str(self.data.get("whatsapp_template") or "")
        return chosen == BY_HAND or (not chosen and any(self._typed().values()))

    def typed_source(self) -> str:
        """The text whose empty fields are asked about below it, as it is typed now."""
        if not self.is_template:
            return str(self.data.get("text") or "")
        if not self.is_typed_by_hand:
            return ""
        lines = str(self.data.get("template_variables") or "")
        return whatsapp_templates.read(whatsapp_templates.as_json("", "", lines)).source

    def typed_template(self) -> dict[str, Any]:
        """The template as far as it is chosen or typed; {} where another way is chosen."""
        return dict(self.chosen_method().template)

    def chosen_method(self) -> SendMethod:
        """What a valid form says. Nothing that was typed is dropped, whichever way is chosen."""
        typed = self._typed()
        by_hand = typed if any(typed.values()) else {}
        if self.is_typed_by_hand:
            template, other = typed, {}
        else:
            template, other = self.picked_template(), by_hand
        if self.is_template:
            return SendMethod(True, template or _NOTHING_PICKED, other)
        return SendMethod(self.cleaned_data.get("send_method") == EACH, aside=template or other)

    def picked_template(self) -> dict[str, Any]:
        """What the draft keeps of the registered template that is chosen; {} without one."""
        return {}

    def _typed(self) -> dict[str, str]:
        given = getattr(self, "cleaned_data", self.data)
        texts = (
            str(given.get(f"template_{part}") or "").replace("\r\n", "\n")
            for part in ("id", "body", "variables")
        )
        return whatsapp_templates.as_json(*texts)


def stored_send_method(method: SendMethod, *, is_blank: bool) -> dict[str, str]:
    """The fields as they would be posted; a draft that says nothing yet begins with a template."""
    chosen = method.template or method.aside
    by_hand = next((one for one in (method.template, method.aside) if one and "of" not in one), {})
    return {
        "says": TEMPLATE if method.template or is_blank else OWN_WORDS,
        "send_method": EACH if method.one_by_one and not method.template else JOBS,
        "whatsapp_template": chosen.get("of", BY_HAND if any(chosen.values()) else ""),
        "template_id": by_hand.get("id", ""),
        "template_body": by_hand.get("body", ""),
        "template_variables": by_hand.get("variables", ""),
    }
