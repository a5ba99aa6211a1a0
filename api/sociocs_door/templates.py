"""WhatsApp templates of calls, as campaigns keep them: a line for each variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.sociocs_door.calls import Checked
from campaigns.texts import whatsapp_templates
from campaigns.texts.whatsapp_templates import SECTIONS

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9 ]*|[0-9]+")
_TEMPLATE_IS = 'has to be an object such as {"id": "…", "variables": {"1": "…"}}.'


def kept_template(checked: Checked) -> dict[str, str]:
    """The template of a call as a campaign keeps it; {} without one, or with faults noted."""
    template = checked.fields.get("template")
    if template is None:
        return {}
    if not isinstance(template, dict):
        checked.fault("template", _TEMPLATE_IS)
        return {}
    template_id, variables = template.get("id"), template.get("variables") or {}
    if not isinstance(template_id, str) or not 0 < len(template_id) <= 200:
        checked.fault("template.id", "is required.")
        return {}
    if checked.fields.get("text"):
        checked.fault("template", "cannot go along with a text.")
    if not isinstance(variables, dict):
        checked.fault("template.variables", "has to be an object.")
        return {}
    pairs = list(_flat(variables))
    for name, value in pairs:
        is_named = all(_NAME.fullmatch(part) for part in name.split("."))
        if not is_named or not isinstance(value, str | int | float) or "\0" in str(value):
            checked.fault("template.variables", "may hold names with texts or numbers.")
            return {}
    lines = "\n".join(f"{name} = {_one_line(str(value))}" for name, value in pairs)
    return whatsapp_templates.as_json(template_id, "", lines)


def _flat(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """`Body.1` for the variable 1 of the section Body."""
    for name, value in variables.items():
        if name in SECTIONS and isinstance(value, dict):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def _one_line(value: str) -> str:
    return " ".join(value.split())


def filled_lines(kept: Mapping[str, Any]) -> str:
    """The values of a kept template as they stand with the submission of one person."""
    return "\n".join(map(_one_line, whatsapp_templates.read(kept).values))


def without_values(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The same template as all messages have it that differ in their values only."""
    if not kept:
        return {}
    written = whatsapp_templates.read(kept)
    lines = "\n".join(f"{name} = " for name in written.names)
    return {**whatsapp_templates.as_json(written.id, "", lines)}
