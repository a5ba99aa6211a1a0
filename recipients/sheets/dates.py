"""Days and times as a spreadsheet's format shows them."""

from __future__ import annotations

import datetime as dt
import gettext
import importlib.util
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

from recipients.sheets.format_codes import Section, Token

# Microsoft's identifiers of languages, whose lower ten bits are the language (MS-LCID).
_LANGUAGES = {
    0x01: "ar",
    0x02: "bg",
    0x03: "ca",
    0x04: "zh_Hans",
    0x05: "cs",
    0x06: "da",
    0x07: "de",
    0x08: "el",
    0x0A: "es",
    0x0B: "fi",
    0x0C: "fr",
    0x0D: "he",
    0x0E: "hu",
    0x10: "it",
    0x11: "ja",
    0x12: "ko",
    0x13: "nl",
    0x14: "nb",
    0x15: "pl",
    0x16: "pt",
    0x18: "ro",
    0x19: "ru",
    0x1A: "hr",
    0x1B: "sk",
    0x1D: "sv",
    0x1E: "th",
    0x1F: "tr",
    0x21: "id",
    0x22: "uk",
    0x24: "sl",
    0x25: "et",
    0x26: "lv",
    0x27: "lt",
    0x2A: "vi",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# 9999-12-31, the last day a spreadsheet knows.
_LAST_DAY = 2_958_466
_YEAR_FIRST = frozenset("CN JP KR TW SE LT CA HU ZA IR MN".split())
_MONTH_FIRST = frozenset("US PR GU VI AS MP PH FM MH PW".split())
_WITH_DOTS = frozenset(
    "DE AT CH LI CZ SK PL RU UA BY BG HR SI RS BA ME MK AL FI NO EE LV IS TR RO MD GE AM AZ KZ "
    "IL".split()
)
_WITH_HYPHENS = frozenset("NL DK IN".split())


def short_date(country: str) -> str:
    """How the computers of a country show a day, for files that only say "as here"."""
    if country in _YEAR_FIRST or not country:
        return "yyyy/mm/dd" if country in ("CN", "JP", "TW", "ZA") else "yyyy-mm-dd"
    if country in _MONTH_FIRST:
        return "m/d/yyyy"
    separator = "." if country in _WITH_DOTS else "-" if country in _WITH_HYPHENS else "/"
    return separator.join(("dd", "mm", "yyyy"))


def moment_of(serial: float, *, is_1904: bool) -> dt.datetime | None:
    """The moment that a number of days stands for, to the second; None when there is none."""
    if not 0 <= serial < _LAST_DAY:
        return None
    if is_1904:
        start = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)
    else:
        # Excel takes 1900 for a leap year: its days before March are one off.
        start = dt.datetime(1899, 12, 31 if serial < 60 else 30, tzinfo=dt.UTC)
    try:
        return start + dt.timedelta(milliseconds=round(serial * 86_400_000))
    except OverflowError:
        return None


def shower(section: Section, *, is_1904: bool) -> Callable[[float], str | None]:
    """How a format shows a number of days: None when no day or time has that number."""
    tokens = _minutes_told_from_months(section.tokens)
    if any(token.kind == "elapsed" for token in tokens):
        return partial(_elapsed, tokens)
    has_fraction = any("." in token.text for token in tokens if token.kind == "date")
    has_halves = any(token.kind == "half" for token in tokens)
    pieces = [_piece(token, section.language, has_halves=has_halves) for token in tokens]

    def show(serial: float) -> str | None:
        at = moment_of(serial, is_1904=is_1904)
        if at is None:
            return None
        if not has_fraction and at.microsecond:
            at = (at + dt.timedelta(milliseconds=500)).replace(microsecond=0)
        return "".join([piece(at) for piece in pieces])

    return show


def _minutes_told_from_months(tokens: Sequence[Token]) -> list[Token]:
    """An m after hours or before seconds is minutes: it becomes "M"."""
    told = [Token(one.kind, one.text.lower()) if one.kind == "date" else one for one in tokens]
    places = [n for n, one in enumerate(told) if one.kind in ("date", "elapsed")]
    for before, place, after in zip([None, *places], places, [*places[1:], None], strict=False):
        if told[place].kind != "date" or told[place].text not in ("m", "mm"):
            continue
        follows_hours = before is not None and told[before].text[:1] == "h"
        if follows_hours or (after is not None and told[after].text[:1] == "s"):
            told[place] = Token("date", told[place].text.upper())
    return told


def _elapsed(tokens: Sequence[Token], days: float) -> str:
    seconds = round(abs(days) * 86_400)
    units = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}
    within = {"h": seconds // 3600 % 24, "M": seconds // 60 % 60, "s": seconds % 60}
    shown = ["-" if days < 0 else ""]
    for token in tokens:
        if token.kind == "elapsed":
            shown.append(str(units[token.text[0].lower()]).zfill(len(token.text)))
        elif token.kind == "date":
            letters = token.text.partition(".")[0]
            shown.append(str(within.get(letters[0], 0)).zfill(len(letters)))
        else:
            shown.append(token.text)
    return "".join(shown)


def _piece(token: Token, language: str, *, has_halves: bool) -> Callable[[dt.datetime], str]:
    """How one piece of a format shows a moment."""
    if token.kind == "half":
        letters = 1 if len(token.text) == 3 else 2
        return lambda at: ("PM" if at.hour >= 12 else "AM")[:letters]
    if token.kind != "date":
        return lambda _: token.text
    letter, width = token.text[0], len(token.text.partition(".")[0])
    if letter in "hMs":
        return _clock_piece(token.text, has_halves=has_halves)
    match letter:
        case "y" | "e":
            is_long = width > 2 or letter == "e"
            return lambda at: f"{at.year:04}" if is_long else f"{at.year % 100:02}"
        case "m":
            return lambda at: _named(_MONTHS[at.month - 1], at.month, width, language)
        case "d":
            return lambda at: _named(_DAYS[at.weekday()], at.day, width, language)
    return lambda _: ""


def _clock_piece(text: str, *, has_halves: bool) -> Callable[[dt.datetime], str]:
    """How hours, minutes or seconds are shown."""
    letters, _, decimals = text.partition(".")
    width, places = min(len(letters), 2), len(decimals)
    match letters[0]:
        case "h" if has_halves:
            return lambda at: str((at.hour - 1) % 12 + 1).zfill(width)
        case "h":
            return lambda at: str(at.hour).zfill(width)
        case "M":
            return lambda at: str(at.minute).zfill(width)
    if places:
        return lambda at: str(at.second).zfill(width) + f".{at.microsecond:06}"[: places + 1]
    return lambda at: str(at.second).zfill(width)


def _named(name: str, number: int, width: int, language: str) -> str:
    if width < 3:
        return str(number).zfill(width)
    translated = _names(language).gettext(name) if language else name
    if width == 3:
        return translated[:3]
    return translated[:1] if width == 5 else translated


@lru_cache
def _names(language: str) -> gettext.NullTranslations:
    """The names of months and days, which the web framework's own catalogues have."""
    try:
        code = _LANGUAGES.get(int(language, 16) & 0x3FF, "en")
    except ValueError:
        code = language.partition("-")[0]
    framework = importlib.util.find_spec("django")
    places = framework.submodule_search_locations if framework else None
    folder = Path(places[0]) / "conf" / "locale" if places else None
    return gettext.translation("django", folder, [code], fallback=True)
