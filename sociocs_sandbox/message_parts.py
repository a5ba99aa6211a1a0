"""Pieces of pages that show a message: media and templates as cards, states in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from sociocs_sandbox.rendering import NOTHING, Html, joined_html, render
from sociocs_sandbox.seeds import CHANNELS, PROVIDER_NAMES

_MEDIA_WORDS = {"image": "Image", "video": "Video", "file": "File"}
STATE_WORDS = {
    "scheduled": "Waiting",
    "running": "Going out",
    "completed": "Gone out",
    "deleted": "Deleted",
}


def media_cards(media: Mapping[str, str]) -> Html:
    """A card with the address for each medium: nothing is ever fetched from there."""
    return joined_html(
        render(
            "media.html",
            kind=kind,
            label=_MEDIA_WORDS[kind],
            icon=render(f"icon_{kind}.html"),
            url=url,
        )
        for kind, url in ((name.removesuffix("_url"), url) for name, url in media.items())
    )


def template_card(template: Mapping[str, Any]) -> Html:
    """A WhatsApp template by its id and the values that were given for it."""
    if not template:
        return NOTHING
    variables = orjson.dumps(template["variables"], option=orjson.OPT_INDENT_2).decode()
    return render("template.html", id=template["id"], variables=variables)


def medium(channel_key: str) -> str:
    """``whatsapp`` or ``sms``, the class that gives a phone its look."""
    return "whatsapp" if CHANNELS[channel_key].is_whatsapp else "sms"


def channel_name(channel_key: str) -> str:
    """A channel in words, e.g. ``Front desk SMS · Twilio SMS``."""
    channel = CHANNELS[channel_key]
    return f"{channel.name} · {PROVIDER_NAMES[channel.provider]}"


def initials(name: str) -> str:
    """Up to two first letters, or a plain sign where there is no name."""
    letters = [word[0] for word in name.split() if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "#"
