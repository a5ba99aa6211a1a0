"""Positions by time zone: in an audience, people who share their zones stand next to each other.

A submission is a range of positions, and its people need the same sending hours. Positions are
given out in blocks, one zone a block, while the audience is frozen; what a block has left at the
end stays empty. Where people get different texts they are moved behind those with the same one
later on (`AudiencePosition`), so that within a text the zones still stand together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, TextField, Value
from django.db.models.fields.json import KeyTextTransform

from campaigns.audiences.position import (
    BLOCK_START,
    FIRST_WITHOUT_TEXT,
    PLACES_OF_A_BLOCK,
    TEXT_START,
    AudiencePosition,
)
from campaigns.audiences.selection import ChosenRows
from campaigns.models import Campaign, CampaignRecipient, HoursZone
from campaigns.scheduling.zone_names import ZoneNames
from campaigns.scheduling.zones import PhoneZones, ZoneDoubt
from recipients.models import Recipient

# In a cursor: the label of each block, and how many of its positions are given out.
_KEY = "blocks"


# Before the label of people whose cell names no zone; no zone begins like this.
_UNREAD = "?"


class Block(NamedTuple):
    """Neighbours who share a label (`labeller`) and a text, if they do."""

    label: str
    text: int
    people: int


def is_arranged(campaign: Campaign) -> bool:
    """Whether its people are sent to by their own clocks."""
    return campaign.hours_from is not None and campaign.hours_zone == HoursZone.RECIPIENT


def labeller(start: datetime) -> Callable[[str, str | None], str]:
    """What tells a person's label from their phone (E.164) and the cell that names their zone.

    The clocks of the year from `start` on count.
    A label is their possible zones with commas between, or a `ZoneDoubt` whose people are sent
    to by the campaign's clock. An empty cell leaves it to the number, and so does one that names no
    zone, whose people are told apart (`is_unread`).
    """
    phone_zones, names = PhoneZones(start), ZoneNames(start)

    def label_of(phone: str, cell: str | None) -> str:
        of_number = phone_zones.of(phone)
        by_number = ",".join(of_number) or ZoneDoubt.NOWHERE.value
        if not cell or cell.isspace():
            return by_number
        return names.zone_named(cell, of_number) or _UNREAD + by_number

    return label_of


def zones_of(label: str) -> tuple[str, ...]:
    """The zones that a label names; none for a doubt, and where nobody was labelled."""
    label = label.removeprefix(_UNREAD)
    return () if not label or label in set(ZoneDoubt) else tuple(label.split(","))


def is_unread(label: str) -> bool:
    """Whether a label is of people whose cell names no zone."""
    return label.startswith(_UNREAD)


class Placed(NamedTuple):
    """A table of (id, position) named "p", as a piece of SQL with its values."""

    source: str
    values: list[Any]


def place_rows(campaign: Campaign, cursor: dict[str, Any], part: ChosenRows, upto: int) -> Placed:
    """Positions for the rows of a part after `cursor["after"]`, up to the row `upto`.

    What was given out is noted in `cursor`, to be kept in the same transaction as the rows.
    """
    assert campaign.send_at is not None
    label_of = labeller(campaign.send_at)
    blocks: list[list[Any]] = cursor.setdefault(_KEY, [])
    newest = {label: number for number, (label, _) in enumerate(blocks)}
    starts = [AudiencePosition(block=number).pack() for number in range(len(blocks))]
    ids, positions = [], []
    own_names = {new: old for old, new in part.renames}
    zone_field = own_names.get(campaign.zone_field, campaign.zone_field)
    for pk, phone, cell in _rows(zone_field, part.list_id, cursor["after"], upto):
        label = label_of(phone, cell)
        number = newest.get(label)
        if number is None or blocks[number][1] == PLACES_OF_A_BLOCK:
            number = newest[label] = len(blocks)
            blocks.append([label, 0])
            starts.append(AudiencePosition(block=number).pack())
        ids.append(pk)
        positions.append(starts[number] + blocks[number][1])
        blocks[number][1] += 1
    return _table(ids, positions)


def _rows(
    zone_field: str, list_id: int, after: int, upto: int
) -> Iterator[tuple[int, str, str | None]]:
    cell: Any = Value(None, output_field=TextField())
    if zone_field:
        cell = KeyTextTransform(zone_field, "fields")
    rows = Recipient.objects.filter(recipient_list_id=list_id, pk__gt=after, pk__lte=upto)
    return rows.order_by("pk").annotate(cell=cell).values_list("pk", "phone", "cell").iterator()


def _table(ids: list[int], positions: list[int]) -> Placed:
    if connection.vendor == "postgresql":
        return Placed("unnest(%s::bigint[], %s::bigint[]) AS p(id, position)", [ids, positions])
    pairs = json.dumps(list(zip(ids, positions, strict=True)))
    return Placed(
        "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS position "
        "FROM json_each(%s)) AS p",
        [pairs],
    )


def blocks_of(campaign: Campaign) -> list[Block]:
    """The blocks of a frozen audience in the order of their positions, empty ones left out."""
    labels = [label for label, _ in campaign.freeze_cursor.get(_KEY, [])] or [""]
    counted = (
        CampaignRecipient.objects.filter(campaign=campaign, position__lt=FIRST_WITHOUT_TEXT)
        .annotate(start=BLOCK_START if is_arranged(campaign) else TEXT_START)
        .values("start")
        .annotate(people=Count("pk"))
        .order_by("start")
        .values_list("start", "people")
    )
    unpacked = ((AudiencePosition.unpack(start), people) for start, people in counted)
    return [Block(labels[at.block], at.text, people) for at, people in unpacked]
