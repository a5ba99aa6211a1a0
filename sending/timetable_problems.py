"""What keeps a pace or sending hours from working, each with a suggestion that was tried out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.problems import Problem
from campaigns.scheduling.hours import Hours
from campaigns.scheduling.pacing import (
    CannotPlan,
    NeverEnds,
    Pace,
    ZoneGroup,
    last_slot,
    quicker_pace,
    wider_hours,
)
from campaigns.scheduling.timing import zone_of
from interface.dates import written
from interface.time_zones import zone_names
from interface.wording import number, people
from sending.timetable import hours_of, pace_of, terms_of

# What a suggested pace should be done in: as far as Sociocs plans ahead.
_REASONABLE = timedelta(days=30)
# In minutes.
_HOUR, _DAY = 60, 24 * 60


def schedule_problems(
    campaign: Campaign, start: datetime, count: int | None = None
) -> list[Problem]:
    """Why a draft with this pace and these hours cannot go out from `start` on; empty if it can.

    `count` people get it; None: not counted yet, so that only what is wrong for anybody is told.
    """
    if campaign.time_zone and campaign.time_zone not in zone_names():
        return [Problem("time_zone", _no_such_zone(campaign.time_zone))]
    hours, pace = hours_of(campaign), pace_of(campaign)
    if hours is not None and hours.is_empty:
        return [Problem("hours", _no_slot(hours, hours_that_work(campaign, hours, start)))]
    if campaign.channel is None or count is None or (hours is None and pace is None):
        return []
    groups = [ZoneGroup((zone_of(campaign),), (count,))]
    terms = terms_of(campaign, start, [(campaign.text, count)])
    try:
        last_slot(groups, start, terms)
    except NeverEnds:
        if pace is None:
            return [Problem("hours", _too_few_hours(count))]
        faster = quicker_pace(groups, start, terms, _REASONABLE)
        return [Problem("pace", _too_slow(count, pace, faster))]
    except CannotPlan:
        return [Problem("hours", _too_few_hours(count))]
    return []


def hours_that_work(campaign: Campaign, hours: Hours, start: datetime) -> Hours:
    """Instead of hours that leave no slot, the nearest that do."""
    return wider_hours([ZoneGroup((zone_of(campaign),), (1,))], start, hours)


def pace_that_ends(campaign: Campaign, start: datetime, count: int) -> Pace | None:
    """Instead of a pace that never ends, one that is done in good time; None: no such pace."""
    terms = terms_of(campaign, start, [(campaign.text, count)])
    return quicker_pace([ZoneGroup((zone_of(campaign),), (count,))], start, terms, _REASONABLE)


def _no_such_zone(name: str) -> str:
    return _(
        "There is no time zone “%(name)s”. Choose one from the list, such as Europe/Berlin."
    ) % {"name": name}


def describe_hours(hours: Hours) -> str:
    """`09:00 to 19:00`; the end of a day is 24:00."""
    closes = written(hours.closes, "H:i")
    return _("%(from)s to %(to)s") % {
        "from": written(hours.opens, "H:i"),
        "to": "24:00" if closes == "00:00" else closes,
    }


def pace_in_words(pace: Pace) -> str:
    """`500 people every 10 minutes`, `25 people every 2 days`."""
    days, hours = pace.minutes / _DAY, pace.minutes / _HOUR
    if days.is_integer():
        n = int(days)
        every = ngettext("%(people)s a day", "%(people)s every %(n)s days", n)
    elif hours.is_integer():
        n = int(hours)
        every = ngettext("%(people)s an hour", "%(people)s every %(n)s hours", n)
    else:
        n = pace.minutes
        every = ngettext("%(people)s a minute", "%(people)s every %(n)s minutes", n)
    return every % {"people": people(pace.count), "n": number(n)}


def _no_slot(hours: Hours, suggestion: Hours) -> str:
    return _("Sending hours from %(from)s to %(to)s leave no time to send. Try %(hours)s.") % {
        "from": written(hours.opens, "H:i"),
        "to": written(hours.closes, "H:i"),
        "hours": describe_hours(suggestion),
    }


def _too_few_hours(count: int) -> str:
    return _(
        "In these sending hours it would take more than a year to send to %(people)s. Choose "
        "longer hours, or set the channel's speed if its sender is faster than usual."
    ) % {"people": people(count)}


def _too_slow(count: int, pace: Pace, suggestion: Pace | None) -> str:
    values = {"pace": pace_in_words(pace), "people": people(count)}
    if suggestion is None:
        return (
            _(
                "At %(pace)s it would take more than a year to send to %(people)s. Send without a "
                "pace, or in longer hours."
            )
            % values
        )
    values["faster"] = pace_in_words(suggestion)
    return (
        _(
            "At %(pace)s it would take more than a year to send to %(people)s. Try %(faster)s, "
            "which takes less than a month."
        )
        % values
    )
