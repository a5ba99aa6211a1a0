"""Links to people: `{% load people %}`."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from interface.phones import is_erased
from interface.templatetags.interface import phone, phone_number
from recipients.lists.people import person_id
from recipients.subscriber_keys import subscriber_key
from teams.models import Team

register = template.Library()


@register.simple_tag
def person_link(team: Team, phone_of_row: str, name: str = "") -> SafeString:
    """The number, or the name, as a link to its person's page; where it was erased, a word."""
    if is_erased(phone_of_row):
        return format_html('<span class="text-secondary">{}</span>', phone_number(phone_of_row))
    words = format_html("<bdi>{}</bdi>", name) if name else phone(phone_of_row)
    return format_html('<a href="{}">{}</a>', person_url(team, phone_of_row), words)


@register.simple_tag
def person_named(team: Team, phone_of_row: str, names: Mapping[str, str]) -> SafeString:
    """The name as a link, the number below it; of `names` (`people.names_of`) where it has one."""
    name = "" if is_erased(phone_of_row) else names.get(subscriber_key(phone_of_row), "")
    link = person_link(team, phone_of_row, name)
    return (
        format_html('{}<span class="under">{}</span>', link, phone(phone_of_row)) if name else link
    )


@register.simple_tag
def person_url(team: Team, phone: str) -> str:
    """The address of the page of the person with this phone (E.164)."""
    return reverse("person", args=[team.slug, person_id(team, phone)])
