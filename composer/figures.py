"""What a text makes of an audience, for the composer: segments, jobs, who lacks what, the longest.

Small audiences are looked at whole. Of a large one a sample from all over the lists is rendered
while somebody types, and said to be one; once the draft rests, a worker renders it for everybody
(`plan_making`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from django.db import connection

from campaigns.audiences.audience import PersonRow
from campaigns.audiences.selection import Selection, field_names_of
from campaigns.texts.dynamic_fields import Program
from campaigns.texts.empty_fields import EmptyFields, lackable
from campaigns.texts.personal_texts import Survey
from campaigns.texts.rendering import Renderer, Spread, TextLimits, TextTally, person_of
from campaigns.texts.sms_segments import SmsEncoding, sms_size
from interface.read_once import read_once
from recipients.field_names import renamed_sql, renames
from recipients.models import Recipient, RecipientList
from recipients.saved_filters.filters import EVERYBODY
from recipients.sql import Sql, joined_sql, sql

SAMPLE = 1_000
# From how many places of a list the sample is taken.
_PLACES = 40
# Saving a segment by leaving out more than so many characters is no advice but another text.
_MOST_SAVED = 30


@dataclass(frozen=True, slots=True)
class Saving:
    """Leaving out `characters` saves a segment each for `people` of those looked at."""

    characters: int
    people: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found: `people` of the `looked_at` get a text, the others are in `left_out`.

    `empty` and `somebody`: by field, how many lack it and the key of one of them. `longest` is the
    key of whoever gets the longest text. `distinct` and `jobs` are lower bounds unless `is_exact`.
    `dear`: people whose own values, not the text, bring their message out of the GSM alphabet.
    """

    looked_at: int
    people: int
    left_out: Mapping[str, int]
    by_segments: Mapping[int, int]
    distinct: int
    jobs: int
    is_exact: bool = True
    longest: int = 0
    longest_segments: int = 0
    empty: Mapping[str, int] = field(default_factory=dict)
    somebody: Mapping[str, int] = field(default_factory=dict)
    dear: int = 0
    saving: Saving | None = None

    @property
    def spread(self) -> Spread | None:
        """Segments over the people who get a text."""
        return Spread.of(self.by_segments)

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values: numbers and names of fields, nothing of a person's."""
        names = ("looked_at", "people", "distinct", "jobs", "is_exact", "longest")
        return {name: getattr(self, name) for name in names} | {
            "longest_segments": self.longest_segments,
            "left_out": dict(self.left_out),
            "by_segments": {str(n): people for n, people in self.by_segments.items()},
            "empty": dict(self.empty),
            "somebody": dict(self.somebody),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_json` made."""
        by_segments = {int(n): people for n, people in stored["by_segments"].items()}
        return cls(**{**stored, "by_segments": by_segments})


def figures_of_survey(survey: Survey) -> Figures:
    """The figures of a whole audience, from the one look at all of it."""
    texts, handed = survey.texts, survey.handed_over
    return Figures(
        looked_at=handed.people + handed.left_out_count,
        people=handed.people,
        left_out=dict(handed.by_reason),
        by_segments=dict(texts.by_segments),
        distinct=handed.distinct,
        jobs=survey.jobs,
        is_exact=handed.is_exact,
        longest=texts.longest.key if texts.longest else 0,
        longest_segments=texts.longest.segments if texts.longest else 0,
        empty=dict(survey.empty.people),
        somebody=dict(survey.empty.somebody),
    )


def of_people(
    renderer: Renderer,
    program: Program,
    limits: TextLimits,
    rows: Sequence[PersonRow],
    largest_job: int,
) -> Figures:
    """The figures of these people alone, each rendered here; for a sample, or a small audience."""
    texts, empty = TextTally(limits), EmptyFields(lackable(program))
    sizes = Sizes(is_gsm=sms_size(_literal(program)).encoding is SmsEncoding.GSM_7)
    persons = [person_of(phone, name, orjson.loads(raw)) for _, phone, name, raw in rows]
    empty.look([row[0] for row in rows], persons)
    rendered = list(renderer.render_each(persons))
    for row, text in zip(rows, rendered, strict=True):
        texts.add(row[0], text)
    for text, people in Counter(text for text in rendered if isinstance(text, str)).items():
        sizes.add(text, people)
    return Figures(
        looked_at=len(rows),
        people=texts.people,
        left_out=dict(texts.by_reason),
        by_segments=dict(texts.by_segments),
        distinct=texts.distinct,
        jobs=texts.jobs(largest_job),
        longest=texts.longest.key if texts.longest else 0,
        longest_segments=texts.longest.segments if texts.longest else 0,
        empty=empty.people,
        somebody=empty.somebody,
        dear=sizes.dear,
        saving=sizes.saving(),
    )


def _literal(program: Program) -> str:
    return "".join(step.text for step in program.steps if step.kind.name == "TEXT")


@dataclass(slots=True)
class Sizes:
    """Looks at texts, each of them once, for what could make them cheaper."""

    is_gsm: bool
    dear: int = 0
    # People by how many characters fewer would save a segment.
    _over: Counter[int] = field(default_factory=Counter)

    def add(self, text: str, people: int) -> None:
        """Look at the text of so many people."""
        size = sms_size(text)
        if self.is_gsm and size.encoding is SmsEncoding.UCS_2:
            self.dear += people
        if size.segments > 1:
            alone, each = (160, 153) if size.encoding is SmsEncoding.GSM_7 else (70, 67)
            room = alone if size.segments == 2 else each * (size.segments - 1)
            if 0 < size.units - room <= _MOST_SAVED:
                self._over[size.units - room] += people

    def saving(self) -> Saving | None:
        """The fewest characters that save as many segments as any: half of all savers at least."""
        savers = self._over.total()
        people = 0
        for characters in sorted(self._over):
            people += self._over[characters]
            if 2 * people >= savers:
                return Saving(characters, people)
        return None


# --- A sample -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """People of an audience, picked from `rows_seen` rows from all over its lists.

    The rows that were seen and are not among `people` are left out whatever the text says. Keys
    are of `Recipient`. `places`: which row of the lists each of `people` is, from 1; 0 where the
    sample did not see all the rows before.
    """

    people: tuple[PersonRow, ...]
    rows_seen: int
    places: tuple[int, ...]

    def share_of(self, rows: int) -> int:
        """How many of `rows` rows get a text, going by the sample."""
        return rows * len(self.people) // max(self.rows_seen, 1)


@read_once
def sample_of(
    lists: tuple[RecipientList, ...], chosen: Selection | None = None, size: int = SAMPLE
) -> Sample:
    """Look at about `size` rows from all over these lists; at all of them if there are no more.

    Some rows behind each of a number of evenly spaced ids: however long the lists are, an index
    finds them at once. Only then it is asked who of them is in the audience `chosen`.
    """
    total = sum(recipient_list.recipient_count for recipient_list in lists)
    spelled, ends = field_names_of(lists), {} if total <= size else _ends(lists)
    pieces: list[Sql] = []
    without_gap = total
    for number, recipient_list in enumerate(lists):
        if total <= size:
            starts, rows = [0], size
        else:
            share = max(1, size * recipient_list.recipient_count // total)
            places = max(1, min(_PLACES * recipient_list.recipient_count // total, share))
            starts, rows = _starts(ends.get(recipient_list.pk), places), -(-share // places)
        fields = renamed_sql("p.fields", renames(recipient_list.field_names, spelled))
        kept = _kept(recipient_list.pk, chosen)
        if starts:
            without_gap = without_gap if pieces or total <= size else rows
            pieces.append(_rows(number, recipient_list.pk, starts, rows, kept, fields))
    seen = _found(pieces)
    people = [(place, row) for place, row in enumerate(seen, start=1) if row[4]]
    return Sample(
        tuple(row[:4] for _place, row in people),
        len(seen),
        tuple(place if place <= without_gap else 0 for place, _row in people),
    )


def _ends(lists: Sequence[RecipientList]) -> dict[int, tuple[int, int]]:
    """The first and the last key of each list with people."""
    ids = f"SELECT r.id FROM {Recipient._meta.db_table} r WHERE r.recipient_list_id"  # noqa: S608 - a table of ours
    pieces = [
        f"SELECT {key:d}, ({ids} = {key:d} ORDER BY r.id LIMIT 1), "
        f"({ids} = {key:d} ORDER BY r.id DESC LIMIT 1)"
        for key in (recipient_list.pk for recipient_list in lists)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(pieces))
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall() if row[1] is not None}


def _starts(ends: tuple[int, int] | None, places: int) -> list[int]:
    """Evenly spaced ids over a list, the first one being its first."""
    if ends is None:
        return []
    first, last = ends
    return [first + (last - first) * n // places for n in range(places)]


def _kept(list_id: int, chosen: Selection | None) -> Sql:
    """Whether the row `p` of a list is in the audience, in SQL."""
    if chosen is None:
        return EVERYBODY
    parts = joined_sql(
        (list_rows.rows("p") for list_rows in chosen.parts if list_rows.list_id == list_id), "OR"
    )
    return joined_sql([parts, chosen.kept("p")], "AND")


def _rows(
    place: int, list_id: int, starts: Sequence[int], number: int, kept: Sql, fields: Sql
) -> Sql:
    """(key, phone, name, fields, whether it is kept, place) of the rows behind each start."""
    table = Recipient._meta.db_table

    def behind(start: str) -> str:
        return (
            f"(SELECT r.* FROM {table} r WHERE r.recipient_list_id = {list_id:d} "  # noqa: S608 - a table of ours and integers
            f"AND r.id >= {start} AND r.occurrence = 0 ORDER BY r.id LIMIT {number:d})"
        )

    if connection.vendor == "postgresql":
        # Planned once, and not for each of the starts.
        listed = ", ".join(f"({start:d})" for start in starts)
        rows = f"SELECT part.* FROM (VALUES {listed}) AS s(start), LATERAL {behind('s.start')} part"  # noqa: S608 - ours
    else:
        parts = (f"SELECT * FROM {behind(str(start))} AS part" for start in starts)  # noqa: S608 - ours
        rows = " UNION ALL ".join(parts)
    return sql(
        "SELECT p.id, p.phone, p.name, CAST({fields} AS text), CASE WHEN {kept} THEN 1 ELSE 0 END, "  # noqa: S608 - words of ours
        f"{place:d} FROM ({{rows}}) AS p",
        fields=fields,
        kept=kept,
        rows=Sql(rows),
    )


def _found(pieces: Sequence[Sql]) -> list[Any]:
    """What the queries find, each row once, list by list."""
    if not pieces:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(piece.text for piece in pieces),
            [value for piece in pieces for value in piece.values],
        )
        rows = {row[0]: row for row in cursor.fetchall()}
    return sorted(rows.values(), key=lambda row: (row[5], row[0]))
