"""What stands in a body: texts that every database stores, and moments that say their zone."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)


class Sent(Schema):
    """What a body says. A field that is not known is refused: it may be a slip of the hand."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("A text may not hold the character U+0000.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("A text may not hold half a character (U+D800 to U+DFFF).")
    return text


def _by_the_clock(moment: time) -> time:
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise ValueError("Write the time as 09:30, to the minute and without an offset.")
    return moment


def _written(moment: object) -> object:
    if isinstance(moment, int | float):
        raise ValueError("Write the moment with its offset, such as 2027-01-31T09:30:00+01:00.")
    return moment


Text = Annotated[str, AfterValidator(_storable)]
TimeOfDay = Annotated[time, AfterValidator(_by_the_clock)]
# A column of a list.
FieldName = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
# Without an offset nobody knows which moment is meant.
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
