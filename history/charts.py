"""The last month as figures and charts, and told as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.models import Campaign
from delivery.models import Reply
from history.days import SHOWN_DAYS
from history.drawing import Column, Drawing, Part, Trace, drawing_of, trace_of
from history.models import DayCount
from history.month_deliveries import DayOfCampaigns, deliveries_by_day
from interface.dates import written
from interface.money import money
from interface.wording import number, percent
from teams.models import Team

_ALONGS = 5
# The axis of shares begins with 85%, or so many steps of 15 lower that the lowest share is on it:
# then its lines stand at whole fives.
_TOP, _FLOOR_STEP = 100, 15


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over the month: its name, its sum, the drawing, and the same in words.

    `campaign`: the one behind what stands out, with the sentence's `before` and `after` it.
    """

    name: str
    unit: str
    total: str
    drawing: Drawing | Trace
    in_words: str
    campaign: Campaign | None = None
    before: str = ""
    after: str = ""

    @property
    def is_trace(self) -> bool:
        """Whether it is a line and not columns."""
        return isinstance(self.drawing, Trace)


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
    """A team's last thirty days: figures, charts, the same as rows of a table, and by channel.

    `names` are those of the table's columns.
    """

    first: date
    last: date
    tiles: list[tuple[str, str, str]]
    charts: list[Chart]
    names: list[str]
    rows: list[tuple[date, list[str]]]
    channels: list[ChannelLine]


def month_of(team: Team) -> Month | None:
    """The last thirty days on the team's calendar; None when nothing happened in them."""
    area = ZoneInfo(team.time_zone)
    last = timezone.now().astimezone(area).date()
    first = last - timedelta(days=SHOWN_DAYS - 1)
    day_counts = list(DayCount.objects.filter(team=team, day__gte=first, day__lte=last))
    if not any(
        day_count.sent or day_count.failed or day_count.opt_outs for day_count in day_counts
    ):
        return None
    days = [first + timedelta(days=n) for n in range(SHOWN_DAYS)]
    begins = datetime.combine(first, time(), area)
    deliveries = deliveries_by_day(team, begins)
    sent, failed, opt_outs = (
        _by_day(day_counts, days, name) for name in ("sent", "failed", "opt_outs")
    )
    figures = [
        (pgettext("how many", "Sent"), sent),
        (pgettext("how many", "Failed"), failed),
        (_("Opt-outs"), opt_outs),
    ]
    columns = [(name, list(map(number, values))) for name, values in figures]
    charts = [_bars(pgettext("how many", "Sent"), _("people a day"), days, sent, "good", number)]
    charts.append(_failed_chart(days, failed, deliveries))
    if deliveries:
        shares = [percent(deliveries[day].share) if day in deliveries else "-" for day in days]
        columns.insert(1, (pgettext("how many", "Delivered"), shares))
    whole_days = {day: told for day, told in deliveries.items() if day < last}
    if whole_days:
        charts.insert(0, _delivered_chart(days[:-1], whole_days))
    tiles = _tiles(team, begins, deliveries, sum(sent), sum(failed), sum(opt_outs))
    if any(day_count.cost is not None for day_count in day_counts):
        costs = [_sum_of_costs(day_counts, day) for day in days]

        def in_money(amount: Decimal) -> str:
            return money(amount, team.currency)

        charts.append(_bars(_("Cost"), _("a day"), days, costs, "note", in_money))
        columns.append((_("Cost"), list(map(in_money, costs))))
        tiles.append((_("Cost"), money(sum(costs, Decimal(0)), team.currency), ""))
    rows = [(day, [values[n] for _name, values in columns]) for n, day in enumerate(days)]
    happened = [row for row, day in zip(rows, days, strict=True) if _has_any(day_counts, day)]
    names = [name for name, _values in columns]
    return Month(first, last, tiles, charts, names, happened, _channels(team, day_counts))


