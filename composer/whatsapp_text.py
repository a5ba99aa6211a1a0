"""How WhatsApp shows the signs of its own in a text: *bold*, _italic_, ~struck~, ```code```.

The signs are those of WhatsApp's help page "How to format your messages" (faq.whatsapp.com): one
pair around words on one line, no space inside of it, no letter or digit right outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntFlag, auto
from itertools import groupby


class Look(IntFlag):
    """How a piece of a message looks; VALUE stands for a field of the person's."""

    PLAIN = 0
    VALUE = auto()
    BOLD = auto()
    ITALIC = auto()
    STRUCK = auto()
    CODE = auto()


def _pair(sign: str) -> re.Pattern[str]:
    s = re.escape(sign)
    return re.compile(rf"(?<![\w{s}]){s}(?=[^\s{s}])([^\n{s}]*[^\s{s}]){s}(?![\w{s}])")


_CODE = (re.compile(r"```([\s\S]+?)```"), re.compile(r"(?<!`)`([^`\n]+)`(?!`)"))
_SIGNS = ((_pair("*"), Look.BOLD), (_pair("_"), Look.ITALIC), (_pair("~"), Look.STRUCK))

Piece = tuple[str, bool]


def runs(pieces: Sequence[Piece], *, is_whatsapp: bool) -> Iterator[tuple[str, Look]]:
    """(text, look) in order, of a message in pieces: (text, whether it is a person's value)."""
    text = "".join(piece for piece, _is_value in pieces)
    looks: list[Look | None] = [
        Look.VALUE if is_value else Look.PLAIN for piece, is_value in pieces for _ in piece
    ]
    if is_whatsapp:
        _apply_signs(text, looks)
    place = 0
    for look, group in groupby(looks):
        length = sum(1 for _ in group)
        if look is not None:
            yield text[place : place + length], look
        place += length


def _apply_signs(text: str, looks: list[Look | None]) -> None:
    """Mark what the signs stand around, and the signs themselves as gone (None)."""
    rest = text
    for pattern in _CODE:
        for match in pattern.finditer(rest):
            _mark(looks, match, Look.CODE)
            # Nothing inside of code is a sign.
            rest = rest[: match.start()] + "\0" * len(match[0]) + rest[match.end() :]
    for pattern, look in _SIGNS:
        for match in pattern.finditer(rest):
            _mark(looks, match, look)


def _mark(looks: list[Look | None], match: re.Match[str], look: Look) -> None:
    for place in range(*match.span()):
        before = looks[place]
        if match.start(1) <= place < match.end(1):
            looks[place] = None if before is None else before | look
        else:
            looks[place] = None
