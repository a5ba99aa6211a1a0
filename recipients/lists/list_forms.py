"""What people can say about whole lists: new ones, names, and what to make of several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interface.form_style import StyledForm
from recipients.lists.list_operations import LONGEST_NAME
from recipients.models import RecipientList, RecipientListQuerySet


def _name_field(**details: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Name of the new list"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the list a name, so that you can find it later.")},
        **details,
    )


class NameForm(StyledForm):
    """A name for a list."""

    name = _name_field()


class ListsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Lists to tick, by their public ids."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, lists: RecipientListQuerySet, **details: Any) -> None:
        super().__init__(
            lists.select_related("owner").order_by("name", "pk"),
            to_field_name="public_id",
            **details,
        )


class MergeForm(StyledForm):
    """Lists to put together with one that is chosen already."""

    others = ListsField(
        RecipientList.objects.none(),
        label=_("Lists to merge with it"),
        error_messages={
            "required": _("Choose at least one other list."),
            "invalid_choice": _("One of these lists is no longer there. Choose again."),
        },
    )
    each_once = forms.TypedChoiceField(
        label=_("People on more than one list"),
        choices=(
            ("yes", _("are listed once, with the data from all lists")),
            ("no", _("are listed once for each list they are on")),
        ),
        coerce=lambda answer: answer == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )
    name = _name_field()

    def __init__(self, lists: RecipientListQuerySet, data: Any = None, name: str = "") -> None:
        super().__init__(data, initial={"name": name, "each_once": "yes"})
        _offer(self.fields["others"], lists)
        self.other_lists = self["others"]


class SubtractForm(StyledForm):
    """Lists whose people are taken out of one that is chosen already."""

    without = ListsField(
        RecipientList.objects.none(),
        label=_("Leave out people on"),
        error_messages={
            "required": _("Choose at least one list of people to leave out."),
            "invalid_choice": _("One of these lists is no longer there. Choose again."),
        },
    )
    name = _name_field()

    def __init__(self, lists: RecipientListQuerySet, data: Any = None, name: str = "") -> None:
        super().__init__(data, initial={"name": name})
        _offer(self.fields["without"], lists)
        self.other_lists = self["without"]


class SplitForm(forms.Form):
    """The field and those of its values that become lists."""

    field = forms.ChoiceField()
    # A value as it stands in the list; "" for those who have none.
    value = forms.MultipleChoiceField(
        error_messages={
            "required": _("Choose at least one value."),
            "invalid_choice": _("The list has changed since you opened it. Choose again."),
        }
    )

    def __init__(self, field_names: Iterable[str], values: Iterable[str], data: Any = None) -> None:
        super().__init__(data)
        _choices(self.fields["field"], field_names)
        # An empty choice would count as none at all: each has a sign in front.
        _choices(self.fields["value"], (f"={value}" for value in values))

    @property
    def values(self) -> list[str]:
        """The chosen values of a valid form."""
        return [value[1:] for value in self.cleaned_data["value"]]


def _offer(field: forms.Field, lists: RecipientListQuerySet) -> None:
    assert isinstance(field, ListsField)
    field.queryset = lists.select_related("owner").order_by("name", "pk")


def _choices(field: forms.Field, values: Iterable[str]) -> None:
    assert isinstance(field, forms.ChoiceField | forms.MultipleChoiceField)
    field.choices = [(value, value) for value in values]
