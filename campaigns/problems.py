"""What keeps a draft from being launched, wherever it is found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend before launching: the form field it belongs to, and a sentence."""

    field: str
    sentence: str
