"""The bell of every page: `{% load notices %}{% unread_notices team user as unread %}`."""

from __future__ import annotations

from django import template

from history.notices import unread_count
from teams.models import Team, User

register = template.Library()
MOST = 99


@register.simple_tag
def unread_notices(team: Team, user: User) -> str:
    """How many notices of the team the person has not read: `3`, `99+`, or "" for none."""
    count = unread_count(team, user, MOST + 1)
    return f"{MOST}+" if count > MOST else str(count or "")
