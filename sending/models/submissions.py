"""What is handed over: slices of an audience, the attempts at each, and what people decided."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from campaigns.states import (
    LIVE_OUTCOMES,
    DecisionKind,
    How,
    LateLook,
    Outcome,
    SubmissionState,
    TakeBack,
)
from interface.enum_columns import choice_constraint, choices
from interface.facts import Fact, KeptQuerySet
from sociocs_accounts.models import GatewayAccount

Row = TypeVar("Row", bound=models.Model)


class Submission(models.Model):
    """One future POST: one text, one time, one slice of the audience; mostly `/messages/bulk`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No index of its own: a constraint below begins with the campaign.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="submissions", db_index=False
    )
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.PROTECT, related_name="submissions"
    )
    seq = models.PositiveIntegerField()
    first_position = models.PositiveBigIntegerField()
    last_position = models.PositiveBigIntegerField()
    recipient_count = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    # One `POST /message` to one person (`sending.one_by_one`); `job_id` is the message's id.
    is_single = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=choices(SubmissionState), default=SubmissionState.PLANNED
    )
    version = models.PositiveIntegerField(default=1)
    # The second it should go out; the attempt's slot is the one it really got.
    planned_slot = models.DateTimeField()
    # Until when it may go out; null: as long as the campaign may.
    send_by = models.DateTimeField(null=True, blank=True)
    # Its people's possible time zones, comma between; blank: the campaign's.
    zones = models.TextField(blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_sent_count = models.PositiveSmallIntegerField(default=0)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    current_attempt = models.ForeignKey(
        "Attempt", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    job_id = models.CharField(max_length=200, blank=True)
    how = models.CharField(max_length=10, choices=choices(How), blank=True)
    # The vendor's own words when it refused; no recipients in them.
    refusal = models.JSONField(default=list, blank=True)
    # Why it is taken back, or was when it last was.
    revoked_for = models.CharField(max_length=10, choices=choices(TakeBack), blank=True)
    # It was not there when it was taken back: perhaps somebody else did, and sent it again.
    is_gone = models.BooleanField(default=False)
    # What its one late look for people who opted out came to; blank: it is still to come.
    late_look = models.CharField(max_length=12, choices=choices(LateLook), blank=True)
    # A person said "sent", the vendor says it refused it.
    is_contradicted = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "seq"], name="one_submission_per_number"),
            choice_constraint("state", SubmissionState, "submission_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=SubmissionState.ACCEPTED.value) | ~Q(how=""),
                name="accepted_says_how_we_know",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["revoking", "revoked"]) | ~Q(revoked_for=""),
                name="taken_back_says_why",
            ),
            models.CheckConstraint(
                condition=Q(last_position__gte=F("first_position")), name="a_slice_has_an_order"
            ),
        )
        indexes = (
            # A lane looks for what each of its campaigns has to hand over next.
            models.Index(
                fields=["account", "campaign", "planned_slot", "id"],
                name="submissions_ready",
                condition=Q(state="ready"),
            ),
            # The sweeper looks for claims whose worker went away.
            models.Index(
                fields=["lease_until"], name="submissions_claimed", condition=Q(state="claimed")
            ),
            # The tick looks for jobs to ask back: few among all that were ever handed over.
            models.Index(
                fields=["account"], name="submissions_revoking", condition=Q(state="revoking")
            ),
            # The tick looks for jobs whose late look is due: those that wait at the vendor.
            models.Index(
                fields=["account"],
                name="late_looks_to_come",
                condition=Q(state="accepted", late_look="", is_single=False),
            ),
            # Whether another job of the account is being handed over again for a wish.
            models.Index(
                fields=["account", "state"],
                name="taken_back_for_wishes",
                condition=Q(revoked_for="late_look"),
            ),
            # The tick and the pages count a campaign's submissions by state.
            models.Index(fields=["campaign", "state"], include=["recipient_count"], name="tally"),
            # Somebody's job is the one whose positions hold theirs.
            models.Index(fields=["campaign", "last_position"], name="submissions_by_position"),
            models.Index(fields=["job_id"], name="submissions_by_job", condition=~Q(job_id="")),
            # Every page of a team says how many of its jobs wait for an answer of a person.
            models.Index(
                fields=["campaign"],
                name="submissions_in_question",
                condition=Q(state__in=["refused", "unknown"]),
            ),
            # The same of the few that were gone when they were taken back.
            models.Index(fields=["campaign"], name="submissions_gone", condition=Q(is_gone=True)),
        )

    def __str__(self) -> str:
        return f"{self.campaign} #{self.seq}"

    def message_id_of(self, position: int) -> str:
        """The id by which programs know the message to somebody of this job."""
        return self.public_id.hex if self.is_single else f"{self.public_id.hex}-{position:x}"

    @property
    def people_handed_over(self) -> int:
        """How many people its last attempt named; before one, how many are to get it.

        Fewer than `recipient_count` where somebody was left out at the last moment.
        """
        attempt = self.current_attempt
        return self.recipient_count if attempt is None else attempt.recipient_count


