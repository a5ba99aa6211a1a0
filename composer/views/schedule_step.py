"""The schedule step of the composer: what the chosen time, pace and hours mean."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as wall_clock
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, ClockKeeper, HoursZone
from campaigns.scheduling import hours as sending_hours
from campaigns.scheduling import pacing, repeats, timing
from campaigns.scheduling.clocks import WALL_FORMAT
from campaigns.scheduling.repeats import Occurrence
from composer.forms import ComposeForm
from composer.schedule_fields import WallTimeFields, chosen_zone, fields_of_pace
from composer.schedule_words import overflow_sentence, queue_sentence, repeat_in_words
from interface.dates import written
from interface.templatetags.interface import duration, zone_abbreviation
from sending import job_times, last_message, one_by_one, timetable
from sending.last_message import Slots
from sending.readiness import FURTHEST, TimeFault, time_fault
from sending.timetable_problems import (
    describe_hours,
    hours_that_work,
    pace_in_words,
    pace_that_ends,
)
from sociocs_accounts.models import Channel

# A plan of more jobs than this is worked out on the review page only.
_JOBS_AT_ONCE = 5_000
_RUNS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A wall time to choose with one click."""

    wall_time: str
    label: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What cannot work, and with one click what does: `use` holds the form's fields as a query."""

    sentence: str
    use: str
    label: str


@dataclass(frozen=True, slots=True)
class FoldChoice:
    """One of the two moments of a wall time that comes twice; `fold` is the form's value."""

    fold: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SendMoment:
    """When it would go out: `at` in UTC, or what is to be settled first.

    `suggestions` surround a time that the clocks jump over, `readings` are the two of one that
    comes twice. With none of them and no `at`, there is no time to speak of yet. `opens`: when the
    sending hours begin that the time lies outside of (`hours`: those, in words). `is_each`: one
    message for each person, about a second apart. `ends`: about when the last message leaves.
    `queue`: how long the sender needs, `overflow`: what would be lost. `instead`: times that work,
    of one that `has_passed` or `is_too_far`; `remedy`: hours or a pace that do.
    """

    is_now: bool = False
    lead: timedelta = timedelta()
    is_each: bool = False
    at: datetime | None = None
    zone: str = ""
    has_passed: bool = False
    is_too_far: bool = False
    instead: tuple[Suggestion, ...] = ()
    remedy: Remedy | None = None
    suggestions: tuple[Suggestion, ...] = ()
    readings: tuple[FoldChoice, ...] = ()
    opens: datetime | None = None
    hours: str = ""
    ends: datetime | None = None
    queue: str = ""
    overflow: str = ""
    repeat: str = ""
    runs: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """How many people get it, and how many SMS segments that is altogether."""

    people: int
    segments: int


def moment_of(form: ComposeForm, load: Load | None = None) -> SendMoment:
    """What the chosen schedule means; without a `load`, one segment for everybody on the lists."""
    is_each = form.goes_one_by_one
    moment = replace(time_of(form), is_each=is_each)
    if moment.is_now:
        return _with_plan(form, moment, timezone.now() + moment.lead, load)
    if moment.at is None or moment.instead:
        return moment
    return _with_plan(form, moment, moment.at, load)


def time_of(form: WallTimeFields) -> SendMoment:
    """What the chosen time alone means."""
    resolved, lead = form.resolved(), timing.lead()
    zone = str(chosen_zone(form))
    if not form.wall_time:
        return SendMoment(is_now=form.is_now, lead=lead, zone=zone)
    if resolved is None:
        return SendMoment(lead=lead, zone=zone)
    if not resolved.candidates:
        suggestions = _suggestions(form.wall_time, resolved.suggestions)
        return SendMoment(lead=lead, zone=zone, suggestions=suggestions)
    fold = form.data.get("fold") or ""
    readings = _readings(resolved.candidates, zone, fold)
    if readings and not any(fold_choice.is_chosen for fold_choice in readings):
        return SendMoment(lead=lead, zone=zone, readings=readings)
    at = resolved.candidates[int(fold or 0)] if readings else resolved.candidates[0]
    now = timezone.now()
    moment = SendMoment(lead=lead, at=at, zone=zone, readings=readings)
    fault = time_fault(at, now)
    if fault is TimeFault.TOO_FAR:
        instead = _same_time(form.wall_time, zone, now + FURTHEST, timedelta(days=-1))
        return replace(moment, is_too_far=True, instead=instead[:1])
    if fault:
        soon = now + lead + timedelta(minutes=2)
        instead = _same_time(form.wall_time, zone, soon, timedelta(days=1))
        return replace(moment, has_passed=True, instead=instead)
    return moment


