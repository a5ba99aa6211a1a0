"""A phone number as people are shown what will be called."""

from __future__ import annotations

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat

from interface.countries import country_name


def as_called(e164: str, country: str) -> str:
    """`+49 1512 3456789`, and where it is if not in `country` (ISO 3166-1 alpha-2)."""
    number = phonenumbers.parse(e164)
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    region = phonenumbers.region_code_for_number(number)
    if not region or region in (country, "001"):
        return written
    return _("%(number)s, %(country)s") % {"number": written, "country": country_name(region)}
