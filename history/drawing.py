"""Charts drawn by the server: an SVG of rectangles and lines, with its axis and words beside it.

The drawing is stretched to the width of its place; words are not, so they stand outside of it. No
script and no inline style: hovering shows each column's own title, and a table says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interface.wording import number

# The drawing's own units.
WIDTH, HEIGHT = 600, 150
_STEPS_UP = 3
# The narrowest gap between two columns, and the lowest part that is still to be seen.
_GAP, _LOWEST = 0.12, 1.5


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column: how many, and its fill (`good`, `bad`, `warn` or `note`)."""

    fill: str
    value: float


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over one place of the axis; `title` is told on hovering."""

    title: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """All its parts together."""
        return sum(part.value for part in self.parts)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in the drawing's units, as SVG wants it."""

    fill: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A column: its title, the place that is hovered over, and its parts."""

    title: str
    place: Rect
    rects: list[Rect]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Columns over an axis: `ups` are the numbers beside it, from the top; `lines` their heights.

    `alongs` are the words below it.
    """

    columns: list[DrawnColumn]
    ups: list[str]
    lines: list[str]
    alongs: list[str]


@dataclass(frozen=True, slots=True)
class Trace:
    """A line through points over an axis; every point (`dots`: x, y, title) can be hovered over.

    `ground` is what lies below the line.
    """

    points: str
    ground: str
    dots: list[tuple[str, str, str]]
    ups: list[str]
    lines: list[str]
    alongs: list[str]


def trace_of(
    values: Sequence[tuple[float, str] | None], alongs: Sequence[str], floor: float, top: float
) -> Trace:
    """Draw a line through (value, title), None where there is no value; in percent."""
    step = WIDTH / max(len(values) - 1, 1)
    dots = [
        (f"{n * step:.2f}", f"{(top - value[0]) / (top - floor) * HEIGHT:.2f}", value[1])
        for n, value in enumerate(values)
        if value is not None
    ]
    line = " ".join(f"{x},{y}" for x, y, _title in dots)
    ground = f"{dots[0][0]},{HEIGHT} {line} {dots[-1][0]},{HEIGHT}" if dots else ""
    rise = (top - floor) / _STEPS_UP
    return Trace(
        line,
        ground,
        dots,
        [f"{floor + rise * n:.0f}%" for n in range(_STEPS_UP, -1, -1)],
        [f"{HEIGHT * n / _STEPS_UP:.1f}" for n in range(_STEPS_UP + 1)],
        list(alongs),
    )


def drawing_of(columns: Sequence[Column], alongs: Sequence[str]) -> Drawing:
    """Draw these columns; `alongs` are the words below them, from the left to the right."""
    step = _step(max((column.total for column in columns), default=0))
    top = step * _STEPS_UP
    width = WIDTH / max(len(columns), 1)
    return Drawing(
        [_drawn(column, n * width, width, top) for n, column in enumerate(columns)],
        [number(step * n) for n in range(_STEPS_UP, -1, -1)],
        [f"{HEIGHT * n / _STEPS_UP:.1f}" for n in range(_STEPS_UP + 1)],
        list(alongs),
    )


def _step(most: float) -> int:
    """The lowest round number of which three reach as high as the highest column."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power * _STEPS_UP >= most:
                return digit * power
        power *= 10


def _drawn(column: Column, left: float, width: float, top: float) -> DrawnColumn:
    rects, y = [], float(HEIGHT)
    for part in column.parts:
        if part.value:
            height = max(part.value / top * HEIGHT, _LOWEST)
            y -= height
            x, wide = left + width * _GAP / 2, width * (1 - _GAP)
            rects.append(Rect(part.fill, f"{x:.2f}", f"{y:.2f}", f"{wide:.2f}", f"{height:.2f}"))
    place = Rect("", f"{left:.2f}", "0", f"{width:.2f}", str(HEIGHT))
    return DrawnColumn(column.title, place, rects)
