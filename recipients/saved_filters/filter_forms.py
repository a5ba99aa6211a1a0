"""What a person says about a saved filter: its lists, its conditions, and who may use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.forms.utils import ErrorList
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interface.form_fields import PublicChoices
from interface.lost_updates import said_by
from recipients.cell_numbers import NumberKind, number_kind
from recipients.comparing import composed
from recipients.models import FilterList, RecipientList, SavedFilter, Visibility
from recipients.saved_filters.conditions import (
    NAME,
    OP_WORDS,
    PHONE,
    SPACES,
    WITH_DAY,
    WITH_NUMBER,
    WITHOUT_VALUE,
    Condition,
    Op,
)
from recipients.saved_filters.filters import Definition, column_names
from teams.models import Team, User
from trail.acts import Act
from trail.recording import record

MOST_CONDITIONS = 20
# A value is a cell of a spreadsheet at most.
LONGEST_VALUE = 500
MOST_VALUES = 500


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One line of the form: what was typed into its boxes, and what is wrong with it."""

    n: int
    field: str = ""
    op: str = ""
    value: str = ""
    values: str = ""
    day: str = ""
    errors: ErrorList | None = None

    def in_words(self) -> str:
        """`City is one of London, Leeds`, as far as it is typed."""
        known = dict(special_fields())
        op = Op(self.op) if self.op in set(Op) else None
        boxes = {Op.ONE_OF: ", ".join(self.values.split("\n")), Op.EMPTY: "", Op.FILLED: ""}
        boxes |= dict.fromkeys(WITH_DAY, self.day)
        value = boxes.get(op, self.value) if op else self.value
        words = (known.get(self.field, self.field), OP_WORDS[op] if op else self.op, value)
        return " ".join(str(word).strip() for word in words).strip()

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing yet."""
        return not self.field


class SavedFilterForm(forms.Form):
    """A saved filter. Its conditions are lines `field-0`, `op-0`, `value-0`, …"""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        error_messages={"required": gettext_lazy("Give the filter a name.")},
    )
    lists = PublicChoices(RecipientList.objects, gettext_lazy("People on"))
    without = PublicChoices(RecipientList.objects, gettext_lazy("But not people on"))
    match = forms.ChoiceField(
        label=gettext_lazy("Who matches"), choices=SavedFilter.Match.choices, required=False
    )
    day_first = forms.ChoiceField(
        label=gettext_lazy("If a list could mean either, 3/4/2026 is"),
        choices=[("yes", gettext_lazy("3 April")), ("no", gettext_lazy("March 4"))],
        required=False,
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who can use it"),
        choices=Visibility.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who can use this filter.")},
    )
    lent_to = PublicChoices(User.objects, gettext_lazy("Chosen colleagues"))

    def __init__(
        self,
        team: Team,
        user: User,
        saved: SavedFilter | None,
        data: Mapping[str, Any] | None = None,
        begun: Mapping[str, Any] | None = None,
    ) -> None:
        """`data` is to be judged; `begun` is only shown again, without a word about faults.

        Without either the form shows `saved`, or a new filter.
        """
        shown = stored_filter(team, saved)
        if begun and "field-0" in begun:
            shown = {name: shown[name] for name in shown if "-" not in name}
        super().__init__(data, initial=shown | dict(begun or {}))
        self.team, self.saved = team, saved
        usable = RecipientList.objects.for_member(team, user).select_related("owner")
        for name in ("lists", "without"):
            self._offer(name, usable.order_by("-created_at", "-pk"))
        members = team.members.exclude(pk=(saved.owner_id if saved else user.pk))
        self._offer("lent_to", members.order_by("name", "pk"))
        for row in self._typed_rows():
            # So that a line's errors have a place and a link.
            label = _("Condition %(n)d") % {"n": row.n + 1}
            self.fields[f"field-{row.n}"] = forms.CharField(label=label, required=False)

    def _offer(self, name: str, objects: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = objects
        field.error_messages["invalid_choice"] = _("Choose one from the list.")

    def rows(self) -> list[ConditionLine]:
        """The lines as they were typed, each with what is wrong with it."""
        faults = self.errors if self.is_bound else {}
        return [replace(line, errors=faults.get(f"field-{line.n}")) for line in self._typed_rows()]

    def _typed_rows(self) -> list[ConditionLine]:
        typed: Mapping[str, Any] = self.data if self.is_bound else self.initial
        return [
            ConditionLine(n, *(typed.get(f"{what}-{n}", "") for what in BOXES))
            for n in range(MOST_CONDITIONS)
            if f"field-{n}" in typed
        ]

    def known_fields(self) -> list[str]:
        """The columns of the chosen lists."""
        field: Any = self.fields["lists"]
        wanted = {str(key) for key in self["lists"].value() or ()}
        return column_names(
            recipient_list
            for recipient_list in field.queryset
            if str(recipient_list.public_id) in wanted
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("lists") and "lists" not in self.errors:
            self.add_error("lists", _("Choose at least one list of people."))
        for recipient_list in set(cleaned.get("lists") or ()) & set(cleaned.get("without") or ()):
            sentence = _("“%(name)s” cannot be both included and left out. Choose one.")
            self.add_error("without", sentence % {"name": recipient_list.name})
        conditions = []
        for row in self._typed_rows():
            if row.is_blank:
                continue
            try:
                conditions.append(condition_of(row))
            except forms.ValidationError as fault:
                self.add_error(f"field-{row.n}", fault)
        cleaned["conditions"] = conditions
        is_named = cleaned.get("visibility") == Visibility.NAMED
        if is_named and not cleaned.get("lent_to") and "lent_to" not in self.errors:
            sentence = _("No colleague is chosen. Choose who can use it, or choose “%(mine)s”.")
            self.add_error("visibility", sentence % {"mine": Visibility.PRIVATE.label})
        return cleaned

    def definition(self) -> Definition:
        """What the form says so far, right or wrong."""
        given = self.cleaned_data
        return Definition(
            lists=tuple(recipient_list.pk for recipient_list in given.get("lists") or ()),
            without=tuple(recipient_list.pk for recipient_list in given.get("without") or ()),
            conditions=tuple(given.get("conditions") or ()),
            any_of_them=given.get("match") == SavedFilter.Match.ANY,
            day_first=given.get("day_first") != "no",
        )

    def says(self) -> dict[str, str]:
        """What the fields and the lines say, by their labels."""
        lines = " · ".join(line.in_words() for line in self._typed_rows() if not line.is_blank)
        fields = said_by(self)
        for row in self._typed_rows():
            fields.pop(str(self.fields[f"field-{row.n}"].label), None)
        return fields | {_("Conditions"): lines}

    def unsaid_conditions(self) -> list[str]:
        """What is wrong with the lines of a form that was judged: so long nobody can count."""
        return [
            f"{self.fields[name].label}: {sentence}"
            for name, sentences in self.errors.items()
            if name.startswith("field-")
            for sentence in sentences
        ]

    def save(self, user: User) -> SavedFilter:
        """Store a valid form; call it inside a transaction."""
        given = self.cleaned_data
        saved = self.saved or SavedFilter(team=self.team, owner=user)
        saved.name = given["name"]
        saved.match = given["match"] or SavedFilter.Match.ALL
        saved.day_first = given["day_first"] != "no"
        saved.conditions = [condition.to_json() for condition in given["conditions"]]
        lent_to = given["lent_to"] if given["visibility"] == Visibility.NAMED else ()
        saved.visibility = given["visibility"]
        saved.save()
        saved.lent_to.set(lent_to)
        saved.list_choices.all().delete()
        FilterList.objects.bulk_create(
            FilterList(saved_filter=saved, recipient_list=recipient_list, is_without=is_without)
            for is_without in (False, True)
            for recipient_list in given["without" if is_without else "lists"]
        )
        facts = {"visibility": saved.visibility, "colleagues": len(lent_to)}
        record(Act.FILTER_SAVED, saved, by=user, after=facts)
        return saved


# Phones are stored without any of these.
_BETWEEN_DIGITS = re.compile(r"[\s()./\u2010-\u2015-]")
BOXES = ("field", "op", "value", "values", "day")


def condition_of(row: ConditionLine) -> Condition:
    """The condition that a line says. Raises ValidationError with what to do."""
    if row.op not in set(Op):
        raise forms.ValidationError(_("Choose a comparison."))
    op = Op(row.op)
    if op in WITHOUT_VALUE:
        return Condition(row.field, op)
    if op is Op.ONE_OF:
        values = [value.strip() for value in row.values.splitlines() if value.strip()]
        if len(values) > MOST_VALUES:
            raise forms.ValidationError(_("Enter up to 500 values."))
    elif op in WITH_DAY:
        values = [row.day.strip()]
    else:
        values = [row.value.strip()]
    if not any(values):
        raise forms.ValidationError(_("Enter a value to compare with, or choose “is empty”."))
    if any(len(value) > LONGEST_VALUE or "\x00" in value for value in values):
        raise forms.ValidationError(_("Use up to 500 characters."))
    if row.field == PHONE:
        values = [_BETWEEN_DIGITS.sub("", value) for value in values]
    return Condition(row.field, op, tuple(_checked(op, value) for value in values))


def _checked(op: Op, value: str) -> str:
    if op in WITH_DAY:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise forms.ValidationError(_("Enter the date as 2026-04-02.")) from None
    if op in WITH_NUMBER and number_kind(value.strip(SPACES)) == NumberKind.NONE:
        raise forms.ValidationError(_("Enter a number such as 100 or 12.50."))
    return composed(value)


def ops() -> list[tuple[str, Any]]:
    """The ways to look at a field, for a line's second box."""
    return [(op.value, words) for op, words in OP_WORDS.items()]


