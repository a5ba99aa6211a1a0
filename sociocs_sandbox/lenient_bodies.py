"""Bodies as clients of this API really send them: JSON or a form, JSON in JSON, empty for absent.

The vendor's n8n node and no-code tools send ``"schedule": ""`` for no schedule and ``template`` as
a text that holds JSON; whatever they mean is read the same here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from sociocs_sandbox.exchange import Request

FORM_TYPE = "application/x-www-form-urlencoded"
MAY_BE_JSON_IN_TEXT = frozenset(
    {"recipients", "template", "contact_saving", "events", "subevents", "extra_fields"}
)
FLAGS = {"true": True, "false": False}


def body_of(request: Request) -> Any:
    """The fields that were sent; whatever else the body says as it is.

    Raises ``MalformedBody`` when it can be read neither as JSON nor as a form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM_TYPE:
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        # A form has texts only.
        return _fields_in({name: FLAGS.get(value, value) for name, value in pairs})
    return _fields_in(request.json())


def _fields_in(body: Any) -> Any:
    """An object's fields without the empty ones, JSON in a text unpacked."""
    if not isinstance(body, dict):
        return body
    return {name: _unpacked(name, value) for name, value in body.items() if value != ""}


def _unpacked(name: str, value: object) -> object:
    if name not in MAY_BE_JSON_IN_TEXT or not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
