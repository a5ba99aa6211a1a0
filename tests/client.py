"""A client that gets pages as a reader sees them, without the blanks that lay out their source."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from typing import Any

from django import test

# What keeps its blanks.
KEPT = re.compile(r"<(textarea|pre|script)\b.*?</\1>", re.DOTALL)
# More than the one blank that stays.
BLANKS = re.compile(r"[^\S ]\s*| \s+")
AT_THE_END = re.compile(r" (/?>)")
BLOCK = "(?:d[dlt]|div|form|h[1-6]|html|li|link|main|nav|[ou]l|p|section|t(?:able|body|[dhr]))"
# A blank shows nothing at either side of a block's marks, nor just inside of any element.
BEFORE = re.compile(rf" (?=</|<{BLOCK}\b)")
AFTER = re.compile(rf"(<(?:/{BLOCK}\b|(?!/))[^>]*>) ")


class Client(test.Client):
    """Django's client; the HTML of its answers is folded, everything else is as it came."""

    def request(self, **request: Any) -> Any:
        """Ask, and fold what comes back if it is a page."""
        answer: Any = super().request(**request)
        # Whoever reads none of a file closes none, and another test would hear of it.
        weakref.finalize(answer, _close, answer._resource_closers)
        if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
            answer.content = fold(answer.content.decode()).encode()
        return answer


def _close(closers: list[Callable[[], object]]) -> None:
    for close in closers:
        close()


def fold(html: str) -> str:
    """The same page with one blank where a browser shows one, and none where it shows none."""
    pieces, here = [], 0
    for kept in KEPT.finditer(html):
        mark, inside = kept[0].split(">", 1)
        pieces += [_folded(html[here : kept.start()]), f"{BLANKS.sub(' ', mark)}>{inside}"]
        here = kept.end()
    folded = "".join([*pieces, _folded(html[here:])])
    return BEFORE.sub("", AFTER.sub(r"\1", folded)).strip()


def _folded(html: str) -> str:
    return AT_THE_END.sub(r"\1", BLANKS.sub(" ", html))
