"""The channels, lists and team members of every account. Keys never change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeedChannel:
    """One sending line. ``provider`` is the vendor's code: ``twlo``, ``twlowa`` or ``gswa``."""

    key: str
    provider: str
    name: str
    country_code: str
    phone_number: str

    @property
    def is_whatsapp(self) -> bool:
        """Whether a phone shows this channel in WhatsApp rather than among its text messages."""
        return self.provider in WHATSAPP_PROVIDERS


@dataclass(frozen=True)
class SeedMember:
    """A person whose id may be given as ``user_id``."""

    id: str
    name: str
    email: str


WHATSAPP_PROVIDERS = frozenset({"twlowa", "gswa"})

# Status words in the order a delivered message passes them (Sociocs API, Webhooks, Message status).
DELIVERY_STEPS: dict[str, tuple[str, ...]] = {
    "twlo": ("queued", "sent", "delivered"),
    "twlowa": ("queued", "sent", "delivered", "read"),
    "gswa": ("queued", "enqueued", "sent", "delivered", "read"),
}
PROVIDERS = frozenset(DELIVERY_STEPS)
PROVIDER_NAMES = {"twlo": "Twilio SMS", "twlowa": "Twilio WhatsApp", "gswa": "Gupshup WhatsApp"}

CHANNELS: dict[str, SeedChannel] = {
    channel.key: channel
    for channel in (
        SeedChannel("front-desk-sms", "twlo", "Front desk SMS", "1", "+16317471111"),
        SeedChannel("clinic-whatsapp", "twlowa", "Clinic WhatsApp", "1", "+16317472222"),
        SeedChannel("india-whatsapp", "gswa", "India WhatsApp", "91", "+917940001212"),
    )
}

LISTS = {1: "Customers", 2: "Newsletter"}

TEAM_MEMBERS: dict[str, SeedMember] = {
    member.id: member
    for member in (
        SeedMember("member-ada", "Ada Okafor", "ada@example.org"),
        SeedMember("member-ben", "Ben Castillo", "ben@example.org"),
        SeedMember("member-chitra", "Chitra Rao", "chitra@example.org"),
    )
}
