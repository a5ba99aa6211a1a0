"""The golden cases that the server's and the browser's code share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Case = dict[str, Any]


def read(name: str) -> dict[str, list[Case]]:
    """The cases of a file by part; each has a `source`, a key of the file's `sources`."""
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    sources = loaded["sources"]
    parts = {part: cases for part, cases in loaded.items() if isinstance(cases, list)}
    for cases in parts.values():
        assert all(case["source"] in sources for case in cases)
    return parts


def text_of(value: str | list[list[Any]]) -> str:
    """A case's text: as it is, or pieces with how often each of them comes."""
    return value if isinstance(value, str) else "".join(piece * times for piece, times in value)
