"""What is done in the administration is recorded: each row that was added, changed or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.forms import BaseModelForm
from django.http import HttpRequest

from trail.acts import Act
from trail.recording import record

# Of a text, which may be somebody's name or number, is kept only that it changed.
_CHANGED = "changed"
_SHOWN = (
    *(models.BooleanField, models.IntegerField, models.FloatField, models.DecimalField),
    *(models.DateField, models.TimeField),
)


class NotedAdmin:
    """For every `ModelAdmin` by which something can be changed; stands before it."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Also write the trail: the admin asks for its message once everything is saved."""
        if isinstance(form, BaseModelForm) and (add or form.changed_data):
            _record_form(Act.ADMIN_ADDED if add else Act.ADMIN_CHANGED, form)
        for formset in formsets or ():
            added, changed = set(formset.new_objects), dict(formset.changed_objects)
            for row in formset.forms:
                if row.instance in added:
                    _record_form(Act.ADMIN_ADDED, row)
                elif row.instance in changed:
                    _record_form(Act.ADMIN_CHANGED, row)
            for deleted in formset.deleted_objects:
                _record(Act.ADMIN_DELETED, deleted)
        message = super().construct_change_message  # type: ignore[misc]
        return message(request, form, formsets, add)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> Any:
        """Also write the trail: the admin tells of rows just before it deletes them."""
        for row in queryset:
            _record(Act.ADMIN_DELETED, row)
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _record_form(act: Act, form: Any) -> None:
    before, after = {}, {}
    for name in form.changed_data:
        before[name] = _shown(form.instance, name, form.initial.get(name))
        after[name] = _shown(form.instance, name, form.cleaned_data.get(name))
    _record(act, form.instance, before if act is Act.ADMIN_CHANGED else {}, after)


def _shown(row: models.Model, name: str, value: Any) -> Any:
    fields = {field.name: field for field in row._meta.fields}
    field = fields.get(name)
    if field is None or value is None:
        return _CHANGED if value else None
    if isinstance(value, models.Model):
        return value.pk
    return value if isinstance(field, _SHOWN) or field.choices or field.is_relation else _CHANGED


def _record(
    act: Act, row: models.Model, before: dict[str, Any] | None = None, after: Any = None
) -> None:
    is_person = isinstance(row, get_user_model())
    is_team = row._meta.label == "teams.Team"
    record(
        act,
        row,
        about_id=row.pk if is_person else getattr(row, "user_id", None),
        team_id=row.pk if is_team else None,
        before=before,
        after=after,
    )
