"""Keeps keys, phone numbers, names and texts out of whatever may be logged, stored or shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

MASK = "…"

# Seven digits or more, with the separators people use. A date is no phone number, and evidence
# without its dates is worth little.
_PHONE = r"(?<!\d)(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ ().-]{0,2}\d){6,}"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SHORTEST_SECRET = 6


def masked_key(key: str) -> str:
    """An API key for people: its last four characters, or none of a key too short for that."""
    return f"{MASK}{key[-4:]}" if len(key) >= 2 * _SHORTEST_SECRET else MASK


class Masker:
    """Masks one request's secrets in what came back for it.

    :param key: the API key; its two halves around the colon are masked as well.
    :param words: names, texts and secrets of the request.
    """

    def __init__(self, key: str, words: Iterable[str]) -> None:
        secrets = [part for part in (key, *key.split(":")) if len(part) >= _SHORTEST_SECRET]
        private = {form for word in words for form in _forms(word.strip()) if form}
        # The longest first, so that no word hides a longer one that starts alike.
        private_pattern = "|".join(re.escape(w) for w in sorted(private, key=len, reverse=True))
        patterns = ["|".join(re.escape(secret) for secret in secrets), _PHONE]
        if private:
            patterns.append(rf"(?<!\w)(?:{private_pattern})(?!\w)")
        self._pattern = re.compile("|".join(f"(?:{p})" for p in patterns if p))
        self._reach = max(map(len, [*private, *secrets]), default=0) + 64

    def __call__(self, text: str, limit: int) -> str:
        """The first ``limit`` characters of ``text``, masked and without control characters."""
        window = text[: limit + self._reach]
        kept: list[str] = []
        place = 0
        for match in self._pattern.finditer(window):
            if match.start() >= limit:
                break
            kept += [window[place : match.start()], _mask(match.group())]
            place = match.end()
        kept.append(window[place : max(place, limit)])
        return _CONTROLS.sub(" ", "".join(kept)).strip()


def _mask(found: str) -> str:
    # The last two digits let a person find the row without naming anybody.
    return MASK + found[-2:] if re.fullmatch(_PHONE, found) else MASK


def _forms(word: str) -> set[str]:
    """A word as it is and as JSON may spell it."""
    return {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}
