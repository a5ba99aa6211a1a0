"""Numbers or rows that somebody pastes, parted alike wherever they are pasted.

For a list they are stored as a file, so that they go the way of every file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from django.utils.translation import gettext as _

from recipients.files.column_guessing import says_phone
from recipients.files.storing import StoredUpload, store_upload
from recipients.phone_numbers import Phone, PhoneDoubt, PhoneReader, Rejection
from recipients.phone_text import PhoneFault

# A million characters are 60,000 numbers, and less than what a form may hold in bytes.
MAX_CHARACTERS = 1_000_000
_BETWEEN = re.compile(r"[,;|\t]+")
_BULLET = re.compile(
    r"\A\s*[-\u2010-\u2015*\u2022\u00b7\u2023\u25a0-\u25ff\u2713\u2714>]+\s+(?=\S)"
)
_PLACE = re.compile(r"\A\s*(\d{1,4})[.)\]:]\s+(?=\S)")
# Digits as a number has them: seven at least, beside words.
_NUMBER = re.compile(r"[+(]*\d(?:[ \u00a0()./+-]{0,3}\d){6,}")
# Between numbers in one piece; a blank alone does not part, for numbers have blanks in them.
_SOFTLY = re.compile(r"\s+(?=\+)|\s*[/&]\s*|\s{3,}|\s[-\u2010-\u2015]\s")
DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}")
_AROUND_NAMES = " \t\u00a0:-\u2010\u2011\u2012\u2013\u2014\u2015<>()[]*~="
_MAY_HOLD_NUMBERS = (
    *(PhoneFault.LETTERS, PhoneFault.SYMBOLS, PhoneFault.SEVERAL_NUMBERS, PhoneFault.TOO_LONG),
)
# Behind "and" comes no name.
_JOINING = re.compile(r"^\s*(?:and|und|et|y|e|i|en|og|och|\u0438)\s", re.IGNORECASE)
_NAME_AND_NUMBER = re.compile(
    r"(?!p:|callto:)([^\W\d_](?:(?!\d{3})[\w .'\u2019-])*?)[\s:\u2013\u2014-]+"
    r"([+(]?\d[\d ().-]{5,18}\d)\Z"
)
_SHORTEST, _LONGEST = 7, 15
# A longer line is no name with a number: looking for one in many spaces and dashes takes seconds.
_SIMPLE = 300
_MOST_GROUPS, _MOST_TOKENS, _MOST_REFUSALS = 6, 200, 2_000
_LINES_TO_JUDGE = 50


class Pasted(NamedTuple):
    """A number as it was written, what it is, and the name beside it; or words without a number."""

    written: str
    answer: Phone | Rejection
    name: str = ""


def stored_as_file(text: str, name: str, default_country: str) -> StoredUpload:
    """Store pasted text (UTF-8) under a name nobody chose; `name` is what people see."""
    content = one_number_a_line(text, PhoneReader(default_country)).encode()
    stored_name = store_upload(content)
    return StoredUpload(name, stored_name, len(content), hashlib.sha256(content).hexdigest())


def one_number_a_line(text: str, reader: PhoneReader) -> str:
    """Give every number a line of its own, with the name beside it; a table stays as it is.

    >>> one_number_a_line("+14155552671, +447911123456", PhoneReader("US"))
    '+14155552671\\n+447911123456'
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if _is_table(lines, reader):
        return text
    pieces = list(numbers_in(text, reader))
    if not any(isinstance(piece.answer, Phone) for piece in pieces):
        return text
    if not any(piece.name for piece in pieces):
        return "\n".join(piece.written for piece in pieces)
    table = io.StringIO()
    rows = [(_("Phone"), _("Name")), *((piece.written, piece.name) for piece in pieces)]
    csv.writer(table, delimiter="\t", lineterminator="\n").writerows(rows)
    return table.getvalue()


def numbers_in(text: str, reader: PhoneReader) -> Iterator[Pasted]:
    """Part a text in its numbers, however they are put: on lines, in a row, with names, in a list.

    Words in which there is no number come with the reason why there is none.
    """
    parting = _Parting(reader)
    lines = [line for line in text.splitlines() if line.strip()]
    is_numbered = _is_numbered(lines)
    for line in lines:
        bare = _PLACE.sub("", line, count=1) if is_numbered else line
        yield from parting.of_line(bare)


