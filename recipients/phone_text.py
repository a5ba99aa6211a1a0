"""The text of a cell around the digits of a number: what is decoration, and taken off."""

from __future__ import annotations

import re
import unicodedata

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
