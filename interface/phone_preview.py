"""A message as a phone shows it: what `interface/phone_preview.html` wants as `phone`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Receiver(Protocol):
    """Whose phone it is."""

    name: str
    phone: str


class Around(Protocol):
    """What stands around the text of an approved template (`whatsapp_templates.Around`)."""

    @property
    def header(self) -> str:
        """A line above it."""

    @property
    def footer(self) -> str:
        """A line below it."""

    @property
    def buttons(self) -> tuple[str, ...]:
        """What its buttons say."""

    @property
    def media_kind(self) -> str:
        """As of the message."""

    @property
    def media_url(self) -> str:
        """As of the message."""


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
    around: Around | None = None
