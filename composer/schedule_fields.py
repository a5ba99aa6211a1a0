"""What is typed in the composer's schedule step: when, how fast, at which hours, how often.

As in `composer.forms`: what cannot be stored is an error of the form; what can be stored
but not sent (a time in the past, hours that leave no slot) is a `Problem` that a draft may have.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, ClockKeeper, HoursZone
from campaigns.scheduling import repeats
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.repeats import LAST_DAY, Every, Repeat
from campaigns.scheduling.timing import Timing, timing_of
from interface.time_zones import validate_time_zone, zone_choices
from sending.job_times import WallTime, resolve_wall_time, skipped_sentence

NOW, LATER = "now", "later"
YEARS = range(2000, 2100)
ANY_TIME, SET_HOURS = "any", "set"
NEVER, AFTER, ON_A_DAY = "never", "after", "on"
# Minutes in each unit of a pace.
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
MOST_RUNS = 1000
_TIME_FORMATS = ["%H:%M", "%H:%M:%S"]
_WEEKDAYS = (
    *((0, gettext_lazy("Mon")), (1, gettext_lazy("Tue")), (2, gettext_lazy("Wed"))),
    *((3, gettext_lazy("Thu")), (4, gettext_lazy("Fri")), (5, gettext_lazy("Sat"))),
    (6, gettext_lazy("Sun")),
)


def _radio(
    choices: Iterable[tuple[str, Any]], label: Any, required: bool = False
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=list(choices), required=required, widget=forms.RadioSelect
    )


def _whole(label: Any, at_most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=at_most,
        error_messages={
            "invalid": gettext_lazy("Write a whole number, such as 500."),
            "min_value": gettext_lazy("Write a number of at least 1."),
            "max_value": gettext_lazy("This is too large: %(limit_value)s at most."),
        },
    )


def _wall(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=_TIME_FORMATS,
        error_messages={"invalid": gettext_lazy("Write the time as 09:30.")},
    )


class WallTimeFields(forms.Form):
    """A day, a time and a zone, and which of the two where a time comes twice."""

    campaign: Campaign

    date = forms.DateField(
        label=gettext_lazy("Date"),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the date as 2026-04-02.")},
    )
    time = _wall(gettext_lazy("Time"))
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=64, validators=[validate_time_zone]
    )
    fold = _radio(
        [("0", gettext_lazy("the first")), ("1", gettext_lazy("the second"))],
        gettext_lazy("Which of the two"),
    )

    def zones(self) -> list[tuple[str, str]]:
        """The time zones to choose from: (name, label), the draft's own always among them."""
        own = self.campaign.time_zone or self.campaign.team.time_zone
        offered = zone_choices()
        return offered if own in dict(offered) else [(own, own), *offered]

    def _need(self, name: str, sentence: str) -> None:
        if self.cleaned_data.get(name) is None and name not in self.errors:
            self.add_error(name, sentence)

    def check_time(self, cleaned: dict[str, Any]) -> None:
        """Complain about a day or a time that is none, or is not clear yet."""
        self._need("date", _("Choose the day on which it goes out, or send it now."))
        date = cleaned.get("date")
        if date is not None and date.year not in YEARS:
            self.add_error("date", _("Write the year with four digits, such as 2026."))
        self._need("time", _("Choose the time at which it goes out, or send it now."))
        resolved = self.resolved()
        if resolved and len(resolved.candidates) > 1 and not cleaned.get("fold"):
            self.add_error(
                "fold",
                _("The clocks go back, so this time comes twice. Choose which one you mean."),
            )

    @property
    def is_now(self) -> bool:
        """Whether no time is to be chosen at all."""
        return False

    @property
    def wall_time(self) -> str:
        """The wall time that was typed, `YYYY-MM-DDTHH:MM`; "" for now or while it is none."""
        date, time = self.cleaned_data.get("date"), self.cleaned_data.get("time")
        if self.is_now or date is None or time is None:
            return ""
        return datetime.combine(date, time).strftime(WALL_FORMAT)

    def resolved(self) -> WallTime | None:
        """What the typed time is in UTC, and None when there is none to look at."""
        zone = self.cleaned_data.get("time_zone")
        return resolve_wall_time(self.wall_time, zone) if self.wall_time and zone else None


