"""Pasted numbers for the register of opt-outs. Those of a file go the way of every file."""

from __future__ import annotations

from dataclasses import dataclass, field

from recipients.files.pasting import Pasted, numbers_in
from recipients.phone_numbers import Phone, PhoneReader, Rejection

# So many of the rejected and the doubtful ones are shown; all are counted.
SHOWN = 100


@dataclass(frozen=True)
class Told:
    """Something pasted that is to be told: the n-th piece, as written, and the code of why.

    `phone` is what it was read as, in E.164, if it was.
    """

    place: int
    text: str
    code: str
    phone: str = ""


@dataclass
class Judged:
    """The numbers found, in E.164; what was none, and what is doubtful: the first `SHOWN`."""

    phones: set[str] = field(default_factory=set)
    rejected: list[Told] = field(default_factory=list)
    rejected_count: int = 0
    doubtful: list[Told] = field(default_factory=list)
    # Every piece that is no number, in lines, to be corrected.
    rest: str = ""


def pasted(text: str, default_country: str) -> Judged:
    """Judge pasted numbers, however they are parted. The n-th filled piece has the place n."""
    judged, rest = Judged(), []
    for place, piece in enumerate(numbers_in(text, PhoneReader(default_country)), 1):
        if isinstance(piece.answer, Phone):
            judged.phones.add(piece.answer.e164)
            if piece.answer.doubt and len(judged.doubtful) < SHOWN:
                code, phone = piece.answer.doubt, piece.answer.e164
                judged.doubtful.append(Told(place, piece.written[:100], code, phone))
            continue
        rest.append(piece.written)
        judged.rejected_count += 1
        if len(judged.rejected) < SHOWN:
            judged.rejected.append(_rejected(place, piece, piece.answer))
    judged.rest = "\n".join(rest)
    return judged


def _rejected(place: int, piece: Pasted, answer: Rejection) -> Told:
    return Told(place, piece.written[:100], answer.reason)
