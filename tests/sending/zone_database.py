"""A zone database in which a government has just changed its clocks."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from campaigns.scheduling import clocks


@contextmanager
def changed(folder: Path, **rules: str) -> Iterator[None]:
    """The rules of today say of the clocks of a zone what they said of another one's.

    `changed(tmp_path, Europe__London="Africa/Abidjan")`: London gave up its summer time.
    """
    for name, other in rules.items():
        there = folder.joinpath(*name.split("__"))
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(files("tzdata").joinpath("zoneinfo", other).read_bytes())
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(folder), *before])
    _read_anew()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        _read_anew()


def _read_anew() -> None:
    """As in processes that start with the new database."""
    zoneinfo.ZoneInfo.clear_cache()
    clocks.read_wall.cache_clear()
    clocks.offsets.cache_clear()
