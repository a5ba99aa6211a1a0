"""A person's answers about jobs of which nobody else can know what became."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.states import DecisionKind
from composer.forms import DecisionForm, typed_number
from interface import hints
from interface.wording import number, people
from sending import deciding_together, decisions, tasks
from sending.control import NotPossible
from sending.models import Submission
from teams.access import Action, TeamRequest, page_of_team

NO_ATTEMPT = UUID(int=0)


def _job_of(request: TeamRequest, campaign_id: UUID, job_id: UUID) -> Submission:
    submissions = Submission.objects.filter(
        campaign__team=request.team, campaign__public_id=campaign_id
    ).select_related("campaign")
    return get_object_or_404(submissions, public_id=job_id)


def _back(request: TeamRequest, job: Submission) -> HttpResponse:
    page = reverse("campaign", args=[request.team.slug, job.campaign.public_id])
    return redirect(f"{page}#job-{job.seq}")


@require_POST
@page_of_team(Action.DECIDE)
def job_decide(request: TeamRequest, campaign_id: UUID, job_id: UUID) -> HttpResponse:
    """Record an answer: the field `kind`, and the question the person had in front of them."""
    job = _job_of(request, campaign_id, job_id)
    form, kind = DecisionForm(request.POST), request.POST.get("kind", "")
    if kind not in set(DecisionKind) or not form.is_valid():
        raise Http404
    if not decisions.is_repeat_typed(job, DecisionKind(kind), form.typed_people()):
        messages.error(
            request,
            _("Nothing was sent again: type %(n)s, the number of people who might get it twice.")
            % {"n": number(job.people_handed_over)},
        )
        return _back(request, job)
    try:
        decisions.decide(
            job,
            request.user,
            DecisionKind(kind),
            shown_version=form.cleaned_data["shown_version"],
            attempt_id=form.cleaned_data["attempt_id"] or NO_ATTEMPT,
            job_id=form.cleaned_data["job_id"] if kind == DecisionKind.MARK_AS_SENT else "",
        )
    except NotPossible as error:
        messages.error(request, error.sentence)
    else:
        hints.nudge(tasks.tick)
    return _back(request, job)


@require_POST
@page_of_team(Action.DECIDE)
def campaign_decide_all(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Record one answer for all unclear single messages of a campaign."""
    campaign = get_object_or_404(Campaign, team=request.team, public_id=campaign_id)
    kind, asked = request.POST.get("kind", ""), deciding_together.common_question(campaign)
    if kind not in deciding_together.KINDS:
        raise Http404
    typed = typed_number(request.POST.get("people", ""))
    if kind == DecisionKind.SEND_AGAIN and (asked is None or typed != asked.people):
        count = number(asked.people) if asked else "0"
        sentence = _(
            "Nothing was sent again: type %(n)s, the number of people who might get it twice."
        )
        messages.error(request, sentence % {"n": count})
        return redirect("campaign", request.team.slug, campaign.public_id)
    try:
        answered = deciding_together.decide_all(
            campaign, request.user, DecisionKind(kind), request.POST.get("mark", "")
        )
    except NotPossible as error:
        messages.error(request, error.sentence)
    else:
        hints.nudge(tasks.tick)
        messages.success(request, _("Answered for %(people)s.") % {"people": people(answered)})
    return redirect("campaign", request.team.slug, campaign.public_id)


@require_POST
@page_of_team(Action.DECIDE)
def job_look_again(request: TeamRequest, campaign_id: UUID, job_id: UUID) -> HttpResponse:
    """Look for an unclear job in Sociocs' list once more, now."""
    job = _job_of(request, campaign_id, job_id)
    decisions.look_again(job)
    hints.nudge(tasks.look, job.account_id)
    messages.info(request, _("We are looking for it at Sociocs again."))
    return _back(request, job)