# Jobs that were gone when they were taken back, in a campaign that nobody stopped: they are sent
# again only when a person says so.
GONE_IN_QUESTION = Q(
    state=SubmissionState.REVOKED.value,
    is_gone=True,
    campaign__state__in=["sending", "needs_decision", "completed"],
)


def with_job_ids(rows: QuerySet[Row], job_ids: Collection[str]) -> QuerySet[Row]:
    """Those of submissions or attempts whose job has one of the vendor's ids.

    The indexes hold the ids that are there; SQLite uses them only where that is said as well.
    """
    return rows.filter(job_id__in=job_ids).exclude(job_id="")


def uuid7() -> uuid.UUID:
    """A UUID that sorts by time of making (RFC 9562, 5.7)."""
    milliseconds = int(time.time() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | uuid.uuid4().int & (1 << 80) - 1
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(3 << 62) | 2 << 62)


class Attempt(models.Model):
    """One try to hand a submission over: written before the call, completed after it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No indexes of their own: constraints below begin with each.
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    n = models.PositiveSmallIntegerField()
    # The second the job goes out, sent as `schedule`; unique per account, so it can be found.
    slot = models.DateTimeField()
    token = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    recipient_count = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=choices(Outcome), default=Outcome.OPEN)
    reason = models.CharField(max_length=60, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    started_at = models.DateTimeField()
    deadline = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    job_id = models.CharField(max_length=200, blank=True)
    waived_by = models.ForeignKey(
        "Decision", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The day of the team's calendar on which its people count (`sending.day_limits`).
    counted_on = models.DateField(null=True, blank=True)
    # What the vendor answered, without keys and numbers.
    evidence = models.JSONField(default=dict, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)
    last_look_at = models.DateTimeField(null=True, blank=True)
    last_sight = models.CharField(max_length=10, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        verbose_name = _("call that sends a job")
        verbose_name_plural = _("calls that send jobs")
        constraints = (
            # THE rule: at most one possibly-sent attempt, unless a person waived it or it is
            # proven taken back.
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(outcome__in=sorted(one.value for one in LIVE_OUTCOMES))
                & Q(waived_by=None)
                & Q(revoked_at=None),
                name="one_live_attempt",
            ),
            # The marker by which a job is found in the vendor's list.
            models.UniqueConstraint(fields=["account", "slot"], name="a_slot_is_used_once"),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(outcome=Outcome.OPEN.value),
                name="one_post_in_flight_per_account",
            ),
            models.UniqueConstraint(fields=["submission", "n"], name="one_attempt_per_number"),
            # A job id belongs to one attempt; a second claim to it is not believed.
            models.UniqueConstraint(
                fields=["account", "job_id"],
                condition=~Q(job_id=""),
                name="a_job_belongs_to_one_attempt",
            ),
            choice_constraint("outcome", Outcome, "attempt_outcome_is_known"),
        )
        indexes = (
            # The sweeper: open attempts whose worker never came back.
            models.Index(fields=["deadline"], name="attempts_open", condition=Q(outcome="open")),
            # The history: jobs that may have been sent although they now count as something else.
            models.Index(
                fields=["submission"], name="attempts_unclear", condition=Q(outcome="ambiguous")
            ),
            # The reconciler: unclear attempts to look for.
            models.Index(
                fields=["next_look_at"],
                name="attempts_to_look_for",
                condition=Q(next_look_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Decision(Fact):
    """What a person answered about a submission, having seen which version. Append-only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="decisions")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    # The job that the person saw at the vendor, if they say which.
    job_id = models.CharField(max_length=200, blank=True)
    shown_version = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("answer to a question")
        verbose_name_plural = _("answers to questions")
        constraints = (
            # Ten clicks on one question are one answer.
            models.UniqueConstraint(
                fields=["attempt"],
                condition=Q(kind=DecisionKind.SEND_AGAIN.value),
                name="one_send_again_per_attempt",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.submission_id}"
