"""Numbers as people write them in cells: `1.234,50`, `1,234.50`, `€ 50`, `50 %`, `1'234.50`.

Read twice, with one meaning: in Python, which SQLite calls, and in PostgreSQL's own words. Of
`1.234` only the other values of its column can tell whether it is a thousand or not (`habits`).
"""

from __future__ import annotations

import re
from enum import IntEnum

from recipients.sql import Sql, sql, value


class NumberKind(IntEnum):
    """What a cell shows of how its column writes numbers."""

    NONE = 0
    PLAIN = 1
    # Whatever is before the decimals, they begin with a comma: `1.234,50`; with a point: `12.5`.
    COMMA = 2
    POINT = 3
    # `1.234` and `1,234`: decimals or thousands.
    EITHER = 4


# Digits of other scripts, the kinds of space, apostrophe and minus that spreadsheets write.
_WRITTEN = (
    "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९０１２３４５６７８９"
    "\u00a0\u2007\u2009\u202f\u2019\u02bc\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\uff0b\u066b\u066c\uff0c\uff0e\u066a\uff05"
)
_MEANT = "0123456789" * 4 + "    ''-------+.,,.%%"
_TRANSLATION = str.maketrans(_WRITTEN, _MEANT)
# ISO 4217's codes of what is paid with most, and what stands on price tags.
_CODES = (
    "AED ARS AUD BAM BDT BGN BHD BOB BRL CAD CDF CHF CLP CNY COP CRC CZK DKK DOP DZD EGP ETB EUR "
    "GBP GEL GHS GTQ HKD HUF IDR ILS INR ISK JOD JPY KES KRW KWD KZT LBP LKR MAD MUR MXN MYR NAD "
    "NGN NOK NPR NZD OMR PEN PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SEK SGD THB TND TRY TWD TZS "
    "UAH UGX USD UYU UZS VES VND XAF XOF ZAR ZMW"
)
_WORDS = (
    "R RM Rp Rs kr Kr Kč kč zł Ft lei din TL руб р грн лв Fr Euro euro Dh % "  # noqa: RUF001
    "$ € £ ¥ ¢ ₹ ₽ ₩ ₪ ₫ ₦ ₱ ₴ ₺ ₡ ₲ ₵ ₸ ₼ ₾ ฿ ৳ ﷼ ￡ ￥ "
    "US$ R$ A$ C$ CA$ AU$ NZ$ HK$ S$ NT$ MX$ S/ Rs/"
)
_CURRENCIES = frozenset({*_CODES.split(), *_CODES.lower().split(), *_WORDS.split()})
_CURRENCIES_IN_SQL = f" {' '.join(sorted(_CURRENCIES))} "
# What stands around the figures is looked up: PostgreSQL would take a thousand times as long for
# a pattern with all these words, or with groups.
_AROUND = "[^0-9 .,()'+-]{1,4}[.]?"
_FRAME = (
    f"^(?:[-+(] ?(?:{_AROUND} ?)?|(?:{_AROUND} ?)?[-+]?)[0-9.,][0-9., ']*(?:[.,]--?)?"
    f"(?: ?{_AROUND})?[)]?$"
)
_BETWEEN = "0123456789 .,()'+-"
# The point of "Rs.500" is none of the number's; what stands before that of "$.50" is cut off.
_BEFORE = "-+( $€£¥₹"
_FIGURES = f"(?:^[.,]|[{_BEFORE}][.,])?[0-9](?:[0-9., ']*[0-9])?"
_BELOW_ZERO = "^(?:[(]|[^0-9]*-)"
_PARTED = "[1-9][0-9]{0,2}(?: [0-9]{3})+|[1-9][0-9]{0,2}(?:'[0-9]{3})+"
_WITH_COMMA = rf"^(?:[0-9]*|[1-9][0-9]{{0,2}}(?:[.][0-9]{{3}})+|{_PARTED})(?:,[0-9]+)?$"
# 12,34,567.50 is how India writes it.
_WITH_POINT = (
    "^(?:[0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}|"
    rf"{_PARTED})(?:[.][0-9]+)?$"
)
_frame, _with_comma, _with_point = map(re.compile, (_FRAME, _WITH_COMMA, _WITH_POINT))
_first_figures = re.compile(_FIGURES)
_WITHOUT_FIGURES = str.maketrans("", "", _BETWEEN)
_below_zero = re.compile(_BELOW_ZERO)
_BETWEEN_COMMA, _BETWEEN_POINT = str.maketrans(",", ".", ". '"), str.maketrans("", "", ", '")


# What most cells hold, read at once.
_USUAL = "^-?(?:0|[1-9][0-9]{0,14})([.][0-9](?:[0-9](?:[0-9]{2})?)?)?$"
_usual = re.compile(_USUAL)
# No amount is longer, and all of these have room in a number of the database.
_LONGEST = 60


