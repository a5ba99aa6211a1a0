"""The rest of a campaign as a new draft: those who did not get it, and nobody else unasked.

Only a finished campaign has a rest: while one runs, what is left may still go out. Whoever may have
been sent the message is taken in only if a person chooses so, having read that they may get it
twice.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import copying
from campaigns.audiences import audience
from campaigns.models import Campaign, CampaignList, CampaignRecipient
from campaigns.person_states import GIVEN_UP, PersonState
from campaigns.states import FINISHED, SubmissionState
from delivery.models import Reply, SentMessage
from delivery.provider_codes import codes_not_to_try_again
from history.models import FollowUp
from history.people_counts import PeopleCounts
from history.reached import merged
from interface.phones import ERASED
from recipients import claiming
from recipients.models import Recipient, RecipientList
from sending.models import Attempt
from sending.tally import MAY_HAVE_GONE
from sociocs_gateway.results import DeliveryStatus
from teams.models import User
from trail.acts import Act
from trail.recording import record

_LEFT = sorted(
    state.value for state in (*GIVEN_UP, SubmissionState.REVOKING, SubmissionState.REVOKED)
)
# Whoever asked for no more messages, and numbers that cannot get any.
_POINTLESS = codes_not_to_try_again()
_JOBS_A_PIECE = 50
_LONGEST_NAME = 120
# Whoever presses the button waits this long at most; the rest is done in the background.
SECONDS_AT_ONCE = 2.0


class FollowUpGroup(StrEnum):
    """Whom a draft can be made for."""

    NOT_SENT = "not_sent"
    PERHAPS_SENT = "perhaps_sent"
    FAILED = "failed"
    # Of those who were sent it.
    REPLIED = "replied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Rest:
    """How many people of a finished campaign are in each group."""

    not_sent: int
    perhaps_sent: int
    failed: int

    def __bool__(self) -> bool:
        return bool(self.not_sent or self.perhaps_sent or self.failed)


class NothingLeft(Exception):
    """Nobody is in the chosen groups, or the campaign is not finished."""


def rest_of(campaign: Campaign, counts: PeopleCounts) -> Rest | None:
    """Whom a finished campaign did not reach; None while it is not finished."""
    if campaign.state not in FINISHED:
        return None
    return Rest(
        # Not those who do not want it.
        not_sent=counts.people.get(PersonState.NOT_SENT, 0) - counts.left_out,
        perhaps_sent=counts.people.get(PersonState.MAY_HAVE_BEEN_SENT, 0),
        failed=_worth_another_try(campaign),
    )


def _worth_another_try(campaign: Campaign) -> int:
    """How many messages failed for a reason that may not hold the next time."""
    failed = SentMessage.objects.filter(
        campaign=campaign, recipient__isnull=False, status=DeliveryStatus.FAILED.value
    )
    return failed.exclude(error_code__in=_POINTLESS).count()


def begin_follow_up(campaign: Campaign, user: User, groups: Collection[FollowUpGroup]) -> FollowUp:
    """Begin to gather these groups of a finished campaign; the one under way if there is one.

    Raises NothingLeft. The caller lets `gather` do the work.
    """
    if campaign.state not in FINISHED or not groups:
        raise NothingLeft
    try:
        with transaction.atomic():
            gathered = RecipientList.objects.create(
                team=campaign.team,
                owner=user,
                name=_name(campaign, groups),
                field_names=audience.audience_field_names(campaign),
            )
            record(Act.FOLLOWED_UP, campaign, by=user)
            return FollowUp.objects.create(
                campaign=campaign,
                groups=sorted(group.value for group in groups),
                recipient_list=gathered,
                asked_by=user,
            )
    except IntegrityError:
        return FollowUp.objects.get(campaign=campaign, done_at=None)


def _name(campaign: Campaign, groups: Collection[FollowUpGroup]) -> str:
    name = _("Rest of %(name)s")
    if {*groups} == {FollowUpGroup.REPLIED}:
        name = _("Replied to %(name)s")
    elif {*groups} == {FollowUpGroup.SILENT}:
        name = _("No reply to %(name)s")
    room = _LONGEST_NAME - len(name % {"name": ""})
    return name % {"name": campaign.name[:room].rstrip()}


def to_gather() -> list[int]:
    """Ids of the follow-ups that are not done and that nobody gathers."""
    waiting = FollowUp.objects.filter(done_at=None)
    return list(claiming.free(waiting, timezone.now()).values_list("pk", flat=True))


def gather(follow_up_id: int, seconds: float) -> Campaign | None:
    """Gather for so many seconds at most; the draft once all are there, None before.

    `FollowUp.done_at` without a draft means that nobody was found.
    """
    until = time.monotonic() + seconds
    waiting = FollowUp.objects.filter(done_at=None)
    follow_up = claiming.claim_work(
        waiting.select_related("campaign__team", "recipient_list", "asked_by"), follow_up_id
    )
    if follow_up is None:
        return FollowUp.objects.select_related("draft").get(pk=follow_up_id).draft
    try:
        while True:
            with transaction.atomic():
                claiming.renew_claim(follow_up, attempts=0)
                if not _gather_piece(follow_up):
                    return _finish(follow_up)
            if time.monotonic() >= until:
                claiming.let_go(follow_up)
                return None
    except claiming.ClaimLost:
        return None


def _gather_piece(follow_up: FollowUp) -> bool:
    """Take in the people of the next few jobs; False when there are no more jobs."""
    jobs = list(
        follow_up.campaign.submissions.filter(last_position__gt=follow_up.after_position)
        .order_by("last_position")
        .values_list("pk", "first_position", "last_position", "state")[:_JOBS_A_PIECE]
    )
    if not jobs or follow_up.recipient_list is None:
        return False
    unclear = set(
        Attempt.objects.filter(
            MAY_HAVE_GONE, submission__in=[pk for pk, *_rest in jobs]
        ).values_list("submission_id", flat=True)
    )
    groups = set(follow_up.groups)
    wanted = [
        (first, last)
        for pk, first, last, state in jobs
        if state in _LEFT
        and (FollowUpGroup.PERHAPS_SENT if pk in unclear else FollowUpGroup.NOT_SENT) in groups
    ]
    first, last = max(jobs[0][1], follow_up.after_position + 1), jobs[-1][2]
    conditions = [
        f"(r.position >= {start:d} AND r.position <= {end:d} AND {_UNREPORTED_SQL})"
        for start, end in merged(wanted)
    ]
    if FollowUpGroup.FAILED in groups:
        conditions.append(_FAILED_SQL)
    replied = _REPLIED_SQL.format(follow_up.campaign_id)
    if FollowUpGroup.REPLIED in groups:
        conditions.append(replied)
    if FollowUpGroup.SILENT in groups:
        sent = [(first, last) for _pk, first, last, state in jobs if state == _ACCEPTED]
        conditions += [
            f"(r.position >= {start:d} AND r.position <= {end:d} AND NOT {replied} "
            f"AND NOT {_NOT_TAKEN_SQL})"
            for start, end in merged(sent)
        ]
    if conditions:
        _insert(follow_up, first, last, " OR ".join(conditions))
    follow_up.after_position = last
    follow_up.save(update_fields=["after_position"])
    return True


_POINTLESS_SQL = ", ".join(f"'{int(code)}'" for code in _POINTLESS)
# Table names and codes of ours and integers (`:d`), never anything typed.
_UNREPORTED_SQL = (
    f"NOT EXISTS (SELECT 1 FROM {SentMessage._meta.db_table} m WHERE m.recipient_id = r.id "
    f"AND m.status <> '{DeliveryStatus.UNKNOWN.value}')"
)
_FAILED_SQL = (
    f"EXISTS (SELECT 1 FROM {SentMessage._meta.db_table} m WHERE m.recipient_id = r.id "
    f"AND m.status = '{DeliveryStatus.FAILED.value}' "
    f"AND m.error_code NOT IN ({_POINTLESS_SQL}))"
)


_NOT_TAKEN_SQL = (
    f"EXISTS (SELECT 1 FROM {SentMessage._meta.db_table} m WHERE m.recipient_id = r.id "
    f"AND m.status = '{DeliveryStatus.FAILED.value}')"
)
_REPLIED_SQL = (
    f"(r.phone_key IN (SELECT y.phone_key FROM {Reply._meta.db_table} y "
    "WHERE y.campaign_id = {:d}))"
)
_ACCEPTED = SubmissionState.ACCEPTED.value


def _insert(follow_up: FollowUp, first: int, last: int, condition: str) -> None:
    with connection.cursor() as sql:
        sql.execute(
            f"INSERT INTO {Recipient._meta.db_table} "
            "(recipient_list_id, phone, occurrence, name, fields) "
            f"SELECT {follow_up.recipient_list_id:d}, r.phone, r.occurrence, r.name, r.fields "
            f"FROM {CampaignRecipient._meta.db_table} r "
            f"WHERE r.campaign_id = {follow_up.campaign_id:d} AND r.left_out = '' "
            f"AND substr(r.phone, 1, 1) <> '{ERASED}' "
            f"AND r.position >= {first:d} AND r.position <= {last:d} AND ({condition}) "
            "ORDER BY r.position ON CONFLICT DO NOTHING"
        )


def _finish(follow_up: FollowUp) -> Campaign | None:
    """Make the list usable and the draft that uses it; nothing of either when nobody is there."""
    follow_up.done_at = timezone.now()
    gathered, campaign = follow_up.recipient_list, follow_up.campaign
    rows = Recipient.objects.filter(recipient_list=gathered)
    total = rows.count() if gathered else 0
    if gathered is None or not total:
        follow_up.save(update_fields=["done_at"])
        if gathered is not None:
            gathered.delete()
        return None
    people = rows.values("phone_key").distinct().count()
    gathered.is_ready = True
    gathered.recipient_count, gathered.duplicate_count = people, total - people
    gathered.save(update_fields=["is_ready", "recipient_count", "duplicate_count", "updated_at"])
    draft = copying.duplicate(campaign, follow_up.asked_by, with_audience=False)
    draft.name = gathered.name
    # It was meant for another time than the rest is.
    draft.wall_time = ""
    draft.save(update_fields=["name", "wall_time"])
    CampaignList.objects.create(campaign=draft, recipient_list=gathered)
    follow_up.draft = draft
    follow_up.save(update_fields=["done_at", "draft"])
    return draft
