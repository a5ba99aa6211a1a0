"""A message as a phone shows it: what `interface/phone_preview.html` wants as `phone`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Receiver(Protocol):
    """Whose phone it is."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class PhonePreview:
    """A message, `look`ing as "sms" or "whatsapp", with whoever sends and whoever gets it.

    `media_kind` is "image", "video", "file", or "" with no `media_url`.
    """

    look: str
    sender: str
    text: str = ""
    person: Receiver | None = None
    media_kind: str = ""
    media_url: str = ""
    time: str = ""
