"""`/messages/bulk`: a call becomes a campaign; its job id answers for all that comes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils import timezone

from api.call_models import CalledJob
from api.campaigns_by_call import (
    NAME_FIELD,
    CalledContent,
    CallRefused,
    draft_by_call,
    drop_staged,
    launch_by_call,
    stage_people,
    waits_in_words,
    wall_time_of,
)
from api.idempotency import Answer
from api.sociocs_door import envelope
from api.sociocs_door.answering import DoorCall, most_of_lists
from api.sociocs_door.bodies import CallBody
from api.sociocs_door.calls import Checked, MessageCall, message_call, people_of, schedule_of
from api.sociocs_door.faults import CallFault, not_there, said_of
from campaigns.models import Campaign
from campaigns.problems import Problem
from campaigns.scheduling.timing import lead
from campaigns.states import FINISHED, CampaignState, Outcome
from composer import approvals, drafts
from recipients.models import RecipientList
from sending import control, rescheduling
from sending.control import NotPossible
from sending.models import Attempt

C = CampaignState
LISTED = 100
# A field of a draft, as the API calls it.
_FIELDS = {
    "channel": "channel_key",
    "wall_time": "schedule",
    "lists": "recipients",
    "sent_as": "user_id",
    "test": "text",
}
_STATUS = {
    C.FREEZING: "scheduled",
    C.SCHEDULED: "scheduled",
    C.SENDING: "running",
    C.PAUSED: "paused",
    C.MISSED: "waiting_for_decision",
    C.NEEDS_DECISION: "waiting_for_decision",
    C.CANCELLING: "cancelled",
    C.CANCELLED: "cancelled",
    C.COMPLETED: "completed",
}


def campaign_name(call: DoorCall) -> str:
    """How the campaigns of a token are called."""
    return f"By API: {call.caller.token.name}"


def fault_of(refused: CallRefused, media_kind: str = "", way: str = "recipients") -> CallFault:
    """What stands in the way of a campaign, said of the fields of the call.

    `way`: the field that decides by which of the vendor's calls it goes out.
    """
    return CallFault(*(_said(problem, media_kind, way) for problem in refused.problems))


def _said(problem: Problem, media_kind: str, way: str) -> str:
    name = way if problem.field == "send_method" else _FIELDS.get(problem.field, problem.field)
    if name.startswith("media"):
        name = f"{media_kind or 'image'}_url"
    if name.startswith("template"):
        name = "template"
    return said_of(name, problem.sentence) if name else problem.sentence


# --- Making ---------------------------------------------------------------------------------------


def create_job(call: DoorCall) -> HttpResponse:
    """`POST /messages/bulk`."""
    return envelope.success(call.once(lambda body: _create(call, body), most_of_lists()))


def _create(call: DoorCall, body: CallBody) -> Answer:
    checked = Checked(body.fields)
    asked = message_call(checked, call.channels, call.caller.team.time_zone)
    if not body.recipient_count:
        checked.fault("recipients", "has to be a list with at least one object with to and name.")
    checked.refuse()
    assert asked is not None
    with_names = re.search(r"\{\{\s*" + NAME_FIELD + r"\s*\}\}", asked.text) is not None
    people = stage_people(
        call.caller, campaign_name(call), people_of(body, checked), with_names=with_names
    )
    try:
        answer, is_made = call.answer_once(lambda: _made(call, asked, people))
    except CallRefused as refused:
        drop_staged(people)
        raise fault_of(refused, asked.media_kind) from None
    except BaseException:
        drop_staged(people)
        raise
    if not is_made:
        drop_staged(people)
    return answer


def _made(call: DoorCall, asked: MessageCall, people: RecipientList) -> Answer:
    content = CalledContent(
        name=campaign_name(call),
        channel=asked.channel,
        text=asked.text,
        media_kind=asked.media_kind,
        media_url=asked.media_url,
        template=asked.template,
        sent_as=asked.sent_as,
        at=asked.at,
        duplicates_allowed=asked.duplicates_allowed,
        one_by_one=bool(asked.template),
    )
    campaign = draft_by_call(call.caller, content, people)
    job = CalledJob.objects.create(token=call.caller.token, campaign=campaign)
    return answer_of(job, launch_by_call(campaign, call.caller))


def answer_of(job: CalledJob, is_launched: bool) -> Answer:
    """The job's id; of one that waits for a second person, also that it does."""
    if is_launched:
        return {"job_id": job.public_id.hex}
    return {
        "job_id": job.public_id.hex,
        "status": "waiting_for_approval",
        "message": waits_in_words(),
    }


# --- Looking --------------------------------------------------------------------------------------


