"""Who gets a campaign: counting before launch, freezing at launch. Every row is accounted for.

rows of the chosen lists = people + duplicates + opted out + excluded, always.

A row is looked at in this order: opted out, on a list to leave out, same phone again. Freezing runs
in the database (INSERT … SELECT), chunk by chunk; each chunk commits its rows and the cursor
together, so that a killed freeze goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum, TextField
from django.db.models.functions import Cast, Coalesce

from campaigns import arranging
from campaigns.models import Campaign, CampaignList, CampaignRecipient
from campaigns.moves import locked_campaign
from campaigns.states import CampaignState
from recipients.models import OptOut, Recipient, RecipientList

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """`rows` of the chosen lists, `people` who will get it, and the rest by reason."""

    rows: int = 0
    people: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def left_out_count(self) -> int:
        """Rows that are not sent to."""
        return sum(self.left_out.values())


def lists_of(campaign: Campaign, kind: CampaignList.Kind) -> list[RecipientList]:
    """The campaign's lists of a kind, in the order they were chosen."""
    chosen = campaign.list_choices.filter(kind=kind).select_related("recipient_list")
    return [choice.recipient_list for choice in chosen.order_by("id")]


def count(campaign: Campaign) -> AudienceCount:
    """Count the audience as it would be frozen now."""
    included = [one.pk for one in lists_of(campaign, CampaignList.Kind.INCLUDE)]
    excluded = [one.pk for one in lists_of(campaign, CampaignList.Kind.EXCLUDE)]
    if not included:
        return AudienceCount()
    return count_lists(campaign.team_id, included, excluded, campaign.duplicates_allowed)


def count_lists(
    team_id: int, included: list[int], excluded: list[int], duplicates_allowed: bool
) -> AudienceCount:
    """Count the audience of these lists (primary keys) for a team."""
    lists = RecipientList.objects.filter(pk__in=included)
    totals = lists.aggregate(
        rows=Coalesce(Sum("recipient_count"), 0) + Coalesce(Sum("duplicate_count"), 0),
        distinct=Coalesce(Sum("recipient_count"), 0),
    )
    rows = int(totals["rows"])
    opted_out, left_by_list = _left_out_rows(team_id, included, excluded)
    if duplicates_allowed:
        people = rows - opted_out - left_by_list
    elif len(included) == 1 and not opted_out and not left_by_list:
        people = int(totals["distinct"])
    else:
        people = _distinct_people(team_id, included, excluded)
    left_out = {
        "duplicate": rows - opted_out - left_by_list - people,
        "opted_out": opted_out,
        "excluded": left_by_list,
    }
    return AudienceCount(rows, people, {reason: n for reason, n in left_out.items() if n})


def person_at(campaign: Campaign, offset: int) -> Recipient | None:
    """The recipient to preview at `offset` (0-based) of the chosen lists, None past the end."""
    return person_in(lists_of(campaign, CampaignList.Kind.INCLUDE), offset)


def person_in(lists: Iterable[RecipientList], offset: int) -> Recipient | None:
    """The recipient at `offset` (0-based) of these lists, None past the end."""
    for one in lists:
        if offset < one.recipient_count:
            rows = Recipient.objects.filter(recipient_list=one, occurrence=0).order_by("id")
            return rows[offset : offset + 1].first()
        offset -= one.recipient_count
    return None


def field_names(campaign: Campaign) -> list[str]:
    """The columns that the chosen lists have, each once: the dynamic fields besides the predefined.

    A person lacks the fields of the lists that they are not on.
    """
    lists = lists_of(campaign, CampaignList.Kind.INCLUDE)
    return list(dict.fromkeys(name for one in lists for name in one.field_names))


# A key, the phone, the name, and the fields as JSON.
PersonRow = tuple[int, str, str, str]


def as_text(column: str) -> Cast:
    """A JSON column as it is stored, to be read by who needs it."""
    return Cast(column, TextField())


