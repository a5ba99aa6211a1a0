"""Links to people: `{% load people %}`."""

from __future__ import annotations

from django import template
from django.urls import reverse

from recipients.lists.people import person_id
from teams.models import Team

register = template.Library()


@register.simple_tag
def person_url(team: Team, phone: str) -> str:
    """The address of the page of the person with this phone (E.164)."""
    return reverse("person", args=[team.slug, person_id(team, phone)])
