"""Pages by cursor: `items`, and `next` to go on behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from ninja import Field, Query, Schema

from api.rest.problems import invalid
from recipients.lists.paging import page_of, read_place

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)
MOST_ITEMS = 200
NO_PLACE = "Send `next` of the page before, as it is."
PUBLIC_ID: Any = Field(alias="public_id")
"""The `id` of what is told as its model has it, without a function that puts it together."""

After = Annotated[str, Query("", description="`next` of the page before.", max_length=300)]
Limit = Annotated[int, Query(50, ge=1, le=MOST_ITEMS, description="How many at most.")]


class Page(Schema, Generic[Item]):
    """Some items; `next` is null on the last page."""

    items: list[Item]
    next: str | None = Field(None, description="Send it as `after` to get the page behind this.")


def cursor_page(
    rows: QuerySet[Row],
    after: str,
    limit: int,
    shown: Callable[[Row], Any] | None = None,
    *,
    newest_first: bool = True,
) -> dict[str, Any]:
    """The rows behind a place as a page; without `shown` each as its model has it.

    Raises NotDone (422) for a place that is none.
    """
    if after and read_place(after) is None:
        raise invalid([("after", NO_PLACE)])
    page = page_of(rows, limit, after=after, newest_first=newest_first)
    return {
        "items": list(map(shown, page.rows)) if shown else page.rows,
        "next": page.after or None,
    }