def _same_time(wall: str, zone: str, limit: datetime, step: timedelta) -> tuple[Suggestion, ...]:
    """The same time on the wall on the two days nearest to `limit`, after or before it."""
    at = datetime.strptime(wall, WALL_FORMAT).time()  # noqa: DTZ007 - by the wall
    today, suggestions = timezone.now().astimezone(ZoneInfo(zone)).date(), list[Suggestion]()
    day = limit.astimezone(ZoneInfo(zone)).date()
    while len(suggestions) < 2:
        moment = datetime.combine(day, at)
        candidates = job_times.resolve_wall_time(moment.strftime(WALL_FORMAT), zone).candidates
        # Neither a time that comes twice on that day nor one that never comes.
        if len(candidates) == 1 and (candidates[0] >= limit) == (step > timedelta()):
            suggestions.append(
                Suggestion(moment.strftime(WALL_FORMAT), _day_and_time(moment, today))
            )
        day += step
    return tuple(suggestions)


def _day_and_time(wall: datetime, today: date) -> str:
    names = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}
    day = names.get(wall.date()) or written(wall, "D j M Y")
    return _("%(day)s at %(time)s") % {"day": day, "time": written(wall, "G:i")}


def _suggestions(wanted: str, walls: tuple[str, ...]) -> tuple[Suggestion, ...]:
    day = wanted.partition("T")[0]
    made = []
    for wall in walls:
        date, _t, time = wall.partition("T")
        made.append(Suggestion(wall, time if date == day else f"{date} {time}"))
    return tuple(made)


def _readings(candidates: tuple[datetime, ...], zone: str, fold: str) -> tuple[FoldChoice, ...]:
    if len(candidates) < 2:
        return ()
    local_times = [moment.astimezone(ZoneInfo(zone)) for moment in candidates]
    return tuple(
        FoldChoice(
            str(place),
            f"{written(moment, 'H:i')} {zone_abbreviation(moment)}",
            fold == str(place),
        )
        for place, moment in enumerate(local_times)
    )


# --- What it takes --------------------------------------------------------------------------------


def _with_plan(
    form: ComposeForm, moment: SendMoment, start: datetime, load: Load | None
) -> SendMoment:
    """Add when hours begin, when the last message leaves, and what the sender needs."""
    draft, channel = as_typed(form), form.cleaned_data.get("channel")
    if load is None:
        lists = form.cleaned_data.get("lists") or ()
        people = sum(recipient_list.recipient_count for recipient_list in lists)
        load = Load(people, people)
    hours = timetable.hours_of(draft)
    if hours is not None and hours.is_empty:
        return replace(moment, remedy=_other_hours(draft, hours, start))
    if hours is not None:
        first = next(sending_hours.windows(hours, [moment.zone], start, start + pacing.LONGEST))
        if first.opens > start:
            moment = replace(moment, opens=first.opens, hours=describe_hours(hours))
    if channel is not None and load.people:
        moment = _with_end(draft, channel, moment, start, load)
    if draft.repeat:
        repeat = repeats.from_json(draft.repeat)
        runs = tuple(islice(repeats.occurrences(repeat, start), _RUNS_SHOWN))
        moment = replace(moment, repeat=repeat_in_words(repeat), runs=runs)
    return moment


def _with_end(
    draft: Campaign, channel: Channel, moment: SendMoment, start: datetime, load: Load
) -> SendMoment:
    estimate = timetable.sender_estimate(draft, load.people, load.segments)
    queue = queue_sentence(channel, estimate) if estimate.duration > timedelta(minutes=1) else ""
    # One by one they leave more slowly than most senders take them.
    each = one_by_one.EACH * load.people
    if moment.is_each and each > max(estimate.duration, timedelta(minutes=1)):
        sentence = _("One message for each, about one a second: this takes %(time)s.")
        queue = sentence % {"time": duration(each)}
    remedy = None
    try:
        slots = _slots(draft, start, load.people, is_each=moment.is_each)
    except pacing.CannotPlan:
        slots, remedy = [], _other_pace(draft, start, load.people)
    is_timed = timetable.is_timed(draft)
    return replace(
        moment,
        queue=queue,
        overflow="" if is_timed or moment.is_each else overflow_sentence(estimate),
        ends=last_message.leaves_at(slots, estimate.seconds_each),
        remedy=remedy,
    )


def _slots(draft: Campaign, start: datetime, people: int, *, is_each: bool) -> Slots:
    """When its jobs go out; none where that takes long to say. Raises pacing.CannotPlan."""
    if not timetable.is_timed(draft):
        jobs = people if is_each else job_times.submission_count(draft, people)
        return last_message.plain_slots(draft, start, people, jobs)
    terms = timetable.terms_of(draft, start, [(draft.text, people)])
    # By each person's own clock, only the plan knows.
    if draft.hours_zone == HoursZone.RECIPIENT or not _is_quickly_said(terms, people):
        return []
    group = pacing.ZoneGroup((timing.zone_of(draft),), (people,))
    slots = [(one.slot, one.size) for one in pacing.slices([group], start, terms)]
    return last_message.limited(draft, slots)


