"""Dates in people's fields: reading them, and writing them by the letters of `#dateFormat`.

The letters are those of the vendor's page (docs.sociocs.com/miscellaneous/dynamic-fields,
"Format-string options"), which are those of the npm package dateformat 5; its quotes around literal
words (`'at'`) are taken too. Whatever else is a letter is refused instead of being printed.
`static/js/dates.js` does the same in the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from django.utils.translation import get_language

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where and when a message is read.

    `zone`: of times that name none, and for what is shown. `today`: the day on which the message
    goes out, for "Today" and "Tomorrow"; None leaves the names of the days. `day_first` says what
    03/04/2026 is; None leaves such a date unread.
    """

    zone: tzinfo = UTC
    today: date | None = None
    day_first: bool | None = None


# --- Writing --------------------------------------------------------------------------------------


def _day_name(moment: datetime, calendar: Calendar, near: tuple[str, str, str], name: str) -> str:
    if calendar.today is not None:
        distance = (moment.date() - calendar.today).days
        if -1 <= distance <= 1:
            return near[distance + 1]
    return name


def _ordinal(day: int) -> str:
    if day in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _offset(moment: datetime, colon: str) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{rest:02}"


# The zones of the United States: only their abbreviations are shown (IANA tz database, zone.tab).
_US_ZONE = re.compile(
    "US/.+|Pacific/Honolulu|America/(?:(?:Indiana|Kentucky|North_Dakota)/.+|New_York|Detroit|"
    "Chicago|Menominee|Denver|Boise|Phoenix|Los_Angeles|Anchorage|Juneau|Sitka|Metlakatla|Yakutat|"
    "Nome|Adak)"
)


def _zone_name(moment: datetime) -> str:
    if _US_ZONE.fullmatch(getattr(moment.tzinfo, "key", "")):
        return moment.tzname() or ""
    offset = _offset(moment, "")
    return "UTC" if offset == "+0000" else f"GMT{offset}"


_Writer = Callable[[datetime, Calendar], str]
_LETTERS: Mapping[str, _Writer] = {
    "d": lambda at, _: str(at.day),
    "dd": lambda at, _: f"{at.day:02}",
    "ddd": lambda at, _: _DAYS[at.weekday()][:3],
    "DDD": lambda at, c: _day_name(at, c, ("Ysd", "Tdy", "Tmw"), _DAYS[at.weekday()][:3]),
    "dddd": lambda at, _: _DAYS[at.weekday()],
    "DDDD": lambda at, c: _day_name(at, c, ("Yesterday", "Today", "Tomorrow"), _DAYS[at.weekday()]),
    "m": lambda at, _: str(at.month),
    "mm": lambda at, _: f"{at.month:02}",
    "mmm": lambda at, _: _MONTHS[at.month - 1][:3],
    "mmmm": lambda at, _: _MONTHS[at.month - 1],
    "yy": lambda at, _: f"{at.year % 100:02}",
    "yyyy": lambda at, _: f"{at.year:04}",
    "h": lambda at, _: str(at.hour % 12 or 12),
    "hh": lambda at, _: f"{at.hour % 12 or 12:02}",
    "H": lambda at, _: str(at.hour),
    "HH": lambda at, _: f"{at.hour:02}",
    "M": lambda at, _: str(at.minute),
    "MM": lambda at, _: f"{at.minute:02}",
    "N": lambda at, _: str(at.isoweekday()),
    "o": lambda at, _: _offset(at, ""),
    "p": lambda at, _: _offset(at, ":"),
    "s": lambda at, _: str(at.second),
    "ss": lambda at, _: f"{at.second:02}",
    "S": lambda at, _: _ordinal(at.day),
    "l": lambda at, _: f"{at.microsecond // 1000:03}",
    "L": lambda at, _: f"{at.microsecond // 10_000:02}",
    "t": lambda at, _: "a" if at.hour < 12 else "p",
    "tt": lambda at, _: "am" if at.hour < 12 else "pm",
    "T": lambda at, _: "A" if at.hour < 12 else "P",
    "TT": lambda at, _: "AM" if at.hour < 12 else "PM",
    "W": lambda at, _: str(at.isocalendar().week),
    "WW": lambda at, _: f"{at.isocalendar().week:02}",
    "Z": lambda at, _: _zone_name(at),
}
# A run of one letter, a quoted word, or anything else.
_PIECE = re.compile(r"""([A-Za-z])\1*|"[^"]*"|'[^']*'|[^A-Za-z"']+|["']""")


class UnknownLetters(ValueError):
    """A mask with letters that mean nothing. `letters` is the run; `instead` perhaps meant."""

    def __init__(self, letters: str) -> None:
        super().__init__(letters)
        self.letters = letters
        lower = letters.lower()
        self.instead = "tt" if lower == "a" else lower if lower in _LETTERS else ""


@dataclass(frozen=True, slots=True)
class Mask:
    """A format such as `dddd, mmmm d, yyyy`, read once."""

    text: str
    pieces: tuple[str | _Writer, ...] = field(compare=False)

    def write(self, value: str, calendar: Calendar) -> str | None:
        """The date in `value` as the mask has it; None when there is no date to be read in it."""
        moment = read_date(value, calendar)
        if moment is None:
            return None
        return "".join(
            piece if isinstance(piece, str) else piece(moment, calendar) for piece in self.pieces
        )


