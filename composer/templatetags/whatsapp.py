"""`{% load whatsapp %}`: what is shown of WhatsApp templates."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language_info

register = template.Library()


@register.filter
def language_in_words(code: str) -> str:
    """`de` as "German", `en_US` as "English (US)"; what has no name, as it stands."""
    language, _line, region = code.replace("-", "_").partition("_")
    try:
        name = get_language_info(language.lower())["name_translated"]
    except KeyError:
        return code
    return f"{name} ({region})" if region else str(name)
