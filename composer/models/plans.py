"""What is worked out before a launch: a draft's plan."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

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