def chunks_of_people(campaign: Campaign) -> Iterator[list[PersonRow]]:
    """Everybody who would be frozen now, in the order of freezing; keys are of `Recipient`."""
    included = [one.pk for one in lists_of(campaign, CampaignList.Kind.INCLUDE)]
    excluded = [one.pk for one in lists_of(campaign, CampaignList.Kind.EXCLUDE)]
    kept = f"NOT {_opted_out_sql(campaign.team_id)} AND NOT {_on_lists_sql(excluded)}"
    for number, list_id in enumerate(included):
        who = f"r.recipient_list_id = {list_id:d} AND {kept}"
        if not campaign.duplicates_allowed:
            who += f" AND r.occurrence = 0 AND NOT {_on_lists_sql(included[:number])}"
        after = 0
        while rows := _people_after(who, after):
            yield rows
            after = rows[-1][0]


def _people_after(who: str, after: int) -> list[PersonRow]:
    with connection.cursor() as sql:
        sql.execute(
            f"SELECT r.id, r.phone, r.name, CAST(r.fields AS text) FROM {_RECIPIENTS} r "
            f"WHERE {who} AND r.id > {after:d} ORDER BY r.id LIMIT {CHUNK:d}"
        )
        return list(sql.fetchall())


def freeze_chunk(campaign_id: int) -> bool:
    """Freeze the next chunk; True when the audience is complete. Safe to repeat at any time."""
    with transaction.atomic():
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.FREEZING:
            return False
        included = [one.pk for one in lists_of(campaign, CampaignList.Kind.INCLUDE)]
        cursor = campaign.freeze_cursor or {"list": 0, "after": 0, "position": 0}
        if cursor["list"] >= len(included):
            return True
        upto = _chunk_end(included[cursor["list"]], cursor["after"])
        if upto is None:
            cursor = {**cursor, "list": cursor["list"] + 1, "after": 0}
        else:
            _freeze_rows(campaign, included, cursor, upto)
            cursor = {**cursor, "after": upto, "position": cursor["position"] + CHUNK}
        campaign.freeze_cursor = cursor
        campaign.save(update_fields=["freeze_cursor", "frozen_count", "left_out"])
        return bool(cursor["list"] >= len(included))


def drop(campaign: Campaign) -> None:
    """Delete the frozen audience of a campaign that goes back to being a draft."""
    CampaignRecipient.objects.filter(campaign=campaign).delete()


def _chunk_end(list_id: int, after: int) -> int | None:
    """The id of the last row of the next chunk of a list; None when the list is done."""
    rows = Recipient.objects.filter(recipient_list_id=list_id, pk__gt=after).order_by("pk")
    ids = rows.values_list("pk", flat=True)
    last = ids[CHUNK - 1 : CHUNK].first()
    return last if last is not None else rows.order_by("-pk").values_list("pk", flat=True).first()


