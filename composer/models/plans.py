"""What is worked out and agreed before a launch: a draft's plan, and a colleague's approval."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign


class DraftPlan(models.Model):
    """The plan of a draft, worked out in the background where its audience is large.

    Only ever a copy of what the draft and its lists say: it may be lost, and is made again.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="draft_plan")
    # What it was made of (`plan_making.fingerprint`); another one means: make it again.
    fingerprint = models.CharField(max_length=64)
    # Null while it is being made.
    report = models.JSONField(null=True, blank=True)
    # How many people were looked at so far, of about how many.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # The worker's last sign of life; one that stays silent is taken for dead.
    worked_on_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            # The tick: plans that somebody waits for.
            models.Index(fields=["made_at"], name="plans_wanted", condition=Q(report__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.campaign}"


class Approval(models.Model):
    """Somebody's wish to launch, and a colleague's answer; bound to what was seen."""

    class Answer(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("Waiting for a colleague")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        OUTDATED = "outdated", _("Changed since it was asked for")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="approvals")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # Of the content, the plan and the lists that were seen (`plan_making.fingerprint`).
    fingerprint = models.CharField(max_length=64)
    # Of every person that was seen (`audience_digest`): just these are frozen, or nobody is.
    audience = models.CharField(max_length=64, default="")
    # What the text takes from elsewhere (`outside_values`): just this is said, or nothing is.
    outside_values = models.JSONField(default=dict)
    version = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    # The launch that it becomes: approving twice launches once.
    token = models.UUIDField(unique=True)
    # Codes of the warnings that whoever asked has overruled.
    overruled = models.JSONField(default=list, blank=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.WAITING)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(answer="waiting"),
                name="one_open_wish_per_campaign",
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} · {self.answer}"
