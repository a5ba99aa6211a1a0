"""Looking at the people of an audience before it is frozen, page by page, by why they are (not) in.

A page begins behind a place: the number of a part of the selection, and the key of a row in it. So
the thousandth page takes as long as the first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from campaigns.audiences.audience import people_sql
from campaigns.audiences.audience_count import RECIPIENTS
from campaigns.audiences.selection import Selection
from recipients.models import Recipient
from recipients.saved_filters.filters import EVERYBODY
from recipients.sql import NOTHING, Sql, sql

PEOPLE = ""
DUPLICATE = "duplicate"


class PagePosition(NamedTuple):
    """Where a page begins: in a part, behind a row."""

    part: int = 0
    after: int = 0

    def __str__(self) -> str:
        return f"{self.part:x}-{self.after:x}"

    @classmethod
    def read(cls, text: str) -> PagePosition:
        """The place that `str` wrote; the beginning for anything else."""
        part, _dash, after = text[:40].partition("-")
        try:
            return cls(int(part, 16), int(after, 16))
        except ValueError:
            return cls()


def audience_page(
    chosen: Selection, why: str, place: PagePosition, size: int, hidden: Collection[int] = ()
) -> tuple[list[Recipient], PagePosition | None]:
    """(people, where the next page begins): those who get it (PEOPLE), or those left out for `why`.

    Nobody of the lists `hidden` (primary keys) is shown.
    """
    recipients: list[Recipient] = []
    for number in range(max(place.part, 0), len(chosen.parts)):
        if chosen.parts[number].list_id in hidden:
            continue
        after = place.after if number == place.part else 0
        room = size - len(recipients)
        rows = _rows(_who(chosen, number, why), after, room + 1)
        recipients += rows[:room]
        if len(rows) > room:
            last = rows[room - 1].pk if room else after
            return recipients, PagePosition(number, last)
    return recipients, None


def _who(chosen: Selection, number: int, why: str) -> Sql:
    """Which rows named r of a part are looked at, in SQL."""
    if why == PEOPLE:
        return people_sql(chosen, number)
    part = chosen.parts[number]
    rows = part.rows("r")
    if why == DUPLICATE:
        if chosen.duplicates_allowed:
            return NOTHING
        return sql(
            "{rows} AND (NOT {first} OR {before})",
            rows=rows,
            first=part.comes_first("r"),
            before=chosen.stands_before(number, "r"),
        )
    earlier = EVERYBODY
    for code, holds in chosen.reasons("r"):
        if code == why:
            people = chosen.people_rows(number)
            return sql("{rows} AND {holds} AND {e}", rows=people, holds=holds, e=earlier)
        earlier = sql("{e} AND NOT {holds}", e=earlier, holds=holds)
    return NOTHING


def _rows(who: Sql, after: int, size: int) -> list[Recipient]:
    asked = sql(
        f"SELECT r.* FROM {RECIPIENTS} r WHERE {{who}} AND r.id > {after:d} "
        f"ORDER BY r.id LIMIT {size:d}",
        who=who,
    )
    return list(Recipient.objects.raw(asked.text, asked.values))