def _other_hours(draft: Campaign, hours: sending_hours.Hours, start: datetime) -> Remedy:
    better = hours_that_work(draft, hours, start)
    fields = {"hours_from": f"{better.opens:%H:%M}", "hours_to": f"{better.closes:%H:%M}"}
    sentence = _(
        "These sending hours leave no time to send: they have to end later than they begin."
    )
    return Remedy(sentence, urlencode(fields), describe_hours(better))


def _other_pace(draft: Campaign, start: datetime, people: int) -> Remedy | None:
    """A pace instead of one that never ends; None as well where that takes long to say."""
    terms = timetable.terms_of(draft, start, [(draft.text, people)])
    if terms.pace is None or not _is_quickly_said(terms, people):
        return None
    better = pace_that_ends(draft, start, people)
    if better is None:
        return None
    sentence = _("At %(pace)s it would take more than a year.")
    fields = fields_of_pace(better.count, better.minutes)
    return Remedy(
        sentence % {"pace": pace_in_words(terms.pace)}, urlencode(fields), pace_in_words(better)
    )


def _is_quickly_said(terms: pacing.Terms, people: int) -> bool:
    each = min(terms.largest, terms.pace.count if terms.pace else terms.largest)
    return people / each <= _JOBS_AT_ONCE


def as_typed(form: ComposeForm) -> Campaign:
    """The draft as the form says it, never to be saved."""
    draft, given = copy.copy(form.campaign), form.cleaned_data
    draft.channel = given.get("channel")
    draft.text = given.get("text", "")
    draft.time_zone = str(chosen_zone(form))
    draft.wall_time, draft.fold = form.wall_time, int(given.get("fold") or 0)
    for name, value in form.timing().columns().items():
        setattr(draft, name, value)
    return draft


def options_in_words(form: ComposeForm) -> str:
    """What is chosen besides the time: `Only from 09:00 to 19:00 · just once · …`."""
    draft = as_typed(form)
    hours, pace = timetable.hours_of(draft), timetable.pace_of(draft)
    choices = [
        _("only from %(hours)s") % {"hours": describe_hours(hours)}
        if hours
        else _("at any time of day"),
        _("at most %(pace)s") % {"pace": pace_in_words(pace)}
        if pace
        else _("as fast as your number can"),
        _("repeating") if draft.repeat else _("just once"),
        _("goes out even if this server is off")
        if draft.clock_keeper == ClockKeeper.SOCIOCS
        else _("waits on this server"),
    ]
    if draft.hours_zone == HoursZone.RECIPIENT:
        choices.insert(1, _("in each person's own time zone"))
    words = " · ".join(choices)
    return words[:1].upper() + words[1:]


# --- What is offered ------------------------------------------------------------------------------


def schedule_context(form: ComposeForm) -> dict[str, Any]:
    """What the step's template wants besides the form and its moment."""
    return {
        "quick_times": quick_times(form, timezone.now()),
        "zone_fields": zone_fields(form),
        "options": options_in_words(form),
    }


def zone_fields(form: ComposeForm) -> list[str]:
    """Columns that may name a recipient's time zone; those that sound like it first."""
    lists = form.fields["lists"].offer.all_rows  # type: ignore[attr-defined]
    names = [name for recipient_list in lists for name in recipient_list.field_names]
    chosen = form["zone_field"].value()
    names_shown = dict.fromkeys([*names, *([chosen] if chosen else [])])
    return sorted(names_shown, key=lambda name: ("zone" not in name.casefold(), name.casefold()))


def quick_times(form: ComposeForm, now: datetime) -> list[Suggestion]:
    """Times that people choose most, by the clock of the chosen zone: "Today at 16:00"."""
    zone, hours = chosen_zone(form), timetable.hours_of(as_typed(form))
    local_now = now.astimezone(zone)
    morning = hours.opens if hours and not hours.is_empty else wall_clock(9)
    suggestions = []
    soon = (local_now + timing.lead() + timedelta(minutes=30)).replace(tzinfo=None)
    for at in (9, 12, 14, 16, 18, 20):
        wall = datetime.combine(local_now.date(), wall_clock(at))
        if wall > soon and (hours is None or hours.include(wall.time())):
            label = _("Today at %(time)s") % {"time": written(wall, "G:i")}
            suggestions.append(Suggestion(wall.strftime(WALL_FORMAT), label))
            break
    for day, name in _days_ahead(local_now.date()):
        wall = datetime.combine(day, morning)
        label = _("%(day)s at %(time)s") % {"day": name, "time": written(wall, "G:i")}
        suggestions.append(Suggestion(wall.strftime(WALL_FORMAT), label))
    return suggestions


def _days_ahead(today: date) -> list[tuple[date, str]]:
    tomorrow = today + timedelta(days=1)
    monday = today + timedelta(days=7 - today.weekday())
    days = [(tomorrow, _("Tomorrow"))]
    return days if monday == tomorrow else [*days, (monday, _("Monday"))]
