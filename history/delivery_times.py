"""When a campaign's messages were delivered or failed: a chart, its sentence, and its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncMinute
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.person_states import BY_REPORT, PersonState
from delivery.models import SentMessage
from history.drawing import Column, Drawing, Part, drawing_of
from interface.dates import written
from interface.wording import number
from sociocs_gateway.results import DeliveryStatus

# Bars of so many minutes: the narrowest of which no more than MOST_BARS are needed.
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)
_MOST_BARS = 30
# Stragglers come in for days: what is later than this share of all stands in the table only.
_SHOWN_SHARE = 0.98
_ALONGS = 4
# Reports come in so many that counting them takes a while: the page does not wait for it.
MANY_REPORTS = 50_000
_ARRIVED, _FAILED = (
    [status.value for status, state in BY_REPORT.items() if state is which]
    for which in (PersonState.DELIVERED, PersonState.FAILED)
)


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """The drawing, the sentences below it, and the same as rows (when, delivered, failed)."""

    drawing: Drawing
    in_words: str
    sentence: str
    rows: list[tuple[str, int, int]]


def delivery_times(campaign: Campaign, zone: str) -> DeliveryTimes | None:
    """How a campaign's reports came in, by the clock of `zone`; None where there are none."""
    counted = (
        SentMessage.objects.filter(
            campaign=campaign, recipient__isnull=False, status__in=[*_ARRIVED, *_FAILED]
        )
        .annotate(minute=TruncMinute("changed_at"))
        .order_by()
        .values_list("minute", "status")
        .annotate(n=Count("pk"))
    )
    delivered: Counter[datetime] = Counter()
    failed: Counter[datetime] = Counter()
    for minute, status, n in counted:
        (failed if DeliveryStatus(status) is DeliveryStatus.FAILED else delivered)[minute] += n
    if not delivered and not failed:
        return None
    return _told(delivered, failed, ZoneInfo(zone))


def _told(delivered: Counter[datetime], failed: Counter[datetime], area: ZoneInfo) -> DeliveryTimes:
    everything = delivered + failed
    first, shown_until = min(everything), _reached(everything, _SHOWN_SHARE)
    minutes = _minutes_a_bar(first, shown_until)
    begin = _whole(first, minutes, area)
    count = int((shown_until - begin) / timedelta(minutes=minutes)) + 1
    starts = [begin + timedelta(minutes=minutes * n) for n in range(count)]
    has_days = minutes >= 24 * 60 or starts[-1] - begin > timedelta(hours=20)
    names = [_clock(start, area, has_days=has_days) for start in starts]
    good, bad = (_in_bars(one, begin, minutes, count) for one in (delivered, failed))
    columns = [
        Column(_title(name, good[n], bad[n]), (Part("good", good[n]), Part("bad", bad[n])))
        for n, name in enumerate(names)
    ]
    ends = [
        *names[:: max(1, -(-count // (_ALONGS - 1)))],
        _end(starts[-1], minutes, area, has_days),
    ]
    rows = [(name, good[n], bad[n]) for n, name in enumerate(names) if good[n] or bad[n]]
    later = (sum(delivered.values()) - sum(good), sum(failed.values()) - sum(bad))
    if any(later):
        rows.append((_("later"), *later))
    return DeliveryTimes(
        drawing_of(columns, ends),
        _("Delivered and failed messages, from %(first)s to %(last)s")
        % {"first": names[0], "last": ends[-1]},
        _sentence(delivered, minutes, sum(later), area),
        rows,
    )


def _end(start: datetime, minutes: int, area: ZoneInfo, has_days: bool) -> str:
    return _clock(start + timedelta(minutes=minutes), area, has_days=has_days)


def _minutes_a_bar(first: datetime, last: datetime) -> int:
    whole = (last - first).total_seconds() / 60 + 1
    fitting = (minutes for minutes in _MINUTES if whole / minutes < _MOST_BARS)
    return next(fitting, _MINUTES[-1])


def _whole(moment: datetime, minutes: int, area: ZoneInfo) -> datetime:
    """The round time at or before a moment at which a bar may begin."""
    local = moment.astimezone(area)
    past = (local.hour * 60 + local.minute) % min(minutes, 24 * 60)
    return moment - timedelta(minutes=past, seconds=local.second)


def _in_bars(counts: Counter[datetime], begin: datetime, minutes: int, bars: int) -> list[int]:
    sums = [0] * bars
    for moment, n in counts.items():
        bar = int((moment - begin).total_seconds() // (60 * minutes))
        if bar < bars:
            sums[bar] += n
    return sums


def _reached(counts: Counter[datetime], share: float) -> datetime:
    """The minute by which this share of all was there."""
    wanted, so_far = share * sum(counts.values()), 0
    for moment in sorted(counts):
        so_far += counts[moment]
        if so_far >= wanted:
            return moment
    return max(counts)


def _clock(moment: datetime, area: ZoneInfo, *, has_days: bool = False) -> str:
    return written(moment.astimezone(area), "D j M, H:i" if has_days else "H:i")


def _title(name: str, delivered: int, failed: int) -> str:
    parts = [ngettext("%(n)s delivered", "%(n)s delivered", delivered) % {"n": number(delivered)}]
    if failed:
        parts.append(ngettext("%(n)s failed", "%(n)s failed", failed) % {"n": number(failed)})
    return f"{name}: {', '.join(parts)}"


def _sentence(delivered: Counter[datetime], minutes: int, later: int, area: ZoneInfo) -> str:
    sentences = [_bar_in_words(minutes)]
    if delivered:
        moments: Iterable[datetime] = (_reached(delivered, 0.5), _reached(delivered, 0.9))
        half, most = (_clock(one, area, has_days=minutes >= 60) for one in moments)
        sentences.append(
            _("Half of the deliveries by %(half)s, nine in ten by %(most)s.")
            % {"half": half, "most": most}
        )
    if later:
        words = ngettext("%(n)s came later.", "%(n)s came later.", later)
        sentences.append(words % {"n": number(later)})
    return " ".join(sentences)


def _bar_in_words(minutes: int) -> str:
    if minutes == 1:
        return _("People a minute.")
    if minutes < 60:
        return _("People every %(n)d minutes.") % {"n": minutes}
    if minutes < 24 * 60:
        hours = minutes // 60
        return ngettext("People an hour.", "People every %(n)d hours.", hours) % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("People a day.", "People every %(n)d days.", days) % {"n": days}
