"""Days as people write them in cells: `2026-12-05`, `05/12/2026`, `5 Dec 2026`, with times or not.

Read twice, with one meaning: in Python, which SQLite calls, and in PostgreSQL's own words. Of
`05/12/2026` only the other values of its column can tell which is the month (`habits`).
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from recipients.comparing import comparable, comparable_sql
from recipients.sql import Sql, sql, value


class DayKind(IntEnum):
    """What a cell shows of how its column writes days."""

    NONE = 0
    PLAIN = 1
    # `31/12/2026`, `12/31/2026`, and `05/12/2026`, which may be either.
    DAY_FIRST = 2
    MONTH_FIRST = 3
    EITHER = 4


# English, German, French, Spanish, Italian, Portuguese, Dutch; whole, and as they are cut.
_MONTHS = (
    "january jan januar jän jänner janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar février févr fév febrero febbraio fevereiro fev februari",
    "march mar märz mär mrz mars marzo março maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août agosto ago augustus",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
_NUMBERS = {name: n for n, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NAMES_IN_SQL = " ".join(["", *(f"{name}={n:02d}" for name, n in _NUMBERS.items())])
# The kinds of space, and the words for year, month and day in Chinese and Japanese.
_WRITTEN, _MEANT = "\u00a0\u2009\u202f年月日", "   --"
_TRANSLATION = str.maketrans(_WRITTEN[:-1], _MEANT, _WRITTEN[-1])

_WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.]?,? +)?"
_NAME = "([^0-9 .,/-]{3,10})[.]?"
_TIME = (
    "(?:(?:t|, *| +)(?:at +)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    "(?: *[ap][.]?m[.]?)?(?: *(?:z|utc|gmt|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_FIGURES = (
    "([0-9]{4})([-/.]) ?([0-9]{1,2})([-/.]) ?([0-9]{1,2})[.]?",
    f"{_WEEKDAY}([0-9]{{1,2}})([-/.]) ?([0-9]{{1,2}})([-/.]) ?([0-9]{{4}}|[0-9]{{2}})[.]?",
)
_WORDS = (
    f"{_WEEKDAY}([0-9]{{1,2}})(?:(?:st|nd|rd|th)[ -]+|[.] *|[ -]+)(?:of |de )?{_NAME},?"
    "[ -]*(?:de )?([0-9]{4}|[0-9]{2})",
    f"{_WEEKDAY}{_NAME}[ -]*([0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? +|,|-)([0-9]{{4}})",
)


def _form_of(*kinds: str) -> str:
    return f"^(?:{'|'.join(kinds)}){_TIME}$"


_FORM = _form_of(*_FIGURES, *_WORDS)
_form = re.compile(_FORM)


class DayReadings(NamedTuple):
    """A cell's day as 20261205, read with the day first and the month first; None where it is none.

    `is_sure`: nobody would read it with the month first.
    """

    day_first: int | None = None
    month_first: int | None = None
    is_sure: bool = False


@lru_cache(maxsize=8192)
def day_readings(cell: str) -> DayReadings:
    """What may be read in a trimmed cell."""
    match = _form.match(comparable(cell).translate(_TRANSLATION))
    if match is None:
        return DayReadings()
    m = ("", *match.groups())
    if m[1] and m[2] == m[4]:
        return DayReadings(_day(int(m[1]), int(m[3]), int(m[5])), None, True)
    if m[6] and m[7] == m[9]:
        year, first, second = _year(m[10]), int(m[6]), int(m[8])
        # Nobody writes the month first with points between.
        is_sure = m[7] == "." or first == second
        return DayReadings(_day(year, second, first), _day(year, first, second), is_sure)
    if month := _NUMBERS.get(m[12] or m[14] or "", 0):
        return DayReadings(_day(_year(m[13] or m[16]), month, int(m[11] or m[15])), None, True)
    return DayReadings()


def _year(digits: str) -> int:
    # Spreadsheets read two digits like this.
    return int(digits) + (0 if len(digits) == 4 else 2000 if int(digits) < 50 else 1900)


def _day(year: int, month: int, day: int) -> int | None:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 if month in (4, 6, 9, 11) else 28 + is_leap if month == 2 else 31
    is_there = 1 <= month <= 12 and 1 <= day <= longest
    return year * 10_000 + month * 100 + day if is_there else None


def day_kind(cell: str) -> int:
    """The DayKind of a trimmed cell."""
    day_first, month_first, is_sure = day_readings(cell)
    if day_first is None and month_first is None:
        return DayKind.NONE
    if is_sure:
        return DayKind.PLAIN
    if day_first is None:
        return DayKind.MONTH_FIRST
    return DayKind.DAY_FIRST if month_first is None else DayKind.EITHER


def day_in(cell: str, day_first: int) -> int | None:
    """The day in a trimmed cell as 20261205; None for what is none.

    `day_first` says what `05/12/2026` is where both are possible.
    """
    with_day_first, with_month_first, is_sure = day_readings(cell)
    if with_day_first is None or (with_month_first is not None and not (day_first or is_sure)):
        return with_month_first
    return with_day_first


def day_kind_sql(cell: Sql) -> Sql:
    """`day_kind` in PostgreSQL's words."""
    return sql(
        f"COALESCE((SELECT CASE WHEN a IS NULL AND b IS NULL THEN {DayKind.NONE:d} "  # noqa: S608 - kinds of ours
        f"WHEN sure THEN {DayKind.PLAIN:d} WHEN a IS NULL THEN {DayKind.MONTH_FIRST:d} "
        f"WHEN b IS NULL THEN {DayKind.DAY_FIRST:d} ELSE {DayKind.EITHER:d} END "
        f"FROM {{readings}} AS read), {DayKind.NONE:d})",
        readings=_readings_sql(cell),
    )


