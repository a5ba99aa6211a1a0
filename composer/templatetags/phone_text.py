"""`{% load phone_text %}`: `{{ text|on_phone:look }}` shows a message as the phone's app does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns.message import field_label
from composer.whatsapp_text import Look, Piece, runs

register = template.Library()

_PLACE = re.compile(r"\{\{ *(\w[\w .'()-]*?) *\}\}")

_CLASSES = {
    Look.BOLD: "look-bold",
    Look.ITALIC: "look-italic",
    Look.STRUCK: "look-struck",
    Look.CODE: "look-code",
}


@register.filter
def on_phone(text: str | Sequence[Piece], look: str) -> SafeString:
    """A text for the look "whatsapp" or "sms", or its pieces: (text, whether it is a value)."""
    pieces = [(text, False)] if isinstance(text, str) else text
    parts = (_part(words, how) for words, how in runs(pieces, is_whatsapp=look == "whatsapp"))
    return format_html_join("", "{}", ((part,) for part in parts))


def _part(words: str, how: Look) -> SafeString:
    classes = " ".join(name for look, name in _CLASSES.items() if look in how)
    if Look.VALUE in how:
        return format_html('<mark class="{}">{}</mark>', classes, words)
    shown = format_html_join("", "{}", ((part,) for part in _with_places(words)))
    return format_html('<span class="{}">{}</span>', classes, shown) if classes else shown


def _with_places(words: str) -> Iterator[SafeString | str]:
    """The words, and each field that nothing is put into yet as the composer draws it."""
    for number, part in enumerate(_PLACE.split(words)):
        if number % 2:
            yield format_html('<span class="place-mark">{}</span>', field_label(part))
        else:
            yield part


@register.filter
def is_uploaded(url: str) -> bool:
    """Whether a media file was uploaded here: only these may be shown, as a page of the dashboard
    asks no other server for anything.
    """
    return url.startswith(f"{settings.MEDIA_BASE_URL}/")


@register.filter
def file_name(url: str) -> str:
    """What a file is called by its address: `https://example.org/a/smile.png` is smile.png."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
