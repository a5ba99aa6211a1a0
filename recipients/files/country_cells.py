"""Which country a cell of a file means: by its name in many languages, its code or calling code.

Names and ISO 3166-1 codes are those of CLDR, which Babel carries. A language is loaded when a cell
is not understood in those before it: all of them together take half a second and 50 MB.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

_LANGUAGES = (
    *("en", "es", "fr", "de", "pt", "it", "nl", "pl", "ru", "tr", "ar", "zh", "ja", "ko", "hi"),
    *("id", "vi", "th", "uk", "cs", "sk", "hu", "ro", "bg", "el", "sr", "sr_Latn", "hr", "sl"),
    *("lt", "lv", "et", "fi", "sv", "da", "nb", "is", "ca", "he", "fa", "ur", "bn", "ms", "sw"),
    *("ka", "hy", "az", "kk", "uz", "sq", "mk", "zh_Hant"),
)
# What people write and CLDR does not have.
_ALSO_CALLED = {
    **dict.fromkeys(("uk", "great britain", "britain", "england", "scotland", "wales"), "GB"),
    **dict.fromkeys(("northern ireland", "u k", "gran bretana", "grossbritannien"), "GB"),
    **dict.fromkeys(("inghilterra", "inglaterra", "angleterre", "ingiltere"), "GB"),
    **dict.fromkeys(("usa", "u s", "u s a", "america", "united states of america"), "US"),
    **dict.fromkeys(("ee uu", "eeuu", "etats unis d amerique", "the united states"), "US"),
    **dict.fromkeys(("uae", "u a e", "emirates", "الإمارات"), "AE"),
    **dict.fromkeys(("holland", "the netherlands", "hollande", "holanda", "olanda"), "NL"),
    **dict.fromkeys(("ivory coast", "cote divoire"), "CI"),
    **dict.fromkeys(("czech republic", "czech rep", "republique tcheque"), "CZ"),
    **dict.fromkeys(("turkey", "turkiye"), "TR"),
    **dict.fromkeys(("burma", "myanmar"), "MM"),
    **dict.fromkeys(("macedonia", "fyrom"), "MK"),
    **dict.fromkeys(("hong kong", "hongkong", "hk sar"), "HK"),
    **dict.fromkeys(("macau", "macao"), "MO"),
    **dict.fromkeys(("korea", "republic of korea", "korea south", "s korea", "한국"), "KR"),
    **dict.fromkeys(("臺灣", "republic of china"), "TW"),
    **dict.fromkeys(("السعودية", "ksa"), "SA"),
    **dict.fromkeys(("drc", "dr congo", "congo kinshasa", "rdc"), "CD"),
    **dict.fromkeys(("congo brazzaville", "republic of the congo"), "CG"),
    **dict.fromkeys(("russian federation",), "RU"),
    **dict.fromkeys(("viet nam",), "VN"),
    **dict.fromkeys(("palestine", "palestinian territories"), "PS"),
    **dict.fromkeys(("swaziland",), "SZ"),
    **dict.fromkeys(("cape verde",), "CV"),
    **dict.fromkeys(("east timor",), "TL"),
    **dict.fromkeys(("brasil",), "BR"),
    **dict.fromkeys(("eire", "republic of ireland"), "IE"),
    **dict.fromkeys(("bosnia", "bosnia herzegovina"), "BA"),
    **dict.fromkeys(("trinidad",), "TT"),
    **dict.fromkeys(("brd", "d"), "DE"),
    # As on the plates of cars.
    "a": "AT",
    "f": "FR",
    "i": "IT",
    "b": "BE",
    "l": "LU",
    "e": "ES",
    "p": "PT",
    "h": "HU",
}
_BRACKETS = re.compile(r"\(([^)]*)\)")
# Behind the 1 of North America the area code may stand.
_CALLING_CODE = re.compile(r"(?:\+|00)?(1(?=\d{3}\Z)|[1-9][0-9]{0,2})(?:[.,]0|(?<=1)\d{3})?")
_BETWEEN = re.compile(r"[|/,:]|\s[-\u2013]\s")
_FIRST_FLAG, _LAST_FLAG = "\U0001f1e6", "\U0001f1ff"


@lru_cache(maxsize=2_000)
def country_in(text: str, home: str) -> str | None:
    """The country (ISO 3166-1 alpha-2) that a cell means, or None if it is not understood.

    `home` is meant by a calling code that it shares with others: 1 is Canada's too.
    """
    bracketed = _BRACKETS.findall(text)
    for part in (text, _BRACKETS.sub(" ", text), *bracketed, *_BETWEEN.split(text)):
        if country := _named(part) or _by_calling_code(part, home):
            return country
    # "FR +33", "United Kingdom 44"
    words = re.sub(r"[+\d]+", " ", text)
    return _named(words) if words.strip() != text.strip() else None


def country_of_row(cells: Sequence[str], place: int | None, home: str) -> str | None:
    """The country that the cell at `place` names; "" for an empty cell, None for no known one."""
    text = cells[place].strip() if place is not None and place < len(cells) else ""
    return country_in(text, home) if text else ""


def is_calling_code(text: str) -> bool:
    """Whether a cell has the form of a calling code: 44, +44, 0044."""
    return _CALLING_CODE.fullmatch(text.strip()) is not None


def _by_calling_code(text: str, home: str) -> str | None:
    digits = re.sub(r"[\s()]+|(?<=\d)-(?=\d)", "", text)
    if match := _CALLING_CODE.fullmatch(digits):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(match[1]), ())
        if home in regions:
            return home
        return regions[0] if regions and regions[0] != "001" else None
    return None


def _named(text: str) -> str | None:
    """The country with this name or ISO code."""
    words = _plain(text)
    if not words or words.isdigit():
        return None
    code = words.upper()
    if code in SUPPORTED_REGIONS:
        return code
    if country := _also_called().get(words):
        return country
    if len(code) == 3 and (regions := get_global("territory_aliases").get(code)):
        return regions[0] if regions[0] in SUPPORTED_REGIONS else None
    return next(filter(None, (_names_in(name).get(words) for name in _LANGUAGES)), None)


@cache
def _also_called() -> dict[str, str]:
    return {_plain(name): code for name, code in _ALSO_CALLED.items()}


@cache
def _names_in(language: str) -> dict[str, str]:
    """The countries by their names in a language."""
    territories = Locale.parse(language).territories
    names = {}
    for code, name in territories.items():
        if code in SUPPORTED_REGIONS:
            # Myanmar has another name in brackets.
            names[_plain(_BRACKETS.sub(" ", name))] = names[_plain(name)] = code
    return names


def _plain(text: str) -> str:
    """The words of a name: lower case, without accents and marks; flags as their letters."""
    text = "".join(
        chr(ord("a") + ord(character) - ord(_FIRST_FLAG))
        if _FIRST_FLAG <= character <= _LAST_FLAG
        else character
        for character in text
    )
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", text.casefold())
        if not "\u0300" <= character <= "\u036f"
    )
    words = re.sub(r"[^\w\u0900-\u0dff\u0e00-\u0eff]+|_", " ", bare).split()
    return " ".join(word for word in words if word not in ("and", "the"))
