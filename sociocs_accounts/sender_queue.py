"""How long a provider's queue takes to send what it was handed: an estimate, told before sending.

The figures are the providers' public defaults for one sender; a contract may allow more. Somebody
who knows their own figure sets it on the channel. No Django here.

Sources: Twilio, "Understanding Twilio Rate Limits and Message Queues" (a queue holds ten hours of
segments), error 21611 (a US long code sends one segment a second, a short code 100), "Toll-Free SMS
and MMS messaging throughput" (3 a second, and 10 for numbers outside +1), "Best practices and FAQs"
for WhatsApp (80 messages a second, four hours of queue); Meta, WhatsApp Cloud API, "Throughput" (80
messages a second), for Gupshup, which names no figure of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from sociocs_gateway.providers import CAPABILITIES, Medium, Provider


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one sender carries.

    `per_second`: SMS segments, or WhatsApp messages. `longest_queue`: what would wait longer fails;
    None where the provider names no limit.
    """

    per_second: float
    longest_queue: timedelta | None


class Sender(StrEnum):
    """What a channel sends from, as far as it matters for its speed."""

    LONG_CODE = "long_code"
    LONG_CODE_ABROAD = "long_code_abroad"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    TWILIO_WHATSAPP = "twilio_whatsapp"
    WHATSAPP = "whatsapp"


THROUGHPUT: Mapping[Sender, Throughput] = MappingProxyType(
    {
        Sender.LONG_CODE: Throughput(1, timedelta(hours=10)),
        Sender.LONG_CODE_ABROAD: Throughput(10, timedelta(hours=10)),
        Sender.TOLL_FREE: Throughput(3, timedelta(hours=10)),
        Sender.SHORT_CODE: Throughput(100, timedelta(hours=10)),
        Sender.TWILIO_WHATSAPP: Throughput(80, timedelta(hours=4)),
        Sender.WHATSAPP: Throughput(80, None),
    }
)
# Short codes have three to eight digits, full numbers more (ITU-T E.164).
_LONGEST_SHORT_CODE = 8


def sender_of(provider: Provider, phone_number: str) -> Sender:
    """What kind of sender a channel with this number is; an unknown number counts as the slowest.

    `phone_number` as the channel shows it: E.164, a short code, a name, or "".
    """
    if CAPABILITIES[provider].medium is Medium.WHATSAPP:
        is_twilio = provider is Provider.TWILIO_WHATSAPP
        return Sender.TWILIO_WHATSAPP if is_twilio else Sender.WHATSAPP
    digits = "".join(character for character in phone_number if character.isdecimal())
    if not digits:
        return Sender.LONG_CODE
    if len(digits) <= _LONGEST_SHORT_CODE and not phone_number.startswith("+"):
        return Sender.SHORT_CODE
    return _long_code("+" + digits)


def _long_code(phone_number: str) -> Sender:
    try:
        number = phonenumbers.parse(phone_number)
    except NumberParseException:
        return Sender.LONG_CODE
    if phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE:
        return Sender.TOLL_FREE
    return Sender.LONG_CODE if number.country_code == 1 else Sender.LONG_CODE_ABROAD


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long one sender needs for `people`, if all of it is handed over at once."""

    people: int
    units_each: float
    throughput: Throughput

    @property
    def seconds_each(self) -> float:
        """How long one person's message keeps the queue busy."""
        return self.units_each / self.throughput.per_second

    @property
    def duration(self) -> timedelta:
        """Until the last message has left the queue."""
        return timedelta(seconds=self.people * self.seconds_each)

    @property
    def overflows(self) -> bool:
        """Whether the last ones would wait longer than the provider keeps them: they would fail."""
        longest = self.throughput.longest_queue
        return longest is not None and self.duration > longest


def estimate(
    provider: Provider,
    phone_number: str,
    people: int,
    units_each: float = 1,
    per_second: float | None = None,
) -> Estimate:
    """The estimate for `people` who get `units_each` SMS segments (WhatsApp: messages, so 1) each.

    `per_second`: the sender's own figure, if somebody knows it.
    """
    usual = THROUGHPUT[sender_of(provider, phone_number)]
    throughput = replace(usual, per_second=per_second) if per_second else usual
    return Estimate(people, units_each, throughput)
