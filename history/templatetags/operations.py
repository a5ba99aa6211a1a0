"""How the server is, for the admin: `{% load operations %}`."""

from __future__ import annotations

from django import template

from history.operations import Part, parts_of_server

register = template.Library()


@register.simple_tag
def operations() -> list[Part]:
    """What whoever runs the server looks at first."""
    return parts_of_server()
