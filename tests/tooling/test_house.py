"""The figures of the house, from a house small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling import house

PAGES = """\
from lower import walls
from lower.rooms import doors


def open():
    x = 1
"""
WALLS = """\
import lower.rooms.doors

# A wall.


def open():
    return 1


def _paint(): ...
"""
FILES = {
    "upper/__init__.py": "",
    "upper/pages.py": PAGES,
    "upper/migrations/0001.py": "x = 1\n",
    "lower/__init__.py": '"""What carries."""\n',
    "lower/walls.py": WALLS,
    "lower/rooms/__init__.py": '"""Rooms."""\n',
    "lower/rooms/doors.py": "from lower import walls\nfrom upper.pages import open\n",
    "templates/page.html": "{% if x %}" + "x" * 150 + "{% endif %}\n<p>\n",
    "tests/test_code_shape.py": 'ORDER = [["upper"], ["lower"]]\n\n\ndef test_it() -> None: ...\n',
}


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, str]:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return house.measure(tmp_path)


@pytest.mark.parametrize(
    ("label", "figure"),
    [
        ("lines of Python (code)", "20 (10)"),
        ("  upper", "6 (4)"),
        ("files", "5"),
        ("functions", "3"),
        ("  public, of modules", "2, 100.0% share a name"),
        ("    in so many modules", "open 2"),
        ("modules that exactly one imports", "1, 20.0%"),
        ("docstrings: Module", "40.0%"),
        ("variables (no arguments), times bound", "x 1"),
        ("  over 120", "50.0%"),
        ("  over 160", "50.0%"),
        ("tests", "1"),
    ],
)
def test_they_are_counted_without_migrations(
    figures: dict[str, str], label: str, figure: str
) -> None:
    assert figures[label] == figure


def test_rings_are_found_among_apps_and_among_the_packages_of_one(figures: dict[str, str]) -> None:
    assert figures["rings of apps"] == "2 packages: lower upper"
    assert figures["rings of packages"] == "3 packages: lower.rooms lower.walls upper.pages"
    assert figures["imports against the order"] == "1"


def test_two_checkouts_stand_side_by_side(figures: dict[str, str]) -> None:
    lines = list(house.table({"before": {"files": "7", "rooms": "1"}, "now": figures}))
    assert lines[0].split() == ["before", "now"]
    assert ["files", "7", "5"] in [line.split() for line in lines]
    assert ["rooms", "1"] in [line.split() for line in lines]
