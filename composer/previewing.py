"""Whose phone the composer shows: step by step through the chosen lists, or by name or number.

People are reached by keys, never by counting from the start: a page must answer at once for a list
of a million. Only a search by name has to look at people one by one; it stops after a while and
says how far it came.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from django.db import connection
from django.db.models import Q, QuerySet

from campaigns.audiences import selection
from campaigns.audiences.selection import Selection
from recipients.field_names import renamed, renames
from recipients.models import Recipient, RecipientList
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sql import Sql, joined_sql, sql
from recipients.subscriber_keys import beginnings_of_keys, subscriber_key

# How long one search may look, in seconds, and how many ids it looks at in one go.
SEARCH_SECONDS = 1.0
WINDOW = 50_000
_NUMBER = re.compile(r"\+?[\d\s().\-/]*\d[\d\s().\-/]*")
_FEWEST_DIGITS = 3
# A row of a list that is not taken whole, which no chosen filter holds.
NOT_CHOSEN = "not_chosen"


class Move(StrEnum):
    """Where to go from the person shown now."""

    STAY = "stay"
    NEXT = "next"
    PREVIOUS = "previous"
    SEARCH = "search"
    # To a person that a survey of the texts named (`figures`): the key comes with it.
    GO = "go"


@dataclass(frozen=True, slots=True)
class Ask:
    """Who is wanted: a move from the recipient `key`, who is at `place` (from 1; 0: unknown).

    `words`: a name or a number to search for. `after`: where an unfinished search goes on.
    """

    move: Move = Move.STAY
    key: int = 0
    place: int = 0
    words: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """The person found, at `place` (0: unknown) among `total` rows of the lists.

    `is_missing`: the search found nobody (the person shown before stays). `go_on_after`: it has not
    looked at everybody yet, and how many it did look at is `looked_at`. `gets_it`: the person is
    known to be one of the audience.
    """

    person: Recipient | None
    place: int
    total: int
    is_missing: bool = False
    go_on_after: int = 0
    looked_at: int = 0
    gets_it: bool = False


# Who is shown before anybody was asked for, of so many rows.
Opening = Callable[[int], ShownPerson | None]


def person_for_preview(
    lists: Sequence[RecipientList], ask: Ask, country: str, opening: Opening | None = None
) -> ShownPerson:
    """Answer `ask` among the people of `lists`; `country` (ISO 3166) reads numbers without one.

    The person's fields have the names that the lists together give them. Nobody asked for is
    whom `opening` names, else the first on the lists.
    """
    shown = _shown_person(lists, ask, country, opening)
    if shown.person is not None and not shown.gets_it:
        spelled = selection.field_names_of(lists)
        shown.person.fields = renamed(shown.person.fields, renames(shown.person.fields, spelled))
    return shown


def _shown_person(
    lists: Sequence[RecipientList], ask: Ask, country: str, opening: Opening | None
) -> ShownPerson:
    total = sum(recipient_list.recipient_count for recipient_list in lists)
    shown = _rows(lists).filter(pk=ask.key).first() if ask.key and lists else None
    if ask.move is Move.SEARCH and ask.words.strip():
        return _search(lists, ask, shown, total, country)
    if shown is None:
        return (opening and opening(total)) or _at_start(lists, total)
    if ask.move is Move.GO:
        return ShownPerson(shown, 0, total)
    if ask.move is Move.STAY:
        return ShownPerson(shown, min(ask.place, total), total)
    step = 1 if ask.move is Move.NEXT else -1
    other = _neighbour(lists, shown, step)
    if other is None:
        return ShownPerson(shown, min(ask.place, total), total)
    return ShownPerson(other, ask.place and max(1, min(ask.place + step, total)), total)


def exclusion_of(person: Recipient, chosen: Selection) -> str:
    """Why the audience leaves this person out whatever the text says, as a code; else ""."""
    reasons = chosen.reasons("r")
    parts = joined_sql((list_rows.rows("r") for list_rows in chosen.parts), "OR")
    cases = "".join(f" WHEN {{{slot}}} THEN '{code}'" for slot, (code, _sql) in _slots(reasons))
    asked = sql(
        f"SELECT CASE WHEN NOT {{parts}} THEN '{NOT_CHOSEN}'{cases} ELSE '' END "  # noqa: S608 - words and a key of ours
        f"FROM {Recipient._meta.db_table} r WHERE r.id = {person.pk:d}",
        parts=parts,
        **{slot: piece for slot, (_code, piece) in _slots(reasons)},
    )
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.values)
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _slots(reasons: Sequence[tuple[str, Sql]]) -> list[tuple[str, tuple[str, Sql]]]:
    return [(f"reason_{'x' * number}", piece) for number, piece in enumerate(reasons)]


def _rows(lists: Sequence[RecipientList]) -> QuerySet[Recipient]:
    return Recipient.objects.filter(recipient_list__in=lists, occurrence=0)


def _at_start(lists: Sequence[RecipientList], total: int) -> ShownPerson:
    for recipient_list in lists:
        person = _rows([recipient_list]).order_by("id").first()
        if person is not None:
            return ShownPerson(person, 1, total)
    return ShownPerson(None, 0, total)


def _neighbour(lists: Sequence[RecipientList], shown: Recipient, step: int) -> Recipient | None:
    """The person before or behind this one; the lists follow one another."""
    order, beyond = ("id", Q(id__gt=shown.pk)) if step > 0 else ("-id", Q(id__lt=shown.pk))
    list_number = [recipient_list.pk for recipient_list in lists].index(shown.recipient_list_id)
    recipient = _rows([lists[list_number]]).filter(beyond).order_by(order).first()
    others = lists[list_number + 1 :] if step > 0 else lists[:list_number][::-1]
    for recipient_list in others:
        recipient = recipient or _rows([recipient_list]).order_by(order).first()
    return recipient


# --- By name or number ----------------------------------------------------------------------------


def _search(
    lists: Sequence[RecipientList], ask: Ask, shown: Recipient | None, total: int, country: str
) -> ShownPerson:
    words = ask.words.strip()
    digits = re.sub(r"\D", "", words)
    is_number = _NUMBER.fullmatch(words) is not None and len(digits) >= _FEWEST_DIGITS
    if is_number and not ask.after:
        person = _by_number(lists, words, digits, country)
        if person is not None:
            return ShownPerson(person, 0, total)
    wanted = Q(phone__endswith=digits) if is_number else Q(name__icontains=words)
    # Asked again for the same words, it goes on behind the person who was found.
    start = ask.after or (shown.pk if shown is not None and _fits(shown, words, is_number) else 0)
    person, go_on, looked_at = _scan(lists, wanted, start)
    if person is None and start and not go_on and not ask.after:
        person, go_on, looked_at = _scan(lists, wanted, 0)
    if person is not None:
        return ShownPerson(person, 0, total)
    kept = shown or _at_start(lists, total).person
    return ShownPerson(kept, 0, total, not go_on, go_on, looked_at)


def _fits(shown: Recipient, words: str, is_number: bool) -> bool:
    return not is_number and words.lower() in shown.name.lower()


def _by_number(
    lists: Sequence[RecipientList], words: str, digits: str, country: str
) -> Recipient | None:
    """By the whole number, else by how it begins; both are found in an index."""
    whole = PhoneReader(country).read(words)
    if isinstance(whole, Phone):
        person = _rows(lists).filter(phone_key=subscriber_key(whole.e164)).first()
        if person is not None:
            return person
    for recipient_list, start in product(lists, beginnings_of_keys(f"+{digits}")):
        behind = Recipient.objects.filter(recipient_list=recipient_list, phone_key__gte=start)
        person = behind.order_by("phone_key", "occurrence").first()
        if person is not None and person.phone_key.startswith(start):
            return person
    return None


def _scan(
    lists: Sequence[RecipientList], wanted: Q, start: int
) -> tuple[Recipient | None, int, int]:
    """(person, the id to go on behind, people looked at): window by window, for a limited time."""
    looked_at, after, until = 0, start, time.monotonic() + SEARCH_SECONDS
    while True:
        # Over the ids of other lists at one jump.
        firsts = [
            _rows([recipient_list]).filter(id__gt=after).order_by("id").first()
            for recipient_list in lists
        ]
        first = min((recipient.pk for recipient in firsts if recipient), default=None)
        if first is None:
            return None, 0, looked_at
        if looked_at and time.monotonic() > until:
            return None, after, looked_at
        window = _rows(lists).filter(id__gte=first, id__lt=first + WINDOW)
        person = window.filter(wanted).order_by("id").first()
        if person is not None:
            return person, 0, looked_at
        looked_at, after = looked_at + WINDOW, first + WINDOW - 1