def list_jobs(call: DoorCall) -> HttpResponse:
    """`GET /messages/bulk`: at most 100 jobs, newest scheduled date first."""
    jobs = jobs_of(call)
    jobs = jobs.annotate(at=Coalesce("campaign__send_at", "created_at")).order_by("-at", "-pk")
    rows = list(jobs.select_related("campaign__channel")[:LISTED])
    campaigns = [job.campaign for job in rows if job.campaign is not None]
    waiting = approvals.waiting_for_approval(campaign.pk for campaign in campaigns)
    return envelope.success([_shown(job, waiting) for job in rows])


def jobs_of(call: DoorCall) -> QuerySet[CalledJob]:
    """The jobs that the team's programs made, with the channels that the token may use."""
    return CalledJob.objects.filter(campaign__channel__in=call.channels)


def _shown(job: CalledJob, waiting: set[int]) -> dict[str, Any]:
    campaign = job.campaign
    assert campaign is not None
    at: datetime = job.at  # type: ignore[attr-defined]
    channel = campaign.channel
    return {
        "job_id": job.public_id.hex,
        "id": job.public_id.hex,
        "provider": channel.provider if channel else "",
        "channel_key": channel.channel_key if channel else "",
        "text": campaign.text,
        "schedule": iso(at),
        "status": status_of(campaign, campaign.pk in waiting),
        "recipient_count": campaign.frozen_count or campaign.confirmed_count or 0,
        "left_out": campaign.left_out,
        "created_at": round(job.created_at.timestamp() * 1000),
    }


def status_of(campaign: Campaign, is_waiting: bool) -> str:
    """Where a job stands, in a word."""
    if campaign.state == C.DRAFT:
        return "waiting_for_approval" if is_waiting else "waiting_for_decision"
    return _STATUS[C(campaign.state)]


def iso(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


# --- Changing -------------------------------------------------------------------------------------


def reschedule_job(call: DoorCall) -> HttpResponse:
    """`PUT /messages/bulk/{job_id}`: another time; one in the past means as soon as it goes."""
    job, campaign = _job_of(call)
    checked = Checked(call.body().fields)
    at = schedule_of(checked, call.caller.team.time_zone)
    if at is None and not checked.faults:
        checked.fault("schedule", "is required: an ISO 8601 time with its offset.")
    checked.refuse()
    _refuse_what_is_out(campaign)
    try:
        with transaction.atomic():
            is_launched = _move(call, campaign, at)
    except NotPossible as refused:
        raise CallFault(said_of("schedule", refused.sentence)) from None
    except CallRefused as refused:
        raise fault_of(refused) from None
    return envelope.success(answer_of(job, is_launched))


def _move(call: DoorCall, campaign: Campaign, at: datetime | None) -> bool:
    zone = call.caller.team.time_zone
    if campaign.state == C.DRAFT:
        wall_time, fold = wall_time_of(at, zone)
        content = replace(
            drafts.content_of(campaign), wall_time=wall_time, fold=fold, time_zone=zone
        )
        drafts.save(campaign, call.caller.user, campaign.version, content)
        return launch_by_call(campaign, call.caller, is_counted=True)
    soonest = timezone.now() + lead() + timedelta(seconds=1)
    wall_time, fold = wall_time_of(max(at or soonest, soonest), zone)
    time = rescheduling.NewTime(wall_time, zone, fold)
    rescheduling.reschedule(campaign, call.caller.user, time)
    return True


def delete_job(call: DoorCall) -> HttpResponse:
    """`DELETE /messages/bulk/{job_id}`: nobody gets it; refused once it runs or has run."""
    job, campaign = _job_of(call)
    _refuse_what_is_out(campaign)
    try:
        if campaign.state != C.DRAFT:
            control.cancel(campaign, call.caller.user)
            campaign.refresh_from_db()
        if campaign.state == C.DRAFT and not drafts.delete_draft(campaign):
            raise CallFault("It was launched in the meantime. Delete it again.")
    except NotPossible as refused:
        raise CallFault(refused.sentence) from None
    return envelope.success({"job_id": job.public_id.hex})


def _job_of(call: DoorCall) -> tuple[CalledJob, Campaign]:
    try:
        wanted = UUID(hex=call.part)
    except ValueError:
        raise not_there("This job") from None
    mine = jobs_of(call).select_related("campaign__channel__account", "campaign__team")
    job = mine.filter(public_id=wanted).first()
    if job is None or job.campaign is None:
        raise not_there("This job")
    return job, job.campaign


def _refuse_what_is_out(campaign: Campaign) -> None:
    attempts = Attempt.objects.filter(submission__campaign=campaign, revoked_at=None)
    out = attempts.exclude(outcome=Outcome.NOT_SENT.value).filter(slot__lte=timezone.now())
    if campaign.state in FINISHED or campaign.state == C.CANCELLING or out.exists():
        raise CallFault("This job is being sent or has already run, or was deleted.")
