"""Two people save one form: the second is told, sees both versions, and chooses.

A page carries what its form said when it was opened (`seen`, a digest). Whoever saves locks the row
and compares: where the stored values are others by then, nothing is saved, unless they are what
was typed anyhow or the person has looked at them and says so (`over`, the newer digest).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that says something else now: what is stored, and what was typed."""

    label: str
    stored: str
    typed: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What is stored by now, against what was typed. `over` lets the typed be saved over it."""

    over: str
    differences: Sequence[Difference]


def said_by(form: forms.BaseForm) -> dict[str, str]:
    """What a form's fields say, by their labels: what was typed, or what is stored."""
    return {str(field.label or name): _in_words(form[name]) for name, field in form.fields.items()}


def seen_of(stored: Mapping[str, str]) -> str:
    """What a page's hidden field `seen` carries."""
    return hashlib.sha256(json.dumps(dict(stored)).encode()).hexdigest()


def conflict_between(
    posted: Mapping[str, Any], typed: Mapping[str, str], stored: Mapping[str, str]
) -> Conflict | None:
    """What keeps a posted form from being saved; None when nothing does.

    `stored` is what the locked row says now. A page without `seen` is not held up.
    """
    now = seen_of(stored)
    if not posted.get("seen") or now in (posted["seen"], posted.get("over")):
        return None
    differences = [
        Difference(label, stored.get(label, ""), text)
        for label, text in typed.items()
        if text != stored.get(label, "")
    ]
    return Conflict(now, differences) if differences else None


def _in_words(bound: forms.BoundField) -> str:
    """A field's value as the page shows it."""
    value = bound.value()
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    values = value if isinstance(value, list | tuple | set) else [value]
    labels = {str(key): str(label) for key, label in getattr(bound.field, "choices", ())}
    shown = (str(one).strip().replace("\r\n", "\n") for one in values if one is not None)
    return ", ".join(labels.get(text, text) for text in shown if text)