def _tiles(
    team: Team,
    since: datetime,
    deliveries: Mapping[date, DayOfCampaigns],
    sent: int,
    failed: int,
    opt_outs: int,
) -> list[tuple[str, str, str]]:
    """(what, how many, what that is of): the month's sums."""
    people = sum(day.people for day in deliveries.values())
    delivered = sum(day.delivered for day in deliveries.values())
    replied = Reply.objects.filter(team=team, received_at__gte=since)
    wrote = replied.aggregate(people=Count("phone_key", distinct=True))["people"]
    tiles = [(pgettext("how many", "Sent"), number(sent), _("people"))]
    if people:
        tiles.append(
            (pgettext("how many", "Delivered"), percent(100 * delivered / people), _("as reported"))
        )
    tiles += [
        (pgettext("how many", "Failed"), number(failed), _share(failed, sent)),
        (_("Replied"), number(wrote), _("people")),
        (_("Opt-outs"), number(opt_outs), _("people")),
    ]
    return tiles


def _share(part: int, whole: int) -> str:
    return _("%(share)s of sent") % {"share": percent(100 * part / whole)} if whole else ""


def _delivered_chart(days: Sequence[date], deliveries: Mapping[date, DayOfCampaigns]) -> Chart:
    """The share of each day's messages that arrived, of whole days: reports come in all day."""
    told_of = [deliveries.get(day) for day in days]
    points = [
        (told.share, f"{written(day, 'j M')}: {percent(told.share)}") if told is not None else None
        for day, told in zip(days, told_of, strict=True)
    ]
    lowest_day = min(deliveries, key=lambda day: deliveries[day].share)
    lowest = deliveries[lowest_day].share
    floor = max(0, _TOP - max(1, ceil((_TOP - lowest) / _FLOOR_STEP)) * _FLOOR_STEP)
    campaign, told = deliveries[lowest_day].worst
    in_words = _("Delivered share of each day: lowest on %(day)s, %(share)s") % {
        "day": written(lowest_day, "j M"),
        "share": percent(lowest),
    }
    return Chart(
        pgettext("how many", "Delivered"),
        _("share of each day"),
        "",
        trace_of(points, _alongs(days), floor, _TOP),
        in_words,
        campaign,
        _("Lowest on %(day)s:") % {"day": written(lowest_day, "D j M")},
        percent(told.share),
    )


def _failed_chart(
    days: Sequence[date], failed: Sequence[int], deliveries: Mapping[date, DayOfCampaigns]
) -> Chart:
    chart = _bars(pgettext("how many", "Failed"), _("people a day"), days, failed, "bad", number)
    with_failed = {day: told for day, told in deliveries.items() if told.failed}
    if not with_failed:
        return chart
    day = max(with_failed, key=lambda day: with_failed[day].failed)
    campaign, told = with_failed[day].most_failed
    before = _("Most on %(day)s:") % {"day": written(day, "D j M")}
    after = _("%(n)s of %(all)s") % {"n": number(told.failed), "all": number(told.people)}
    return replace(chart, campaign=campaign, before=before, after=after)


def _alongs(days: Sequence[date]) -> list[str]:
    places = [round(n * (len(days) - 1) / (_ALONGS - 1)) for n in range(_ALONGS)]
    return [written(days[place], "j M") for place in places]


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


def _bars(
    name: str,
    unit: str,
    days: Sequence[date],
    values: Sequence[Value],
    fill: str,
    write: Callable[[Value], str],
) -> Chart:
    columns = [
        Column(f"{written(day, 'j M')}: {write(value)}", (Part(fill, float(value)),))
        for day, value in zip(days, values, strict=True)
    ]
    total = write(sum(values[1:], values[0]))
    in_words = _(
        "%(name)s in the last %(days)d days: %(total)s in all, %(most)s on the busiest day"
    )
    values_said = {"name": name, "days": len(days), "total": total, "most": write(max(values))}
    return Chart(name, unit, total, drawing_of(columns, _alongs(days)), in_words % values_said)


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
