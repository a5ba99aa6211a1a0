"""What happened, when, and that the system is alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from interface.facts import Fact


class CampaignEvent(Fact):
    """What happened to a campaign, when, and who did it. Append-only; numbers, never people."""

    class Kind(models.TextChoices):
        CREATED = "created", _("Draft made")
        LAUNCHED = "launched", _("Sending confirmed")
        LAUNCH_UNDONE = "launch_undone", _("Back to a draft")
        FROZEN = "frozen", _("List of people complete")
        STARTED = "started", _("Sending began")
        MISSED = "missed", _("Missed")
        PAUSED = "paused", _("Paused")
        RESUMED = "resumed", _("Resumed")
        UNCLEAR = "unclear", _("No clear answer")
        REFUSED = "refused", _("Sociocs refused a message")
        OPTED_OUT = "opted_out", _("People opted out after it was given to Sociocs")
        LATE_LOOK = "late_look", _("A message was looked at for opt-outs")
        FOUND = "found", _("An unclear message was found at Sociocs")
        TAKING_BACK = "taking_back", _("Messages are being stopped")
        SPLIT = "split", _("The rest goes out to fewer people at a time")
        DECIDED = "decided", _("A question was answered")
        NEEDS_DECISION = "needs_decision", _("Only questions are left")
        CANCEL_ASKED = "cancel_asked", _("Cancelled by")
        CANCELLED = "cancelled", _("Cancelled")
        COMPLETED = "completed", _("All sent")
        EXPORTED = "exported", _("Exported")
        RESCHEDULED = "rescheduled", _("Rescheduled")
        TAKE_BACK_ASKED = "take_back_asked", _("What has not left is being stopped")
        TAKEN_BACK = "taken_back", _("Messages were stopped")
        OVERRULED = "overruled", _("Sent although there was a warning")
        APPROVAL_ASKED = "approval_asked", _("Approval asked for")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RUN_MADE = "run_made", _("A repeat was made")
        RUN_WAITS = "run_waits", _("A repeat waits for someone")
        REPEAT_ENDED = "repeat_ended", _("It does not repeat any more")
        TROUBLE = "trouble", _("Something held it up")
        TROUBLE_OVER = "trouble_over", _("What held it up was over")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("line of a timeline")
        verbose_name_plural = _("timelines")
        ordering = ("id",)
        # Looking for what nobody has been told of yet (`history.notices`).
        indexes = (models.Index(fields=["created_at"], name="events_by_time"),)

    def __str__(self) -> str:
        return f"{self.kind} · {self.campaign}"


class Heartbeat(models.Model):
    """When a part of the system last said that it lives; one row per part."""

    part = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.part

    @property
    def age(self) -> timedelta:
        """How long ago, by this machine's clock."""
        return datetime.now(self.at.tzinfo) - self.at
