"""What a file will become if imported as it is read now: the check page's numbers and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as CALLING_CODES

from recipients.files.columns import Column, ColumnRole
from recipients.files.row_sources import Row
from recipients.files.rows import Accepted, Refused, RowReader
from recipients.files.seen_phones import DistinctPhones
from recipients.imports.doubtful_columns import Doubtful, DoubtfulColumns
from recipients.phone_numbers import PhoneDoubt
from recipients.phone_text import PhoneFault, is_marked
from recipients.subscriber_keys import subscriber_key

FIRST_ROWS = 5
FIRST_REJECTED = 12
FIRST_DOUBTFUL = 4
_SHOWN_CHARACTERS = 120
_CODES_KEPT = 5
# What numbers of one country are when they are read as those of another.
_OF_ANOTHER_COUNTRY = frozenset(
    (PhoneFault.TOO_SHORT, PhoneFault.TOO_LONG, PhoneFault.WRONG_LENGTH, PhoneFault.NO_AREA_CODE)
)
PEOPLE_A_QUERY = 500
_BETWEEN_DIGITS = str.maketrans("", "", " -()./")

# Counts how many of some people, by their keys, are known somewhere.
Known = Callable[[list[str]], int]


def nobody(_keys: list[str]) -> int:
    """Nobody is known."""
    return 0


@dataclass(frozen=True)
class SampleRow:
    """One row to be shown, with the code of what is wrong with its phone number, if anything."""

    number: int
    cells: list[str]
    reason: str = ""
    doubt: str = ""
    # What its phone number became: E.164.
    phone: str = ""
    # The column of the number, or of what is wrong.
    place: int = -1


@dataclass
class Judgement:
    """Counts over the rows judged, and some of these rows.

    rows = ready + duplicates + leaving + the sum of `rejected`; the file says of those who are
    `leaving` that they opted out. `differing` of the duplicates have other data
    than the first row of their person. `international` of the `ready` and `duplicates` begin with a
    country code, and `codes` tells which: {"44": 9980}, the most frequent first; `marked` of them
    have a plus or 00 before it. `by_row` are read by the country that their row names. Without a
    code and a country are `bare` rows, of which `unlikely` are numbers that nobody has, or none by
    their length. Of the `ready`, `opted_out` have opted out and `on_list` are on the list that the
    file is for. `doubtful` can be read in two ways. `is_whole` tells whether every row was judged.
    """

    rows: int = 0
    ready: int = 0
    duplicates: int = 0
    differing: int = 0
    international: int = 0
    marked: int = 0
    by_row: int = 0
    bare: int = 0
    unlikely: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    opted_out: int = 0
    leaving: int = 0
    on_list: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    doubtful: list[Doubtful] = field(default_factory=list)
    sample: list[SampleRow] = field(default_factory=list)
    # The file's very first rows, one of which may have the columns' names.
    top: list[SampleRow] = field(default_factory=list)
    is_whole: bool = False

    @property
    def rejected_count(self) -> int:
        """Rows that will not become recipients."""
        return sum(self.rejected.values())

    @property
    def home(self) -> int:
        """Numbers that rest on the default country."""
        return self.ready + self.duplicates - self.international - self.by_row

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Judgement:
        """Return what `to_json` made; {} gives an empty one."""
        rows = {
            name: [SampleRow(**row) for row in stored.get(name, [])] for name in ("sample", "top")
        }
        doubtful = [Doubtful(**numbers) for numbers in stored.get("doubtful", [])]
        return cls(**{**stored, **rows, "doubtful": doubtful})

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as JSON values."""
        return asdict(self)


def judge(
    rows: Iterable[Row],
    columns: Sequence[Column],
    country: str,
    *,
    limit: int | None = None,
    register: Known = nobody,
    list_there: Known = nobody,
) -> Judgement:
    """Judge the rows below the header, at most `limit` of them.

    `register` and `list_there` count those of some people that have opted out, or that are on the
    list the file is for. Without exactly one phone column the rows are only counted and the first
    ones shown. Raises FileProblem where a file cannot be read on.
    """
    if sum(column.role is ColumnRole.PHONE for column in columns) != 1:
        return _only_look(rows, limit)
    judge_row = _RowJudge(columns, country)
    judge_row.judge_all(rows, limit)
    judgement = judge_row.sum_up()
    for keys in judge_row.distinct.batches(PEOPLE_A_QUERY):
        judgement.opted_out += register(keys)
        judgement.on_list += list_there(keys)
    return judgement


