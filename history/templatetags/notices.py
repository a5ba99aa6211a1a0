"""What every page says is new: `{% load notices %}{% news_of membership as news %}`."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from history import notices
from teams.models import Membership

register = template.Library()


@dataclass(frozen=True, slots=True)
class News:
    """Of the team, to its member: unread notices (the bell) and replies: `3`, `99+`, "" for none.

    `has_stopped`: the server does nothing but show pages.
    """

    notices: str = ""
    replies: str = ""
    has_stopped: bool = False


@register.simple_tag
def news_of(membership: Membership | None) -> News:
    """What is new to this person."""
    if membership is None:
        return News()
    of_notices, of_replies, has_stopped = notices.news_of(membership)
    return News(_up_to_most(of_notices), _up_to_most(of_replies), has_stopped)


def _up_to_most(count: int) -> str:
    most = notices.MOST_NEWS - 1
    return f"{most}+" if count > most else str(count or "")
