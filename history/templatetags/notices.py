"""The bell of every page: `{% load notices %}{% bell team user as bell %}`."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from history.notices import bell_of
from teams.models import Team, User

register = template.Library()
MOST = 99


@dataclass(frozen=True, slots=True)
class Bell:
    """`unread`: how many notices of the team the person has not read: `3`, `99+`, "" for none.

    `has_stopped`: the server does nothing but show pages.
    """

    unread: str
    has_stopped: bool


@register.simple_tag
def bell(team: Team, user: User) -> Bell:
    """What the bell says to this person."""
    count, has_stopped = bell_of(team, user)
    return Bell(f"{MOST}+" if count > MOST else str(count or ""), has_stopped)
