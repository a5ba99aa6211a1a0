"""What a file will become if imported as it is read now: the check page's numbers and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as CALLING_CODES

from recipients.files.columns import Column, ColumnRole
from recipients.files.row_sources import Row
from recipients.files.rows import Accepted, RowReader
from recipients.files.seen_phones import DistinctPhones
from recipients.phone_numbers import PhoneDoubt, PhoneReader

FIRST_ROWS = 5
FIRST_REJECTED = 12
FIRST_DOUBTFUL = 4
_SHOWN_CHARACTERS = 120
_CODES_KEPT = 5
PHONES_A_QUERY = 500

# Counts how many of some phones (E.164) are known somewhere.
Known = Callable[[list[str]], int]


def nobody(_phones: list[str]) -> int:
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


@dataclass
class Judgement:
    """Counts over the rows judged, and some of these rows.

    rows = ready + duplicates + leaving + the sum of `rejected`; the file says of those who are
    `leaving` that they opted out. `differing` of the duplicates have other data
    than the first row of their phone. `international` of the `ready` and `duplicates` begin with a
    country code, and `codes` tells which: {"44": 9980}, the most frequent first. Of the `ready`,
    `opted_out` have opted out and `on_list` are on the list that the file is for. `is_whole` tells
    whether every row was judged.
    """

    rows: int = 0
    ready: int = 0
    duplicates: int = 0
    differing: int = 0
    international: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    opted_out: int = 0
    leaving: int = 0
    on_list: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
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
        return self.ready + self.duplicates - self.international

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Judgement:
        """Return what `to_json` made; {} gives an empty one."""
        rows = {
            name: [SampleRow(**row) for row in stored.get(name, [])] for name in ("sample", "top")
        }
        return cls(**{**stored, **rows})

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

    `register` and `list_there` count those of some phones that have opted out, or that are on the
    list the file is for. Without exactly one phone column the rows are only counted and the first
    ones shown. Raises FileProblem where a file cannot be read on.
    """
    phone_columns = [
        index for index, column in enumerate(columns) if column.role is ColumnRole.PHONE
    ]
    if len(phone_columns) != 1:
        return _only_look(rows, limit)
    reader, phone_index = RowReader(columns, PhoneReader(country)), phone_columns[0]
    judgement, distinct = Judgement(), DistinctPhones()
    rejected, doubts, beginnings = Counter[str](), Counter[str](), Counter[str]()
    for number, cells in rows:
        if judgement.rows == limit:
            break
        judgement.rows += 1
        answer = reader.read(cells)
        if isinstance(answer, Accepted) and answer.has_opted_out:
            _note_leaving(judgement, number, cells, answer.phone)
        elif isinstance(answer, Accepted):
            distinct.add(answer.phone, hash((answer.name, *answer.fields.items())))
            if has_country_code(cells[phone_index], answer.phone, answer.doubt):
                beginnings[answer.phone[1:4]] += 1
            if answer.doubt is not None:
                doubts[answer.doubt] += 1
            if judgement.rows <= FIRST_ROWS or 0 < doubts[answer.doubt or ""] <= FIRST_DOUBTFUL:
                judgement.sample.append(shown_row(number, cells, answer.doubt or "", answer.phone))
        else:
            rejected[answer] += 1
            if judgement.rows <= FIRST_ROWS or rejected.total() <= FIRST_REJECTED:
                judgement.sample.append(shown_row(number, cells, reason=answer))
    else:
        judgement.is_whole = True
    judgement.rejected, judgement.doubts = dict(rejected.most_common()), dict(doubts.most_common())
    judgement.international, judgement.codes = beginnings.total(), _calling_codes(beginnings)
    judgement.ready, judgement.differing = distinct.count()
    others = judgement.rejected_count + judgement.leaving
    judgement.duplicates = judgement.rows - judgement.ready - others
    _count_known(judgement, distinct, register, list_there)
    return judgement


def _note_leaving(judgement: Judgement, number: int, cells: list[str], phone: str) -> None:
    judgement.leaving += 1
    if judgement.rows <= FIRST_ROWS:
        judgement.sample.append(shown_row(number, cells, phone=phone))


def _count_known(
    judgement: Judgement, distinct: DistinctPhones, register: Known, list_there: Known
) -> None:
    for phones in distinct.batches(PHONES_A_QUERY):
        judgement.opted_out += register(phones)
        judgement.on_list += list_there(phones)


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


def shown_row(
    number: int, cells: list[str], doubt: str = "", phone: str = "", *, reason: str = ""
) -> SampleRow:
    """The row as it is kept to be shown: its cells shortened."""
    return SampleRow(number, [cell[:_SHOWN_CHARACTERS] for cell in cells], reason, doubt, phone)


def has_country_code(cell: str, phone: str, doubt: PhoneDoubt | None) -> bool:
    """Whether the number was written with its country code, with or without a plus."""
    if cell.lstrip(" '(\u00a0\u202a").startswith(("+", "00", "tel:+", "whatsapp:+")):
        return True
    digits, called = "".join(filter(str.isdecimal, cell)), phone[1:]
    # Behind its code it may have had other digits before its country's plan changed.
    is_old = doubt is PhoneDoubt.RENUMBERED and digits.startswith(_calling_code(called[:3]))
    return digits == called or is_old
