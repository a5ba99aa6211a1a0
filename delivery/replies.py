"""What people write back: kept, shown with their campaign, and obeyed when it says STOP."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import SubmissionState
from delivery.models import RepliesRead, Reply, WebhookEndpoint
from events.kinds import EventKind
from events.outbox import News
from recipients.models import OptOut
from recipients.opting_out import opt_outs
from recipients.opting_out.stop_words import Wish, wish_of
from recipients.subscriber_keys import subscriber_key
from sending.models import Submission
from sociocs_gateway.webhooks import IncomingMessage
from teams.models import Membership, Team

# Of how many of a person's latest campaigns the one they answer is looked for.
_CAMPAIGNS_LOOKED_AT = 20
# How long after a message an answer may be one to it.
_ANSWER_WITHIN = timedelta(days=14)


def take_reply(
    endpoint: WebhookEndpoint,
    message: IncomingMessage,
    received_at: datetime,
    event_id: int,
    news: News,
) -> Reply | None:
    """Keep what somebody wrote, and do what they wish; None when nobody can be told from it.

    The same message again changes nothing. The caller holds a transaction, and stores the news.
    """
    if message.phone is None:
        return None
    channel = endpoint.channel
    # A clock that runs ahead must not make a message outrank all that come later.
    sent_at = min(message.sent_at or received_at, received_at)
    reply, is_new = Reply.objects.get_or_create(
        channel=channel,
        message_id=(message.message_id or f"event-{event_id}")[:200],
        defaults={
            "team_id": channel.team_id,
            "phone": message.phone,
            "name": (message.name or "")[:200],
            "text": message.text,
            "media_count": len(message.image_urls + message.video_urls + message.file_urls),
            "wish": wish_of(message.text).value,
            "campaign": campaign_answered(endpoint, message.phone, sent_at),
            "sent_at": sent_at,
            "received_at": received_at,
        },
    )
    if is_new:
        news.tell(channel.team_id, EventKind.REPLY, _told(reply))
        news.pass_on(channel.team_id, channel.provider, channel.channel_key, message.raw)
    if is_new and reply.wish:
        _obey(channel.team, reply)
    return reply


def _told(reply: Reply) -> dict[str, object]:
    """What the team's own systems are told of a reply."""
    return {
        "reply": str(reply.public_id),
        "channel": str(reply.channel.public_id),
        "campaign": str(reply.campaign.public_id) if reply.campaign else None,
        "phone": reply.phone,
        "text": reply.text,
        "media_count": reply.media_count,
        "wish": reply.wish,
        "sent_at": reply.sent_at,
    }


def _obey(team: Team, reply: Reply) -> None:
    """Do what the person wished last: an older message that comes in late changes nothing."""
    of_person = Reply.objects.filter(team=team, phone_key=subscriber_key(reply.phone))
    if reply.wish == Wish.START:
        # Of two wishes of the same second, not to be messaged is the safe one.
        stops = of_person.filter(sent_at__gte=reply.sent_at, wish__in=(Wish.STOP, Wish.MAYBE))
        if not stops.exists():
            opt_outs.lift_own(team, reply.phone, OptOut.Lifted.WROTE_START)
        return
    if of_person.filter(sent_at__gt=reply.sent_at, wish=Wish.START).exists():
        return
    source = OptOut.Source.INBOUND if reply.wish == Wish.STOP else OptOut.Source.UNSURE
    opt_outs.add_opt_outs(team, [reply.phone], source, None)


def campaign_answered(endpoint: WebhookEndpoint, phone: str, sent_at: datetime) -> Campaign | None:
    """The campaign of this channel whose message went to the person last before they wrote."""
    rows = CampaignRecipient.objects.filter(
        phone_key=subscriber_key(phone), campaign__channel=endpoint.channel
    )
    moments: tuple[datetime, Campaign] | None = None
    for row in rows.select_related("campaign").order_by("-campaign_id")[:_CAMPAIGNS_LOOKED_AT]:
        slot = slot_of(row)
        if slot is None or not sent_at - _ANSWER_WITHIN <= slot <= sent_at:
            continue
        if moments is None or slot > moments[0]:
            moments = (slot, row.campaign)
    return moments[1] if moments else None


