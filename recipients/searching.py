"""Finding people by a part of their name, of their number, or of what a field says.

Every row of a list or an audience is compared, which takes a database less than 0.3 s for a million
(docs/performance.md). Indexes of trigrams answer rare words sooner, but making them costs an import
two to fourteen times its time, and words of two letters are not in them.

PostgreSQL keeps the words of a list's rows in small letters beside them (`KEPT`, which it makes
itself: whoever is changed or erased is so there). SQLite compares small ASCII letters by itself;
letters beyond them are compared in the rows that hold the rest of a word. Keeping small letters
there too, which Python would have to make, costs an import up to a third of its time. It looks
through both halves of a long list at once (`recipients.halves`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
import phonenumbers
from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from interface.wording import Text, people
from recipients.comparing import comparable, comparable_sql, composed, small_letters_sql
from recipients.halves import some_keys
from recipients.phone_numbers import Phone, PhoneReader
from recipients.sql import Sql, joined_sql, sql, value
from recipients.subscriber_keys import spellings_of, subscriber_key

Row = TypeVar("Row", bound=Model)

MOST_COUNTED = 1_000
"""Of more than so many it is only said that there are more."""

KEPT = "searched"
# Beside a name, fewer are rather a part of it or of a value.
_FEWEST_DIGITS = 3
_NUMBER = re.compile(r"[+\d\s().\-/]*\d[\d\s().\-/]*")


def keep_words(_apps: Any, schema_editor: Any) -> None:
    """For the migration: have PostgreSQL keep what is searched of a list's rows."""
    if schema_editor.connection.vendor != "postgresql":
        return
    words = small_letters_sql(
        Sql("(name || chr(10) || phone || chr(10) || jsonb_path_query_array(fields, '$.*')::text)")
    )
    schema_editor.execute(
        f"ALTER TABLE recipients_recipient ADD COLUMN {KEPT} text "
        f"GENERATED ALWAYS AS ({words.text}) STORED"
    )


# --- What was typed -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the words, in small letters; `digits` and `beginnings` if it may be of a number."""

    text: str
    digits: str = ""
    beginnings: tuple[str, ...] = ()


def pieces_of(words: str, country: str) -> list[Piece]:
    """The words that all have to be found; a number in pieces is one. `country`: ISO 3166.

    Those that few people have come first: the others are looked for in what they leave.
    """
    words = comparable(words.strip())
    if _NUMBER.fullmatch(words):
        return [_piece(words, country)]
    pieces = [_piece(word, country, _FEWEST_DIGITS) for word in words.split()]
    return sorted(pieces, key=lambda piece: (piece.digits == "", -len(piece.text)))


def _piece(word: str, country: str, fewest: int = 1) -> Piece:
    digits = "".join(filter(str.isdecimal, word))
    if not _NUMBER.fullmatch(word) or len(digits) < fewest:
        return Piece(word)
    prefix = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True) or ""
    code = phonenumbers.country_code_for_region(country)
    dialled = {"00": "+", prefix: f"+{code}"}
    return Piece(
        word,
        digits,
        tuple(
            begins + digits.removeprefix(dial)
            for dial, begins in dialled.items()
            if dial and digits.startswith(dial) and digits != dial
        ),
    )


# --- Who is found ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """Whom a search found, how many they are, and whether there are more than are counted."""

    rows: QuerySet[Row]
    count: int
    is_more: bool

    @property
    def in_words(self) -> Text:
        """`3 people`, or `More than 1,000 people`."""
        if self.is_more:
            return _("More than %(people)s") % {"people": people(self.count)}
        return people(self.count)


