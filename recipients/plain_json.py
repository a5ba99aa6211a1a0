"""JSON as it is written into a column that is searched."""

from __future__ import annotations

import json
from typing import Any


class PlainLetters(json.JSONEncoder):
    """Writes letters beyond ASCII as they are, so that they are found in the text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})
