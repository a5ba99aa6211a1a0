"""A cell's number as the sheet shows it, and a phone number whole however it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, setcontext
from fractions import Fraction
from functools import lru_cache, partial

from recipients.sheets import dates
from recipients.sheets.format_codes import GENERAL, Section, Token, sections

# Digits that a spreadsheet's number keeps (IEEE 754 double).
_EXACT = 10**15
# A whole number from here on is somebody's phone rather than an amount.
_PHONE = 10**9
# Cells with the same number and format as some before: days, prices.
_REMEMBERED = 10_000
# More than a number below that loses by being shifted and cut to its exact digits.
_NOT_HALFWAY = 1e-5
_PLAIN = re.compile(r"(?:#,##|#*)(?P<zeros>0+)(?:\.(?P<decimals>0+))?")
# As spreadsheets round, where numbers are put into words.
setcontext(Context(rounding=ROUND_HALF_UP))


def as_general(number: float) -> str:
    """A number without a format: of at most 15 digits, whole ones without a point.

    One too long for a spreadsheet's precision keeps its exponent, so that it is recognised as cut
    off: its last digits are lost.
    """
    if abs(number) >= _EXACT:
        return f"{number:E}"
    return str(int(number)) if number == int(number) else f"{number:.15g}".upper()


def formatter(code: str, *, is_1904: bool = False) -> Callable[[float], str]:
    """How numbers are shown in cells of that format."""
    parts = sections(code or GENERAL)
    shows = [_shower(part, is_1904=is_1904) for part in parts]
    if len(parts) == 1 and shows[0] is as_general:
        return as_general

    @lru_cache(_REMEMBERED)
    def show(number: float) -> str:
        section, is_signed = _section(parts, number)
        shown = shows[section](abs(number) if is_signed is not None else number).strip()
        return f"-{shown}" if is_signed else shown

    if len(parts) > 1 or parts[0].test or parts[0].is_date:
        return show
    only = shows[0]
    return lambda number: only(number).strip() if number >= 0 else show(number)


def _shower(section: Section, *, is_1904: bool) -> Callable[[float], str]:
    """How one part of a format shows numbers."""
    if section.is_date:
        return partial(_as_date, dates.shower(section, is_1904=is_1904))
    if section.is_general or not section.tokens:
        return as_general if len(section.tokens) == 1 else partial(_within, section.tokens)
    tokens = section.tokens
    if any(token.kind == "power" for token in tokens):
        show: Callable[[float], str] = partial(_with_exponent, tokens)
    elif any(token.text == "/" for token in tokens) and any(map(_is_digit, tokens)):
        show = partial(_as_fraction, tokens)
    else:
        show = _plain(tokens) or partial(_placed, tokens)
    is_amount = section.is_money or any(token.text == "%" for token in tokens)
    return partial(_unless_phone, show, is_amount=is_amount, is_grouped=_has(tokens, ","))


def _section(parts: Sequence[Section], number: float) -> tuple[int, bool | None]:
    """Which part shows a number, and whether a minus is put in front; None leaves it to it."""
    if any(part.test for part in parts):
        for index, part in enumerate(parts[:3]):
            if part.passes(number) or not part.test:
                return index, number < 0 and "<" not in part.test
        return len(parts) - 1, number < 0
    if number < 0 and len(parts) > 1:
        return 1, False
    if number == 0 and len(parts) > 2:
        return 2, False
    return 0, None if parts[0].is_date else number < 0


def digits_of_phone(number: float, shown: str) -> str:
    """What is shown of a number, or its digits where it may be a phone and not all are shown."""
    is_phone = _PHONE <= number < _EXACT and number == int(number)
    digits = "".join(filter(str.isdigit, shown)).lstrip("0")
    return as_general(number) if is_phone and digits != str(int(number)) else shown


def _unless_phone(
    show: Callable[[float], str], number: float, *, is_amount: bool, is_grouped: bool
) -> str:
    if number >= _EXACT:
        return as_general(number)
    shown = show(number)
    if number < _PHONE or is_amount:
        return shown
    return as_general(number) if is_grouped else digits_of_phone(number, shown)


def _as_date(show: Callable[[float], str | None], number: float) -> str:
    shown = show(number)
    return as_general(number) if shown is None else shown


def _within(tokens: Sequence[Token], number: float) -> str:
    return "".join(
        as_general(number) if token.kind == "general" or token.text == "@" else token.text
        for token in tokens
    )


def _is_digit(token: Token) -> bool:
    return token.kind == "digit"


def _has(tokens: Sequence[Token], sign: str) -> bool:
    return any(token.kind == "sign" and token.text == sign for token in tokens)


def _plain(tokens: Sequence[Token]) -> Callable[[float], str] | None:
    """The quick way for the shapes nearly all formats have: #,##0.00 with words around it."""
    kinds = [token.kind in ("digit", "sign") and token.text != "%" for token in tokens]
    if True not in kinds:
        return None
    first, end = kinds.index(True), len(kinds) - kinds[::-1].index(True)
    shape = _PLAIN.fullmatch("".join(token.text for token in tokens[first:end]))
    if shape is None or not all(kinds[first:end]):
        return None
    before, after = ("".join(one.text for one in part) for part in (tokens[:first], tokens[end:]))
    is_grouped, zeros, decimals = "," in shape[0], len(shape["zeros"]), len(shape["decimals"] or "")
    if is_grouped and zeros > 1:
        return None
    width = zeros + decimals + (decimals > 0)
    spec = f"{'0' if zeros > 1 else ''}{width if zeros > 1 else ''}{',' * is_grouped}.{decimals}f"
    percents = sum(token.kind == "sign" and token.text == "%" for token in tokens)

    scale = float(f"1e{decimals}")

    def show(number: float) -> str:
        scaled = number * scale
        # Only what lies halfway between two is not rounded by everybody as a sheet does it.
        if not percents and scaled < _PHONE and abs(scaled % 1 - 0.5) > _NOT_HALFWAY:
            return f"{before}{number:{spec}}{after}"
        value = Decimal(f"{number:.15g}")
        if percents:
            value *= 100**percents
        return f"{before}{value:{spec}}{after}"

    return show