def numbers_in_cell(cell: str, reader: PhoneReader) -> Iterator[Pasted]:
    """The numbers of one cell, and whatever is none; nothing of an empty cell."""
    yield from _Parting(reader).of_line(cell)


class _Parting:
    """Finds the numbers in a line, a piece of it, and between its blanks."""

    def __init__(self, reader: PhoneReader) -> None:
        self._reader = reader
        # Looking for numbers where none are takes long; then the rest is left as it is written.
        self._patience = _MOST_REFUSALS

    def _read(self, text: str) -> Phone | Rejection:
        answer = self._reader.read(text)
        self._patience -= isinstance(answer, Rejection)
        return answer

    def of_line(self, line: str) -> Iterator[Pasted]:
        """The numbers of a line with the names beside them; words without one as they are."""
        line = _BULLET.sub("", line, count=1).strip()
        if len(line) <= _SIMPLE and (simple := _NAME_AND_NUMBER.match(line)):
            answer = self._read(simple[2])
            if isinstance(answer, Phone):
                yield Pasted(simple[2], answer, _name(simple[1]))
                return
        answer = self._read(line)
        if isinstance(answer, Phone):
            yield Pasted(line, answer)
            return
        if self._patience < 0:
            yield Pasted(line, answer)
            return
        pieces = _filled(_BETWEEN.split(line))
        if len(pieces) > 1:
            pieces = [piece for piece in pieces if not DATE.fullmatch(piece)] or pieces
        yield from _with_names([self._of_piece(piece) for piece in pieces])

    def _of_piece(self, piece: str) -> list[Pasted]:
        answer = self._read(piece)
        if isinstance(answer, Phone) or answer.reason not in _MAY_HOLD_NUMBERS:
            return [Pasted(piece, answer)]
        if self._patience < 0:
            return [Pasted(piece, answer)]
        has_words = any(map(str.isalpha, piece))
        found = self._beside_words(piece) if has_words else self._in_a_row(piece)
        if any(isinstance(one.answer, Phone) for one in found):
            return found
        return [Pasted(piece, answer)]

    def _beside_words(self, piece: str) -> list[Pasted]:
        """The numbers in a piece with letters; each has the name before it, else that behind."""
        matches = list(_NUMBER.finditer(piece))
        ends = [0, *(match.end() for match in matches)]
        starts = [*(match.start() for match in matches), len(piece)]
        texts = [piece[end:start] for end, start in zip(ends, starts, strict=True)]
        *names, behind = map(_name, texts)
        if behind and names and not names[0]:
            names = [*names[1:], behind]
        elif behind and names:
            names[-1] = f"{names[-1]} {behind}"
        found: list[Pasted] = []
        for match, name in zip(matches, names, strict=True):
            if self._patience < 0:
                return []
            first, *others = self._of_piece(match[0])
            found += [first._replace(name=name), *others]
        return found

    def _in_a_row(self, piece: str) -> list[Pasted]:
        """The numbers of a piece without letters, which blanks and dashes part."""
        found: list[Pasted] = []
        for part in _filled(_SOFTLY.split(piece)):
            answer = self._read(part)
            several = [] if isinstance(answer, Phone) else self._between_blanks(part.split())
            found += several or [Pasted(part, answer)]
        return found

    def _between_blanks(self, tokens: Sequence[str]) -> list[Pasted]:
        """Numbers that only blanks part, each with blanks of its own; none if something is left."""
        answers = [(token, self._read(token)) for token in tokens[:_MOST_TOKENS]]
        if all(isinstance(answer, Phone) for _, answer in answers):
            answers += [(token, self._read(token)) for token in tokens[_MOST_TOKENS:]]
            return [Pasted(token, answer) for token, answer in answers]
        found: list[Pasted] = []
        start = 0
        while start < len(tokens):
            groups = (tokens[start : start + size] for size in range(1, _MOST_GROUPS + 1))
            number = next(filter(None, map(self._whole, groups)), None)
            if number is None:
                return self._with_least_doubt(tokens)
            found.append(number)
            start += len(number.written.split())
        return found if len(found) > 1 else []

    def _with_least_doubt(self, tokens: Sequence[str]) -> list[Pasted]:
        if self._patience < 0 or len(tokens) > _MOST_TOKENS:
            return []
        # By how many tokens are left behind it: the doubts, and the numbers.
        best: list[tuple[int, list[Pasted]] | None] = [(0, [])]
        for start in range(len(tokens) - 1, -1, -1):
            ways = []
            for size in range(1, min(_MOST_GROUPS, len(tokens) - start) + 1):
                rest = best[len(tokens) - start - size]
                number = self._whole(tokens[start : start + size], in_doubt=True) if rest else None
                if rest and number and isinstance(number.answer, Phone):
                    ways.append((rest[0] + _doubts(number.answer), [number, *rest[1]]))
            best.append(min(ways, key=itemgetter(0), default=None))
        return best[-1][1] if best[-1] and len(best[-1][1]) > 1 else []

    def _whole(self, tokens: Sequence[str], *, in_doubt: bool = False) -> Pasted | None:
        """The number that the tokens make together, without a doubt unless allowed; else None."""
        written = " ".join(tokens)
        if not _SHORTEST <= sum(map(str.isdecimal, written)) <= _LONGEST:
            return None
        answer = self._read(written)
        is_good = isinstance(answer, Phone) and (in_doubt or answer.doubt is None)
        return Pasted(written, answer) if is_good else None