def slot_of(row: CampaignRecipient) -> datetime | None:
    """The second at which somebody's job went out or goes out; None when it never did."""
    submission = submission_of(row)
    attempt = submission.current_attempt if submission else None
    if submission is None or attempt is None:
        return None
    sent = {SubmissionState.ACCEPTED, SubmissionState.UNKNOWN, SubmissionState.ABANDONED}
    return attempt.slot if submission.state in sent else None


def submission_of(row: CampaignRecipient) -> Submission | None:
    """The job that somebody of a frozen audience is in: a job is a range of positions."""
    return (
        Submission.objects.filter(
            campaign_id=row.campaign_id,
            first_position__lte=row.position,
            last_position__gte=row.position,
        )
        .select_related("current_attempt")
        .first()
    )


def submissions_of(rows: Collection[CampaignRecipient]) -> dict[int, Submission]:
    """The job of each of these people of frozen audiences, by their primary keys; two queries."""
    people = CampaignRecipient.objects.filter(pk__in=[row.pk for row in rows])
    their_job = JOB_OF_PERSON.order_by("last_position").values("pk")[:1]
    job_ids = dict(people.annotate(job=Subquery(their_job)).values_list("pk", "job"))
    jobs = Submission.objects.select_related("current_attempt", "account").in_bulk(
        {job_id for job_id in job_ids.values() if job_id is not None}
    )
    return {person: jobs[job_id] for person, job_id in job_ids.items() if job_id is not None}


# Of somebody of a frozen audience, in a query about them.
JOB_OF_PERSON = Submission.objects.filter(
    campaign=OuterRef("campaign_id"),
    first_position__lte=OuterRef("position"),
    last_position__gte=OuterRef("position"),
)


def to_decide(team: Team) -> QuerySet[Reply]:
    """What may be a wish to stop, of people who are held back until somebody has decided."""
    return Reply.objects.filter(team=team, wish=Wish.MAYBE).filter(
        Exists(_opt_outs_of_writer().filter(source=OptOut.Source.UNSURE))
    )


def with_opt_outs(replies: QuerySet[Reply]) -> QuerySet[Reply]:
    """Each reply with `opt_out_source` of its writer's open opt-out, or null."""
    return replies.annotate(opt_out_source=Subquery(_opt_outs_of_writer().values("source")[:1]))


def _opt_outs_of_writer() -> QuerySet[OptOut]:
    return OptOut.objects.open().filter(team=OuterRef("team"), phone_key=OuterRef("phone_key"))


class NumberOf(Subquery):
    """How many rows a query finds, as a part of another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def unread_by(membership: int, team: int, joined_at: datetime, most: int) -> NumberOf:
    """How many replies came since a member last looked, or joined; no more than `most`."""
    read = RepliesRead.objects.filter(membership=membership).values("last_reply_id")
    replies = Reply.objects.filter(
        team=team, pk__gt=Coalesce(Subquery(read), 0), received_at__gt=joined_at
    )
    return NumberOf(replies.values("pk")[:most])


def read_until(membership: Membership) -> int:
    """The id of the newest reply that the member has seen; 0 for none."""
    read = RepliesRead.objects.filter(membership=membership)
    return read.values_list("last_reply_id", flat=True).first() or 0


def mark_read(membership: Membership, newest_id: int) -> None:
    """Remember that the member has seen everything up to the reply with that id."""
    read, is_first = RepliesRead.objects.get_or_create(
        membership=membership, defaults={"last_reply_id": newest_id}
    )
    if not is_first and read.last_reply_id < newest_id:
        RepliesRead.objects.filter(pk=read.pk).update(last_reply_id=newest_id)
