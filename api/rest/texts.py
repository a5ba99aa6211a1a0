"""What stands in a body: texts that every database stores, and moments that say their zone."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("A text may not hold the character U+0000.")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
# A column of a list.
FieldName = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
# Without an offset nobody knows which moment is meant.
Moment = AwareDatetime
