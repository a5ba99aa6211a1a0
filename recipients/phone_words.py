"""A phone number as people are shown what will be called."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat

from interface.countries import country_name
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sentences import DOUBTS, REJECTIONS


def as_called(e164: str, country: str) -> str:
    """`+49 1512 3456789`, and where it is if not in `country` (ISO 3166-1 alpha-2).

    The number's own blanks break no line: half a number at its end reads as another one.
    """
    number = phonenumbers.parse(e164)
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    written = shown.replace(" ", "\N{NO-BREAK SPACE}")
    region = phonenumbers.region_code_for_number(number)
    if not region or region in (country, "001"):
        return written
    return _("%(number)s, %(country)s") % {"number": written, "country": country_name(region)}


def becomes(written: str, country: str) -> str:
    """What stands beside a number somebody types: as it will be called, or why it will not be.

    "" for nothing written. `country` is that of numbers without a country code.
    """
    if not written.strip():
        return ""
    answer = PhoneReader(country).read(written)
    if not isinstance(answer, Phone):
        words = REJECTIONS[answer.reason]
        return f"{words.short}. {words.cure}"
    called = as_called(answer.e164, country)
    return f"{called}. {DOUBTS[answer.doubt].short}." if answer.doubt else called
