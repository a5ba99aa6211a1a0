"""`/message` and `/messages/scheduled`: one message joins its token's campaign of that day."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from api.call_models import CalledJob, StandingDay
from api.campaigns_by_call import (
    NAME_FIELD,
    CalledContent,
    CallRefused,
    draft_by_call,
    launch_by_call,
    problem_of,
    stage_people,
    waits_in_words,
    wall_time_of,
)
from api.idempotency import Answer
from api.sociocs_door import envelope
from api.sociocs_door.answering import DoorCall
from api.sociocs_door.bodies import CallBody
from api.sociocs_door.calls import TO_IS, Checked, MessageCall, message_call, name_of, phone_of
from api.sociocs_door.faults import CallFault, not_there, said_of
from api.sociocs_door.jobs import (
    LISTED,
    campaign_name,
    delete_job,
    fault_of,
    iso,
    jobs_of,
)
from api.sociocs_door.templates import filled_lines, kept_template, without_values
from api.tokens import claim_people
from campaigns import message
from campaigns.copying import AS_COPIED
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import locked_campaign, record_event
from campaigns.scheduling.timing import lead, usual_for
from campaigns.states import UNSENT, SubmissionState
from campaigns.texts import personal_texts
from campaigns.texts.dynamic_fields import parse_text
from campaigns.texts.personal_texts import FieldRules
from campaigns.texts.rendering import person_of
from interface.dates import written
from recipients.failing_numbers import failing_numbers_of, is_left_out
from recipients.opting_out.opt_outs import keep_out_erased, opted_out
from sending import readiness, standing
from sending.control import NotPossible
from sending.day_limits import day_of
from sending.models import Submission
from sending.readiness import LaunchRefused
from sending.standing import JoiningMessage
from sociocs_gateway.exceptions import MessageNotExpressible
from sociocs_gateway.messages import MessageFault
from teams.models import Team, User

S = SubmissionState


def send_message(call: DoorCall) -> HttpResponse:
    """`POST /message`."""
    return envelope.success(call.once(lambda body: _send(call, body)))


def _send(call: DoorCall, body: CallBody) -> Answer:
    checked = Checked(body.fields)
    to, name = phone_of(body.fields.get("to")), name_of(body.fields.get("name"))
    if to is None:
        checked.fault("to", TO_IS)
    if name is None:
        checked.fault("name", "has to be a text.")
    asked = message_call(checked, call.channels, call.caller.team.time_zone)
    template = kept_template(checked)
    _check_saving(checked)
    checked.refuse()
    assert asked is not None
    assert to is not None
    asked = replace(asked, template=template)
    message_to = _ToOne(call, asked, to, name or "")
    try:
        answer, _is_made = call.answer_once(message_to.made)
    except CallRefused as refused:
        raise fault_of(refused, asked.media_kind, "template") from None
    except NotPossible as refused:
        raise CallFault(refused.sentence) from None
    return answer


def _check_saving(checked: Checked) -> None:
    """Contacts at the vendor are the vendor's: what is asked for is understood, and not done."""
    saving = checked.fields.get("contact_saving")
    if saving is not None and not isinstance(saving, dict):
        checked.fault("contact_saving", 'has to be an object such as {"save": false}.')


