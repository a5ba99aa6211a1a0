"""The calendar: what goes out by day and by week, and how to move it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from history import calendar_entries
from history.calendar_entries import Entry
from teams.access import Action, TeamRequest, page_of_team

_YEARS = range(2000, 2100)
# By day, these hours are always shown; others when something happens in them.
_USUAL_HOURS = range(8, 20)
# Of a day that holds many, so many are shown at once; a few more than that are not worth a fold.
_SHOWN, _NOT_WORTH_A_FOLD = 8, 2


@require_http_methods(["GET"])
@page_of_team(Action.VIEW)
def calendar(request: TeamRequest) -> HttpResponse:
    """A week, or with `?view` a day or a month, around `?day` (2026-04-02), by the team's clock."""
    zone = request.team.time_zone
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    day = _day(request.GET.get("day", "")) or today
    view = request.GET.get("view", "")
    is_week = view not in ("day", "month")
    start, until = _span(view, day)
    entries = calendar_entries.entries(request.team, start, until, zone)
    context: dict[str, Any] = {
        "is_week": is_week,
        "day": day,
        "is_month": view == "month",
        "view": "week" if is_week else view,
        "start": start,
        "last": until - timedelta(days=1),
        "today": today,
        "before": _month_before(day) if view == "month" else start - (until - start),
        "after": _month_after(day) if view == "month" else until,
        "zone": zone,
        "back": "calendar-day" if view == "day" else "calendar",
        "is_empty": not entries,
        "has_movable": any(entry.may_move for entry in entries),
        "conflict_count": sum(1 for entry in entries if entry.in_the_way),
        "first_conflict": next((entry for entry in entries if entry.in_the_way), None),
        "days": [] if view == "day" else _days(entries, start, until, zone, today),
        "hours": _hours(entries, zone) if view == "day" else [],
    }
    return render(request, "history/calendar.html", context)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _span(view: str, day: date) -> tuple[date, date]:
    """The first day that is shown, and the day after the last: a month in whole weeks."""
    if view == "day":
        return day, day + timedelta(days=1)
    first = day.replace(day=1) if view == "month" else day
    start = first - timedelta(days=first.weekday())
    if view != "month":
        return start, start + timedelta(days=7)
    next_month = _month_after(day)
    return start, next_month + timedelta(days=-next_month.weekday() % 7)


def _month_after(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=7)).replace(day=1)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _days(
    entries: list[Entry], start: date, until: date, zone: str, today: date
) -> list[dict[str, Any]]:
    by_day = defaultdict(list)
    for entry in entries:
        by_day[entry.first.astimezone(ZoneInfo(zone)).date()].append(entry)
    days = [start + timedelta(days=n) for n in range((until - start).days)]
    return [
        {
            "day": day,
            "is_today": day == today,
            "is_past": day < today,
            **_folded(by_day[day]),
        }
        for day in days
    ]


def _folded(entries: list[Entry]) -> dict[str, Any]:
    """A day's entries: those shown at once, and the rest with how many are in somebody's way."""
    shown = len(entries) if len(entries) <= _SHOWN + _NOT_WORTH_A_FOLD else _SHOWN
    rest = entries[shown:]
    return {
        "entries": entries[:shown],
        "rest": rest,
        "rest_in_the_way": sum(1 for entry in rest if entry.in_the_way),
        "count": len(entries),
    }


def _hours(entries: list[Entry], zone: str) -> list[dict[str, Any]]:
    """Each hour with what begins in it, and what is still going on."""
    area = ZoneInfo(zone)
    begins, goes_on = defaultdict(list), defaultdict(list)
    for entry in entries:
        first, last = entry.first.astimezone(area), entry.last.astimezone(area)
        begins[first.hour].append(entry)
        for hour in range(first.hour + 1, last.hour + 1):
            goes_on[hour].append(entry)
    shown = sorted({*_USUAL_HOURS, *begins, *goes_on})
    return [
        {
            "hour": f"{hour:02d}",
            "label": _("%(hour)s:00") % {"hour": f"{hour:02d}"},
            "entries": begins[hour],
            "going_on": goes_on[hour],
        }
        for hour in shown
    ]
