"""Who took a campaign's people, or the history, out of the dashboard; and files being made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from teams.models import Team, User


class Report(models.Model):
    """A file somebody asked for: the people of a campaign, or the history as it was filtered.

    The row stays when the file is gone: it says who took what, and when.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        WORKING = "working", _("Being made")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Downloaded")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="reports")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Null: the history, narrowed down by `filters` (`history_filters.Filters`).
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, related_name="reports"
    )
    filters = models.JSONField(default=dict, blank=True)
    file_format = models.CharField(max_length=4, choices=(("csv", "CSV"), ("xlsx", "XLSX")))
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    rows_done = models.PositiveIntegerField(default=0)
    # About how many there will be; 0 where nobody has counted.
    rows_total = models.PositiveIntegerField(default=0)
    # In settings.EXPORTS_DIR while it may be downloaded.
    stored_name = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            # The tick: files that nobody makes.
            models.Index(
                fields=["lease_until"],
                name="reports_to_do",
                condition=Q(state__in=["queued", "working"]),
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)
