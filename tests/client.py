"""A client that gets pages as a reader sees them, without the blanks that lay out their source."""

from __future__ import annotations

import re
from typing import Any

from django import test

# What keeps its blanks, a mark, and the words in between.
PIECE = re.compile(r"<(?P<whole>textarea|pre|script)\b.*?</(?P=whole)>|<[^>]*>|[^<]+", re.DOTALL)
BLOCK = "(?:d[dlt]|div|form|h[1-6]|html|li|link|main|nav|[ou]l|p|section|t(?:able|body|[dhr]))"
# A blank shows nothing at either side of a block's marks, nor just inside of any element.
BEFORE = re.compile(rf" (?=</|<{BLOCK}\b)")
AFTER = re.compile(rf"(<(?:/{BLOCK}\b|(?!/))[^>]*>) ")


class Client(test.Client):
    """Django's client; the HTML of its answers is folded, everything else is as it came."""

    def request(self, **request: Any) -> Any:
        """Ask, and fold what comes back if it is a page."""
        answer = super().request(**request)
        if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
            answer.content = fold(answer.content.decode()).encode()
        return answer


def fold(html: str) -> str:
    """The same page with one blank where a browser shows one, and none where it shows none."""
    pieces = "".join(_folded(piece) for piece in PIECE.finditer(html))
    return BEFORE.sub("", AFTER.sub(r"\1", pieces)).strip()


def _folded(piece: re.Match[str]) -> str:
    if piece["whole"]:
        mark, inside = piece[0].split(">", 1)
        return f"{_single_blanks(mark)}>{inside}"
    text = _single_blanks(piece[0])
    return re.sub(r" (/?>)$", r"\1", text) if text.startswith("<") else text


def _single_blanks(text: str) -> str:
    return re.sub(r"\s+", " ", text)
