"""A second person's word on a launch."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class Approval(models.Model):
    """Somebody's request to launch, and a colleague's answer; bound to what was seen."""

    class Verdict(models.TextChoices):
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
    # Of the content, the plan and the lists that were seen (`plan_making.approval_fingerprint`).
    fingerprint = models.CharField(max_length=64)
    # Of every person that was seen (`audience_digest`): just these are frozen, or nobody is.
    audience = models.CharField(max_length=64, default="")
    # What the text takes from elsewhere (`outside_values`): just this is said, or nothing is.
    outside_values = models.JSONField(default=dict)
    version = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    # The launch that it becomes: approving twice launches once.
    token = models.UUIDField(unique=True)
    # The warnings that whoever asked has overruled, each in every language.
    overruled = models.JSONField(default=list, blank=True)
    answer = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.WAITING)
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