def special_fields() -> list[tuple[str, str]]:
    """What everybody has besides their list's columns."""
    return [(NAME, _("Name")), (PHONE, _("Phone"))]


def stored_filter(team: Team, saved: SavedFilter | None) -> dict[str, Any]:
    """What the form shows of a filter; of a new one, a blank line."""
    if saved is None:
        return {
            "lists": [],
            "without": [],
            "match": SavedFilter.Match.ALL,
            "day_first": "no" if team.default_country == "US" else "yes",
            "visibility": Visibility.PRIVATE,
            "lent_to": [],
            **dict.fromkeys((f"{what}-0" for what in BOXES), ""),
        }
    choices = saved.list_choices.values_list("recipient_list__public_id", "is_without")
    return {
        "name": saved.name,
        "lists": [key for key, is_without in choices if not is_without],
        "without": [key for key, is_without in choices if is_without],
        "match": saved.match,
        "day_first": "yes" if saved.day_first else "no",
        "visibility": saved.visibility,
        "lent_to": list(saved.lent_to.values_list("public_id", flat=True)),
        **lines_of([Condition.from_json(condition) for condition in saved.conditions]),
    }


def lines_of(conditions: Iterable[Condition]) -> dict[str, str]:
    """These conditions as the form's lines would be posted."""
    fields: dict[str, str] = {}
    for n, condition in enumerate(conditions):
        several, is_day = condition.op is Op.ONE_OF, condition.op in WITH_DAY
        first = condition.values[0] if condition.values else ""
        boxes = (
            condition.field,
            condition.op.value,
            "" if several or is_day else first,
            "\n".join(condition.values) if several else "",
            first if is_day else "",
        )
        fields |= {f"{what}-{n}": box for what, box in zip(BOXES, boxes, strict=True)}
    return fields
