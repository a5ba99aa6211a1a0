"""Where the site leads to: the daily pages in its bar, and the settings of a team."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.access import Action, may
from teams.models import Membership, Team


@dataclass(frozen=True)
class Place:
    """A daily page: the name of its URL pattern, what it is called, and its icon in the sprite.

    `inside` names the pages that belong to it although their addresses lie elsewhere.
    `is_under_thumb`: it stands in the bar at the bottom of a phone; the others are in its menu.
    """

    url_name: str
    label: str | Promise
    icon: str
    is_under_thumb: bool = False
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class SettingsPlace:
    """A page of settings; `part` is what its address says behind its name, `who` may open it."""

    url_name: str
    label: str | Promise
    icon: str
    part: str = ""
    who: Action = Action.VIEW


@dataclass(frozen=True)
class Link:
    """A place of a team on a page; `is_current` where the page is inside of it."""

    url: str
    label: str | Promise
    icon: str
    is_current: bool
    is_under_thumb: bool = False
    counts_unread: bool = False


# The first is the team's front page; it is current only on that very page.
PLACES = (
    Place("overview", _("Overview"), "home", is_under_thumb=True),
    Place("campaigns", _("Campaigns"), "speakerphone", is_under_thumb=True),
    Place("calendar", _("Calendar"), "calendar"),
    Place(
        "lists",
        _("Lists"),
        "users",
        is_under_thumb=True,
        inside=("filters", "opt-outs", "failing-numbers", "find-person"),
    ),
    Place("replies", _("Replies"), "message", is_under_thumb=True),
    Place("templates", _("Templates"), "template"),
)

# What belongs together stands together, under a title.
SETTINGS: tuple[tuple[str | Promise, tuple[SettingsPlace, ...]], ...] = (
    (
        _("Team"),
        (
            SettingsPlace("team-settings-part", _("General"), "adjustments-horizontal", "general"),
            SettingsPlace("team", _("Members"), "users"),
        ),
    ),
    (
        _("Sending"),
        (
            SettingsPlace("channels", _("Channels"), "device-mobile"),
            SettingsPlace("delivery", _("Delivery and replies"), "message"),
            SettingsPlace("team-settings-part", _("Before sending"), "circle-check", "sending"),
            SettingsPlace("team-settings-part", _("Prices"), "cash", "prices"),
            SettingsPlace("team-settings-part", _("Opt-outs"), "ban", "opt-outs"),
        ),
    ),
    (
        _("Security and privacy"),
        (
            SettingsPlace("team-settings-part", _("Signing in"), "lock", "security"),
            SettingsPlace("kept-data", _("How long data is kept"), "clock", who=Action.MANAGE_TEAM),
            SettingsPlace("activity", _("Activity"), "history", who=Action.MANAGE_TEAM),
        ),
    ),
    (
        _("Other systems"),
        (
            SettingsPlace("tokens", _("API tokens"), "lock", who=Action.MAKE_TOKENS),
            SettingsPlace("receivers", _("Events"), "share", who=Action.MANAGE_TEAM),
        ),
    ),
)


def links(team: Team, path: str) -> list[Link]:
    """The daily pages of `team` for the page at `path`."""
    return [_link(place, team, path) for place in PLACES]


def _link(place: Place, team: Team, path: str) -> Link:
    url = reverse(place.url_name, args=[team.slug])
    inside = (url, *(reverse(name, args=[team.slug]) for name in place.inside))
    return Link(
        url=url,
        label=place.label,
        icon=place.icon,
        is_current=path == url if place is PLACES[0] else path.startswith(inside),
        is_under_thumb=place.is_under_thumb,
        counts_unread=place.url_name == "replies",
    )


def settings_links(membership: Membership, path: str) -> list[tuple[str | Promise, list[Link]]]:
    """(title, pages) of a team's settings that the member may open, for the page at `path`."""
    groups = [
        (title, [place for place in places if may(membership, place.who)])
        for title, places in SETTINGS
    ]
    addresses = {
        place: reverse(place.url_name, args=[membership.team.slug, *filter(None, [place.part])])
        for _title, places in groups
        for place in places
    }
    # The longest address that a page lies below is the one it belongs to.
    around = [url for url in addresses.values() if path.startswith(url)]
    current = max(around, key=len, default="")
    return [
        (
            title,
            [
                Link(addresses[place], place.label, place.icon, addresses[place] == current)
                for place in places
            ],
        )
        for title, places in groups
        if places
    ]