def _figures(cell: str) -> tuple[str, bool] | None:
    """The figures of a trimmed cell, and whether it is below zero; None for what is no number."""
    text = cell if cell.isascii() else cell.translate(_TRANSLATION)
    if len(text) > _LONGEST:
        return None
    if (text[:1] == "(") != (text[-1:] == ")") or not _frame.match(text):
        return None
    around = text.translate(_WITHOUT_FIGURES)
    figures = _first_figures.search(text) if not around or around in _CURRENCIES else None
    return (figures[0].lstrip(_BEFORE), bool(_below_zero.match(text))) if figures else None


def number_kind(cell: str) -> int:
    """The NumberKind of a trimmed cell."""
    if usual := _usual.match(cell):
        return NumberKind.POINT if usual[1] else NumberKind.PLAIN
    read = _figures(cell)
    if read is None:
        return NumberKind.NONE
    with_comma, with_point = _with_comma.match(read[0]), _with_point.match(read[0])
    if with_comma and with_point:
        is_plain = "." not in read[0] and "," not in read[0]
        return NumberKind.PLAIN if is_plain else NumberKind.EITHER
    if with_comma:
        return NumberKind.COMMA
    return NumberKind.POINT if with_point else NumberKind.NONE


def number_in(cell: str, decimal_comma: int) -> float | None:
    """The number in a trimmed cell; None for what is none.

    `decimal_comma` says what `1.234` is: a thousand and more, or one and a bit.
    """
    if _usual.match(cell):
        return float(cell)
    read = _figures(cell)
    if read is None:
        return None
    figures, is_negative = read
    with_comma, with_point = _with_comma.match(figures), _with_point.match(figures)
    if with_comma and (decimal_comma or not with_point):
        number = float(figures.translate(_BETWEEN_COMMA))
    elif with_point:
        number = float(figures.translate(_BETWEEN_POINT))
    else:
        return None
    return -number if is_negative else number


def number_kind_sql(cell: Sql) -> Sql:
    """`number_kind` in PostgreSQL's words."""
    return sql(
        f"CASE WHEN {{cell}} ~ {{usual}} THEN CASE WHEN {{cell}} ~ '[.]' THEN {NumberKind.POINT:d} "  # noqa: S608 - kinds of ours
        f"ELSE {NumberKind.PLAIN:d} END ELSE "
        "COALESCE((SELECT CASE WHEN f.figures ~ {comma} AND f.figures ~ {point} "
        f"THEN CASE WHEN f.figures ~ '[.,]' THEN {NumberKind.EITHER:d} ELSE {NumberKind.PLAIN:d} "
        f"END WHEN f.figures ~ {{comma}} THEN {NumberKind.COMMA:d} "
        f"WHEN f.figures ~ {{point}} THEN {NumberKind.POINT:d} ELSE {NumberKind.NONE:d} END "
        f"FROM {{figures}} AS f), {NumberKind.NONE:d}) END",
        cell=cell,
        usual=value(_USUAL),
        comma=value(_WITH_COMMA),
        point=value(_WITH_POINT),
        figures=_figures_sql(cell),
    )


def number_sql(cell: Sql, decimal_comma: Sql) -> Sql:
    """`number_in` in PostgreSQL's words; `decimal_comma` is a condition in SQL."""
    return sql(
        "(CASE WHEN {cell} ~ {usual} THEN CAST({cell} AS double precision) "
        "ELSE (SELECT f.sign * CAST(CASE "
        "WHEN f.figures ~ {comma} AND ({decimal_comma} OR f.figures !~ {point}) "
        "THEN TRANSLATE(f.figures, ',. ''', '.') "
        "WHEN f.figures ~ {point} THEN TRANSLATE(f.figures, ', ''', '') END AS double precision) "
        "FROM {figures} AS f) END)",
        cell=cell,
        usual=value(_USUAL),
        comma=value(_WITH_COMMA),
        point=value(_WITH_POINT),
        decimal_comma=decimal_comma,
        figures=_figures_sql(cell),
    )


def _figures_sql(cell: Sql) -> Sql:
    # OFFSET 0 lets each step be done once, however often the next one speaks of it.
    return sql(
        "(SELECT LTRIM(SUBSTRING(framed.text FROM {figures}), {before}) AS figures, "  # noqa: S608 - a length of ours
        "CASE WHEN framed.text ~ {below} THEN -1 ELSE 1 END AS sign "
        "FROM (SELECT TRANSLATE({cell}, {written}, {meant}) AS text OFFSET 0) AS framed "
        f"WHERE LENGTH(framed.text) <= {_LONGEST:d} AND framed.text ~ {{frame}} "
        "AND (LEFT(framed.text, 1) = '(') = (RIGHT(framed.text, 1) = ')') "
        "AND (TRANSLATE(framed.text, {between}, '') = '' OR STRPOS({currencies}, "
        "' ' || TRANSLATE(framed.text, {between}, '') || ' ') > 0) OFFSET 0)",
        between=value(_BETWEEN),
        currencies=value(_CURRENCIES_IN_SQL),
        cell=cell,
        figures=value(_FIGURES),
        before=value(_BEFORE),
        below=value(_BELOW_ZERO),
        written=value(_WRITTEN),
        meant=value(_MEANT),
        frame=value(_FRAME),
    )
