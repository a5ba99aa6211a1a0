"""A campaign that messages join one by one while its day lasts, each with a text of its own.

For programs that send now and then: a campaign for each message would bury all others. A message
becomes a person and a submission of one, handed over as those of any campaign that goes out one by
one (`sending.one_by_one`). Whoever calls has asked `readiness` whether it may go out at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.message import message_of
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.moves import locked_campaign, move_campaign, record_event
from campaigns.scheduling import pacing
from campaigns.scheduling.pacing import CannotPlan, ZoneGroup
from campaigns.scheduling.timing import lead, zone_of
from campaigns.states import RUNNING, UNSENT, CampaignState, SubmissionState
from recipients.subscriber_keys import subscriber_key
from sending import day_limits, lateness, one_by_one, timetable
from sending.control import NotPossible
from sending.models import Submission
from sending.moves import move_submission
from sending.protocol import slot_candidates
from sociocs_gateway.messages import MessageRecipient
from teams.models import User

C, S = CampaignState, SubmissionState
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class JoiningMessage:
    """To whom, and what: of a template, a line for each variable. `at`: not before then."""

    phone: str
    name: str
    text: str
    at: datetime | None = None


def is_open(campaign: Campaign) -> bool:
    """Whether messages may still join it, so that it is not over however few wait."""
    return campaign.open_until is not None and campaign.open_until > timezone.now()


def open_standing(campaign: Campaign, user: User, first_at: datetime) -> None:
    """Launch a draft, with nobody yet, as one that messages join; the first for `first_at`.

    The caller holds a transaction.
    """
    now = timezone.now()
    move_campaign(
        campaign,
        C.FREEZING,
        message=message_of(campaign),
        launch_token=uuid4(),
        launched_by=user,
        launched_at=now,
        send_at=first_at,
    )
    move_campaign(campaign, C.SCHEDULED, hand_over_at=first_at, send_by=first_at)
    record_event(campaign, CampaignEvent.Kind.LAUNCHED, user, people=0)


def join(campaign: Campaign, joining: JoiningMessage) -> Submission:
    """Add a message to a campaign that stands open; gives its submission.

    The caller holds the campaign's row lock. Raises NotPossible when somebody stopped it or its
    day is over, or its hours and limits leave no time within a year; MessageNotExpressible when
    the vendor's API has no words for it. Then nothing was added.
    """
    if campaign.state not in {C.SCHEDULED, C.MISSED, *RUNNING} or not is_open(campaign):
        raise NotPossible(
            _(
                "Today's messages of this token were stopped in the dashboard, so this one was "
                "not taken."
            )
        )
    assert campaign.channel is not None
    slot, send_by = _time_for(campaign, joining)
    seq = (campaign.submissions.aggregate(last=Max("seq"))["last"] or 0) + 1
    submission = Submission(
        campaign=campaign,
        account_id=campaign.channel.account_id,
        seq=seq,
        first_position=seq,
        last_position=seq,
        recipient_count=1,
        text=joining.text,
        is_single=True,
        # What waits for its campaign becomes ready with it.
        state=S.PLANNED if campaign.state in {C.SCHEDULED, C.MISSED} else S.READY,
        planned_slot=slot,
        send_by=send_by,
    )
    submission.not_before = slot - one_by_one.lead_of(submission)
    one_by_one.message_for(submission, MessageRecipient(joining.phone, joining.name), slot)
    _add_person(campaign, joining, seq)
    submission.save()
    _note(campaign, submission)
    return submission


def _add_person(campaign: Campaign, joining: JoiningMessage, position: int) -> None:
    earlier = CampaignRecipient.objects.filter(
        campaign=campaign, phone_key=subscriber_key(joining.phone)
    )
    CampaignRecipient.objects.create(
        campaign=campaign,
        position=position,
        phone=joining.phone,
        name=joining.name,
        occurrence=earlier.count(),
    )


def _time_for(campaign: Campaign, joining: JoiningMessage) -> tuple[datetime, datetime]:
    """(its second, how late it may be): in its hours, on a day with room. Raises NotPossible."""
    earliest = timezone.now() + lead()
    if joining.at is not None:
        earliest = max(earliest, joining.at)
    try:
        if not timetable.is_timed(campaign):
            slot = next(slot_candidates(earliest, earliest))
            latest = lateness.send_by_of(slot)
        else:
            terms = timetable.terms_of(campaign, earliest, [(joining.text, 1)])
            alone = ZoneGroup((zone_of(campaign),), [1])
            (slice_,) = pacing.slices([alone], earliest, terms)
            slot, latest = slice_.slot, min(lateness.send_by_of(slice_.slot), slice_.latest)
        free = slot
        if day_limits.smallest_limit(campaign) is not None:
            # Behind those that wait already, which are counted when they are handed over.
            waiting = campaign.submissions.filter(state__in=UNSENT).count()
            free = day_limits.spread(campaign, [(slot, 1)] * (waiting + 1))[-1]
    except CannotPlan:
        sentence = _("The sending hours and limits leave no time for it within a year.")
        raise NotPossible(sentence) from None
    return free, latest - _SECOND + (free - slot)


def _note(campaign: Campaign, submission: Submission) -> None:
    """Count it, and let the campaign begin and end with its first and last message."""
    last = submission.send_by or submission.planned_slot
    changes = {
        "frozen_count": campaign.frozen_count + 1,
        "send_by": max(last, campaign.send_by or last),
    }
    is_first = not campaign.frozen_count
    if campaign.state == C.SCHEDULED:
        slot, at = submission.planned_slot, submission.not_before
        earlier = is_first or campaign.send_at is None or slot < campaign.send_at
        changes |= {"send_at": slot, "hand_over_at": at} if earlier else {}
    Campaign.objects.filter(pk=campaign.pk).update(**changes, updated_at=timezone.now())
    campaign.refresh_from_db()


def leave(submission: Submission) -> None:
    """Take a message out that waits here. Raises NotPossible once it is on its way."""
    with transaction.atomic():
        locked_campaign(submission.campaign_id)
        submission.refresh_from_db()
        waits = submission.state in {S.PLANNED, S.READY}
        if not waits or not move_submission(submission, S.CANCELLED):
            raise NotPossible(_("It is being sent, or was sent already."))
