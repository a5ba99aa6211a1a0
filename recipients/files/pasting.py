"""Numbers or rows that somebody pastes, stored as a file so that they go the way of every file."""

from __future__ import annotations

import hashlib
import re

from recipients.files.storing import StoredUpload, store_upload
from recipients.phone_numbers import Phone, PhoneReader
from recipients.phone_text import PhoneFault

# A million characters are 60,000 numbers, and less than what a form may hold in bytes.
MAX_CHARACTERS = 1_000_000
# Between numbers in one line; a blank counts only before a plus, for numbers have blanks in them.
_BETWEEN = re.compile(r"[,;|\t]+|\s+(?=\+)")
_NO_NUMBER = (PhoneFault.EMPTY, PhoneFault.LETTERS)


def stored_as_file(text: str, name: str, default_country: str) -> StoredUpload:
    """Store pasted text (UTF-8) under a name nobody chose; `name` is what people see."""
    content = one_number_a_line(text, PhoneReader(default_country)).encode()
    stored_name = store_upload(content)
    return StoredUpload(name, stored_name, len(content), hashlib.sha256(content).hexdigest())


def one_number_a_line(text: str, reader: PhoneReader) -> str:
    """Give every number a line of its own if there is nothing but numbers; else the text as it is.

    >>> one_number_a_line("+14155552671, +447911123456", PhoneReader("US"))
    '+14155552671\\n+447911123456'
    """
    lines = [line for line in text.splitlines() if line.strip()]
    pieces = [piece.strip() for line in lines for piece in _BETWEEN.split(line)]
    filled = [piece for piece in pieces if piece]
    # Of several lines, an odd number in each may be a customer's; in one line it is a mistake.
    is_meant = _looks_like_a_number if len(lines) == 1 else _is_phone
    return "\n".join(filled) if all(is_meant(piece, reader) for piece in filled) else text


def _is_phone(piece: str, reader: PhoneReader) -> bool:
    return isinstance(reader.read(piece), Phone)


def _looks_like_a_number(piece: str, reader: PhoneReader) -> bool:
    answer = reader.read(piece)
    return isinstance(answer, Phone) or answer.reason not in _NO_NUMBER
