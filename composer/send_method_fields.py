"""How a campaign is handed over, as the composer asks: in jobs, one by one, as a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from campaigns.texts import whatsapp_templates

JOBS, EACH, TEMPLATE = "jobs", "each", "template"


@dataclass(frozen=True, slots=True)
class SendMethod:
    """How a campaign goes out; `template` is {} where it is a text that goes out.

    `aside`: what was typed of a template before another way was chosen, kept in case it comes back.
    """

    one_by_one: bool = False
    template: Mapping[str, Any] = field(default_factory=dict)
    aside: Mapping[str, Any] = field(default_factory=dict)


class SendMethodFields(forms.Form):
    """Part of the composer's form."""

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

    def typed_source(self) -> str:
        """The text that is rendered for each person as it is typed now, right or wrong."""
        typed = {name: str(self.data.get(name) or "") for name in ("text", "template_variables")}
        if self.data.get("send_method") != TEMPLATE:
            return typed["text"]
        lines = whatsapp_templates.as_json("", "", typed["template_variables"])
        return whatsapp_templates.read(lines).source

    def typed_template(self) -> dict[str, str]:
        """The template as far as it is typed; {} where another way is chosen."""
        return dict(self.chosen_method().template)

    def chosen_method(self) -> SendMethod:
        """What a valid form says. Nothing that was typed is dropped, whichever way is chosen."""
        given = self.cleaned_data
        method = given.get("send_method") or JOBS
        typed = whatsapp_templates.as_json(
            given.get("template_id", ""),
            given.get("template_body", "").replace("\r\n", "\n"),
            given.get("template_variables", "").replace("\r\n", "\n"),
        )
        if method == TEMPLATE:
            return SendMethod(one_by_one=True, template=typed)
        return SendMethod(method == EACH, aside=typed if any(typed.values()) else {})


def stored_send_method(method: SendMethod) -> dict[str, str]:
    """The fields as they would be posted."""
    chosen = TEMPLATE if method.template else EACH if method.one_by_one else JOBS
    template = method.template or method.aside
    return {
        "send_method": chosen,
        "template_id": template.get("id", ""),
        "template_body": template.get("body", ""),
        "template_variables": template.get("variables", ""),
    }