def _placed(tokens: Sequence[Token], number: float | Decimal) -> str:
    """Fill a number's digits into the places of a format."""
    value = Decimal(f"{number:.15g}")
    places = [n for n, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        return "".join(token.text for token in tokens)
    point = next((n for n, token in enumerate(tokens) if token.text == "."), len(tokens))
    whole = [n for n in places if n < point]
    decimals = [n for n in places if n > point]
    commas = [n for n, token in enumerate(tokens) if token.kind == "sign" and token.text == ","]
    last = whole[-1] if whole else point
    value *= 100 ** sum(token.kind == "sign" and token.text == "%" for token in tokens)
    value /= 1000 ** sum(n > last for n in commas)
    rounded = value.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    left, _, right = f"{rounded:f}".partition(".")
    left = left.lstrip("0")
    is_grouped = any(whole and whole[0] < n < last for n in commas)
    shown = [] if whole else [left]
    for n, token in enumerate(tokens):
        if n in whole:
            shown.append(_whole_digits(tokens, whole, n, left, is_grouped=is_grouped))
        elif n in decimals:
            shown.append(_decimal_digit(token.text, right, decimals.index(n)))
        elif n not in commas:
            shown.append(token.text)
    return "".join(shown)


def _whole_digits(
    tokens: Sequence[Token], places: Sequence[int], n: int, digits: str, *, is_grouped: bool
) -> str:
    """The digits at one place left of the point; the first place takes what is left over."""
    from_right = len(places) - 1 - list(places).index(n)
    if n == places[0]:
        kept = digits[: max(0, len(digits) - from_right)]
    else:
        kept = digits[len(digits) - 1 - from_right :][:1] if from_right < len(digits) else ""
    if not kept:
        kept = {"0": "0", "?": " "}.get(tokens[n].text, "")
    if not is_grouped or not kept.strip():
        return kept
    return "".join(
        digit + ("," if (rest := from_right + len(kept) - 1 - at) and rest % 3 == 0 else "")
        for at, digit in enumerate(kept)
    )


def _decimal_digit(place: str, digits: str, index: int) -> str:
    if place == "0" or digits[index:].strip("0"):
        return digits[index]
    return " " if place == "?" else ""


def _with_exponent(tokens: Sequence[Token], number: float) -> str:
    at = next(n for n, token in enumerate(tokens) if token.kind == "power")
    before, after = tokens[:at], tokens[at + 1 :]
    point = next((n for n, token in enumerate(before) if token.text == "."), len(before))
    step = max(1, sum(token.kind == "digit" for token in before[:point]))
    decimals = sum(token.kind == "digit" for token in before[point:])
    power = Decimal(f"{number:.{decimals + step - 1}e}").adjusted() if number else 0
    power -= power % step
    mantissa = _placed(before, Decimal(f"{number:.15g}").scaleb(-power))
    width = sum(token.kind == "digit" for token in after)
    sign = "-" if power < 0 else "+" if "+" in tokens[at].text else ""
    return f"{mantissa}E{sign}{str(abs(power)).zfill(width)}"


def _as_fraction(tokens: Sequence[Token], number: float) -> str:
    bar = next(n for n, token in enumerate(tokens) if token.text == "/")
    below = [token for token in tokens[bar + 1 :] if token.kind == "digit"]
    fixed = "".join(token.text for token in tokens[bar + 1 :] if token.text.isdigit())
    exact = Fraction(f"{number:.15g}")
    if fixed and fixed.strip("0"):
        share = Fraction(round(exact * int(fixed)), int(fixed))
        top, bottom = round(share * int(fixed)), int(fixed)
    else:
        share = exact.limit_denominator(10 ** len(below) - 1)
        top, bottom = share.numerator, share.denominator
    has_whole = any(token.text == " " for token in tokens[:bar])
    whole, top = divmod(top, bottom) if has_whole else (0, top)
    if not top and has_whole:
        return str(whole)
    return f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"