class _RowJudge:
    """Judges row by row, and counts."""

    def __init__(self, columns: Sequence[Column], country: str) -> None:
        self.judgement, self.distinct = Judgement(), DistinctPhones()
        self.rows = 0
        self._marked = 0
        self._read = RowReader(columns, country).read
        self._doubtful = DoubtfulColumns(columns, country)
        self._rejected, self._doubts = Counter[str](), Counter[str]()
        self._beginnings = Counter[str]()

    def judge_all(self, rows: Iterable[Row], limit: int | None) -> None:
        """Judge the rows, at most `limit` of them.

        Of most rows there is little to say, and that is said here: a call would cost as much.
        """
        read, doubtful, beginnings = self._read, self._doubtful, self._beginnings
        for number, cells in rows:
            if self.rows == limit:
                return
            self.rows += 1
            answer = read(cells)
            cell = cells[answer.place] if answer.place < len(cells) else ""
            has_mark = is_marked(cell)
            if (
                has_mark
                and doubtful.is_one_column
                and self.rows > FIRST_ROWS
                and isinstance(answer, Accepted)
                and answer.doubt is None
                and not answer.has_opted_out
            ):
                self._remember(answer)
                beginnings[answer.phone[1:4]] += 1
                self._marked += 1
            else:
                self._look_closely(number, cells, answer, has_mark=has_mark)
        self.judgement.is_whole = True

    def _look_closely(
        self, number: int, cells: list[str], answer: Accepted | Refused, *, has_mark: bool
    ) -> None:
        if not isinstance(answer, Accepted):
            self._reject(answer, has_mark=has_mark)
        elif answer.has_opted_out:
            self.judgement.leaving += 1
        else:
            self._accept(cells[answer.place], answer, has_mark=has_mark)
        self._doubtful.add(cells, answer)
        if self._is_shown(answer):
            self.judgement.sample.append(_shown(number, cells, answer))

    def _remember(self, answer: Accepted) -> None:
        self.distinct.add(subscriber_key(answer.phone), hash((answer.name, *answer.fields.items())))

    def _reject(self, answer: Refused, *, has_mark: bool) -> None:
        self._rejected[answer.reason] += 1
        if answer.reason in _OF_ANOTHER_COUNTRY and not has_mark and not answer.country:
            self.judgement.bare += 1
            self.judgement.unlikely += 1

    def _accept(self, cell: str, answer: Accepted, *, has_mark: bool) -> None:
        self._remember(answer)
        if answer.doubt is not None:
            self._doubts[answer.doubt] += 1
        if has_mark or _repeats_code(cell, answer.phone, answer.doubt):
            self._beginnings[answer.phone[1:4]] += 1
            self._marked += has_mark
        elif answer.country:
            self.judgement.by_row += 1
        else:
            self.judgement.bare += 1
            self.judgement.unlikely += answer.doubt is PhoneDoubt.NOT_ASSIGNED

    def _is_shown(self, answer: Accepted | Refused) -> bool:
        if self.rows <= FIRST_ROWS:
            return True
        if isinstance(answer, Refused):
            return self._rejected.total() <= FIRST_REJECTED
        return 0 < self._doubts[answer.doubt or ""] <= FIRST_DOUBTFUL

    def sum_up(self) -> Judgement:
        """The judgement, with what is only known at the end."""
        judgement = self.judgement
        judgement.rows, judgement.marked = self.rows, self._marked
        judgement.rejected = dict(self._rejected.most_common())
        judgement.doubts = dict(self._doubts.most_common())
        judgement.doubtful = self._doubtful.found()
        judgement.international = self._beginnings.total()
        judgement.codes = _calling_codes(self._beginnings)
        judgement.ready, judgement.differing = self.distinct.count()
        others = judgement.rejected_count + judgement.leaving
        judgement.duplicates = judgement.rows - judgement.ready - others
        return judgement


def _calling_codes(beginnings: Mapping[str, int]) -> dict[str, int]:
    """Calling codes and their counts, from counts of the first three digits of numbers."""
    codes = Counter[str]()
    for digits, count in beginnings.items():
        codes[_calling_code(digits)] += count
    return dict(codes.most_common(_CODES_KEPT))


def _calling_code(digits: str) -> str:
    # No calling code is the beginning of another one (ITU-T E.164).
    return next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in CALLING_CODES), digits)


def _only_look(rows: Iterable[Row], limit: int | None) -> Judgement:
    judgement = Judgement()
    for number, cells in rows:
        if judgement.rows == limit:
            break
        judgement.rows += 1
        if judgement.rows <= FIRST_ROWS:
            judgement.sample.append(shown_row(number, cells))
    else:
        judgement.is_whole = True
    return judgement


def shown_row(number: int, cells: list[str]) -> SampleRow:
    """The row as it is kept to be shown: its cells shortened."""
    return SampleRow(number, [cell[:_SHOWN_CHARACTERS] for cell in cells])


def _shown(number: int, cells: list[str], answer: Accepted | Refused) -> SampleRow:
    shown = replace(shown_row(number, cells), place=answer.place)
    if isinstance(answer, Accepted):
        return replace(shown, doubt=answer.doubt or "", phone=answer.phone)
    return replace(shown, reason=answer.reason)


def has_country_code(cell: str, phone: str, doubt: PhoneDoubt | None) -> bool:
    """Whether the number was written with its country code, with or without a plus."""
    return is_marked(cell) or _repeats_code(cell, phone, doubt)


def _repeats_code(cell: str, phone: str, doubt: PhoneDoubt | None) -> bool:
    digits, called = cell.translate(_BETWEEN_DIGITS), phone[1:]
    if not digits.isdecimal():
        digits = "".join(filter(str.isdecimal, cell))
    # Behind its code it may have had other digits before its country's plan changed.
    is_old = doubt is PhoneDoubt.RENUMBERED and digits.startswith(_calling_code(called[:3]))
    return digits == called or is_old
