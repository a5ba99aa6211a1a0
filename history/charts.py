"""The last month as small charts: drawn by the server, and told as a table.

A chart is an SVG of plain rectangles: no script, no inline style, the same in both themes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from history.days import SHOWN_DAYS
from history.models import DayCount
from interface.money import money
from interface.wording import number
from teams.models import Team

# The drawing's own units.
WIDTH, HEIGHT = 300, 64
_GAP = 2.0
_LOWEST = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's rectangle, in the drawing's units, with what it says on hovering."""

    x: str
    y: str
    width: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over the month: its name, the sum, the bars, and their fill."""

    name: str
    total: str
    bars: list[Bar]
    fill: str
    in_words: str


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A channel's month."""

    label: str
    sent: int
    failed: int
    opt_outs: int
    cost: str


@dataclass(frozen=True, slots=True)
class Month:
    """The charts of a team's last thirty days, the same as rows of a table, and by channel."""

    first: date
    last: date
    charts: list[Chart]
    rows: list[tuple[date, list[str]]]
    channels: list[ChannelLine]


def month_of(team: Team) -> Month | None:
    """The last thirty days on the team's calendar; None when nothing happened in them."""
    last = timezone.now().astimezone(ZoneInfo(team.time_zone)).date()
    first = last - timedelta(days=SHOWN_DAYS - 1)
    day_counts = list(DayCount.objects.filter(team=team, day__gte=first, day__lte=last))
    if not any(
        day_count.sent or day_count.failed or day_count.opt_outs for day_count in day_counts
    ):
        return None
    days = [first + timedelta(days=n) for n in range(SHOWN_DAYS)]
    sent, failed, opt_outs = (
        _by_day(day_counts, days, name) for name in ("sent", "failed", "opt_outs")
    )
    figures = [
        (_("Sent"), sent, "done", number),
        (_("Failed"), failed, "danger", number),
        (_("Opt-outs"), opt_outs, "warning", number),
    ]
    charts = [_chart(name, days, values, fill, write) for name, values, fill, write in figures]
    columns = [list(map(number, values)) for _name, values, _fill, _write in figures]
    if any(day_count.cost is not None for day_count in day_counts):
        costs = [_sum_of_costs(day_counts, day) for day in days]

        def in_money(amount: Decimal) -> str:
            return money(amount, team.currency)

        charts.append(_chart(_("Cost"), days, costs, "info", in_money))
        columns.append(list(map(in_money, costs)))
    rows = [(day, [column[n] for column in columns]) for n, day in enumerate(days)]
    happened = [row for row, day in zip(rows, days, strict=True) if _has_any(day_counts, day)]
    return Month(first, last, charts, happened, _channels(team, day_counts))


def _by_day(day_counts: Sequence[DayCount], days: Sequence[date], name: str) -> list[int]:
    sums = dict.fromkeys(days, 0)
    for day_count in day_counts:
        sums[day_count.day] += getattr(day_count, name)
    return list(sums.values())


def _sum_of_costs(day_counts: Sequence[DayCount], day: date) -> Decimal:
    return sum(
        (day_count.cost for day_count in day_counts if day_count.day == day and day_count.cost),
        Decimal(0),
    )


def _has_any(day_counts: Sequence[DayCount], day: date) -> bool:
    return any(day_count.day == day for day_count in day_counts)


Value = TypeVar("Value", int, Decimal)


def _chart(
    name: str,
    days: Sequence[date],
    values: Sequence[Value],
    fill: str,
    write: Callable[[Value], str],
) -> Chart:
    most, step = max(values), WIDTH / len(days)
    bars = []
    for n, (day, value) in enumerate(zip(days, values, strict=True)):
        if not value:
            continue
        # A single message among a million is still to be seen.
        height = max(float(value) / float(most) * HEIGHT, _LOWEST)
        bars.append(
            Bar(
                x=f"{n * step:.2f}",
                y=f"{HEIGHT - height:.2f}",
                width=f"{step - _GAP:.2f}",
                height=f"{height:.2f}",
                title=f"{day:%-d %b}: {write(value)}",
            )
        )
    total = write(sum(values[1:], values[0]))
    in_words = _(
        "%(name)s in the last %(days)d days: %(total)s in all, %(most)s on the busiest day"
    )
    values_said = {"name": name, "days": len(days), "total": total, "most": write(most)}
    return Chart(name, total, bars, fill, in_words % values_said)


def _channels(team: Team, day_counts: Sequence[DayCount]) -> list[ChannelLine]:
    lines = []
    for channel in team.channels.all():
        mine = [day_count for day_count in day_counts if day_count.channel_id == channel.pk]
        if mine:
            costs = [day_count.cost for day_count in mine if day_count.cost is not None]
            cost = money(sum(costs, Decimal(0)), team.currency) if costs else ""
            sent, failed = (
                sum(day_count.sent for day_count in mine),
                sum(day_count.failed for day_count in mine),
            )
            opt_outs = sum(day_count.opt_outs for day_count in mine)
            lines.append(ChannelLine(channel.label, sent, failed, opt_outs, cost))
    return sorted(lines, key=lambda line: -line.sent)
