"""What a half-written form holds that can be stored: a draft saves itself while somebody writes.

A date that is none yet does not keep the text beside it from being saved. Fields that speak of one
thing together (the parts of a time, the lists in and out) are stored together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import QueryDict

from composer.drafts import PageSave
from composer.forms import ComposeForm, stored_draft
from composer.schedule_fields import ScheduleFields
from interface.form_fields import is_uuid
from teams.models import User

TOGETHER = (
    frozenset(ScheduleFields.base_fields),
    frozenset({"lists", "lists_left_out"}),
    frozenset({"filters", "filters_left_out"}),
)


@dataclass(frozen=True, slots=True)
class Storable:
    """A valid form, None where nothing can be stored.

    `left_behind`: (label, sentence) of what is wrong and not stored. `missing`: the labels of what
    nobody has filled in yet, which is no mistake while somebody writes.
    """

    form: ComposeForm | None
    left_behind: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def storable(form: ComposeForm, user: User) -> Storable:
    """What of a posted form can be stored: all of it, or all but its faulty fields."""
    if form.is_valid():
        return Storable(form)
    faulty = set(form.errors)
    missing = {name for name in faulty & set(form.fields) if _is_empty(form, name)}
    left_behind = tuple(
        (_label_of(form, name), str(sentence))
        for name, sentences in form.errors.items()
        for sentence in sentences
        if name not in missing
    )
    labels = tuple(_label_of(form, name) for name in form.fields if name in missing)
    if "version" in faulty or not faulty <= set(form.fields):
        return Storable(None, left_behind, labels)
    rest = _without(form, _with_company(faulty), user)
    return Storable(rest if rest.is_valid() else None, left_behind, labels)


def _label_of(form: ComposeForm, name: str) -> str:
    return str(form.fields[name].label or "") if name in form.fields else ""


def _is_empty(form: ComposeForm, name: str) -> bool:
    """Whether nothing was written into a field that is there to be written into."""
    field = form.fields[name]
    is_written = not (field.widget.is_hidden or isinstance(field, forms.ChoiceField))
    return is_written and not str(form[name].value() or "").strip()


def _with_company(names: Iterable[str]) -> set[str]:
    changed_names = set(names)
    for group in TOGETHER:
        if changed_names & group:
            changed_names |= group
    return changed_names


def _without(form: ComposeForm, names: Iterable[str], user: User) -> ComposeForm:
    """The form with what the draft says already in these fields."""
    data = QueryDict(mutable=True)
    draft = stored_draft(form.campaign, form.stored_content)
    data.update(form.data)
    for name in names:
        value = draft.get(name, "")
        values = value if isinstance(value, list) else [value]
        data.setlist(name, [one for one in values if one not in (None, "", False)])
    return ComposeForm(form.campaign, user, data)


def page_save_of(form: ComposeForm) -> PageSave | None:
    """The mark of the page that a form was posted from; None for one without scripts."""
    page, n = str(form.data.get("page", "")), str(form.data.get("n", ""))
    if not is_uuid(page) or not n.isdecimal() or len(n) > 6 or int(n) < 1:
        return None
    return PageSave(UUID(page), int(n))
