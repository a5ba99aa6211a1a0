"""The people of a launched campaign: who was in which job, what became of it, and a new draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import list_access
from campaigns.addressed_campaigns import campaign_of, campaign_with_people
from campaigns.models import Campaign
from campaigns.person_states import PERSON_WORDS
from campaigns.state_words import OUTCOME_WORDS, Word, unclear_words
from campaigns.timeline import ANSWERS
from history import followups, tasks
from history.campaign_rows import job_lines
from history.reached import FILTERS, LEFT_OUT, people_of
from interface import hints
from interface.wording import Text, people
from sending.models import Decision, Submission
from teams.access import Action, TeamRequest, page_of_team

FILTER_LABELS: dict[str, Text] = {
    **{state.value: word.label for state, word in PERSON_WORDS.items()},
    LEFT_OUT: gettext_lazy("Left out later"),
}


@require_http_methods(["GET", "POST"])
@page_of_team(Action.VIEW)
def campaign_people(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Who was in it, a page at a time; `only` narrows it down.

    Words to search for come by POST, so that no address or log holds a number or a name.
    """
    campaign = campaign_with_people(request, campaign_id)
    asked = request.POST if request.method == "POST" else request.GET
    only = asked.get("only", "")
    words = request.POST.get("words", "")[:100].replace("\x00", "")
    context = {
        "campaign": campaign,
        "tab": "people",
        "page": people_of(campaign, only, words, asked.get("after", "")),
        "only": only if only in FILTERS else "",
        "words": words,
        "is_first": not asked.get("after"),
        "filters": FILTER_LABELS.items(),
    }
    return render(request, "history/people.html", context)


@require_GET
@page_of_team(Action.VIEW)
def campaign_job(request: TeamRequest, campaign_id: UUID, job_id: UUID) -> HttpResponse:
    """One job: every attempt at it with the vendor's own answer, and what people decided."""
    campaign = campaign_of(request, campaign_id)
    submission = get_object_or_404(campaign.submissions, public_id=job_id)
    (line,) = job_lines([submission])
    attempts = submission.attempts.select_related("waived_by__user").order_by("-n")
    context = {
        "campaign": campaign,
        "line": line,
        "job": submission,
        # A text can hold what is known of a person.
        "kept_back": list_access.kept_back(campaign, request.user),
        "attempts": [_attempt(attempt) for attempt in attempts],
        "decisions": [
            (decision, _decided(decision, submission))
            for decision in submission.decisions.select_related("user").order_by("-pk")
        ],
    }
    return render(request, "history/job.html", context)


def _attempt(attempt: Any) -> tuple[Any, Word, str, list[str]]:
    """(attempt, outcome in words, why, the vendor's own words)."""
    why = unclear_words(attempt.reason) if attempt.outcome == "ambiguous" else attempt.reason
    answers = [str(answer) for answer in attempt.evidence.values() if answer]
    return attempt, OUTCOME_WORDS[attempt.outcome], why, answers


def _decided(decision: Decision, submission: Submission) -> str:
    values = {"who": decision.user, "people": people(submission.recipient_count)}
    return str(ANSWERS[decision.kind]) % values


@require_POST
@page_of_team(Action.COMPOSE)
def campaign_follow_up(request: TeamRequest, campaign_id: UUID) -> HttpResponse:
    """Make a draft for those of a finished campaign who are in the chosen `groups`."""
    campaign = campaign_with_people(request, campaign_id)
    chosen = [
        group for group in followups.FollowUpGroup if group.value in request.POST.getlist("groups")
    ]
    try:
        asked = followups.begin_follow_up(campaign, request.user, chosen)
    except followups.NothingLeft:
        messages.error(request, _("Choose who gets the new draft."))
        return redirect("campaign", request.team.slug, campaign.public_id)
    draft = followups.gather(asked.pk, followups.SECONDS_AT_ONCE)
    if draft is not None:
        return _to_draft(request, draft)
    asked.refresh_from_db()
    if asked.done_at is None:
        hints.nudge(tasks.gather, asked.pk)
        messages.info(
            request,
            _(
                "We are collecting the people. The draft “%(name)s” will soon be among your "
                "campaigns."
            )
            % {"name": asked.recipient_list},
        )
    else:
        messages.info(request, _("Nobody you chose is left. No draft was made."))
    return redirect("campaign", request.team.slug, campaign.public_id)


def _to_draft(request: TeamRequest, draft: Campaign) -> HttpResponse:
    messages.success(request, _("This draft is for the people you chose. Check it, then send it."))
    return redirect("compose", request.team.slug, draft.public_id)
