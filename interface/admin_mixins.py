"""What all admin pages share: they survive a million rows, and history stays as it was."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

# How far a person pages by hand; beyond it they search.
COUNTED_ROWS = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than COUNTED_ROWS: COUNT(*) over a million rows is too slow for a page."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED_ROWS when there are more."""
        rows: Any = self.object_list
        return min(len(rows.order_by().values_list("pk")[: COUNTED_ROWS + 1]), COUNTED_ROWS)


class BigTableAdmin(ModelAdmin):  # type: ignore[misc]
    """For tables that grow with use: no full count, no drop-down with every row."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50


class ReadOnlyAdmin(BigTableAdmin):
    """For what the product itself writes: looked at here, never added, changed or deleted."""

    def has_add_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False