@lru_cache(maxsize=1024)
def read_mask(text: str) -> Mask:
    """Read a mask. Raises UnknownLetters."""
    pieces: list[str | _Writer] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if match[1]:
            writer = _LETTERS.get(piece)
            if writer is None:
                raise UnknownLetters(piece)
            pieces.append(writer)
        elif len(piece) > 1 and piece[0] in "\"'":
            pieces.append(piece[1:-1])
        else:
            pieces.append(piece)
    return Mask(text, tuple(pieces))


# --- Reading --------------------------------------------------------------------------------------

_MONTH_NUMBERS = {
    **{name.lower(): number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3].lower(): number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}
_TIME = (
    r"(?:(?:T|,? +(?:at +)?)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: *(?P<half>[AP])\.?M\.?)?"
    r"(?: *(?P<zone>Z|UTC|GMT|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]))?)?"
)
_WEEKDAY = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\.?,? +)?"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + _TIME, re.ASCII | re.IGNORECASE)


_FORMS = (
    _form(r"(?P<year>[0-9]{4})(?P<by>[-/.])(?P<month>[0-9]{1,2})(?P=by)(?P<day>[0-9]{1,2})"),
    _form(r"(?P<first>[0-9]{1,2})(?P<by>[-/.])(?P<other>[0-9]{1,2})(?P=by)(?P<year>[0-9]{4})"),
    _form(
        _WEEKDAY + r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?[ -]+(?P<name>[A-Z]{3,9})\.?,?[ -]+"
        r"(?P<year>[0-9]{4})"
    ),
    _form(
        _WEEKDAY + r"(?P<name>[A-Z]{3,9})\.? +(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,? +"
        r"(?P<year>[0-9]{4})"
    ),
)


def read_date(value: str, calendar: Calendar) -> datetime | None:
    """The moment that a field's value names, in the calendar's zone; None for anything unsure.

    Read are 2026-04-03, 2026/4/3 and 3.4.2026, "3 April 2026" and "Apr 3rd, 2026" (English), and
    03/04/2026 where `day_first` says what that is or only one reading is a date; each may have a
    time behind it, and that one an offset. A date without a time is midnight; of a time that the
    clocks go through twice it is the first.
    """
    text = value.strip(" \t\r\n\u00a0")
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            return _moment(match.groupdict(), calendar)
    return None


def is_two_ways(value: str) -> bool:
    """Whether a value is a day once it is known whether days come first, and none before."""
    return not read_date(value, Calendar()) and bool(read_date(value, Calendar(day_first=True)))


def _moment(parts: Mapping[str, str | None], calendar: Calendar) -> datetime | None:
    day, month = _day_and_month(parts, calendar.day_first)
    hour = _hour(parts)
    if hour is None or not month:
        return None
    try:
        moment = datetime(
            int(parts["year"] or 0),
            month,
            day,
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int((parts["fraction"] or "")[:6].ljust(6, "0")),
            tzinfo=_zone(parts["zone"]) or calendar.zone,
        )
        return moment.astimezone(calendar.zone) if parts["zone"] else moment
    except (ValueError, OverflowError):
        return None


def _day_and_month(parts: Mapping[str, str | None], day_first: bool | None) -> tuple[int, int]:
    """The day and the month; a month of 0 where it is not sure or there is none of that name."""
    if "name" in parts:
        return int(parts["day"] or 0), _MONTH_NUMBERS.get((parts["name"] or "").lower(), 0)
    if "first" not in parts:
        return int(parts["day"] or 0), int(parts["month"] or 0)
    first, other = int(parts["first"] or 0), int(parts["other"] or 0)
    # Nobody writes the month first with points between.
    if parts["by"] == "." or other == first:
        return first, other
    if day_first is None:
        if first <= 12 and other <= 12:
            return first, 0
        day_first = first > 12
    return (first, other) if day_first else (other, first)


def _hour(parts: Mapping[str, str | None]) -> int | None:
    hour, half = int(parts["hour"] or 0), parts["half"]
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half in "Pp" else 0)


def _zone(name: str | None) -> tzinfo | None:
    if not name:
        return None
    if name[0] not in "+-":
        return UTC
    minutes = int(name[1:3]) * 60 + int(name[-2:])
    return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))


# --- As people write days -------------------------------------------------------------------------


def mask_for(values: Iterable[str], calendar: Calendar, country: str) -> str:
    """How to write values that are days, one and all, to readers in `country`; else "".

    The vendor knows the names of months in English alone: who writes in another language gets
    figures.
    """
    moments = [read_date(value, calendar) for value in values]
    if None in moments:
        return ""
    if not (get_language() or "en").startswith("en"):
        day, time = "d/m/yyyy", "HH:MM"
    elif country == "US":
        day, time = "mmmm d, yyyy", "h:MM TT"
    else:
        day, time = "d mmmm yyyy", "HH:MM"
    has_time = any(moment and (moment.hour or moment.minute) for moment in moments)
    return f"{day}, {time}" if has_time else day


def written_by(mask: str, field: str) -> str:
    """A field, such as `{{Visit}}`, that a text writes by a mask."""
    return f'{{{{#dateFormat "{mask}"}}}}{field}{{{{/dateFormat}}}}'
