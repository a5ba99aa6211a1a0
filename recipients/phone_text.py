"""The text of a cell: what is mere decoration around a number, and what can be no number."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class PhoneFault(StrEnum):
    """Why a cell is not a phone number. `recipients.sentences` has the words."""

    EMPTY = "empty"
    LETTERS = "letters"
    SYMBOLS = "symbols"
    EXTENSION = "extension"
    SEVERAL_NUMBERS = "several_numbers"
    EXCEL_SHORTENED = "excel_shortened"
    EXCEL_DECIMAL = "excel_decimal"
    EXCEL_ERROR = "excel_error"
    NO_COUNTRY = "no_country"
    UNKNOWN_COUNTRY_CODE = "unknown_country_code"
    NO_AREA_CODE = "no_area_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_LENGTH = "wrong_length"
    PREMIUM = "premium"


# --- What is decoration ---------------------------------------------------------------------------

# "p:" is how lead forms of Facebook export numbers.
_SCHEME = re.compile(r"(?:tel|sms|callto|whatsapp|p):(?://)?", re.IGNORECASE)
# "91+ 98765 43212" and "(0xx11)", where the xx stand for a carrier's code.
_PLUS_BEHIND_CODE = re.compile(r"\(?(\d{1,3})\s*\+\)?(?=[\s\d(])")
_CARRIER_LEFT_OPEN = re.compile(r"(?<=0)xx(?=\d)", re.IGNORECASE)
_FORMULA = re.compile(r'="([^"]*)"')
_QUOTES = "'\"\N{RIGHT SINGLE QUOTATION MARK}"


def undecorated(raw: str) -> str:
    """The text of a cell without what is invisible or merely wrapped around it.

    Digits of every script become ASCII; direction marks and other format characters go; any kind
    of space becomes a space and any kind of dash a hyphen; "tel:", quotes and ="…" are taken off.
    """
    if not raw.isascii():
        raw = "".join(map(_plain_character, raw))
    text = " ".join(raw.split(" ")).strip()
    if formula := _FORMULA.fullmatch(text):
        text = formula[1]
    text = text.lstrip(" " + _QUOTES).rstrip(" ,;." + _QUOTES)
    if scheme := _SCHEME.match(text):
        text = text[scheme.end() :].strip()
    if behind := _PLUS_BEHIND_CODE.match(text):
        text = f"+{behind[1]} {text[behind.end() :]}"
    return _CARRIER_LEFT_OPEN.sub("", text)


def _plain_character(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.digit(character))
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
    if character in _LIKE_HYPHENS:
        return "-"
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain in _PLAIN_SIGNS else character


_PLAIN_SIGNS = frozenset("+()./,;:'\"#*")
# The minus sign, the full-width tilde, and the long vowel marks that stand beside the hyphen on
# Japanese and Korean keyboards.
_LIKE_HYPHENS = frozenset("\u2212\uff5e\u30fc\uff70\u3161")


# --- What cannot be a number ----------------------------------------------------------------------

_EXCEL_ERROR = re.compile(r"#+|#[A-Z]+[A-Z0-9/_]*[!?]?|#DIV/0!", re.IGNORECASE)
_SHORTENED = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"(\+?\d{5,15})[.,]0{1,6}")
_DECIMAL = re.compile(r"\+?\d{5,}[.,]\d{1,2}")
_EXTENSION = re.compile(
    r".*\d[\s,;(]*(?:ext(?:ension|n)?|x|#|extn?)[\s.:=]*\d{1,7}\)?", re.I | re.S
)
_SPLITS = re.compile(r"[,;/|&\r\n\t]+|\s{3,}|[^\W\d_]+|(?<=\d)\s*\+")
BEFORE_PLUS = "0 ("
DIGIT = re.compile(r"[0-9]")
_ODD = re.compile(r"[^0-9+ ().\[\]/_'\-]")


def damage_of(text: str) -> PhoneFault | None:
    """Why this text cannot be read as one number at all, or None."""
    if _EXCEL_ERROR.fullmatch(text):
        return PhoneFault.EXCEL_ERROR
    if not DIGIT.search(text):
        return PhoneFault.LETTERS if any(map(str.isalpha, text)) else PhoneFault.EMPTY
    if _SHORTENED.fullmatch(text):
        return PhoneFault.EXCEL_SHORTENED
    if _WHOLE_FLOAT.fullmatch(text):
        return None
    if _DECIMAL.fullmatch(text):
        return PhoneFault.EXCEL_DECIMAL
    if _EXTENSION.fullmatch(text):
        return PhoneFault.EXTENSION
    if _holds_several(text):
        return PhoneFault.SEVERAL_NUMBERS
    if any(map(str.isalpha, text)):
        return PhoneFault.LETTERS
    if _ODD.search(text) or "+" in text.lstrip(BEFORE_PLUS + "+"):
        return PhoneFault.SYMBOLS
    return None


def _holds_several(text: str) -> bool:
    """Whether two numbers stand in one cell: two long pieces, or "…67/8", which means two."""
    sizes = [len(DIGIT.findall(piece)) for piece in _SPLITS.split(text)]
    if sum(size >= 7 for size in sizes) > 1:
        return True
    return "/" in text and len(sizes) > 1 and sum(sizes[:-1]) >= 7 and 0 < sizes[-1] <= 2


def unglued_decimal(text: str) -> str:
    """Undo what a spreadsheet does to a whole number: "14155551212.0" is 14155551212."""
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole else text


def is_marked(raw: str) -> bool:
    """Whether a number is written as one with its calling code: with a plus, or 00."""
    return raw.lstrip(" '(\u00a0\u202a").startswith(("+", "00", "tel:+", "whatsapp:+"))


def digits_of(text: str) -> str:
    """The ASCII digits of a text, in their order."""
    return "".join(DIGIT.findall(text))
