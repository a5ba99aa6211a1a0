"""What the networks and the people made of the sample's messages: reports, replies, wishes to stop.

By a chance that is the same every time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.models import Campaign, CampaignRecipient
from delivery.models import Reply, SentMessage
from demo.sample import story
from demo.sample.marks import sample_id
from demo.sample.rows import as_of
from recipients.models import FailingNumber, OptOut, Recipient
from recipients.opting_out.stop_words import wish_of
from sending.models import Submission
from sociocs_accounts.models import Channel
from sociocs_gateway.providers import Medium
from sociocs_gateway.results import DeliveryStatus
from teams.models import Team, User

# Codes of the networks: of numbers that do not work, and of what may work another time.
_DEAD = {Medium.SMS: ("30003", "30005", "30006"), Medium.WHATSAPP: ("63024",)}
_BUSY = {Medium.SMS: "30008", Medium.WHATSAPP: "63018"}
_FAILS, _NO_REPORT, _READ, _REPLIES = 0.015, 0.06, 0.7, 0.035
# Every so manieth reply is a wish to stop.
_STOP_EVERY, _DOUBT_AT = 7, 11


@dataclass
class Networks:
    """Decides, message by message, and remembers who is left out from then on."""

    team: Team
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    failing: dict[tuple[Medium, str], FailingNumber] = field(default_factory=dict)
    opted_out: dict[str, OptOut] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)

    def why_left_out(self, channel: Channel, row: Recipient) -> str:
        """Why a row of a list is not in the audience of a campaign of this moment; "" if it is."""
        if row.phone in self.opted_out:
            return "opted_out"
        number = self.failing.get((channel.capabilities.medium, row.phone))
        if number and number.failures >= self.team.failures_until_left_out:
            return "failing_number"
        return "duplicate" if row.occurrence else ""

    def report(
        self,
        campaign: Campaign,
        submission: Submission,
        row: CampaignRecipient,
        slot: datetime,
        now: datetime,
    ) -> SentMessage | None:
        """What is known of the message to this person; None where no network said anything."""
        assert campaign.channel is not None
        channel = campaign.channel
        status, code = self._fate(channel, row, slot)
        if status is None:
            return None
        if status is not DeliveryStatus.FAILED and self.chance.random() < _REPLIES:
            self._write_back(campaign, row, slot, now)
        reported_at = slot + timedelta(seconds=self.chance.randint(5, 300))
        return SentMessage(
            channel=channel,
            message_id=f"{submission.job_id[:16]}{row.position:08x}",
            recipient=row,
            campaign=campaign,
            submission=submission,
            status=status.value,
            error_code=code,
            seen_at=slot,
            changed_at=reported_at,
        )

    def by_hand(self, phone: str, user: User, at: datetime) -> None:
        """Somebody who opted out at the front desk."""
        note = "Asked at the front desk"
        self._opt_out(phone, OptOut.Source.BY_HAND, at, note=note, created_by=user)

    def store(self) -> None:
        """Write what came back, the oldest first."""
        for number, reply in enumerate(sorted(self.replies, key=lambda one: one.sent_at), start=1):
            reply.public_id = sample_id("reply", number)
            as_of(reply)
        for number, opt_out in enumerate(self.opted_out.values(), start=1):
            opt_out.public_id = sample_id("opt-out", number)
            as_of(opt_out)
        failing = [one for one in self.failing.values() if one.failures]
        for number, one in enumerate(failing, start=1):
            one.public_id = sample_id("number", number)
        FailingNumber.objects.bulk_create(failing)

    def _fate(
        self, channel: Channel, row: CampaignRecipient, slot: datetime
    ) -> tuple[DeliveryStatus | None, str]:
        medium = channel.capabilities.medium
        key, line = (medium, row.phone), int(row.phone[-3:])
        if line % 41 == 7:
            code = _DEAD[medium][line % len(_DEAD[medium])]
            self._failed(key, channel, code, slot)
            return DeliveryStatus.FAILED, code
        draw = self.chance.random()
        if draw < _FAILS:
            return DeliveryStatus.FAILED, _BUSY[medium]
        if draw < _NO_REPORT:
            return None, ""
        if medium is Medium.WHATSAPP and self.chance.random() < _READ:
            return DeliveryStatus.READ, ""
        return DeliveryStatus.DELIVERED, ""

    def _failed(self, key: tuple[Medium, str], channel: Channel, code: str, slot: datetime) -> None:
        medium, phone = key
        number = self.failing.setdefault(
            key, FailingNumber(team=self.team, phone=phone, medium=medium.value, failures=0)
        )
        number.failures += 1
        number.provider, number.error_code = channel.provider, code
        number.failed_at = slot + timedelta(minutes=1)

    def _write_back(
        self, campaign: Campaign, row: CampaignRecipient, slot: datetime, now: datetime
    ) -> None:
        at = slot + timedelta(
            minutes=self.chance.randint(3, 170), seconds=self.chance.randint(0, 59)
        )
        if at >= now:
            return
        count = len(self.replies) + 1
        if count == _DOUBT_AT:
            text = story.DOUBT
        else:
            said = story.REPLIES if count % _STOP_EVERY else story.STOPS
            text = self.chance.choice(said)
        wish = wish_of(text).value
        self.replies.append(
            Reply(
                team=self.team,
                channel=campaign.channel,
                message_id=f"sample-reply-{count}",
                phone=row.phone,
                name=row.name,
                text=text,
                wish=wish,
                campaign=campaign,
                sent_at=at,
                received_at=at,
            )
        )
        if wish == Reply.Wish.STOP:
            self._opt_out(row.phone, OptOut.Source.INBOUND, at)
        elif wish == Reply.Wish.MAYBE:
            self._opt_out(row.phone, OptOut.Source.UNSURE, at)

    def _opt_out(self, phone: str, source: OptOut.Source, at: datetime, **facts: object) -> None:
        self.opted_out.setdefault(
            phone,
            OptOut(
                team=self.team,
                phone=phone,
                source=source.value,
                created_at=at,
                is_followed_up=True,
                **facts,
            ),
        )
