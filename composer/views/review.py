"""The last look before sending: the whole plan on one page, then the act that launches.

Large audiences are planned by a worker while the page shows how far it has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from campaigns import list_access
from campaigns.addressed_campaigns import campaign_of
from campaigns.audiences import audience, selection
from campaigns.models import Campaign, ClockKeeper
from campaigns.scheduling import repeats
from campaigns.scheduling.timing import lead
from campaigns.state_words import left_out_in_words
from campaigns.states import CampaignState
from composer import approvals, coming_back, cost, plan_checks, plan_making, plan_report, tasks
from composer.forms import LaunchForm
from composer.models import DraftEstimate
from composer.plan_report import PlanReport, TimelineBar
from composer.schedule_words import repeat_in_words
from composer.views.compose import launch_problems_of
from composer.views.compose_parts import content_for, shown_sender
from interface import hints
from interface.dates import written
from interface.phone_preview import PhonePreview
from interface.read_once import reading_once
from interface.templatetags.interface import zone_abbreviation
from interface.wording import number, people
from recipients.models import Recipient, RecipientList, SavedFilter
from sending import job_times, one_by_one, readiness, timetable
from sending.models import Approval
from sending.protocol import VENDOR_REACH
from sending.readiness import Confirmation, LaunchRefusal, LaunchRefused
from sending.tasks import freeze
from sending.timetable_problems import describe_hours, pace_in_words
from sociocs_accounts.channel_rights import why_not_with
from teams import proving
from teams.access import Action, TeamRequest, page_of_team
from teams.models import User


@require_http_methods(["GET"])
@page_of_team(Action.COMPOSE)
@reading_once()
def review(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Show what would be sent to whom and when; with anything missing, back to the composer."""
    campaign = campaign_of(request, campaign_id)
    address = [request.team.slug, campaign.public_id]
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaign", *address)
    approval = approvals.open_request(campaign)
    # Whoever is to approve sees it as the colleague does who asked.
    problems = (
        readiness.launch_problems(campaign, user=approval.asked_by)
        if approval
        else launch_problems_of(campaign, request)
    )
    if problems:
        return redirect(reverse("compose", args=address) + "?check")
    looks = approval.asked_by if approval else request.user
    report, needs_worker = plan_making.report_of(campaign, looks)
    if needs_worker:
        hints.nudge(tasks.make_estimate, campaign.pk)
    if report is not None and approval and approval.audience != report.audience:
        approvals.outgrow(approval)
        approval = None
    if report is None:
        context = {"campaign": campaign, "progress": _progress(campaign, looks)}
        return render(request, "composer/planning.html", context)
    return render(request, "composer/review.html", _page(request, campaign, report, approval))


