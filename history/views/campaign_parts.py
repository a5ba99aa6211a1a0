"""Parts of a campaign's page that have addresses of their own: its jobs, its delivery over time."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.middleware import HtmxDetails

from campaigns.addressed_campaigns import campaign_of
from campaigns.states import FINISHED
from history import campaign_rows
from history.delivery_times import delivery_times
from sending.models import Submission
from teams.access import Action, TeamRequest, page_of_team

NOTHING_NEW = 204
_LONGEST_ID = 200


@require_GET
@page_of_team(Action.VIEW)
def campaign_jobs(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """The campaign's jobs at Sociocs, a page at a time, or the one with the id `?job_id`.

    204 while they are still what `?seen` names.
    """
    campaign = campaign_of(request, campaign_id)
    so_far = Submission.objects.filter(campaign=campaign).aggregate(n=Count("pk"), v=Sum("version"))
    seen = f"{campaign.version}.{so_far['n']}.{so_far['v'] or 0}"
    if request.GET.get("seen") == seen:
        return HttpResponse(status=NOTHING_NEW)
    after, job_id = request.GET.get("after", ""), request.GET.get("job_id", "").strip()
    place = int(after) if after.isdecimal() and len(after) < 10 else 0
    jobs = campaign_rows.jobs_of(campaign, place)
    if job_id:
        with_id = campaign.submissions.filter(job_id=job_id[:_LONGEST_ID].replace("\x00", ""))
        found = list(with_id.select_related("current_attempt")[:1])
        jobs = campaign_rows.JobsPage(campaign_rows.job_lines(found), None, None)
    context = {
        "campaign": campaign,
        "tab": "jobs",
        "jobs": jobs,
        "job_id": job_id,
        "job_count": so_far["n"],
        "is_live": campaign.state not in campaign_rows.AT_REST,
        "live_query": urlencode({"after": place or "", "job_id": job_id, "seen": seen}),
        "zone": campaign.time_zone or request.team.time_zone,
    }
    return render(request, "history/campaign_jobs.html", context)


@require_GET
@page_of_team(Action.VIEW)
def campaign_delivery_times(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Delivery over time as a part of the campaign's page; opened by itself it leads there."""
    campaign = campaign_of(request, campaign_id)
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if not htmx:
        return redirect("campaign", request.team.slug, campaign.public_id)
    zone = campaign.time_zone or request.team.time_zone
    context = {
        "campaign": campaign,
        "times": delivery_times(campaign, zone),
        "is_live": campaign.state not in FINISHED,
        "nothing": _("No report yet."),
    }
    return render(request, "history/_delivery_times.html", context)