@dataclass(frozen=True, slots=True)
class _ToOne:
    """A checked message to one person, and how it is made in the transaction of its answer."""

    call: DoorCall
    asked: MessageCall
    phone: str
    name: str

    def made(self) -> Answer:
        """Let it join the token's campaign of its day. Raises CallFault, CallRefused, NotPossible.

        Where the team wants every message seen by a second person, it waits for one instead.
        """
        caller, team = self.call.caller, self.call.caller.team
        _refuse_who_gets_nothing(team, self.phone)
        at = max(timezone.now() + lead(), self.asked.at or timezone.now())
        day = day_of(team, at)
        # Whoever comes second waits here, so that the day is counted by one after the other.
        campaign = self._standing(day, at)
        others = StandingDay.objects.filter(token=caller.token, day=day)
        people = others.aggregate(people=Sum("campaign__frozen_count"))["people"] or 0
        if readiness.needs_second_person(campaign, people + 1):
            return self._held(people)
        text = self._checked_text(campaign, at)
        try:
            submission = standing.join(
                campaign, JoiningMessage(self.phone, self.name, text, self.asked.at)
            )
        except MessageNotExpressible as fault:
            sentence = message.sentence_of(MessageFault(fault.code), self.asked.channel, text)
            raise CallFault(
                said_of("template" if self.asked.template else "text", sentence)
            ) from None
        claim_people(caller.token, 1)
        return {
            "message_id": submission.public_id.hex,
            "schedule": iso(submission.planned_slot),
        }

    def _held(self, people: int) -> Answer:
        if people:
            raise CallFault(
                _(
                    "This many people need a second person's approval, and this token "
                    "already sends %(people)s single messages that day. Send more as one "
                    "job, with POST /messages/bulk."
                )
                % {"people": people}
            )
        call, asked = self.call, self.asked
        staged = stage_people(
            call.caller, campaign_name(call), [(self.phone, self.name)], with_names=True
        )
        content = CalledContent(
            name=campaign_name(call),
            channel=asked.channel,
            text=asked.text,
            media_kind=asked.media_kind,
            media_url=asked.media_url,
            template=asked.template,
            sent_as=asked.sent_as,
            at=asked.at,
            one_by_one=True,
        )
        campaign = draft_by_call(call.caller, content, staged)
        job = CalledJob.objects.create(token=call.caller.token, campaign=campaign, is_single=True)
        launch_by_call(campaign, call.caller)
        return {
            "message_id": job.public_id.hex,
            "status": "waiting_for_approval",
            "message": waits_in_words(),
        }

    def _standing(self, day: date, at: datetime) -> Campaign:
        """The campaign of that day, its row locked; made if this is its first message."""
        token = self.call.caller.token
        mine = StandingDay.objects.filter(token=token, day=day, content_sha256=self._sha256())
        campaign_id = mine.values_list("campaign_id", flat=True).first()
        if campaign_id is None:
            try:
                with transaction.atomic():
                    campaign_id = self._opened(day, at)
            except IntegrityError:
                # Another of its first messages came at the same moment.
                campaign_id = mine.values_list("campaign_id", flat=True).get()
        return locked_campaign(campaign_id)

    def _sha256(self) -> str:
        asked = self.asked
        kept = without_values(asked.template)
        sender = asked.sent_as.pk if asked.sent_as else None
        alike = [asked.channel.pk, sender, asked.media_kind, asked.media_url, kept]
        return hashlib.sha256(orjson.dumps(alike)).hexdigest()

    def _opened(self, day: date, at: datetime) -> int:
        caller, asked, team = self.call.caller, self.asked, self.call.caller.team
        following = day + timedelta(days=1)
        timing = usual_for(team).columns() | {"continues_next_day": True}
        campaign = Campaign.objects.create(
            team=team,
            created_by=caller.user,
            updated_by=caller.user,
            version=AS_COPIED,
            name=f"{campaign_name(self.call)}, {written(day, 'j M Y')}"[:120],
            channel=asked.channel,
            sent_as=asked.sent_as,
            media_kind=asked.media_kind,
            media_url=asked.media_url,
            template=without_values(asked.template),
            one_by_one=True,
            time_zone=team.time_zone,
            open_until=datetime.combine(following, time.min, ZoneInfo(team.time_zone)),
            **timing,
        )
        StandingDay.objects.create(
            token=caller.token, day=day, content_sha256=self._sha256(), campaign=campaign
        )
        record_event(campaign, CampaignEvent.Kind.CREATED, caller.user)
        standing.open_standing(campaign, caller.user, at)
        return campaign.pk

    def _checked_text(self, campaign: Campaign, at: datetime) -> str:
        """What it says to this person, if it may go out at all. Raises CallFault, CallRefused."""
        asked, user = self.asked, self.call.caller.user
        # The draft that this one message would be.
        draft = copy.copy(campaign)
        draft.text, draft.template = asked.text, dict(asked.template)
        draft.wall_time, draft.fold = wall_time_of(asked.at, draft.time_zone)
        if problems := message.content_problems(draft, [NAME_FIELD]):
            raise CallRefused(problems)
        draft.text = self._rendered(draft, user, at)
        problems = readiness.launch_problems(draft, timezone.now(), 1, user)
        if problems := [problem for problem in problems if problem.field != "lists"]:
            raise CallRefused(problems)
        try:
            readiness.check_channel(draft, user)
        except LaunchRefused as refused:
            raise CallRefused([problem_of(refused)]) from None
        return filled_lines(asked.template) if asked.template else draft.text

    def _rendered(self, draft: Campaign, user: User, at: datetime) -> str:
        program = parse_text(self.asked.text)
        if not program.uses:
            return self.asked.text
        renderer = personal_texts.renderer_of(draft, program, FieldRules(), user, at)
        person = person_of(self.phone, self.name, {NAME_FIELD: self.name} if self.name else {})
        text = renderer.render(person)
        if not isinstance(text, str):
            raise CallFault(said_of("name", "is needed, since the text says it."))
        return text


