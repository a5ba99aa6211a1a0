"""How a campaign is handed over, as the composer asks: in jobs, one by one, as a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from campaigns.texts import whatsapp_templates

JOBS, EACH, TEMPLATE = "jobs", "each", "template"


class HandingFields(forms.Form):
    """Part of the composer's form."""

    handing = forms.ChoiceField(
        label=gettext_lazy("How it goes out"),
        required=False,
        choices=[
            (JOBS, gettext_lazy("Jobs for many people")),
            (EACH, gettext_lazy("One message for each person")),
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
        widget=forms.Textarea,
    )
    template_variables = forms.CharField(
        label=gettext_lazy("Its variables"),
        max_length=8192,
        required=False,
        widget=forms.Textarea,
    )

    def typed_template(self) -> dict[str, str]:
        """The template as far as it is typed; {} where another way is chosen."""
        return self.handed()[1]

    def handed(self) -> tuple[bool, dict[str, str]]:
        """(one message for each person, the template if there is one) of a valid form."""
        given = self.cleaned_data
        handing = given.get("handing") or JOBS
        if handing != TEMPLATE:
            return handing == EACH, {}
        return True, whatsapp_templates.as_json(
            given.get("template_id", ""),
            given.get("template_body", "").replace("\r\n", "\n"),
            given.get("template_variables", "").replace("\r\n", "\n"),
        )


def stored_handing(one_by_one: bool, template: Mapping[str, Any]) -> dict[str, str]:
    """The fields as they would be posted."""
    handing = TEMPLATE if template else EACH if one_by_one else JOBS
    return {
        "handing": handing,
        "template_id": template.get("id", ""),
        "template_body": template.get("body", ""),
        "template_variables": template.get("variables", ""),
    }