@require_http_methods(["GET"])
@page_of_team(Action.COMPOSE)
def planning(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """How far a worker has come with the plan; loads the page again once it is there."""
    campaign = campaign_of(request, campaign_id)
    progress = _progress(campaign, approvals.asker_or(request.user, campaign))
    if progress is None or progress["is_done"]:
        return HttpResponseClientRefresh()
    if progress["is_stuck"]:
        hints.nudge(tasks.make_estimate, campaign.pk)
    return render(request, "composer/_planning.html", {"campaign": campaign, "progress": progress})


def _progress(campaign: Campaign, looks: User | Coalesce) -> dict[str, Any] | None:
    estimate = DraftEstimate.objects.filter(campaign=campaign, wanted_by=looks).first()
    if estimate is None:
        return None
    return {
        "done": estimate.steps_done,
        "total": plan_report.STEPS,
        "is_done": estimate.finished_at is not None,
        "is_stuck": plan_making.needs_worker(estimate),
    }


def _page(
    request: TeamRequest, campaign: Campaign, report: PlanReport, approval: Approval | None
) -> dict[str, Any]:
    assert campaign.channel is not None
    now, user = timezone.now(), request.user
    zone = campaign.time_zone or campaign.team.time_zone
    send_at = readiness.send_time(campaign, now)
    hours, pace = timetable.hours_of(campaign), timetable.pace_of(campaign)
    needs_approval = readiness.needs_second_person(campaign, report.people)
    button = _button(campaign, report, zone)
    types_number = readiness.is_number_typed(campaign, report.people)
    checks = plan_checks.checks(campaign, report, zone)
    warnings = plan_checks.warning_checks(checks)
    return {
        "campaign": campaign,
        "report": report,
        "left_out": left_out_in_words(report.left_out),
        **_chosen(campaign),
        "cost": _cost(campaign, report),
        "spread": report.segments,
        "bars": _drawn(report, zone),
        "is_timed": timetable.is_timed(campaign),
        "zones": [_zone_row(zone_plan, zone) for zone_plan in report.zones]
        if len(report.zones) > 1
        else [],
        "zone": zone,
        "lead": lead(),
        "hours": describe_hours(hours) if hours else "",
        "pace": pace_in_words(pace) if pace else "",
        "repeat": repeat_in_words(repeats.from_json(campaign.repeat)) if campaign.repeat else "",
        "hand_over_at": job_times.hand_over_time(send_at, campaign.clock_keeper, now),
        "hand_over": _hand_over_in_words(campaign, send_at, now),
        # "Now" inside the hours goes out as soon as it may.
        "last_leaves": _last_leaves(campaign, report),
        "is_now": not campaign.wall_time and _begins_at_once(report),
        "phone": _phone(campaign, report, user, zone),
        "one_by_one_takes": one_by_one.EACH * report.people,
        "most_texts": settings.MAX_DISTINCT_TEXTS,
        "has_too_many_texts": not campaign.one_by_one
        and report.texts > settings.MAX_DISTINCT_TEXTS,
        "warnings": warnings,
        **_passed(checks),
        "to_confirm": len(warnings) + types_number,
        "button": _("Ask for approval: %(what)s") % {"what": button} if needs_approval else button,
        "needs_approval": needs_approval,
        "not_with_channel": why_not_with(campaign.channel, user),
        "types_number": types_number,
        "approval": approval,
        "why_not": approvals.may_answer(approval, user) if approval else "",
        **_last_answer(campaign, approval),
        "token": uuid4(),
    }


def _passed(checks: Iterable[plan_checks.Check]) -> dict[str, Any]:
    """What is well. How long the sender needs is told beside the last message's time."""
    passed = [check for check in checks if check.is_ok]
    return {
        "queue": next((one.sentence for one in passed if one.code == "queue"), ""),
        "passed": [check for check in passed if check.code != "queue"],
    }


def _chosen(campaign: Campaign) -> dict[str, Any]:
    choice = selection.choice_of(campaign)
    return {
        "lists": format_html_join(
            ", ",
            "<bdi>{}</bdi> ({})",
            ((chosen.name, number(chosen.recipient_count)) for chosen in choice.lists),
        ),
        "filters": _names(choice.filters),
        "lists_left_out": _names(choice.lists_out),
        "filters_left_out": _names(choice.filters_out),
    }


def _last_answer(campaign: Campaign, approval: Approval | None) -> dict[str, Any]:
    last = None if approval else approvals.last_answer(campaign)
    came_back = last is not None and last.answer == Approval.Verdict.APPROVED
    changed = coming_back.what_changed(campaign, last) if last and came_back else []
    return {"last_answer": last, "what_changed": changed}


def _names(chosen: Iterable[RecipientList | SavedFilter]) -> str:
    return format_html_join(", ", "<bdi>{}</bdi>", ((part.name,) for part in chosen))


def _hand_over_in_words(campaign: Campaign, send_at: datetime, now: datetime) -> str:
    """When the jobs leave this server; "" if at the moment from which Sociocs takes them."""
    if campaign.one_by_one:
        return _(
            "each message shortly before its time. If you cancel, what has not gone out is stopped."
        )
    if campaign.clock_keeper == ClockKeeper.HERE:
        return _("shortly before its time; until then it waits here")
    if send_at - now > VENDOR_REACH:
        return ""
    return _(
        "right after you press Send, and keeps it until its time. If you cancel before then, we "
        "stop it there."
    )


def _phone(campaign: Campaign, report: PlanReport, user: User, zone: str) -> PhonePreview:
    """The first message at its time; nobody's while `user` may not see the people."""
    assert campaign.channel is not None
    at = report.first_slot or readiness.send_time(campaign, timezone.now())
    is_hidden = bool(list_access.borrowed_lists(campaign, user))
    person = None if is_hidden else _shown(campaign, report)
    text, around = (campaign.text, None) if is_hidden else content_for(campaign, person, user)
    return PhonePreview(
        look=campaign.channel.capabilities.medium.value,
        sender=shown_sender(campaign.team, campaign.channel),
        text=text,
        person=person,
        media_kind=campaign.media_kind,
        media_url=campaign.media_url if cost.has_media(campaign) else "",
        time=written(at.astimezone(ZoneInfo(zone)), "H:i"),
        around=around,
    )


def _shown(campaign: Campaign, report: PlanReport) -> Recipient | None:
    """Whose message is shown: the first person who gets one, unless they are gone by now."""
    recipient = Recipient.objects.filter(pk=report.somebody).first() if report.somebody else None
    return recipient or audience.first_person(campaign)


def _cost(campaign: Campaign, report: PlanReport) -> cost.Cost | None:
    assert campaign.channel is not None
    return cost.cost_of(
        campaign.team,
        campaign.channel,
        cost.has_media(campaign),
        messages=report.people,
        segments=report.segments.total if report.segments else 0,
    )


def _last_leaves(campaign: Campaign, report: PlanReport) -> datetime | None:
    """About when the last message leaves; of "now", as if the button were pressed now."""
    if report.last_leaves is None or campaign.wall_time:
        return report.last_leaves
    planned = datetime.fromisoformat(report.start)
    return readiness.send_time(campaign, timezone.now()) + (report.last_leaves - planned)


def _begins_at_once(report: PlanReport) -> bool:
    first = report.first_slot
    return first is None or first - datetime.fromisoformat(report.start) < timedelta(minutes=1)


def _zone_row(zone_plan: Any, zone: str) -> dict[str, Any]:
    return {
        "name": zone_plan.zones[0].replace("_", " ") if zone_plan.zones else "",
        "others": max(0, len(zone_plan.zones) - 1),
        "people": zone_plan.people,
        "jobs": zone_plan.jobs,
        "first": datetime.fromisoformat(zone_plan.first),
        "last": datetime.fromisoformat(zone_plan.last),
        # The clock of one of them: they agree in that it is day. Without any, the campaign's.
        "zone": zone_plan.zones[0] if zone_plan.zones else zone,
    }


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar of the timeline in an SVG of 480 x 64."""

    x: str
    y: str
    width: str
    height: str
    title: str


def _drawn(report: PlanReport, zone: str) -> list[Drawn]:
    """The bars of the timeline; none for a single slot, which needs no picture."""
    if len(report.bars) < 2:
        return []
    area = ZoneInfo(zone)
    moments = [datetime.fromisoformat(bar.at) for bar in report.bars]
    first, last = moments[0], report.last_slot or moments[-1]
    length = max((last - first).total_seconds(), 1)
    most = max(bar.people for bar in report.bars)
    bars = []
    for bar, at in zip(report.bars, moments, strict=True):
        left = min((at - first).total_seconds() / length * 470, 470)
        height = max(4.0, 60 * bar.people / most)
        title = f"{_stretch(bar, area)} · {people(bar.people)}"
        bars.append(Drawn(f"{left:.1f}", f"{64 - height:.1f}", "8", f"{height:.1f}", title))
    return bars


def _stretch(bar: TimelineBar, area: ZoneInfo) -> str:
    """From the first to the last slot of a bar: `Fri 2 Apr, 09:30 to 09:42 EDT`."""
    at = datetime.fromisoformat(bar.at).astimezone(area)
    until = datetime.fromisoformat(bar.until or bar.at).astimezone(area)
    begin, end = written(at, "D j M, H:i"), written(until, "D j M, H:i")
    if begin == end:
        return f"{begin} {zone_abbreviation(at)}"
    if at.date() == until.date():
        end = written(until, "H:i")
    words = {"begin": begin, "end": end, "zone": zone_abbreviation(until)}
    return _("%(begin)s to %(end)s %(zone)s") % words


def _button(campaign: Campaign, report: PlanReport, zone: str) -> str:
    """What pressing it does, in full."""
    count = people(report.people)
    if not campaign.wall_time and _begins_at_once(report):
        return _("Send to %(people)s now") % {"people": count}
    first = report.first_slot or readiness.send_time(campaign, timezone.now())
    at = first.astimezone(ZoneInfo(zone))
    day = written(at, "D j M") if at.year == timezone.now().year else written(at, "D j M Y")
    return _("Send to %(people)s on %(day)s, %(time)s") % {
        "people": count,
        "day": day,
        "time": written(at, "H:i"),
    }


# --- Pressing it ----------------------------------------------------------------------------------


@require_POST
@page_of_team(Action.LAUNCH)
def campaign_launch(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Launch exactly what the plan showed, or ask for approval; pressing twice launches once."""
    campaign = campaign_of(request, campaign_id)
    address = [request.team.slug, campaign.public_id]
    form = LaunchForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("The form was not complete, so nothing was sent. Check it and try again.")
        )
        return redirect("review", *address)
    try:
        is_launched = approvals.launch_or_ask(campaign, _confirmation(request, campaign, form))
    except LaunchRefused as refused:
        if refused.code is LaunchRefusal.PROBLEMS:
            return redirect(reverse("compose", args=address) + "?check")
        return _told(request, campaign, refused)
    if not is_launched:
        messages.success(
            request, _("Your colleagues can approve it now. Nothing is sent before that.")
        )
        return redirect("review", *address)
    hints.nudge(freeze, campaign.pk)
    return redirect("campaign", *address)


