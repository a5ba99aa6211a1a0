"""Who gets a campaign: counting before launch, freezing at launch. Every row is accounted for.

rows of the chosen lists and filters = people + each reason to leave somebody out, always.

A row is looked at in this order: opted out; on a list, in a filter or in an earlier campaign whose
people are left out; same phone again. Freezing runs in the database (INSERT … SELECT), chunk by
chunk; each chunk commits its rows and the cursor together, so that a killed freeze goes on where it
stopped. What is frozen is fixed with the first chunk (`Selection`), whoever changes a filter then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from campaigns.audiences import arranging, selection
from campaigns.audiences.audience_count import RECIPIENTS, AudienceCount, count_selection
from campaigns.audiences.selection import Selection, lists_of
from campaigns.models import Campaign, CampaignRecipient
from campaigns.moves import locked_campaign
from campaigns.states import CampaignState
from recipients.field_names import renamed, renames
from recipients.models import Recipient
from recipients.saved_filters.filters import EVERYBODY
from recipients.sql import Sql, integers, sql

__all__ = ["AudienceCount", "count_audience", "lists_of"]

CHUNK = 20_000
# Of each part at first, of so many parts at once: most lists and filters are small.
_BEGINNING, _PARTS_AT_ONCE = 1_000, 8


def count_audience(campaign: Campaign) -> AudienceCount:
    """Count the audience as it would be frozen now."""
    return count_selection(selection.of(campaign))


def first_person(campaign: Campaign) -> Recipient | None:
    """The first recipient of the lists that people come from, None without any."""
    lists = selection.people_lists(selection.choice_of(campaign))
    spelled = selection.field_names_of(lists)
    for recipient_list in lists:
        person = (
            Recipient.objects.filter(recipient_list=recipient_list, occurrence=0)
            .order_by("id")
            .first()
        )
        if person is not None:
            person.fields = renamed(person.fields, renames(person.fields, spelled))
            return person
    return None


def audience_field_names(campaign: Campaign) -> list[str]:
    """The columns that the chosen lists have, each once: the dynamic fields besides the predefined.

    A person lacks the fields of the lists that they are not on.
    """
    return selection.field_names_of(selection.people_lists(selection.choice_of(campaign)))


# A key, the phone, the name, and the fields as JSON.
PersonRow = tuple[int, str, str, str]


def json_as_text(column: str) -> Cast:
    """A JSON column as it is stored, to be read by who needs it."""
    return Cast(column, TextField())


def chunks_of_people(campaign: Campaign) -> Iterator[list[PersonRow]]:
    """Everybody who would be frozen now, in the order of freezing; keys are of `Recipient`."""
    chosen = selection.of(campaign)
    for number, beginning in _beginnings(chosen):
        who, rows, most = people_sql(chosen, number), beginning, _BEGINNING
        while rows:
            yield rows
            is_last, most = len(rows) < most, CHUNK
            rows = [] if is_last else _people_after(chosen, number, who, rows[-1][0])


def _beginnings(chosen: Selection) -> Iterator[tuple[int, list[PersonRow]]]:
    """Each part of a selection with its first people, a few parts at a time: most are small."""
    for begin in range(0, len(chosen.parts), _PARTS_AT_ONCE):
        numbers = range(begin, min(begin + _PARTS_AT_ONCE, len(chosen.parts)))
        asked = [
            _people_sql(chosen, one, people_sql(chosen, one), 0, _BEGINNING) for one in numbers
        ]
        parts = [sql("SELECT * FROM ({one}) AS part", one=one) for one in asked]
        union = Sql(
            " UNION ALL ".join(part.text for part in parts),
            tuple(value for part in parts for value in part.values),
        )
        rows_of: dict[int, list[PersonRow]] = {one: [] for one in numbers}
        with connection.cursor() as cursor:
            cursor.execute(union.text, union.values)
            for number, pk, phone, name, fields in sorted(cursor.fetchall()):
                rows_of[number].append((pk, phone, name, fields))
        yield from rows_of.items()


def first_reached(campaign: Campaign) -> int | None:
    """The first of those who would be frozen now, as a key of `Recipient`."""
    chosen = selection.of(campaign)
    for number in range(len(chosen.parts)):
        if rows := _people_after(chosen, number, people_sql(chosen, number), 0, 1):
            return rows[0][0]
    return None


def people_sql(chosen: Selection, number: int) -> Sql:
    """Which rows named r of the part `number` are people of the audience, in SQL."""
    return sql("{rows} AND {kept}", rows=chosen.people_rows(number), kept=chosen.kept("r"))


def _people_after(
    chosen: Selection, number: int, who: Sql, after: int, most: int = CHUNK
) -> list[PersonRow]:
    asked = _people_sql(chosen, number, who, after, most)
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.values)
        return [(pk, phone, name, fields) for _part, pk, phone, name, fields in cursor.fetchall()]


def _people_sql(chosen: Selection, number: int, who: Sql, after: int, most: int) -> Sql:
    return sql(
        f"SELECT {number:d} AS part, r.id, r.phone, r.name, CAST({{fields}} AS text) "
        f"FROM {RECIPIENTS} r WHERE {{who}} AND r.id > {after:d} ORDER BY r.id LIMIT {most:d}",
        fields=chosen.parts[number].fields("r"),
        who=who,
    )


def freeze_chunk(campaign_id: int) -> bool:
    """Freeze the next chunk; True when the audience is complete. Safe to repeat at any time."""
    with transaction.atomic():
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.FREEZING:
            return False
        cursor = campaign.freeze_cursor or {
            "list": 0,
            "after": 0,
            "position": 0,
            "selection": selection.of(campaign).to_json(),
        }
        chosen = Selection.from_json(cursor["selection"])
        if cursor["list"] >= len(chosen.parts):
            return True
        upto = _chunk_end(chosen.parts[cursor["list"]].list_id, cursor["after"])
        if upto is None:
            cursor = {**cursor, "list": cursor["list"] + 1, "after": 0}
        else:
            _freeze_rows(campaign, chosen, cursor, upto)
            cursor = {**cursor, "after": upto, "position": cursor["position"] + CHUNK}
        campaign.freeze_cursor = cursor
        campaign.save(update_fields=["freeze_cursor", "frozen_count", "left_out"])
        return bool(cursor["list"] >= len(chosen.parts))


def drop_audience(campaign: Campaign) -> None:
    """Delete the frozen audience of a campaign that goes back to being a draft."""
    CampaignRecipient.objects.filter(campaign=campaign).delete()


def _chunk_end(list_id: int, after: int) -> int | None:
    """The id of the last row of the next chunk of a list; None when the list is done."""
    rows = Recipient.objects.filter(recipient_list_id=list_id, pk__gt=after).order_by("pk")
    ids = rows.values_list("pk", flat=True)
    last = ids[CHUNK - 1 : CHUNK].first()
    return last if last is not None else rows.order_by("-pk").values_list("pk", flat=True).first()


def _freeze_rows(campaign: Campaign, chosen: Selection, cursor: dict[str, Any], upto: int) -> None:
    """Insert one chunk's people and add up who was left out, in the caller's transaction."""
    part = chosen.parts[cursor["list"]]
    span = Sql(f"r.id > {cursor['after']:d} AND r.id <= {upto:d}")
    rows = sql("{rows} AND {span}", rows=part.rows("r"), span=span)
    frozen = _insert(campaign, chosen, cursor, upto, rows)
    people = sql("{rows} AND {span}", rows=chosen.people_rows(cursor["list"]), span=span)
    by_reason = _by_reason(chosen, rows, people, frozen)
    campaign.frozen_count += frozen
    for reason, number in by_reason.items():
        if number:
            campaign.left_out[reason] = campaign.left_out.get(reason, 0) + number


def _insert(
    campaign: Campaign, chosen: Selection, cursor: dict[str, Any], upto: int, rows: Sql
) -> int:
    """Insert those of a chunk's rows that are people; return how many."""
    number, part = cursor["list"], chosen.parts[cursor["list"]]
    if chosen.duplicates_allowed:
        occurrence, first = f"r.occurrence{_earlier_rows(chosen, number)}", EVERYBODY
    else:
        # Of somebody in an earlier list, the table's own rule keeps the first.
        occurrence, first = "0", part.comes_first("r")
    source, values = Sql(f"{RECIPIENTS} r"), EVERYBODY
    position = f"{cursor['position']:d} + ROW_NUMBER() OVER (ORDER BY r.id)"
    if arranging.is_arranged(campaign):
        placed = arranging.place_rows(campaign, cursor, part, upto)
        # SQLite keeps the order of a CROSS JOIN: for each place its row, never the reverse.
        source = Sql(f"{placed.source} CROSS JOIN {RECIPIENTS} r", tuple(placed.values))
        values, position = Sql("r.id = p.id"), "p.position"
    asked = sql(
        f"INSERT INTO {CampaignRecipient._meta.db_table} "
        "(campaign_id, position, phone, occurrence, name, fields, left_out) "
        f"SELECT {campaign.pk:d}, {position}, r.phone, {occurrence}, r.name, {{fields}}, '' "
        "FROM {source} WHERE {values} AND {rows} AND {first} AND {kept} ON CONFLICT DO NOTHING",
        fields=part.fields("r"),
        source=source,
        values=values,
        rows=rows,
        first=first,
        kept=chosen.kept("r"),
    )
    with connection.cursor() as inserting:
        inserting.execute(asked.text, asked.values)
        return int(inserting.rowcount)


