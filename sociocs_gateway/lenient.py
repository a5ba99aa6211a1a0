"""Reads what somebody else wrote: JSON of any quality, and fields that may be there or not.

Nothing in here raises for what the other side sent, except :func:`read_json` for bytes that are
no JSON at all. What comes out can be stored in any database: no NUL, no lone surrogates, no
number beyond 64 bits (those become text).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from sociocs_gateway.messages import is_e164
from sociocs_gateway.providers import Provider

_DEEPEST = 64
_LONGEST_NUMBER = 18
_LONGEST_ID = 200
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Milliseconds of the year 1973 are seconds of the year 5138, so one limit tells them apart.
_FEWEST_MILLISECONDS = 100_000_000_000


class UnreadableJsonError(ValueError):
    """The bytes are no JSON, or JSON nested deeper than any honest answer."""


def read_json(body: bytes) -> Any:
    """The cleaned value in ``body``, read as UTF-8.

    :raises UnreadableJsonError: no JSON (``NaN`` and its kin are none), or nested too deep.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig", errors="replace"),
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_constant,
        )
        return _clean(value, _DEEPEST)
    except (ValueError, RecursionError):
        raise UnreadableJsonError from None


def text_field(raw: Mapping[str, Any], *names: str) -> str | None:
    """The first of ``names`` that holds text (or an integer, as text); blank counts as missing."""
    for name in names:
        value = raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
    return None


def id_field(raw: Mapping[str, Any], *names: str) -> str | None:
    """The first of ``names`` that holds an id which can be stored, shown and put into a URL."""
    return usable_id(text_field(raw, *names) or "")


def usable_id(text: str) -> str | None:
    """``text`` without blanks around it, if it can be an id; ``None`` if not."""
    text = text.strip()
    # A path segment of dots would climb out of its place in the URL.
    if not text.strip(".") or len(text) > _LONGEST_ID:
        return None
    return text if text.isprintable() and "\ufffd" not in text else None


def count_field(raw: Mapping[str, Any], *names: str) -> int | None:
    """The first of ``names`` that holds a number of things, or a list of them to count."""
    for name in names:
        value = raw.get(name)
        if isinstance(value, list):
            return len(value)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = _integer(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None


def moment_field(raw: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of ``names`` that holds a moment, in UTC: ISO 8601 with a zone, or epoch time.

    ISO 8601 without a zone is no moment; guessing one could prove the wrong thing.
    """
    for name in names:
        moment = _moment(raw.get(name))
        if moment is not None:
            return moment
    return None


def phone_field(raw: Mapping[str, Any], *names: str) -> str | None:
    """The first of ``names`` that holds a phone number, as E.164; the vendor leaves out the +."""
    for name in names:
        text = (text_field(raw, name) or "").strip().removeprefix("whatsapp:")
        phone = f"+{text.removeprefix('+')}"
        if is_e164(phone):
            return phone
    return None


def texts_field(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts in the list ``name``, also as JSON in a text; anything else is left out."""
    value = raw.get(name)
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = read_json(value.encode())
        except UnreadableJsonError:
            return ()
    return tuple(v for v in value if isinstance(v, str) and v) if isinstance(value, list) else ()


def object_field(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object ``name``, empty when there is none; some objects come as JSON in a text."""
    value = raw.get(name)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = read_json(value.encode())
        except UnreadableJsonError:
            return {}
    return value if isinstance(value, dict) else {}


def provider_field(raw: Mapping[str, Any]) -> Provider | None:
    """The provider, ``None`` for one this project does not know."""
    code = text_field(raw, "provider")
    return next((provider for provider in Provider if provider.value == code), None)


def rows_in(data: Any) -> list[Any] | None:
    """The list in an answer: the data itself, or the only list inside it."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else None
    return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _number(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _no_constant(name: str) -> NoReturn:
    raise UnreadableJsonError(name)


def _clean(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value.replace("\x00", ""))
    if not isinstance(value, list | dict):
        return value
    if levels == 0:
        raise UnreadableJsonError
    if isinstance(value, list):
        return [_clean(item, levels - 1) for item in value]
    return {_clean(key, levels): _clean(item, levels - 1) for key, item in value.items()}


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return moment.astimezone(UTC) if moment.utcoffset() is not None else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value >= _FEWEST_MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