def _doubts(phone: Phone) -> int:
    return 0 if phone.doubt is None else 1 if phone.doubt is PhoneDoubt.NOT_MOBILE else 3


def _filled(pieces: Iterable[str]) -> list[str]:
    return [piece.strip() for piece in pieces if piece.strip()]


def _name(text: str) -> str:
    """Words beside a number as a name; none where they only say that it is one."""
    name = _JOINING.sub("", text).strip(_AROUND_NAMES)
    return "" if says_phone(name) else name


def _with_names(found: Sequence[list[Pasted]]) -> Iterator[Pasted]:
    """The numbers of the pieces of one line; words between them are names where it is clear whose.

    It is if there is one number, or if words and numbers take turns.
    """
    numbers = [isinstance(pieces[0].answer, Phone) for pieces in found]
    words = [pieces[0].answer == Rejection(PhoneFault.LETTERS) for pieces in found]
    step = len(found) if sum(numbers) == 1 else 2
    turns = [slice(start, start + step) for start in range(0, len(found), step)]
    is_clear = all(
        sum(numbers[turn]) == 1 and sum(words[turn]) == step - 1 and words[turn] == words[:step]
        for turn in turns
    )
    if not is_clear:
        turns = []
        yield from chain.from_iterable(found)
    for turn in turns:
        pieces = found[turn]
        first, *others = pieces[(at := numbers[turn].index(True))]
        names = [first.name, *(_name(one[0].written) for one in [*pieces[:at], *pieces[at + 1 :]])]
        yield first._replace(name=" ".join(filter(None, names)))
        yield from others


def _is_numbered(lines: Sequence[str]) -> bool:
    """Whether the lines are a numbered list: 1. 2. 3."""
    places = [int(match[1]) for line in lines if (match := _PLACE.match(line))]
    counted = list(range(places[0], places[0] + len(places))) if places else []
    return len(places) > 1 and places == counted and len(places) * 2 > len(lines)


def _is_table(lines: Sequence[str], reader: PhoneReader) -> bool:
    """Whether the lines are rows of a table: with at most one number each, or a row of names."""
    if any('"' in line for line in lines):
        return True
    some = lines[:_LINES_TO_JUDGE]
    for delimiter in "\t;|,":
        widths = [line.count(delimiter) for line in some]
        if not min(widths, default=0) or (delimiter != "\t" and min(widths) != max(widths)):
            continue
        numbers = [sum(_count(cell, reader) for cell in line.split(delimiter)) for line in some]
        has_header = len(some) > 1 and not numbers[0] and not any(map(str.isdigit, some[0]))
        if any(numbers) and (has_header or max(numbers) == 1):
            return True
    return False


def _count(cell: str, reader: PhoneReader) -> int:
    """How many numbers a cell holds: none, one, or more."""
    answer = reader.read(cell)
    if isinstance(answer, Phone):
        return 1
    return 2 if answer.reason is PhoneFault.SEVERAL_NUMBERS else 0
