"""The composer's questions about dynamic fields: what to do for whom one is empty, which date comes
first. One row per field, added in the browser as fields are typed (`static/js/editor.js`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.message import field_label
from campaigns.texts.dynamic_fields import Program, parse_text
from campaigns.texts.empty_fields import lackable
from campaigns.texts.personal_texts import FieldRules

LEAVE_OUT, WRITE = "leave_out", "write"
DAY_FIRST, MONTH_FIRST = "day", "month"
MOST_ROWS = 250
LONGEST_FALLBACK = 300

_ROW = re.compile(r"rule_name_(\d{1,4})")
_DAY_FIRST: Mapping[str, bool | None] = {DAY_FIRST: True, MONTH_FIRST: False}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """The row of one field in the page; `is_used` where the text writes the field."""

    number: int
    name: str
    is_used: bool
    missing: str = LEAVE_OUT
    text: str = ""
    bound: BoundField | None = None

    @property
    def label(self) -> str:
        """What the page calls the field."""
        return field_label(self.name)

    @property
    def is_shown(self) -> bool:
        """Whether the page shows it: also one of no use, while a fault of it has to be mended."""
        return self.is_used or bool(self.bound and self.bound.errors)


class FallbackText(forms.CharField):
    """What is written instead of an empty value: one line, as typed."""

    def clean(self, value: Any) -> str:
        text = " ".join(str(super().clean(value) or "").split())
        if "{{" in text:
            raise forms.ValidationError(
                _("Write plain words here. Fields in this text are not filled in.")
            )
        return text


class FieldRulesForm(forms.Form):
    """The part of the composer's form that makes `personal_texts.FieldRules`."""

    day_first = forms.ChoiceField(
        label=gettext_lazy("How to read dates such as 03/04/2026"),
        required=False,
        choices=[
            ("", gettext_lazy("Not clear: leave these people out")),
            (DAY_FIRST, gettext_lazy("3 April: the day comes first")),
            (MONTH_FIRST, gettext_lazy("March 4: the month comes first")),
        ],
        widget=forms.RadioSelect,
    )

    name_by_sociocs = forms.BooleanField(
        label=gettext_lazy("Let Sociocs fill in the names"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = sorted(int(match[1]) for key in self.data if (match := _ROW.fullmatch(str(key))))
        self._numbers = numbers[:MOST_ROWS]
        for number in self._numbers:
            if self.data.get(f"rule_missing_{number}") == WRITE:
                self.fields[f"rule_text_{number}"] = FallbackText(
                    label=str(self.data[f"rule_name_{number}"]),
                    required=False,
                    max_length=LONGEST_FALLBACK,
                    empty_value="",
                )

    def rule_rows(self) -> list[RuleRow]:
        """The rows as they are to be shown: those that were sent, and those of new fields."""
        used = lackable(self._program())
        rows = [self._row(number, used) for number in self._numbers]
        names = {row.name for row in rows}
        new = [name for name in used if name not in names]
        free = max(self._numbers, default=-1) + 1
        return rows + [RuleRow(number, name, True) for number, name in enumerate(new, start=free)]

    @property
    def empty_row(self) -> RuleRow:
        """What the browser makes further rows of, with the number and the name put in."""
        return RuleRow(-1, "", True)

    @property
    def shows_rules(self) -> bool:
        """Whether the text writes a field that somebody may lack, or a rule has a fault."""
        return any(row.is_shown for row in self.rule_rows())

    def _program(self) -> Program:
        return parse_text(self.typed_source())

    def typed_source(self) -> str:
        """The text whose fields are asked about, as it is typed now."""
        return str(self.data.get("text") or "")

    def _row(self, number: int, used: list[str]) -> RuleRow:
        name = str(self.data[f"rule_name_{number}"])
        field = f"rule_text_{number}"
        return RuleRow(
            number,
            name,
            name in used,
            str(self.data.get(f"rule_missing_{number}") or LEAVE_OUT),
            str(self.data.get(field) or ""),
            self[field] if field in self.fields else None,
        )

    def field_rules(self, before: FieldRules) -> FieldRules:
        """What the form says, right or wrong; without any row, the fallbacks are those of before.

        A fallback with a fault is passed over: the form that has one is not saved.
        """
        fallbacks = {
            str(self.data[f"rule_name_{number}"]): self.cleaned_data[f"rule_text_{number}"]
            for number in self._numbers
            if f"rule_text_{number}" in self.cleaned_data
        }
        return FieldRules(
            fallbacks if self._numbers else before.fallbacks,
            _DAY_FIRST.get(self.cleaned_data.get("day_first", "")),
            self.name_placeholder if self.cleaned_data.get("name_by_sociocs") else "",
        )

    @property
    def name_placeholder(self) -> str:
        """How the chosen channel's account has names filled in by Sociocs; "" where it does not."""
        channel = self.cleaned_data.get("channel")
        return str(channel.account.name_placeholder) if channel else ""


def posted_fallbacks(fallbacks: Mapping[str, str]) -> dict[str, str]:
    """All fallbacks as the form's rows; without any, a row of no field, which empties them."""
    data = {} if fallbacks else {"rule_name_0": "", "rule_missing_0": LEAVE_OUT}
    for number, (name, text) in enumerate(sorted(fallbacks.items())):
        data |= {
            f"rule_name_{number}": name,
            f"rule_missing_{number}": WRITE,
            f"rule_text_{number}": text,
        }
    return data


def posted(rules: FieldRules) -> dict[str, str]:
    """Stored rules as the form's fields would be sent."""
    return {
        "name_by_sociocs": "on" if rules.name_placeholder else "",
        "day_first": posted_day_first(rules.day_first),
        **(posted_fallbacks(rules.fallbacks) if rules.fallbacks else {}),
    }


def posted_day_first(day_first: bool | None) -> str:
    """How dates are meant, as the form's field would be sent."""
    return {None: "", True: DAY_FIRST, False: MONTH_FIRST}[day_first]