def found(rows: QuerySet[Row], everybody: QuerySet[Row] | None = None) -> Found[Row]:
    """Look through `rows` once: where few are found, it is known from then on who they are.

    `everybody`: whom they are among, where an index leads to the first and the last key of them.
    """
    if everybody is None:
        ids = list(rows.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
    else:
        ids = some_keys(rows, everybody, MOST_COUNTED + 1)
    if len(ids) > MOST_COUNTED:
        return Found(rows, MOST_COUNTED, is_more=True)
    return Found(rows.model._default_manager.filter(pk__in=ids), len(ids), is_more=False)


def holding(
    rows: QuerySet[Row], words: str, country: str, field_names: Collection[str] | None = None
) -> QuerySet[Row]:
    """Those of `rows` (with `phone`, `phone_key` and `name`) in whom all the words are found.

    `field_names`: those of a list, whose values are searched as well. A whole number of somebody
    finds them alone, however it is written.
    """
    phone = PhoneReader(country).read(composed(words.strip()))
    if isinstance(phone, Phone):
        # What may be dialled like this at home is also how other numbers begin.
        whole = rows.filter(phone_key=subscriber_key(phone.e164))
        ids = list(whole.values_list("pk", flat=True)[: MOST_COUNTED + 1])
        if len(ids) > MOST_COUNTED:
            return whole
        if ids:
            # By their keys: SQLite took another index where half of a list was asked for.
            return rows.model._default_manager.filter(pk__in=ids)
    table = connection.ops.quote_name(rows.model._meta.db_table)
    for piece in pieces_of(words, country):
        holds = _in_person(table, piece, field_names)
        condition = RawSQL(holds.text, holds.values, output_field=BooleanField())  # noqa: S611 - ours
        rows = rows.filter(condition)
    return rows


def _in_person(table: str, piece: Piece, field_names: Collection[str] | None) -> Sql:
    own = [part_in(f"{table}.name", piece.text), *_in_number(table, piece)]
    if field_names is None:
        return joined_sql(own, "OR")
    if connection.vendor == "postgresql":
        may = _in_kept(table, piece)
    else:
        may = [*own, _in_json(table, piece, field_names)]
    exactly = joined_sql([*own, _in_values(table, piece)], "OR")
    return joined_sql([joined_sql(may, "OR"), exactly], "AND")


def part_in(column: str, text: str) -> Sql:
    """Whether `text`, in small letters, stands in a column (as it is called in SQL)."""
    if connection.vendor == "postgresql":
        # Whoever types ASCII finds ASCII, which is compared sooner.
        cell = Sql(column)
        small = Sql(f'LOWER({column} COLLATE "C")') if text.isascii() else small_letters_sql(cell)
        return sql("{small} LIKE {pattern}", small=small, pattern=_like(text))
    if not any(map(_has_both, text)):
        return _as_typed(column, text)
    may = _may_hold(column, text)
    beyond = sum(map(_is_beyond, text))
    return may if beyond in {0, len(text)} else joined_sql([may, _globs(column, text)], "AND")


def _may_hold(column: str, text: str, times: int = 1) -> Sql:
    """For SQLite, whether a column holds `text` so often; each letter beyond ASCII may be any.

    Of a word that has no other letters it is known.
    """
    if all(map(_is_beyond, text)):
        return _globs(column, text, times)
    part = "".join("_" if _is_beyond(one) else _escaped(one) for one in text)
    pattern = value(f"%{'%'.join([part] * times)}%")
    return sql(f"{column} LIKE {{pattern}} ESCAPE '\\'", pattern=pattern)


def _globs(column: str, text: str, times: int = 1) -> Sql:
    """For SQLite, which looks sooner for a pattern that begins with one letter."""
    whole = "".join(map(_either, text))
    first, rest = text[0], whole.removeprefix(_either(text[0]))
    patterns = [
        value(f"*{beginning}{rest}{f'*{whole}' * (times - 1)}*")
        for beginning in (_both(first) if _has_both(first) else [_either(first)])
    ]
    return joined_sql([sql(f"{column} GLOB {{pattern}}", pattern=one) for one in patterns], "OR")


def _as_typed(column: str, text: str) -> Sql:
    """Whether the column holds just this: digits, or letters that have no capitals."""
    if connection.vendor == "postgresql":
        return sql(f"{column} LIKE {{pattern}}", pattern=_like(text))
    return sql(f"INSTR({column}, {{part}}) > 0", part=value(text))


def _in_number(table: str, piece: Piece) -> list[Sql]:
    if not piece.digits:
        return []
    like = f"{table}.phone LIKE {{pattern}}"
    return [
        _as_typed(f"{table}.phone", piece.digits),
        *(sql(like, pattern=value(f"{begins}%")) for begins in piece.beginnings),
        *_is_number(table, piece),
    ]


def _is_number(table: str, piece: Piece) -> list[Sql]:
    """Whether the digits are another spelling of the number, if they may be one."""
    number = f"+{piece.digits}"
    if len(spellings_of(number)) == 1:
        return []
    return [sql(f"{table}.phone_key = {{key}}", key=value(subscriber_key(number)))]


def _in_kept(table: str, piece: Piece) -> list[Sql]:
    wanted = {piece.text, _in_quotes(piece.text), piece.digits, *piece.beginnings} - {""}
    kept = [sql(f"{table}.{KEPT} LIKE {{pattern}}", pattern=_like(text)) for text in sorted(wanted)]
    return [*kept, *_is_number(table, piece)] if piece.digits else kept


def _in_json(table: str, piece: Piece, field_names: Collection[str]) -> Sql:
    """Whether it may stand in the fields as they are written: more often than in their names."""
    fields, text = f"{table}.fields", _in_quotes(piece.text)
    names = [f"{orjson.dumps(name).decode()}:" for name in field_names]
    times = {name: count for name in names if (count := _small(name).count(text))}
    # What is called `x"Town` ends as what is called `Town` does: nobody could tell which is there.
    is_unclear = any(name != other and name in other for name in times for other in names)
    if not times or is_unclear:
        return part_in(fields, text)
    lacks = [sql(f"INSTR({fields}, {{name}}) = 0", name=value(name)) for name in times]
    return joined_sql([_may_hold(fields, text, sum(times.values()) + 1), *lacks], "OR")


def _in_values(table: str, piece: Piece) -> Sql:
    if connection.vendor == "postgresql":
        each, cell, ending = "jsonb_each_text", Sql("v.value"), ""
    else:
        each, cell, ending = "json_each", Sql("(COALESCE(v.value, '') || '')"), " ESCAPE '\\'"
    return sql(
        f"EXISTS (SELECT 1 FROM {each}({table}.fields) v WHERE {{cell}} LIKE {{pattern}}{ending})",  # noqa: S608
        cell=comparable_sql(cell),
        pattern=_like(piece.text),
    )


# --- Patterns -------------------------------------------------------------------------------------


def _like(text: str) -> Sql:
    return value(f"%{_escaped(text)}%")


def _escaped(text: str) -> str:
    return str(connection.ops.prep_for_like_query(text))


def _either(letter: str) -> str:
    """The same for a letter of SQLite's GLOB, which is told small and capital letters."""
    return f"[{''.join(_both(letter))}]" if _has_both(letter) or letter in "*?[" else letter


def _both(letter: str) -> list[str]:
    """A small letter and its capital, if that is one letter as well."""
    return sorted({letter, capital} if len(capital := letter.upper()) == 1 else {letter})


def _has_both(letter: str) -> bool:
    return len(_both(letter)) == 2


def _is_beyond(letter: str) -> bool:
    """Whether SQLite's LIKE takes the letter and its capital for two."""
    return _has_both(letter) and not letter.isascii()


def _small(text: str) -> str:
    """The text in small letters, where `_both` knows the capital as well."""
    return "".join(one.lower() if one in _both(one.lower()) else one for one in text)


def _in_quotes(text: str) -> str:
    """As it stands within a text of JSON."""
    return orjson.dumps(text).decode()[1:-1]
