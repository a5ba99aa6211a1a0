"""Countries as a person chooses one: by name, with the calling code beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

import phonenumbers
from babel import Locale, UnknownLocaleError
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from interface.country_names import COUNTRY_NAMES


def country_name(code: str) -> str:
    """`United States` for `US`, in the page's language; an unknown code stays as it is."""
    names = _names_in(get_language() or "en")
    return names.get(code) or COUNTRY_NAMES.get(code, code)


@cache
def _names_in(language: str) -> Mapping[str, str]:
    """The names of the CLDR, of which English pages have shorter ones."""
    try:
        locale = Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return {}
    return {} if locale.language == "en" else locale.territories


def country_choices() -> list[tuple[str, str]]:
    """(ISO 3166-1 code, `United States (+1)`) for a select, sorted by name."""
    named = ((code, _label(code)) for code in COUNTRY_NAMES)
    return sorted(named, key=lambda choice: _plain(choice[1]))


def validate_country(code: str) -> None:
    """Raise ValidationError unless `code` is a country whose numbers we can read."""
    if code not in COUNTRY_NAMES:
        raise ValidationError(
            _("We do not know the country “%(code)s”. Choose one from the list."),
            code="unknown_country",
            params={"code": code},
        )


def _plain(name: str) -> str:
    # "Åland Islands" belongs under A, which the order of code points does not know.
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()


def _label(code: str) -> str:
    return f"{country_name(code)} (+{phonenumbers.country_code_for_region(code)})"
