"""The numbers of a column that can be read in two ways: counted, with both readings of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from recipients.files.columns import Column, ColumnRole, phone_places
from recipients.files.rows import UNKNOWN_COUNTRY, Accepted, Refused
from recipients.phone_numbers import Ambiguity, Phone, Rejection
from recipients.phone_text import is_marked
from recipients.two_ways import AmbiguityFinder, TwoWays, is_common, turned_by


@dataclass
class Doubtful:
    """So many numbers of the column `place` that can be read in two ways, and one of them.

    A reading is E.164 or why it is no number, and behind a blank what is odd about it. `country`:
    by which the number is read as a national one.
    """

    ambiguity: str
    place: int
    count: int
    written: str
    country: str
    usual: str
    turned: str


class DoubtfulColumns:
    """Looks at every number of the phone columns while a file is judged."""

    def __init__(self, columns: Sequence[Column], default_country: str) -> None:
        self._places = phone_places(columns)
        self._default_country = default_country
        self._turned = {place: bool(columns[place].turned) for place in self._places}
        # Then a number that has its code and was read without a doubt need not be looked at.
        self.is_one_column = len(self._places) == 1 and not self._turned[self._places[0]]
        self._finder = cache(AmbiguityFinder)
        self._found: dict[tuple[int, Ambiguity], Doubtful] = {}
        self._without_plus = dict.fromkeys(self._places, 0)

    def add(self, cells: Sequence[str], answer: Accepted | Refused) -> None:
        """Look at the numbers of a row, and what was made of it."""
        if answer.country == UNKNOWN_COUNTRY:
            return
        country = answer.country or self._default_country
        for place in self._places:
            if place < len(cells) and (cell := cells[place].strip()):
                usual = None if self._turned[place] else _usual(place, answer)
                if is_marked(cell):
                    # Written with its code and read without a doubt, it is read in one way.
                    if usual is not None and usual.doubt is None:
                        continue
                else:
                    self._without_plus[place] += 1
                if both := self._finder(country).find(cell, usual):
                    self._count(place, cell, country, both)

    def _count(self, place: int, cell: str, country: str, both: TwoWays) -> None:
        if (known := self._found.get((place, both.ambiguity))) is not None:
            known.count += 1
            return
        usual, turned = _reading(both.usual), _reading(both.turned)
        self._found[place, both.ambiguity] = Doubtful(
            both.ambiguity, place, 1, cell, country, usual, turned
        )

    def found(self) -> list[Doubtful]:
        """What is worth telling, the most frequent first."""
        told = [
            numbers
            for (place, ambiguity), numbers in self._found.items()
            if ambiguity is not Ambiguity.BOTH_WAYS
            or is_common(numbers.count, self._without_plus[place])
        ]
        return sorted(told, key=lambda numbers: -numbers.count)


def _usual(place: int, answer: Accepted | Refused) -> Phone | None:
    """The usual reading of the number at `place`, where that is what the row was read by."""
    if isinstance(answer, Accepted) and answer.place == place:
        return Phone(answer.phone, answer.doubt)
    return None


def _reading(answer: Phone | Rejection) -> str:
    if isinstance(answer, Phone):
        return f"{answer.e164} {answer.doubt or ''}".rstrip()
    return answer.reason


def decided(
    columns: Sequence[Column], sample: Sequence[Sequence[str]], default_country: str
) -> list[Column]:
    """The columns, each with the readings that its own numbers speak for."""
    if any(column.role is ColumnRole.COUNTRY for column in columns):
        return [replace(column, turned=()) for column in columns]
    places = phone_places(columns)
    cells = [[row[place] for row in sample if place < len(row)] for place in range(len(columns))]
    return [
        replace(column, turned=turned_by(cells[place], default_country) if place in places else ())
        for place, column in enumerate(columns)
    ]
