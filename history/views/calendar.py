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
    """A week, or with `?view=day` a day, around `?day` (2026-04-02), by the team's clock."""
    zone = request.team.time_zone
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    day = _day(request.GET.get("day", "")) or today
    is_week = request.GET.get("view") != "day"
    start = day - timedelta(days=day.weekday()) if is_week else day
    length = timedelta(days=7 if is_week else 1)
    entries = calendar_entries.entries(request.team, start, start + length, zone)
    context: dict[str, Any] = {
        "is_week": is_week,
        "day": day,
        "start": start,
        "last": start + length - timedelta(days=1),
        "today": today,
        "before": start - length,
        "after": start + length,
        "zone": zone,
        "back": "calendar" if is_week else "calendar-day",
        "is_empty": not entries,
        "has_movable": any(entry.may_move for entry in entries),
        "conflict_count": sum(1 for entry in entries if entry.in_the_way),
        "first_conflict": next((entry for entry in entries if entry.in_the_way), None),
        "days": _days(entries, start, zone, today) if is_week else [],
        "hours": [] if is_week else _hours(entries, zone),
    }
    return render(request, "history/calendar.html", context)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _days(entries: list[Entry], start: date, zone: str, today: date) -> list[dict[str, Any]]:
    by_day = defaultdict(list)
    for entry in entries:
        by_day[entry.first.astimezone(ZoneInfo(zone)).date()].append(entry)
    days = [start + timedelta(days=n) for n in range(7)]
    return [{"day": day, "is_today": day == today, **_folded(by_day[day])} for day in days]


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
