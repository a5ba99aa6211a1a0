"""`City` and `city` are one field: names of columns are the same whatever their capital letters.

Where lists come together, the spelling of the first that has the field counts for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from recipients.sql import Sql, sql, value


def is_same_field(name: str, other: str) -> bool:
    """Whether two names are the same but for capital letters."""
    return name.casefold() == other.casefold()


def each_field_once(names: Iterable[str]) -> list[str]:
    """The names in their order, each as it is spelled first."""
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name.casefold(), name)
    return list(spelled.values())


def renames(names: Iterable[str], spelled: Collection[str]) -> dict[str, str]:
    """Which of a list's names are spelled otherwise among `spelled`, and how."""
    right = {name.casefold(): name for name in reversed(list(spelled))}
    return {
        name: right[name.casefold()] for name in names if right.get(name.casefold(), name) != name
    }


def renamed(fields: Mapping[str, str], other_names: Mapping[str, str]) -> dict[str, str]:
    """A row's fields under their new names."""
    return {other_names.get(name, name): text for name, text in fields.items()}


def renamed_sql(column: str, other_names: Mapping[str, str]) -> Sql:
    """The same in SQL: `column` holds the fields of a row."""
    fields = Sql(column)
    for old, new in other_names.items():
        names = {"fields": fields, "old": value(old), "new": value(new)}
        if connection.vendor == "postgresql":
            fields = sql(
                "(CASE WHEN jsonb_exists({fields}, {old}) THEN ({fields} - CAST({old} AS text)) "
                "|| jsonb_build_object(CAST({new} AS text), {fields} -> CAST({old} AS text)) "
                "ELSE {fields} END)",
                **names,
            )
        else:
            # A patch with null takes the old name away.
            fields = sql(
                "(CASE WHEN EXISTS (SELECT 1 FROM json_each({fields}) WHERE key = {old}) THEN "
                "json_patch({fields}, json_object({new}, (SELECT value FROM json_each({fields}) "
                "WHERE key = {old}), {old}, NULL)) ELSE {fields} END)",
                **names,
            )
    return fields
