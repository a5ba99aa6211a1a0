"""The columns of a file: their roles, the names that their fields get, and those that are ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from interface.wording import in_each_language
from recipients.comparing import composed

MAX_NAME = 60


class ColumnRole(StrEnum):
    """What a column is used for; `recipients.sentences` has the words."""

    PHONE = "phone"
    # Asked in this order, where those before have no number that can be used.
    PHONE_2 = "phone_2"
    PHONE_3 = "phone_3"
    PHONE_4 = "phone_4"
    # Where the numbers of its row are from; also a field.
    COUNTRY = "country"
    NAME = "name"
    FIELD = "field"
    # Whoever it names goes into the register of opt-outs, and on no list.
    OPTED_OUT = "opted_out"
    SKIP = "skip"


PHONE_ROLES = (ColumnRole.PHONE, ColumnRole.PHONE_2, ColumnRole.PHONE_3, ColumnRole.PHONE_4)
FIELD_ROLES = (ColumnRole.FIELD, ColumnRole.COUNTRY)


@dataclass(frozen=True)
class Column:
    """One column: its header as written, the name its field gets, and its role.

    Names are unique within a file, without regard to case. Several columns may be the name
    (first and last name): they are joined in their order. `turned`: in which ambiguities its
    phone numbers are read in the other way than usual (`phone_numbers.Ambiguity`).
    """

    header: str
    name: str
    role: ColumnRole
    turned: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Column:
        """Return what `to_json` made; raise KeyError or ValueError for anything else."""
        turned = tuple(stored.get("turned", ()))
        return cls(stored["header"], stored["name"], ColumnRole(stored["role"]), turned)

    def to_json(self) -> dict[str, Any]:
        """Return the column as JSON values."""
        stored = asdict(self)
        turned = list(stored.pop("turned"))
        return stored | {"turned": turned} if turned else stored


def phone_places(columns: Sequence[Column]) -> list[int]:
    """The indexes of the columns with phone numbers, in the order in which they are asked."""
    places = [index for index, column in enumerate(columns) if column.role in PHONE_ROLES]
    return sorted(places, key=lambda index: PHONE_ROLES.index(columns[index].role))


def own_headers() -> list[str]:
    """Return the names of the columns that a report of rejected rows puts first."""
    return [_("Row in file"), _("Reason"), _("What to do")]


def all_own_headers() -> set[str]:
    """Those names in each language."""
    return {name for names in in_each_language(own_headers) for name in names}


def own_columns(headers: Sequence[str]) -> int:
    """Count the first columns that are ours: the file is a report of ours that comes back."""
    known = in_each_language(own_headers)
    return max(len(own) if [*headers[: len(own)]] == own else 0 for own in known)


def unique_names(headers: Sequence[str]) -> list[str]:
    """Names of fields from headers: cleaned, never empty, unique without regard to case.

    >>> unique_names(["Notes", "", "notes", "{{Visit}}"])
    ['Notes', 'Column B', 'notes 2', 'Visit']
    """
    taken: set[str] = set()
    names = []
    for index, header in enumerate(headers):
        base = _clean_name(header) or f"Column {column_letters(index)}"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base} {number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def named_as(columns: Sequence[Column], names: Collection[str]) -> list[Column]:
    """The columns, spelled as in `names` where those have the same name in other letters' case."""
    spelled = {name.casefold(): name for name in names}
    return [
        replace(column, name=spelled.get(column.name.casefold(), column.name)) for column in columns
    ]


def column_letters(index: int) -> str:
    """The letters a spreadsheet shows above a column: 0 is "A", 26 is "AA"."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _clean_name(header: str) -> str:
    # Braces would end a dynamic field, {{Name}}, too early.
    text = "".join(letter if letter.isprintable() else " " for letter in composed(header))
    return " ".join(re.sub(r"[{}]", " ", text).split())[:MAX_NAME].strip()