def _freeze_rows(
    campaign: Campaign, included: list[int], cursor: dict[str, Any], upto: int
) -> None:
    """Insert one chunk's people and add up who was left out, in the caller's transaction."""
    excluded = [one.pk for one in lists_of(campaign, CampaignList.Kind.EXCLUDE)]
    list_id = included[cursor["list"]]
    earlier = included[: cursor["list"]]
    span = f"r.recipient_list_id = {list_id:d} AND r.id > {cursor['after']:d} AND r.id <= {upto:d}"
    out, on_list = _opted_out_sql(campaign.team_id), _on_lists_sql(excluded)
    occurrence = "r.occurrence" + (
        _earlier_rows_sql(earlier) if campaign.duplicates_allowed else ""
    )
    only_first = "" if campaign.duplicates_allowed else "AND r.occurrence = 0"
    table = CampaignRecipient._meta.db_table
    source, values = f"{_RECIPIENTS} r", None
    kept = f"{span} {only_first} AND NOT {out} AND NOT {on_list}"
    position = f"{cursor['position']:d} + ROW_NUMBER() OVER (ORDER BY r.id)"
    if arranging.is_arranged(campaign):
        placed = arranging.place_rows(campaign, cursor, list_id, upto)
        # SQLite keeps the order of a CROSS JOIN: for each place its row, never the reverse.
        source, values = f"{placed.source} CROSS JOIN {source}", placed.values
        kept, position = f"r.id = p.id AND {kept}", "p.position"
    with connection.cursor() as sql:
        sql.execute(
            f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN {out} THEN 1 ELSE 0 END), 0), "
            f"COALESCE(SUM(CASE WHEN NOT {out} AND {on_list} THEN 1 ELSE 0 END), 0) "
            f"FROM {_RECIPIENTS} r WHERE {span}"
        )
        rows, opted_out, left_by_list = sql.fetchone()
        sql.execute(
            f"INSERT INTO {table} "
            "(campaign_id, position, phone, occurrence, name, fields, left_out) "
            f"SELECT {campaign.pk:d}, {position}, r.phone, {occurrence}, r.name, r.fields, '' "
            f"FROM {source} WHERE {kept} ON CONFLICT DO NOTHING",
            values,
        )
        frozen = sql.rowcount
    campaign.frozen_count += frozen
    for reason, number in {
        "opted_out": opted_out,
        "excluded": left_by_list,
        "duplicate": rows - opted_out - left_by_list - frozen,
    }.items():
        if number:
            campaign.left_out[reason] = campaign.left_out.get(reason, 0) + number


# The pieces of SQL below hold table names of ours and integers (`:d`), never anything typed.
_RECIPIENTS = Recipient._meta.db_table


def _opted_out_sql(team_id: int) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {OptOut._meta.db_table} o WHERE o.team_id = {team_id:d} "
        "AND o.phone = r.phone AND o.lifted_at IS NULL)"
    )


def _on_lists_sql(list_ids: list[int]) -> str:
    if not list_ids:
        return "(1 = 0)"
    return (
        f"EXISTS (SELECT 1 FROM {_RECIPIENTS} x WHERE x.recipient_list_id IN "
        f"({_integers(list_ids)}) AND x.phone = r.phone)"
    )


def _earlier_rows_sql(list_ids: list[int]) -> str:
    """How many rows with this phone the lists before this one hold."""
    if not list_ids:
        return ""
    return (
        f" + (SELECT COUNT(*) FROM {_RECIPIENTS} e WHERE e.recipient_list_id IN "
        f"({_integers(list_ids)}) AND e.phone = r.phone)"
    )


def _integers(values: list[int]) -> str:
    return ", ".join(f"{value:d}" for value in values)


def _left_out_rows(team_id: int, included: list[int], excluded: list[int]) -> tuple[int, int]:
    """(rows opted out, further rows on a list to leave out) of the included lists."""
    out, rows = _opted_out_sql(team_id), f"r.recipient_list_id IN ({_integers(included)})"
    with connection.cursor() as sql:
        # From the opt-outs' side: they are few, the lists are long.
        sql.execute(
            f"SELECT COUNT(*) FROM {OptOut._meta.db_table} o JOIN {_RECIPIENTS} r "
            f"ON r.phone = o.phone AND {rows} WHERE o.team_id = {team_id:d} AND o.lifted_at IS NULL"
        )
        opted_out = sql.fetchone()[0]
        if not excluded:
            return opted_out, 0
        sql.execute(
            f"SELECT COUNT(*) FROM {_RECIPIENTS} r "
            f"WHERE {rows} AND {_on_lists_sql(excluded)} AND NOT {out}"
        )
        return opted_out, sql.fetchone()[0]


def _distinct_people(team_id: int, included: list[int], excluded: list[int]) -> int:
    with connection.cursor() as sql:
        sql.execute(
            f"SELECT COUNT(DISTINCT r.phone) FROM {_RECIPIENTS} r "
            f"WHERE r.recipient_list_id IN ({_integers(included)}) "
            f"AND NOT {_opted_out_sql(team_id)} AND NOT {_on_lists_sql(excluded)}"
        )
        return int(sql.fetchone()[0])
