"""Where somebody stands in a frozen audience: text, block and place, put into one number.

A submission is a range of such numbers, so whoever may share one stands next to each other: first
by text, then by the block of those who have the same clocks. Places that follow each other are
numbers that follow each other. Only this module knows how the number is put together.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from django.db.models import F, Value

# The text of those who get none after all, behind everybody else.
WITHOUT_TEXT = 2**30
PLACES_OF_A_BLOCK = 2**20
# Ten times as many as there are zones.
_BLOCKS_OF_A_TEXT = 2**12
_PLACES_OF_A_TEXT = PLACES_OF_A_BLOCK * _BLOCKS_OF_A_TEXT


class AudiencePosition(NamedTuple):
    """A position taken apart.

    `text` is 0 in an audience that gets one text, or is not rendered yet; otherwise the number of a
    `RenderedText`, or WITHOUT_TEXT. `block` says something only where people are arranged by their
    clocks (`campaigns.audiences.arranging`); elsewhere places run on over it.
    """

    text: int = 0
    block: int = 0
    place: int = 0

    def pack(self) -> int:
        """The number that is stored; numbers are in the order of text, block and place."""
        return self.text * _PLACES_OF_A_TEXT + self.block * PLACES_OF_A_BLOCK + self.place

    @classmethod
    def unpack(cls, position: int) -> Self:
        """Take a stored number apart."""
        text, within = divmod(position, _PLACES_OF_A_TEXT)
        return cls(text, *divmod(within, PLACES_OF_A_BLOCK))


# --- For queries on rows with a `position` --------------------------------------------------------

# The position at which a row's text begins, and at which its block does: to be unpacked.
TEXT_START = F("position") / Value(_PLACES_OF_A_TEXT) * Value(_PLACES_OF_A_TEXT)
BLOCK_START = F("position") / Value(PLACES_OF_A_BLOCK) * Value(PLACES_OF_A_BLOCK)
# The number of a row's text, in SQL.
TEXT_IN_SQL = f"position / {_PLACES_OF_A_TEXT}"
# Where the people begin who have been given a text, and where those who get none.
FIRST_WITH_TEXT = AudiencePosition(1).pack()
FIRST_WITHOUT_TEXT = AudiencePosition(WITHOUT_TEXT).pack()
