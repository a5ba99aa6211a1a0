"""What can be done about a launched campaign's time: undo, another time, taking back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Max, Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.addressed_campaigns import campaign_of
from campaigns.models import Campaign, CampaignEvent
from campaigns.schedule_timeline import taken_back_in_words
from campaigns.scheduling import repeats
from campaigns.scheduling.hours import is_night, is_open
from campaigns.scheduling.repeats import Occurrence
from campaigns.scheduling.timing import zone_of
from campaigns.states import MOVABLE, CampaignState, PauseReason, SubmissionState
from composer.schedule_fields import RescheduleForm
from composer.schedule_words import repeat_in_words
from composer.views.schedule_step import time_of
from history.views.acting import act_on
from interface import hints
from interface.dates import written
from interface.wording import people
from sending import control, repeating, rescheduling, tasks
from sending.reach import Reach, reach_of
from sending.rescheduling import NewTime, TakeBack, Then
from sending.tally import Tally, tallies
from sending.timetable import hours_of
from teams.access import Action, TeamRequest, page_of_team

C, S = CampaignState, SubmissionState
_LATE = frozenset({PauseReason.WINDOW.value, PauseReason.QUIET_HOURS.value})
_MAY_PAUSE = frozenset({C.SENDING, C.NEEDS_DECISION})
_RUNS_SHOWN = 3
# What a form that leads back to the calendar says -> the view it came from.
_CALENDARS = {"calendar": "week", "calendar-day": "day"}
UNPROCESSABLE = 422
# What goes on while jobs are taken back, by what follows.
_TAKING_BACK = {
    Then.UNDO: gettext_lazy("Undoing"),
    Then.RESCHEDULE: gettext_lazy("Changing the time"),
    Then.PAUSE: gettext_lazy("Stopping what has not left"),
}


@dataclass(frozen=True, slots=True)
class CampaignTime:
    """What a campaign's page says of its time.

    `undo_until`: the moment up to which all of it can be taken back, None when some of it is out.
    `reach`: the people by where their messages are.
    `take_back`: what is going on while jobs are taken back; `result`: what could be
    reached, once that is over.
    `is_late`: it asks whether it should still go out; `night`: the time there if people sleep now;
    `changes_at`: when time takes away what can be done now.
    `is_closed`: by its own clock, its sending hours are over, so that nothing goes out "now".
    """

    undo_until: datetime | None = None
    may_move: bool = False
    may_take_back: bool = False
    reach: Reach = field(default_factory=Reach)
    take_back: TakeBack | None = None
    result: str = ""
    is_late: bool = False
    late_title: str = ""
    is_closed: bool = False
    night: str = ""
    repeat: str = ""
    runs: list[Occurrence] = field(default_factory=list)
    made_runs: list[Campaign] = field(default_factory=list)
    draft_id: str = ""
    changes_at: datetime | None = None

    @property
    def mark(self) -> str:
        """Changes when time alone takes away what could be done."""
        return f"{self.undo_until or ''}.{self.may_move}.{self.may_take_back}.{self.is_late}"

    @property
    def title(self) -> str:
        """What the page says above all."""
        if self.take_back:
            return str(_TAKING_BACK[self.take_back.then])
        if self.is_late:
            return self.late_title
        if self.undo_until and self.reach.unanswered:
            return _("You can still undo it. For %(people)s, Sociocs has not answered yet") % {
                "people": people(self.reach.unanswered)
            }
        return _("You can still undo all of it") if self.undo_until else _("When it goes out")

    @property
    def in_words(self) -> str:
        """`Already sent to 1 person. Waiting here: 2 people.`: only what there is."""
        sentences = [
            (_("Already sent to %(people)s."), self.reach.out),
            (_("Can still be stopped at Sociocs: %(people)s."), self.reach.ahead),
            (_("Waiting here: %(people)s."), self.reach.waiting),
        ]
        return " ".join(words % {"people": people(n)} for words, n in sentences if n)


def campaign_time(campaign: Campaign, tally: Tally, now: datetime) -> CampaignTime:
    """What the page of a campaign says of its time; nothing much for a draft."""
    state = CampaignState(campaign.state)
    repeat = repeats.from_json(campaign.repeat) if campaign.repeat else None
    told_of_repeat: dict[str, Any] = {}
    if repeat is not None and state is not C.DRAFT:
        after = max(now, campaign.send_at or now)
        told_of_repeat = {
            "repeat": repeat_in_words(repeat),
            "runs": repeats.preview(repeat, after, _RUNS_SHOWN) if campaign.next_run_at else [],
            "made_runs": repeating.latest_runs(campaign),
        }
    if state is C.DRAFT or state not in MOVABLE:
        draft_id = campaign.take_back.get("draft", "") if campaign.take_back else ""
        return CampaignTime(draft_id=draft_id, **told_of_repeat)
    take_back = TakeBack.of(campaign)
    reach = reach_of(campaign, now)
    is_held = bool(reach.ahead or tally.waiting_jobs or tally.jobs[S.REVOKED])
    is_late = state is C.MISSED or campaign.state_reason in _LATE
    undo_until = None if reach.out or take_back or is_late else _undo_until(campaign, tally, now)
    return CampaignTime(
        undo_until=undo_until,
        changes_at=undo_until or _last_ahead(campaign, now),
        may_move=take_back is None and is_held,
        may_take_back=take_back is None and reach.ahead > 0 and state in _MAY_PAUSE,
        reach=reach,
        take_back=take_back,
        result="" if take_back else _told(campaign),
        is_late=is_late,
        late_title=_late_title(campaign),
        night=_night(campaign, now) if is_late else "",
        is_closed=is_late and _is_closed(campaign, now),
        **told_of_repeat,
    )


def _late_title(campaign: Campaign) -> str:
    if campaign.state == C.MISSED:
        return _("It did not go out in time")
    if campaign.state_reason == PauseReason.QUIET_HOURS:
        return _("The rest waits for its sending hours")
    return _("The rest is late")


def _undo_until(campaign: Campaign, tally: Tally, now: datetime) -> datetime | None:
    """The first moment at which anything goes out; None when that has come, or may have."""
    if campaign.state == C.SCHEDULED and not tally.jobs[S.READY]:
        first = campaign.send_at
    else:
        latest = campaign.submissions.exclude(
            state__in=[S.REVOKED.value, S.CANCELLED.value, S.ABANDONED.value, S.REFUSED.value]
        ).aggregate(planned=Min("planned_slot"), held=Min("current_attempt__slot"))
        moments = [moment for moment in (latest["planned"], latest["held"]) if moment is not None]
        first = min(moments, default=None)
    return first if first is not None and first > now else None


def _last_ahead(campaign: Campaign, now: datetime) -> datetime | None:
    """When the last job that the vendor has goes out; None when none is ahead."""
    ahead = campaign.submissions.filter(
        state=S.ACCEPTED.value, current_attempt__slot__gt=now
    ).aggregate(last=Max("current_attempt__slot"))
    last: datetime | None = ahead["last"]
    return last


def _told(campaign: Campaign) -> str:
    """What taking back could reach, while that is the last thing that happened."""
    last = campaign.events.order_by("-pk").first() if campaign.state == C.PAUSED else None
    if last is None or last.kind != CampaignEvent.Kind.TAKEN_BACK:
        return ""
    return taken_back_in_words(last.details)


def _night(campaign: Campaign, now: datetime) -> str:
    zone = zone_of(campaign)
    asleep = campaign.hours_from is None and is_night(now, zone)
    return written(now.astimezone(ZoneInfo(zone)), "H:i") if asleep else ""


def _is_closed(campaign: Campaign, now: datetime) -> bool:
    hours = hours_of(campaign)
    return hours is not None and not is_open(hours, [zone_of(campaign)], now)


@require_http_methods(["GET", "POST"])
@page_of_team(Action.LAUNCH)
def campaign_reschedule(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Choose another time for a campaign; says beforehand what that can still reach."""
    campaign = campaign_of(request, campaign_id)
    if request.method == "GET":
        form = RescheduleForm(campaign)
        form.is_valid()
        return _reschedule_page(request, campaign, form)
    data = request.POST.copy()
    if "use_time" in data:
        data["date"], _t, data["time"] = str(data["use_time"]).partition("T")
    form = RescheduleForm(campaign, data)
    if not form.is_valid() or "use_time" in data:
        return _reschedule_page(request, campaign, form, UNPROCESSABLE)
    given = form.cleaned_data
    time = NewTime(form.wall_time, given["time_zone"], int(given["fold"] or 0))
    try:
        rescheduling.reschedule(campaign, request.user, time)
    except control.NotPossible as error:
        form.add_error("date", error.sentence)
        return _reschedule_page(request, campaign, form, UNPROCESSABLE)
    hints.nudge(tasks.tick)
    if TakeBack.of(campaign) is None:
        messages.success(request, _("The new time is saved."))
    if request.POST.get("back") in _CALENDARS:
        return redirect(_on_the_calendar(request, campaign, time.instant()))
    return redirect("campaign", request.team.slug, campaign.public_id)