@reading_once()
def _confirmation(request: TeamRequest, campaign: Campaign, form: LaunchForm) -> Confirmation:
    """What the form says of what this person saw, typed and ticked."""
    given = form.cleaned_data
    return Confirmation(
        user=request.user,
        token=given["token"],
        version=given["version"],
        people=given["confirmed_count"],
        plan=plan_checks.plan_to_confirm(campaign, request.user, given["version"]),
        overruled=frozenset(request.POST.getlist("overrule")),
        typed=form.typed_people(),
        is_proved=proving.is_recent(request),
    )


def _told(request: TeamRequest, campaign: Campaign, refused: LaunchRefused) -> HttpResponse:
    """The page where they read why it was refused, or where they prove who they are."""
    page = reverse("review", args=[request.team.slug, campaign.public_id])
    if refused.code is LaunchRefusal.PASSWORD:
        asked = proving.ask_again(request, page, refused.sentence)
        if asked is not None:
            return asked
    messages.error(request, refused.sentence)
    return redirect(page)


@require_POST
@page_of_team(Action.LAUNCH)
def answer_approval(request: TeamRequest, campaign_id: UUID, approval_id: UUID) -> HttpResponse:
    """Approve a colleague's request to launch, or reject it with a reason."""
    campaign = campaign_of(request, campaign_id)
    address = [request.team.slug, campaign.public_id]
    user: User = request.user
    try:
        if request.POST.get("answer") == "approve":
            seen, is_proved = request.POST.get("fingerprint", ""), proving.is_recent(request)
            approvals.approve(approval_id, campaign, user, seen, is_proved=is_proved)
        else:
            approvals.reject(approval_id, campaign, user, request.POST.get("reason", ""))
            sentence = _("It is not sent. Your reason is shown to the person who asked.")
            messages.success(request, sentence)
            return redirect("review", *address)
    except LaunchRefused as refused:
        return _told(request, campaign, refused)
    except approvals.NotApproved as error:
        messages.error(request, error.sentence)
        return redirect("review", *address)
    hints.nudge(freeze, campaign.pk)
    return redirect("campaign", *address)
