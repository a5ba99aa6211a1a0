"""Taking a campaign's people, or the history, along as a file."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from campaigns import list_access
from campaigns.addressed_campaigns import campaign_with_people
from campaigns.models import Campaign
from history import reporting, tasks
from history.history_filters import Filters
from history.models import Report
from interface import hints
from recipients.views import file_answers
from teams import alerts, day_sums
from teams.access import Action, TeamRequest, page_of_team


@require_POST
@page_of_team(Action.EXPORT)
def report_campaign(request: TeamRequest, campaign_id: UUID) -> HttpResponseBase:
    """The people of a launched campaign as the file that `format` says: "csv" or "xlsx"."""
    campaign = campaign_with_people(request, campaign_id)
    if not reporting.may_be_reported(campaign):
        raise Http404
    page = reverse("campaign", args=[request.team.slug, campaign.public_id])
    asked_first = day_sums.ask_before_numbers(request, page, campaign.frozen_count)
    if asked_first is not None:
        return asked_first
    alerts.taken_along(request.team, request.user, campaign.frozen_count)
    return _asked(request, campaign, Filters())


@require_POST
@page_of_team(Action.EXPORT)
def report_history(request: TeamRequest) -> HttpResponseBase:
    """The history as it is filtered, as a file."""
    return _asked(request, None, Filters.read(request.POST))


@require_GET
@page_of_team(Action.EXPORT)
def report_page(request: TeamRequest, report_id: UUID) -> HttpResponse:
    """Whether a large file is ready, and how far it is; renews itself until it is."""
    report = _own(request, report_id)
    pages = ("history/report.html", "history/_report.html")
    return file_answers.progress_page(request, report, *pages, {"report": report})


@require_GET
@page_of_team(Action.EXPORT)
def report_file(request: TeamRequest, report_id: UUID) -> HttpResponseBase:
    """The finished file; only for who asked for it, and only for a day."""
    report = _own(request, report_id)
    path = report.path
    if path is None:
        return redirect("report", request.team.slug, report.public_id)
    return file_answers.file_answer(path, _name(report), report.file_format)


def _own(request: TeamRequest, report_id: UUID) -> Report:
    reports = Report.objects.filter(team=request.team, asked_by=request.user)
    report: Report = get_object_or_404(
        reports.select_related("campaign__team"), public_id=report_id
    )
    # The list may be no longer shared.
    if report.campaign and (sentence := list_access.kept_back(report.campaign, request.user)):
        raise PermissionDenied(sentence)
    return report


def _asked(request: TeamRequest, campaign: Campaign | None, filters: Filters) -> HttpResponseBase:
    file_format = file_answers.asked_format(request)
    asked = reporting.begin_report(request.team, request.user, file_format, campaign, filters)
    if asked.is_being_made:
        hints.nudge(tasks.make_report, asked.pk)
        return redirect("report", request.team.slug, asked.public_id)
    return file_answers.table_answer(_name(asked), file_format, reporting.report_table(asked))


def _name(asked: Report) -> str:
    return slugify(asked.campaign.name) or "campaign" if asked.campaign else "campaigns"
