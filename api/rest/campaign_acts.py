"""What is done with a campaign: launched, paused, taken back, given another time, decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Schema, Status

from api.models import Scope
from api.rest.access import ApiRequest
from api.rest.calls import Calls
from api.rest.campaign_fields import CampaignOut, posted_moment
from api.rest.campaigns import as_seen, campaign_for, told
from api.rest.pages import After, Limit, Page, cursor_page
from api.rest.problems import NotDone, invalid
from api.rest.texts import Moment, Sent, Text
from api.tokens import Caller, claim_people
from campaigns.models import Campaign
from campaigns.states import DecisionKind, SubmissionState
from composer import approvals, plan_checks
from composer.schedule_fields import RescheduleForm
from interface import hints
from sending import control, decisions, repeating, rescheduling
from sending import tasks as sending_tasks
from sending.models import Submission
from sending.readiness import Confirmation, LaunchRefusal, LaunchRefused
from sending.rescheduling import NewTime, Then
from sending.tasks import freeze
from teams.access import Action
from teams.models import User

router = Calls(tags=["campaigns"])
_NO_ATTEMPT = UUID(int=0)
# What a refused launch is answered with; the others are conflicts.
_REFUSED_AS = {
    LaunchRefusal.OUTDATED: HTTPStatus.PRECONDITION_FAILED,
    LaunchRefusal.PROBLEMS: HTTPStatus.UNPROCESSABLE_ENTITY,
    LaunchRefusal.CHANNEL: HTTPStatus.FORBIDDEN,
}


class LaunchConfirmation(Sent):
    """What the plan said: launching anything else is refused."""

    version: int = Field(ge=1, le=2_000_000_000)
    people: int = Field(ge=0, le=2_000_000_000)
    overruled: list[Text] = Field([], max_length=50, description="Codes of the plan's warnings.")


class Launched(Schema):
    """`launched`, or `waits_for_approval`: then it is sent once a colleague approves it."""

    result: str
    campaign: CampaignOut


class NewMoment(Sent):
    """Another time for a campaign, to the minute."""

    send_at: Moment = Field(examples=["2026-12-01T09:30:00-05:00"])
    time_zone: Text | None = Field(None, max_length=64)


class Undo(Sent):
    """What follows once all is taken back: `pause`, or `undo` for a draft again."""

    then: Then = Then.PAUSE


class Job(Schema):
    """A job of a campaign, as it was or will be handed over."""

    id: UUID
    seq: int
    state: str
    version: int
    people: int
    planned_at: datetime
    job_id: str
    attempt: UUID | None
    refusal: list[str]


class Decision(Sent):
    """An answer about a job of which nobody knows what became; `version` and `attempt` as shown."""

    kind: DecisionKind
    version: int = Field(ge=1, le=2_000_000_000)
    attempt: UUID | None = None
    people: int | None = Field(None, description="With `send_again`: who might get it twice.")
    job_id: Text = Field("", max_length=200)


def launch_by_token(
    caller: Caller, campaign: Campaign, confirmation: LaunchConfirmation, launch_token: UUID
) -> bool:
    """Launch what was confirmed, within the token's day; False: a colleague has to approve it.

    The scope stands for the password, and the number of people for the one that is typed. Raises
    NotDone, MayNot and TooMuch.
    """
    if campaign.channel is not None:
        caller.require_channel(campaign.channel)
    confirmed = Confirmation(
        user=caller.user,
        token=launch_token,
        version=confirmation.version,
        people=confirmation.people,
        plan=plan_checks.plan_to_confirm(campaign, caller.user, confirmation.version),
        overruled=frozenset(confirmation.overruled),
        typed=confirmation.people,
        is_proved=True,
    )
    try:
        with transaction.atomic():
            claim_people(caller.token, confirmation.people)
            is_launched = approvals.launch_or_ask(campaign, confirmed)
    except LaunchRefused as refused:
        status = _REFUSED_AS.get(refused.code, HTTPStatus.CONFLICT)
        raise NotDone(status, refused.sentence, refused.code.value) from None
    if is_launched:
        hints.nudge(freeze, campaign.pk)
    campaign.refresh_from_db()
    return is_launched


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/launch",
    Scope.LAUNCH,
    Launched,
    "Launch a draft as its plan said",
    status=202,
)
def launch_campaign(
    request: ApiRequest, response: HttpResponse, campaign_id: UUID, sent: LaunchConfirmation
) -> Any:
    """Up to the token's people a day. Above the team's mark a colleague has to approve it first."""
    campaign = as_seen(request, campaign_id)
    is_launched = launch_by_token(request.caller, campaign, sent, uuid4())
    result = "launched" if is_launched else "waits_for_approval"
    return Status(202, {"result": result, "campaign": told(response, campaign)})


def _act(
    request: ApiRequest,
    response: HttpResponse,
    campaign_id: UUID,
    act: Callable[[Campaign, User], None],
) -> dict[str, Any]:
    """Do it, and have the campaign taken further at once."""
    campaign = as_seen(request, campaign_id)
    act(campaign, request.user)
    hints.nudge(sending_tasks.tick)
    campaign.refresh_from_db()
    return told(response, campaign)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/pause",
    Scope.LAUNCH,
    CampaignOut,
    "Let nothing more go out for now",
)
def pause_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """What waits at Sociocs is taken back as far as it can be."""
    return _act(request, response, campaign_id, rescheduling.pause)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/resume",
    Scope.LAUNCH,
    CampaignOut,
    "Go on with a paused campaign",
)
def resume_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """A campaign whose time has passed goes on from now."""
    return _act(request, response, campaign_id, control.resume)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/cancel",
    Scope.LAUNCH,
    CampaignOut,
    "Send nothing more of it",
)
def cancel_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """Jobs that Sociocs has are taken back until their time comes."""
    return _act(request, response, campaign_id, control.cancel)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/end-repeat",
    Scope.LAUNCH,
    CampaignOut,
    "Let it repeat no more",
)
def end_repeat_of_campaign(request: ApiRequest, response: HttpResponse, campaign_id: UUID) -> Any:
    """Runs that were made already stay as they are."""

    def act(campaign: Campaign, user: User) -> None:
        if not repeating.end_repeat(campaign, user):
            raise NotDone(HTTPStatus.CONFLICT, "This campaign does not repeat.", "not_possible")

    return _act(request, response, campaign_id, act)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/take-back",
    Scope.LAUNCH,
    CampaignOut,
    "Take back what is not out yet",
)
def take_back_campaign(
    request: ApiRequest, response: HttpResponse, campaign_id: UUID, sent: Undo
) -> Any:
    """Then it is paused, or a draft again."""
    if sent.then is Then.RESCHEDULE:
        raise invalid([("then", "Use `reschedule` to give it another time.")])

    def act(campaign: Campaign, user: User) -> None:
        rescheduling.begin_taking_back(campaign, user, sent.then)

    return _act(request, response, campaign_id, act)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/reschedule",
    Scope.LAUNCH,
    CampaignOut,
    "Give it another time",
)
def reschedule_campaign(
    request: ApiRequest, response: HttpResponse, campaign_id: UUID, sent: NewMoment
) -> Any:
    """Jobs that are out already stay as they are."""

    def act(campaign: Campaign, user: User) -> None:
        zone = sent.time_zone or campaign.time_zone or campaign.team.time_zone
        form = RescheduleForm(campaign, posted_moment(sent.send_at, zone))
        if not form.is_valid():
            sentences = [str(one) for errors in form.errors.values() for one in errors]
            raise invalid(("send_at", sentence) for sentence in sentences)
        time = NewTime(form.wall_time, zone, int(form.cleaned_data["fold"] or 0))
        rescheduling.reschedule(campaign, user, time)

    return _act(request, response, campaign_id, act)


# --- Jobs -----------------------------------------------------------------------------------------


def _job_as_json(job: Submission) -> dict[str, Any]:
    return {
        "id": job.public_id,
        "seq": job.seq,
        "state": job.state,
        "version": job.version,
        "people": job.recipient_count,
        "planned_at": job.planned_slot,
        "job_id": job.job_id,
        "attempt": job.current_attempt_id,
        "refusal": job.refusal,
    }


@router.call(
    "GET",
    "/campaigns/{uuid:campaign_id}/jobs",
    Scope.READ,
    Page[Job],
    "The jobs of a campaign, in their order",
)
def list_jobs(
    request: ApiRequest,
    campaign_id: UUID,
    after: After,
    limit: Limit,
    state: SubmissionState | None = None,
) -> Any:
    """`unknown` ones wait for a decision."""
    jobs = campaign_for(request, campaign_id).submissions.select_related("current_attempt")
    if state is not None:
        jobs = jobs.filter(state=state.value)
    return cursor_page(jobs, after, limit, _job_as_json, newest_first=False)


@router.call(
    "POST",
    "/campaigns/{uuid:campaign_id}/jobs/{uuid:job_id}/decide",
    Scope.LAUNCH,
    Job,
    "Say what became of a job, or what to do with it",
)
def decide_job(request: ApiRequest, campaign_id: UUID, job_id: UUID, sent: Decision) -> Any:
    """Only while the question is the one that was shown (`version`, `attempt`)."""
    request.caller.require_action(Action.DECIDE)
    campaign = campaign_for(request, campaign_id)
    jobs = campaign.submissions.select_related("campaign", "current_attempt")
    job = get_object_or_404(jobs, public_id=job_id)
    if not decisions.is_repeat_typed(job, sent.kind, sent.people):
        told_to = f"Send {job.people_handed_over}, the number of people who might get it twice."
        raise invalid([("people", told_to)])
    decisions.decide(
        job,
        request.user,
        sent.kind,
        shown_version=sent.version,
        attempt_id=sent.attempt or _NO_ATTEMPT,
        job_id=sent.job_id if sent.kind is DecisionKind.MARK_AS_SENT else "",
    )
    hints.nudge(sending_tasks.tick)
    return _job_as_json(jobs.get(pk=job.pk))