def day_sql(cell: Sql, day_first: Sql) -> Sql:
    """`day_in` in PostgreSQL's words; `day_first` is a condition in SQL."""
    read_whole = sql(
        "(SELECT CASE WHEN a IS NULL OR (b IS NOT NULL AND NOT ({day_first} OR sure)) THEN b "
        "ELSE a END FROM {readings} AS read)",
        day_first=day_first,
        readings=_readings_sql(Sql("quick.x")),
    )
    return sql(
        f"(SELECT CASE {_quick_cases()} ELSE {{read_whole}} END "  # noqa: S608 - forms of ours
        "FROM (SELECT {cell} AS x OFFSET 0) AS quick)",
        cell=cell,
        day_first=day_first,
        names=value(_NAMES_IN_SQL),
        read_whole=read_whole,
    )


# Days of which no month is too short: nearly every cell of nearly every column. Cutting their
# figures out takes a fifth of the time that reading a cell whole takes.
_M, _D, _PAST_12 = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|1[0-9]|2[0-8])", "(?:1[3-9]|2[0-8])"


def _quick_cases() -> str:
    """`WHEN ... THEN ...` for each quick form of `quick.x`, with a slot for `day_first`."""
    with_day_first, with_month_first = _figures_at(3, 2, 1), _figures_at(3, 1, 2)
    either = f"CASE WHEN {{day_first}} THEN {with_day_first} ELSE {with_month_first} END"
    forms = (
        (f"[0-9]{{4}}-{_M}-{_D}", _figures_at(1, 2, 3)),
        (f"{_D}[.]{_M}[.][0-9]{{4}}", with_day_first),
        (f"{_M}(?:/{_M}/|-{_M}-)[0-9]{{4}}", either),
        (f"{_PAST_12}(?:/{_M}/|-{_M}-)[0-9]{{4}}", with_day_first),
        (f"{_M}(?:/{_PAST_12}/|-{_PAST_12}-)[0-9]{{4}}", with_month_first),
        (f"{_D} [A-Za-z]{{3,10}} [0-9]{{4}}", _figures_with_name()),
    )
    return " ".join(f"WHEN quick.x ~ '^{form}$' THEN {day}" for form, day in forms)


def _figures_at(year: int, month: int, day: int) -> str:
    """20261205 of the three figures, by their places."""
    return " + ".join(
        f"CAST(SPLIT_PART(TRANSLATE(quick.x, '-.', '//'), '/', {place}) AS int) * {times}"
        for place, times in ((year, 10_000), (month, 100), (day, 1))
    )


def _figures_with_name() -> str:
    """20261205 of "5 Dec 2026"; NULL where the middle names no month."""
    name = "LOWER(SPLIT_PART(quick.x, ' ', 2))"
    place = f"NULLIF(STRPOS({{names}}, ' ' || {name} || '='), 0) + LENGTH({name}) + 2"
    return (
        "CAST(SPLIT_PART(quick.x, ' ', 3) AS int) * 10000 "
        f"+ CAST(SUBSTR({{names}}, {place}, 2) AS int) * 100 "
        "+ CAST(SPLIT_PART(quick.x, ' ', 1) AS int)"
    )


