"""What the engine and the networks would have left of the sample's campaigns, told in their order.

Each campaign goes to whoever of its list has not opted out and has a number that works by then, as
a frozen audience does; so every page adds up.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from campaigns import message
from campaigns.models import Campaign, CampaignEvent, CampaignList, CampaignRecipient
from campaigns.states import CampaignState, How, LateLook, Outcome, SubmissionState
from delivery.models import DeliveryCount, SentMessage
from demo.sample.marks import sample_id
from demo.sample.networks import Networks
from demo.sample.rows import as_of
from demo.sample.story import Chapter
from recipients.models import Recipient, RecipientList
from sending.models import Attempt, DayTotal, Submission
from sociocs_accounts.models import Channel
from teams.models import User

Kind = CampaignEvent.Kind
_Line = tuple[datetime, Kind, dict[str, object]]
# A job takes so many people, so many minutes after the one before.
_PEOPLE_A_JOB, _MINUTES_A_JOB = 100, 10
_HANDED_OVER_BEFORE = timedelta(minutes=5)
_WITHOUT_ANSWER = 2


@dataclass
class Past:
    """Writes campaigns that are over; `networks` decides what became of each message."""

    channels: dict[str, Channel]
    lists: dict[str, RecipientList]
    people: tuple[User, User]
    networks: Networks
    now: datetime = field(default_factory=timezone.now)
    messages: list[SentMessage] = field(default_factory=list)
    jobs: list[Submission] = field(default_factory=list)
    days: Counter[tuple[int, date]] = field(default_factory=Counter)

    def tell(self, number: int, chapter: Chapter) -> Campaign:
        """Write a campaign of days ago, which is complete."""
        day = (self.now - timedelta(days=chapter.days_ago)).date()
        at = datetime.combine(day, time(chapter.hour, chapter.minute), self.now.tzinfo)
        campaign, rows = self._campaign(number, chapter, at, CampaignState.COMPLETED)
        jobs = self._jobs(campaign, len(rows))
        for submission in jobs:
            self._accepted(submission, rows)
        over = jobs[-1].planned_slot + timedelta(minutes=1)
        Campaign.objects.filter(pk=campaign.pk).update(finished_at=over, updated_at=over)
        self._timeline(campaign, len(jobs), (over, Kind.COMPLETED, {}))
        return campaign

    def tell_question(self, number: int, chapter: Chapter) -> Campaign:
        """Write one of some hours ago whose second job got no clear answer."""
        at = (self.now - timedelta(hours=chapter.hour)).replace(second=0, microsecond=0)
        campaign, rows = self._campaign(number, chapter, at, CampaignState.NEEDS_DECISION)
        jobs = self._jobs(campaign, len(rows))
        for submission in jobs:
            if submission.seq != _WITHOUT_ANSWER:
                self._accepted(submission, rows)
        unclear = jobs[_WITHOUT_ANSWER - 1]
        asked_at = self._unclear(unclear)
        facts = {
            "seq": unclear.seq,
            "people": unclear.recipient_count,
            "reason": "timeout",
            "http_status": None,
        }
        over = jobs[-1].planned_slot + timedelta(minutes=1)
        asked: _Line = (asked_at, Kind.UNCLEAR, facts)
        self._timeline(campaign, len(jobs), asked, (over, Kind.NEEDS_DECISION, {}))
        return campaign

    def store(self) -> None:
        """Write what is written together, at the end."""
        Submission.objects.bulk_update(self.jobs, ["current_attempt"])
        SentMessage.objects.bulk_create(self.messages)
        counts = Counter((one.campaign, one.status) for one in self.messages)
        DeliveryCount.objects.bulk_create(
            DeliveryCount(campaign=campaign, status=status, messages=messages)
            for (campaign, status), messages in counts.items()
        )
        team = next(iter(self.channels.values())).team
        DayTotal.objects.bulk_create(
            DayTotal(team=team, channel_id=channel_id, day=day, people=people)
            for (channel_id, day), people in self.days.items()
        )
        self.networks.store()

    def _campaign(
        self, number: int, chapter: Chapter, at: datetime, state: CampaignState
    ) -> tuple[Campaign, list[CampaignRecipient]]:
        made_at, author = at - timedelta(minutes=40), self.people[chapter.by_second]
        recipient_list = self.lists[chapter.audience]
        team = recipient_list.team
        campaign = as_of(
            Campaign(
                public_id=sample_id("campaign", number),
                team=team,
                created_by=author,
                updated_by=author,
                launched_by=author,
                name=chapter.name,
                text=chapter.text,
                channel=self.channels[chapter.provider],
                time_zone=team.time_zone,
                state=state.value,
                version=6,
                pace_count=_PEOPLE_A_JOB,
                pace_minutes=_MINUTES_A_JOB,
                send_at=at,
                hand_over_at=at - _HANDED_OVER_BEFORE,
                send_by=at + timedelta(hours=2),
                launch_token=uuid.uuid4(),
                created_at=made_at,
                updated_at=at,
                launched_at=at - timedelta(minutes=10),
            )
        )
        CampaignList.objects.create(campaign=campaign, recipient_list=recipient_list)
        rows, left_out = self._frozen(campaign, recipient_list)
        campaign.message = message.message_of(campaign)
        campaign.frozen_count = campaign.confirmed_count = len(rows)
        campaign.left_out = dict(left_out)
        Campaign.objects.filter(pk=campaign.pk).update(
            message=campaign.message,
            frozen_count=len(rows),
            confirmed_count=len(rows),
            left_out=campaign.left_out,
        )
        return campaign, rows

    def _frozen(
        self, campaign: Campaign, recipient_list: RecipientList
    ) -> tuple[list[CampaignRecipient], Counter[str]]:
        """The people, in the order of the list; and why its other rows are not among them."""
        assert campaign.channel is not None
        left_out: Counter[str] = Counter()
        rows: list[CampaignRecipient] = []
        for one in Recipient.objects.filter(recipient_list=recipient_list).order_by("pk"):
            if why := self.networks.why_left_out(campaign.channel, one):
                left_out[why] += 1
                continue
            rows.append(
                CampaignRecipient(
                    campaign=campaign,
                    position=len(rows) + 1,
                    phone=one.phone,
                    name=one.name,
                    fields=one.fields,
                )
            )
        return CampaignRecipient.objects.bulk_create(rows), left_out

    def _jobs(self, campaign: Campaign, people: int) -> list[Submission]:
        assert campaign.channel is not None
        assert campaign.send_at is not None
        jobs = []
        for seq, first in enumerate(range(1, people + 1, _PEOPLE_A_JOB), start=1):
            last = min(first + _PEOPLE_A_JOB - 1, people)
            slot = campaign.send_at + timedelta(minutes=_MINUTES_A_JOB * (seq - 1))
            jobs.append(
                Submission(
                    public_id=sample_id(f"job of campaign {campaign.public_id}", seq),
                    campaign=campaign,
                    account_id=campaign.channel.account_id,
                    seq=seq,
                    first_position=first,
                    last_position=last,
                    recipient_count=last - first + 1,
                    text=campaign.text,
                    version=4,
                    planned_slot=slot,
                    attempt_count=1,
                )
            )
        return jobs

    def _accepted(self, submission: Submission, rows: Sequence[CampaignRecipient]) -> None:
        """A job that Sociocs took, and what was reported of its people."""
        job_id = submission.public_id.hex[:24]
        submission.state = SubmissionState.ACCEPTED.value
        submission.job_id, submission.how = job_id, How.ANSWER.value
        submission.late_look = LateLook.NOBODY.value
        self._attempt(submission, outcome=Outcome.ACCEPTED.value, http_status=200, job_id=job_id)
        campaign, slot = submission.campaign, submission.planned_slot
        for row in rows[submission.first_position - 1 : submission.last_position]:
            if sent := self.networks.report(campaign, submission, row, slot, self.now):
                self.messages.append(sent)

    def _unclear(self, submission: Submission) -> datetime:
        """A job of which nobody knows whether Sociocs took it; it was looked for in vain."""
        submission.state = SubmissionState.UNKNOWN.value
        attempt = self._attempt(
            submission,
            outcome=Outcome.AMBIGUOUS.value,
            reason="timeout",
            looks=4,
            last_look_at=submission.planned_slot,
            last_sight="not_seen",
        )
        assert attempt.finished_at is not None
        return attempt.finished_at

    def _attempt(self, submission: Submission, **facts: object) -> Attempt:
        slot, channel = submission.planned_slot, submission.campaign.channel
        assert channel is not None
        began = slot - _HANDED_OVER_BEFORE
        submission.updated_at = began
        as_of(submission)
        submission.current_attempt = as_of(
            Attempt(
                submission=submission,
                account_id=submission.account_id,
                n=1,
                slot=slot,
                token=uuid.uuid4(),
                body_sha256=hashlib.sha256(submission.public_id.bytes).hexdigest(),
                recipient_count=submission.recipient_count,
                started_at=began,
                deadline=began + timedelta(minutes=3),
                finished_at=began + timedelta(seconds=1),
                counted_on=slot.date(),
                **facts,
            )
        )
        self.jobs.append(submission)
        self.days[channel.pk, slot.date()] += submission.recipient_count
        return submission.current_attempt

    def _timeline(self, campaign: Campaign, jobs: int, *rest: _Line) -> None:
        assert campaign.launched_at is not None
        assert campaign.hand_over_at is not None
        launched, people = campaign.launched_at, {"people": campaign.frozen_count}
        begun: tuple[_Line, ...] = (
            (campaign.created_at, Kind.CREATED, {}),
            (launched, Kind.LAUNCHED, {**people}),
            (launched + timedelta(seconds=2), Kind.FROZEN, {**people}),
            (campaign.hand_over_at, Kind.STARTED, {"jobs": jobs}),
        )
        for at, kind, details in (*begun, *rest):
            actor = campaign.created_by if kind in {Kind.CREATED, Kind.LAUNCHED} else None
            as_of(
                CampaignEvent(
                    campaign=campaign, kind=kind, actor=actor, details=details, created_at=at
                )
            )