def _on_the_calendar(request: TeamRequest, moved: Campaign, at: datetime) -> str:
    """Where a campaign that was moved stands now, in the view that it was moved from."""
    day = at.astimezone(ZoneInfo(request.team.time_zone)).date()
    query = urlencode({"view": _CALENDARS[request.POST["back"]], "day": day.isoformat()})
    return (
        f"{reverse('calendar', args=[request.team.slug])}?{query}#on-{day:%Y%m%d}-{moved.public_id}"
    )


def _reschedule_page(
    request: TeamRequest, campaign: Campaign, form: RescheduleForm, status: int = 200
) -> HttpResponse:
    tally = tallies([campaign.pk]).get(campaign.pk, Tally())
    context = {
        "campaign": campaign,
        "form": form,
        "moment": time_of(form),
        "campaign_time": campaign_time(campaign, tally, timezone.now()),
        "zone": zone_of(campaign),
        "back": request.POST.get("back") or request.GET.get("back", ""),
    }
    return render(request, "history/reschedule.html", context, status=status)


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_undo(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Take back what is not out yet; `then` says whether to pause or to undo the launch."""
    wanted = request.POST.get("then", "")
    then = Then.UNDO if wanted == Then.UNDO else Then.PAUSE
    return act_on(request, campaign_id, partial(rescheduling.begin_taking_back, then=then))


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_repeat_end(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Make no more runs of a campaign that repeats; those that exist stay as they are."""
    campaign = campaign_of(request, campaign_id)
    if repeating.end_repeat(campaign, request.user):
        messages.success(
            request, _("It does not repeat any more. Campaigns it has already made stay.")
        )
    return redirect("campaign", request.team.slug, campaign.public_id)