# Most cells; the others take ten times as long.
_USUAL = (
    "^(?:[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2})"
    "(?:[ t][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?$"
)
# A form's groups would take PostgreSQL ten times as long as cutting its pieces out. `n` are the
# figures of 05/12/2026, `w` is all of "5 Dec 2026" behind a day of the week.
_SPLIT = "SPLIT_PART(TRANSLATE(n, '-.', '//'), '/', {})"
_BEHIND = "SUBSTR(w, STRPOS(w, name) + LENGTH(name))"
_MONTH = "SUBSTR({names}, NULLIF(STRPOS({names}, ' ' || name || '='), 0) + LENGTH(name) + 2, 2)"
_YEAR = (
    f"CASE WHEN LENGTH({_SPLIT.format(1)}) = 4 THEN {_SPLIT.format(1)} "
    f"WHEN n IS NOT NULL THEN {_SPLIT.format(3)} "
    f"WHEN w ~ '^[0-9]' THEN SUBSTRING({_BEHIND} FROM '[0-9]{{4}}|[0-9]{{2}}') "
    f"ELSE SUBSTRING({_BEHIND} FROM '[0-9]{{4}}') END"
)
_DAY = (
    f"CASE WHEN LENGTH({_SPLIT.format(1)}) = 4 THEN {_SPLIT.format(3)} "
    f"WHEN n IS NOT NULL THEN {_SPLIT.format(1)} "
    f"ELSE SUBSTRING(CASE WHEN w ~ '^[0-9]' THEN w ELSE {_BEHIND} END FROM '[0-9]{{1,2}}') END"
)
_PIECES = (
    (
        "SELECT CAST(year AS int) + CASE WHEN LENGTH(year) = 4 THEN 0 "  # noqa: S608 - pieces of ours
        "WHEN CAST(year AS int) < 50 THEN 2000 ELSE 1900 END AS y, "
        "CAST(day AS int) AS d, CAST(month AS int) AS mo, is_open, sure FROM ("
        f"SELECT {_YEAR} AS year, {_DAY} AS day, "
        f"CASE WHEN n IS NOT NULL THEN {_SPLIT.format(2)} ELSE {_MONTH} END AS month, "
        f"n IS NOT NULL AND LENGTH({_SPLIT.format(1)}) < 4 AS is_open, "
        "n IS NULL OR n ~ '[.]|^[0-9]{{4}}' AS sure FROM ("
        "SELECT n, w, SUBSTRING(w FROM '[^0-9 .,/-]{{3,10}}') AS name FROM ("
        "SELECT CASE WHEN x ~ {usual} OR x ~ {figures} THEN "
        "TRANSLATE(SUBSTRING(x FROM '[0-9]+[-/.] ?[0-9]+[-/.] ?[0-9]+'), ' ', '') END AS n, "
        "CASE WHEN x ~ {usual} THEN NULL WHEN x ~ {words} THEN REGEXP_REPLACE(x, {weekday}, '') "
        "END AS w "
        "FROM (SELECT TRANSLATE({lower}, {written}, {meant}) AS x OFFSET 0) AS read OFFSET 0) "
        "AS told "
        "WHERE w IS NOT NULL OR TRANSLATE(n, '0123456789', '') IN ('--', '//', '..') OFFSET 0) "
        "AS named "
        "OFFSET 0) AS parted OFFSET 0"
    )
    .replace("{{", "{")
    .replace("}}", "}")
)


def _there(month: str, day: str) -> str:
    leap = "y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)".replace("%", "%%")
    return (
        f"CASE WHEN {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND CASE "
        f"WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} <> 2 THEN 31 "
        f"WHEN {leap} THEN 29 ELSE 28 END THEN y * 10000 + {month} * 100 + {day} END"
    )


def _without_groups(*kinds: str) -> str:
    return re.sub(r"[(](?![?])", "(?:", _form_of(*kinds))


def _readings_sql(cell: Sql) -> Sql:
    pieces = sql(
        _PIECES,
        names=value(_NAMES_IN_SQL),
        lower=comparable_sql(cell),
        written=value(_WRITTEN),
        meant=value(_MEANT),
        usual=value(_USUAL),
        figures=value(_without_groups(*_FIGURES)),
        words=value(_without_groups(*_WORDS)),
        weekday=value(f"^{_WEEKDAY}"),
    )
    return sql(
        f"(SELECT {_there('mo', 'd')} AS a, "  # noqa: S608 - names of ours
        f"CASE WHEN is_open THEN {_there('d', 'mo')} END AS b, sure OR d = mo AS sure "
        "FROM ({pieces}) AS p OFFSET 0)",
        pieces=pieces,
    )