def _by_reason(chosen: Selection, rows: Sql, people: Sql, frozen: int) -> dict[str, int]:
    """Why those of a chunk that were not frozen are left out: `people`, and rows of them again."""
    with connection.cursor() as cursor:
        asked = sql(f"SELECT COUNT(*) FROM {RECIPIENTS} r WHERE {{rows}}", rows=rows)
        cursor.execute(asked.text, asked.values)
        total = int(cursor.fetchone()[0])
        if total == frozen:
            return {}
        cases = Sql("")
        for code, holds in chosen.reasons("r"):
            cases = sql(f"{{cases}} WHEN {{holds}} THEN '{code}'", cases=cases, holds=holds)
        asked = sql(
            "SELECT reason, COUNT(*) FROM (SELECT CASE {cases} ELSE '' END AS reason "
            f"FROM {RECIPIENTS} r WHERE {{people}}) AS looked_at GROUP BY reason",
            cases=cases,
            people=people,
        )
        cursor.execute(asked.text, asked.values)
        by_reason = {reason: int(number) for reason, number in cursor.fetchall() if reason}
    return {**by_reason, "duplicate": total - frozen - sum(by_reason.values())}


def _earlier_rows(chosen: Selection, number: int) -> str:
    """How many rows of this person the lists of earlier parts hold: ` + (SELECT …)`."""
    earlier = [list_rows.list_id for list_rows in chosen.parts[:number]]
    if not earlier:
        return ""
    return (
        f" + (SELECT COUNT(*) FROM {RECIPIENTS} e WHERE e.recipient_list_id IN "
        f"({integers(earlier)}) AND e.phone_key = r.phone_key)"
    )
