"""What all admin pages share: they survive a million rows, and history stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.db.models import Model, URLField
from django.utils.functional import cached_property
from django.utils.html import format_html

# The colours of labels (`static/css/admin.css`) for the tones of `campaigns.state_words`.
_COLOURS = {"neutral": "", "info": "info", "success": "success", "warning": "warning"}
# How far a person pages by hand; beyond it they search.
COUNTED_ROWS = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than COUNTED_ROWS: COUNT(*) over a million rows is too slow for a page."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED_ROWS when there are more."""
        rows: Any = self.object_list
        return min(len(rows.order_by().values_list("pk")[: COUNTED_ROWS + 1]), COUNTED_ROWS)


class BigTableAdmin(ModelAdmin):  # type: ignore[type-arg]
    """For tables that grow with use: no full count, no drop-down with every row."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    formfield_overrides: ClassVar[Any] = {URLField: {"assume_scheme": "https"}}

    def get_list_select_related(self, *_args: Any) -> Any:
        """The records that columns name are read together with the rows."""
        named = [field.name for field in self.opts.fields if field.name in self.list_display]
        relations = [name for name in named if self.opts.get_field(name).is_relation]
        return self.list_select_related or relations


class ReadOnlyAdmin(BigTableAdmin):
    """For what the product itself writes: looked at here, never added, changed or deleted."""

    ordering: ClassVar[Any] = ("-pk",)

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


def show_only(
    model: type[Model], columns: str, filters: str = "", search: str = "", **options: Any
) -> None:
    """Register a table to be looked at: names with blanks between, and options of a ModelAdmin."""
    options |= {"list_display": columns.split(), "list_filter": filters.split()}
    admin.site.register(model, ReadOnlyAdmin, search_fields=search.split(), **options)


def labelled(
    *, description: Any, label: Mapping[Any, str], ordering: str | None = None
) -> Callable[[Callable[..., tuple[str, str]]], Callable[..., str]]:
    """Decorate a column's method that gives a value and its words: a label coloured by `label`."""

    def decorate(words_of: Callable[..., tuple[str, str]]) -> Callable[..., str]:
        @admin.display(description=description, ordering=ordering)
        @wraps(words_of)
        def shown(self: Any, row: Any) -> str:
            value, words = words_of(self, row)
            tone = label.get(value) or "neutral"
            return format_html('<span class="state state-{}">{}</span>', tone, words)

        return shown

    return decorate


def colours(words: Any) -> dict[str, str]:
    """Return the colour of a label for each state's value, given a table of words."""
    return {str(state.value): _COLOURS.get(word.tone, "danger") for state, word in words.items()}