def _refuse_who_gets_nothing(team: Team, phone: str) -> None:
    """Raise CallFault for whoever opted out, was erased, or has a number that does not work."""
    keep_out_erased(team, [phone])
    if opted_out(team, [phone]):
        raise CallFault(said_of("to", _("This person has opted out of messages from this team.")))
    if any(is_left_out(row) for row in failing_numbers_of(team, phone)):
        sentence = _("This number has failed several times, so nothing is sent to it.")
        raise CallFault(said_of("to", sentence))


# --- What waits -----------------------------------------------------------------------------------


def list_scheduled(call: DoorCall) -> HttpResponse:
    """`GET /messages/scheduled`: at most 100 single messages that wait, newest date first."""
    ahead = Q(state__in=sorted(UNSENT)) | Q(
        state=S.ACCEPTED.value, current_attempt__slot__gt=timezone.now()
    )
    rows = _messages(call).filter(ahead)
    rows = rows.select_related("campaign__channel", "current_attempt")
    waiting = list(rows.order_by("-planned_slot", "-pk")[:LISTED])
    people = CampaignRecipient.objects.filter(
        campaign_id__in={submission.campaign_id for submission in waiting},
        position__in={submission.first_position for submission in waiting},
    )
    to = {(person.campaign_id, person.position): person for person in people}
    return envelope.success(
        [
            _waiting(submission, to[submission.campaign_id, submission.first_position])
            for submission in waiting
        ]
    )


def _messages(call: DoorCall) -> QuerySet[Submission]:
    """The single messages of the team's programs, with the channels that the token may use."""
    standing_ones = Submission.objects.filter(campaign__standing_day__isnull=False)
    return standing_ones.filter(campaign__channel__in=call.channels)


def _waiting(submission: Submission, person: CampaignRecipient) -> dict[str, Any]:
    channel = submission.campaign.channel
    attempt = submission.current_attempt
    return {
        "message_id": submission.public_id.hex,
        "id": submission.public_id.hex,
        "provider": channel.provider if channel else "",
        "channel_key": channel.channel_key if channel else "",
        "to": person.phone,
        "name": person.name,
        "text": submission.text,
        "schedule": iso(attempt.slot if attempt else submission.planned_slot),
        "status": "scheduled",
    }


def delete_scheduled(call: DoorCall) -> HttpResponse:
    """`DELETE /messages/scheduled/{message_id}`: it is not sent; answered without `data`."""
    try:
        wanted = UUID(hex=call.part)
    except ValueError:
        raise not_there("This message") from None
    submission = _messages(call).filter(public_id=wanted).first()
    if submission is None:
        # One that waits for a second person is known by its job's id.
        if not jobs_of(call).filter(public_id=wanted, is_single=True).exists():
            raise not_there("This message")
        delete_job(call)
        return envelope.success()
    try:
        standing.leave(submission)
    except NotPossible as refused:
        raise CallFault(refused.sentence) from None
    return envelope.success()
