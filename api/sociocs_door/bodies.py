"""Bodies as programs really send them: JSON or a form, JSON within JSON, empty for absent.

The vendor's n8n node and no-code tools send `"schedule": ""` for no schedule and `template` as a
text that holds JSON; whatever they mean is read the same here. A list of recipients may be long:
it is gone through once to see that all of the body is JSON, and a second time person by person.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import parse_qsl

import ijson

from api.sociocs_door.faults import CallFault, said_of
from api.spooling import SpooledBody

MAY_BE_JSON_IN_TEXT = frozenset({"template", "contact_saving", "events", "subevents"})
FORM_TYPE = "application/x-www-form-urlencoded"
_RECIPIENTS = "recipients"
_FLAGS = {"true": True, "false": False}
_MOST_FIELDS = 200
# Nothing that is documented lies deeper than four levels.
_DEEPEST = 20
# What is larger is not looked through once more to say where it breaks off.
_SAID_WHERE = 5 * 1024 * 1024
# The parser lets what Python says of a number with thousands of digits out as a SystemError.
_NO_JSON = (ijson.JSONError, UnicodeDecodeError, SystemError)
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class CallBody:
    """What a call says: its fields without the empty ones, and how many recipients it names.

    `recipients` are read from `_file` below `_place` each time they are asked for.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    recipient_count: int | None = None
    _file: IO[bytes] = field(default_factory=io.BytesIO)
    _place: str = ""
    _begins: int = 0

    def recipients(self) -> Iterator[Any]:
        """Each as it stands there, one at a time."""
        self._file.seek(self._begins)
        yield from ijson.items(self._file, self._place)


def read_call(body: SpooledBody, content_type: str) -> CallBody:
    """Read a body by what stands in it, and by its type where that says nothing.

    Raises CallFault with where it is wrong and what would be right, and no word of what stood
    there.
    """
    first = body.file.read(len(_BOM))
    if first != _BOM:
        body.file.seek(0)
    start = _first_character(body.file)
    kind = content_type.partition(";")[0].strip().lower()
    if not start:
        return CallBody()
    # Many a client says that it sends a form, as curl does by itself, and sends JSON.
    if kind == FORM_TYPE and start not in {b"{", b"["}:
        return _form(body.file)
    try:
        return _json(body.file)
    except _NO_JSON:
        raise CallFault(_where(body)) from None


def _first_character(file: IO[bytes]) -> bytes:
    at = file.tell()
    while (character := file.read(1)).isspace():
        at = file.tell()
    file.seek(at)
    return character


def _where(body: SpooledBody) -> str:
    """Where it is no JSON, as far as that can be told."""
    sentence = "The body is not valid JSON"
    if body.size > _SAID_WHERE:
        return f"{sentence}."
    body.file.seek(0)
    try:
        json.loads(body.file.read().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return f"{sentence}: {error.msg} at line {error.lineno}, column {error.colno}."
    except (ValueError, RecursionError):
        return f"{sentence}: write it in UTF-8, with no more brackets or digits than it needs."
    return f"{sentence}: NaN and Infinity are not."


# --- JSON -----------------------------------------------------------------------------------------


def _json(file: IO[bytes]) -> CallBody:
    begins, events = file.tell(), ijson.basic_parse(file)
    if next(events)[0] != "start_map":
        raise CallFault("The body must be a JSON object.")
    fields: dict[str, Any] = {}
    read = CallBody(_file=file, _place=f"{_RECIPIENTS}.item", _begins=begins)
    seen: set[str] = set()
    for event, key in events:
        if event == "end_map":
            break
        # Else what follows another name would be taken for recipients.
        if key.startswith(f"{_RECIPIENTS}.") or len(seen) > _MOST_FIELDS:
            raise CallFault("The body has fields that mean nothing here.")
        _once(key, seen)
        kind, value = next(events)
        if key == _RECIPIENTS and kind == "start_array":
            read.recipient_count = _count(events)
        else:
            fields[key] = _value(events, kind, value)
    # Whatever stands behind it is no JSON any more.
    for _event in events:
        pass
    return _unpacked(read, fields)


def _once(key: str, seen: set[str]) -> None:
    """Of a field that stands there twice, nobody knows which one is meant."""
    if key in seen:
        raise CallFault(said_of(_name(key), "may stand there once."))
    seen.add(key)


def _name(key: str) -> str:
    """A field's name for a sentence: a name of the contract, or none of their own words."""
    return key if key.isidentifier() and len(key) <= 40 else "A field"


def _count(events: Iterator[tuple[str, Any]]) -> int:
    """How many values a list has whose beginning was read; goes on behind its end."""
    count = depth = 0
    for event, _value_of_it in events:
        if event in {"start_map", "start_array"}:
            count += depth == 0
            depth += 1
            _not_too_deep(depth)
        elif event in {"end_map", "end_array"}:
            if depth == 0:
                return count
            depth -= 1
        elif event != "map_key":
            count += depth == 0
    return count


def _value(events: Iterator[tuple[str, Any]], kind: str, value: Any) -> Any:
    builder = ijson.ObjectBuilder()
    builder.event(kind, value)
    depth = int(kind in {"start_map", "start_array"})
    while depth:
        kind, value = next(events)
        builder.event(kind, value)
        depth += (kind in {"start_map", "start_array"}) - (kind in {"end_map", "end_array"})
        _not_too_deep(depth)
    return builder.value


def _not_too_deep(depth: int) -> None:
    if depth > _DEEPEST:
        raise CallFault("The body has nested brackets that this call does not use.")


# --- Forms, and JSON within JSON ------------------------------------------------------------------


def _form(file: IO[bytes]) -> CallBody:
    try:
        text = file.read().decode()
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise CallFault(
            f"The body is no form in UTF-8 with at most {_MOST_FIELDS} fields."
        ) from None
    seen: set[str] = set()
    for name, _value_of_it in pairs:
        _once(name, seen)
    # A form has texts only.
    return _unpacked(CallBody(), {name: _FLAGS.get(value, value) for name, value in pairs})


def _unpacked(read: CallBody, fields: dict[str, Any]) -> CallBody:
    """The same without its empty fields, and with JSON in a text unpacked."""
    listed = fields.pop(_RECIPIENTS, None)
    for name, value in fields.items():
        if value is None or value == "":
            continue
        is_text = name in MAY_BE_JSON_IN_TEXT and isinstance(value, str)
        read.fields[name] = _inner(name, value) if is_text else value
    if isinstance(listed, str) and listed.strip():
        _recipients_in_text(read, listed)
    elif listed is not None and listed != "":
        raise CallFault(said_of(_RECIPIENTS, "has to be a list of objects with to and name."))
    return read


def _inner(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CallFault(said_of(name, "has to be JSON, as an object or as a text.")) from None


def _recipients_in_text(read: CallBody, text: str) -> None:
    """Let `read` take its recipients from a text that is JSON itself."""
    file = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        events = ijson.basic_parse(file)
        if next(events)[0] != "start_array":
            raise CallFault(said_of(_RECIPIENTS, "has to be a list of objects with to and name."))
        read.recipient_count = _count(events)
        for _event in events:
            pass
    except _NO_JSON:
        raise CallFault(said_of(_RECIPIENTS, "is a text that is not valid JSON.")) from None
    read._file, read._place, read._begins = file, "item", 0