# What a team's settings say of sending hours, and what a campaign may say besides.
_HOURS = ("hours_from", "hours_to", "hours_zone", "continues_next_day")


class ScheduleFields(WallTimeFields):
    """The fields of the schedule step; a part of `ComposeForm`."""

    when = _radio(
        [(NOW, gettext_lazy("Now")), (LATER, gettext_lazy("Later"))], gettext_lazy("When"), True
    )
    hours = _radio(
        [
            (SET_HOURS, gettext_lazy("Only between these times")),
            (ANY_TIME, gettext_lazy("At any time of day")),
        ],
        gettext_lazy("Sending hours"),
    )
    hours_from = _wall(gettext_lazy("From"))
    hours_to = _wall(gettext_lazy("Until"))
    hours_zone = forms.ChoiceField(
        label=gettext_lazy("In which time zone"), choices=HoursZone.choices, required=False
    )
    zone_field = forms.CharField(
        label=gettext_lazy("Their time zone comes from"), max_length=200, required=False
    )
    continues_next_day = forms.BooleanField(
        label=gettext_lazy("What is not out by then continues by itself the next morning"),
        required=False,
    )

    is_paced = _radio(
        [("", gettext_lazy("As fast as your number can")), ("yes", gettext_lazy("At most"))],
        gettext_lazy("Pace"),
    )
    pace_count = _whole(gettext_lazy("People"), 10_000_000)
    pace_every = _whole(gettext_lazy("Every"), 1000)
    pace_unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        required=False,
        choices=[
            ("minutes", gettext_lazy("minutes")),
            ("hours", gettext_lazy("hours")),
            ("days", gettext_lazy("days")),
        ],
    )

    repeats = forms.ChoiceField(
        label=gettext_lazy("Repeat"),
        required=False,
        choices=[
            ("", gettext_lazy("Just once")),
            (Every.DAY.value, gettext_lazy("Every day")),
            (Every.WEEK.value, gettext_lazy("Every week")),
            (Every.MONTH.value, gettext_lazy("Every month")),
        ],
    )
    repeat_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"),
        required=False,
        coerce=int,
        choices=_WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    repeat_month_day = forms.ChoiceField(
        label=gettext_lazy("Day of the month"),
        required=False,
        choices=[
            *((str(day), str(day)) for day in range(1, 32)),
            (LAST_DAY, gettext_lazy("the last day")),
        ],
    )
    repeat_ends = forms.ChoiceField(
        label=gettext_lazy("Until"),
        required=False,
        choices=[
            (NEVER, gettext_lazy("until someone stops it")),
            (AFTER, gettext_lazy("a number of times")),
            (ON_A_DAY, gettext_lazy("a day")),
        ],
    )
    repeat_times = _whole(gettext_lazy("Number of times"), MOST_RUNS)
    repeat_until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the date as 2026-04-02.")},
    )

    clock_keeper = _radio(ClockKeeper.choices, gettext_lazy("If this server is switched off then"))

    @property
    def has_options(self) -> bool:
        """Whether more than the time is out of the ordinary, or wrong: then it is shown at once."""
        value, team = self._value, self.campaign.team
        usual = stored_schedule(
            Campaign(team=team, hours_from=team.hours_from, hours_to=team.hours_to)
        )
        own_hours = value("hours") != usual["hours"] or (
            value("hours") == SET_HOURS
            and any(value(name) != (usual[name] or "") for name in _HOURS)
        )
        own = own_hours or value("is_paced") or value("repeats")
        return bool(own or value("clock_keeper") != usual["clock_keeper"] or self._is_wrong())

    def _value(self, name: str) -> Any:
        return self[name].value() or ""

    def _is_wrong(self) -> bool:
        aside = {*WallTimeFields.base_fields, "when"}
        return any(self[name].errors for name in ScheduleFields.base_fields if name not in aside)

    # --- Checking -----------------------------------------------------------------------------

    def check_schedule(self, cleaned: dict[str, Any]) -> None:
        """Complain about what cannot be stored."""
        if cleaned.get("when") == LATER:
            self.check_time(cleaned)
        self._clean_hours(cleaned)
        self._clean_pace(cleaned)
        if cleaned.get("repeats"):
            self._clean_repeat(cleaned)

    def _clean_hours(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("hours") == SET_HOURS:
            self._need("hours_from", _("Write when the sending hours begin, such as 09:00."))
            self._need("hours_to", _("Write when the sending hours end, such as 19:00."))

    def _clean_pace(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("is_paced"):
            self._need("pace_count", _("Write how many people get it at a time, such as 500."))
            self._need("pace_every", _("Write how long each step takes, such as 10 minutes."))

    def _clean_repeat(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("when") == NOW:
            self.add_error("repeats", _("To repeat it, choose “Later” and its first day and time."))
        if cleaned.get("repeats") == Every.WEEK.value and not cleaned.get("repeat_days"):
            self.add_error("repeat_days", _("Choose at least one day of the week, such as Mon."))
        if cleaned.get("repeat_ends") == AFTER:
            self._need("repeat_times", _("Write how often it goes out in all, such as 4."))
        if cleaned.get("repeat_ends") == ON_A_DAY:
            self._need("repeat_until", _("Choose the last day on which it may go out."))
            until, first = cleaned.get("repeat_until"), cleaned.get("date")
            if until is not None and first is not None and until < first:
                sentence = _("This is before the first time. Choose %(day)s or later.")
                self.add_error("repeat_until", sentence % {"day": f"{first:%Y-%m-%d}"})

    # --- What it means ------------------------------------------------------------------------

    @property
    def is_now(self) -> bool:
        return self.cleaned_data.get("when") == NOW

    def timing(self) -> Timing:
        """What a form says, as far as it can be understood."""
        given = self.cleaned_data
        hours = given.get("hours") == SET_HOURS
        is_paced = bool(given.get("is_paced") and given.get("pace_count"))
        if hours and (given.get("hours_from") is None or given.get("hours_to") is None):
            hours = False
        every = given.get("pace_every")
        minutes = every * UNITS[given.get("pace_unit") or "minutes"] if every else None
        by_recipient = hours and given.get("hours_zone") == HoursZone.RECIPIENT
        return Timing(
            clock_keeper=given.get("clock_keeper") or ClockKeeper.SOCIOCS.value,
            pace_count=given["pace_count"] if is_paced and minutes else None,
            pace_minutes=minutes if is_paced else None,
            hours_from=given["hours_from"] if hours else None,
            hours_to=given["hours_to"] if hours else None,
            hours_zone=(HoursZone.RECIPIENT if by_recipient else HoursZone.CAMPAIGN).value,
            zone_field=given.get("zone_field", "") if by_recipient else "",
            continues_next_day=hours and bool(given.get("continues_next_day")),
            repeat=self._repeat(),
        )

    def _repeat(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        resolved, zone = self.resolved(), given.get("time_zone")
        if not given.get("repeats") or not self.wall_time or not resolved or not zone:
            return None
        day = given.get("repeat_month_day") or str(given["date"].day)
        repeat = Repeat(
            every=Every(given["repeats"]),
            at=given["time"],
            zone=zone,
            weekdays=frozenset(given.get("repeat_days") or ()),
            month_day=None if day == LAST_DAY else int(day),
            until=given.get("repeat_until") if given.get("repeat_ends") == ON_A_DAY else None,
        )
        if repeat.every is Every.WEEK and not repeat.weekdays:
            return None
        times = given.get("repeat_times") if given.get("repeat_ends") == AFTER else None
        if times and resolved.candidates:
            repeat = repeats.ending_after(repeat, resolved.candidates[0], times)
        return repeats.as_json(repeat)


def stored_schedule(campaign: Campaign) -> dict[str, Any]:
    """The draft's schedule as the form's fields would be posted."""
    date, _t, time = campaign.wall_time.partition("T")
    timing = timing_of(campaign)
    usual_from, usual_to = campaign.team.hours_from, campaign.team.hours_to
    opens = timing.hours_from or usual_from
    closes = timing.hours_to or usual_to
    return {
        "when": LATER if campaign.wall_time else NOW,
        "date": date,
        "time": time,
        "time_zone": campaign.time_zone or campaign.team.time_zone,
        "fold": str(campaign.fold) if campaign.wall_time else "",
        "clock_keeper": timing.clock_keeper,
        "hours": ANY_TIME if timing.hours_from is None else SET_HOURS,
        "hours_from": f"{opens:%H:%M}" if opens else "09:00",
        "hours_to": f"{closes:%H:%M}" if closes else "19:00",
        "hours_zone": timing.hours_zone,
        "zone_field": timing.zone_field,
        "continues_next_day": timing.continues_next_day,
        **_stored_pace(timing),
        **_stored_repeat(timing, date),
    }


def _stored_pace(timing: Timing) -> dict[str, Any]:
    minutes = timing.pace_minutes
    if minutes is None:
        return {"is_paced": "", "pace_count": "", "pace_every": "", "pace_unit": "minutes"}
    return fields_of_pace(timing.pace_count, minutes)


def fields_of_pace(count: int | None, minutes: int) -> dict[str, Any]:
    """The fields that say `count` people every so many minutes."""
    unit = next(name for name in ("days", "hours", "minutes") if minutes % UNITS[name] == 0)
    return {
        "is_paced": "yes",
        "pace_count": count,
        "pace_every": minutes // UNITS[unit],
        "pace_unit": unit,
    }


def fields_of_repeat(
    every: Every | None, weekdays: Iterable[int], day: str, times: int | None, until: date | None
) -> dict[str, Any]:
    """The fields that say how often a campaign repeats; `every` None: just once.

    `day` of the month, "" for that of the first run; with `times`, `until` does not count.
    """
    return {
        "repeats": every.value if every else "",
        "repeat_days": [str(one) for one in sorted(weekdays)],
        "repeat_month_day": day,
        "repeat_ends": AFTER if times else ON_A_DAY if until else NEVER,
        "repeat_times": times or "",
        "repeat_until": until.isoformat() if until and not times else "",
    }


def _stored_repeat(timing: Timing, first: str) -> dict[str, Any]:
    day = str(int(first[-2:])) if first else "1"
    if not timing.repeat:
        return fields_of_repeat(None, (), day, None, None)
    repeat = repeats.from_json(timing.repeat)
    if repeat.every is Every.MONTH:
        day = str(repeat.month_day or LAST_DAY)
    return fields_of_repeat(repeat.every, repeat.weekdays, day, repeat.times, repeat.until)


class RescheduleForm(WallTimeFields):
    """Another time for a campaign, launched or not."""

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        """`data` is what was posted; None stands for the time that it has now."""
        date, _t, time = (campaign.wall_time or _present_time(campaign)).partition("T")
        present = {"date": date, "time": time, "fold": str(campaign.fold)}
        zone = campaign.time_zone or campaign.team.time_zone
        super().__init__(present | {"time_zone": zone} if data is None else data)
        self._understood = ""
        self.campaign = campaign

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.check_time(cleaned)
        self._understood = self.wall_time
        resolved = self.resolved()
        if resolved is not None and not resolved.candidates:
            self.add_error("time", skipped_sentence())
        return cleaned

    @property
    def wall_time(self) -> str:
        # A complaint takes the field's value away, but what works instead depends on it.
        return self._understood or super().wall_time


def _present_time(campaign: Campaign) -> str:
    zone = ZoneInfo(campaign.time_zone or campaign.team.time_zone)
    at = campaign.send_at or datetime.now(zone)
    return at.astimezone(zone).strftime(WALL_FORMAT)


def chosen_zone(form: WallTimeFields) -> ZoneInfo:
    """The zone that was chosen; the team's while it is none."""
    given = form.cleaned_data.get("time_zone")
    return ZoneInfo(given or form.campaign.team.time_zone)
