"""The number at "Replies" in every menu: `{% unread_replies membership as number %}`."""

from __future__ import annotations

from django import template

from delivery.replies import unread_count
from teams.models import Membership

register = template.Library()
MOST = 99


@register.simple_tag
def unread_replies(membership: Membership | None) -> str:
    """How many replies the member has not seen: `3`, `99+`, or "" for none."""
    if membership is None:
        return ""
    count = unread_count(membership, MOST + 1)
    return f"{MOST}+" if count > MOST else str(count or "")
