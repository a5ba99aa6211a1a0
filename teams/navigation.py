"""The places of a team's site, in the order they appear in the header and on a phone."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.models import Team


@dataclass(frozen=True)
class NavigationEntry:
    """One entry: the name of its URL pattern, what it is called, and its icon in the sprite.

    `short_label` is for the bar at the bottom of a phone, where five words share 390 pixels.
    """

    url_name: str
    label: str | Promise
    short_label: str | Promise
    icon: str


@dataclass(frozen=True)
class Link:
    """A `NavigationEntry` of a team on a page; `is_current` where the page is inside of it."""

    url: str
    label: str | Promise
    short_label: str | Promise
    icon: str
    is_current: bool


# The first is the team's front page; it is current only on that very page.
PLACES = (
    NavigationEntry("overview", _("Overview"), _("Overview"), "layout-dashboard"),
    NavigationEntry("campaigns", _("Campaigns"), _("Campaigns"), "speakerphone"),
    NavigationEntry("calendar", _("Calendar"), _("Calendar"), "calendar"),
    NavigationEntry("lists", _("Recipient lists"), _("Lists"), "address-book"),
    NavigationEntry("opt-outs", _("Opt-outs"), _("Opt-outs"), "ban"),
)


def links(team: Team, path: str) -> list[Link]:
    """The navigation of `team` for the page at `path`."""
    front = PLACES[0]
    return [
        Link(
            url=(url := reverse(place.url_name, args=[team.slug])),
            label=place.label,
            short_label=place.short_label,
            icon=place.icon,
            is_current=path == url if place is front else path.startswith(url),
        )
        for place in PLACES
    ]
