"""What a draft's whole audience would get, worked out before its launch."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from campaigns.models.campaigns import Campaign
from recipients.claiming import Work


class DraftEstimate(Work):
    """What a worker found when it looked at a large audience: the composer's figures, the plan.

    Only ever a copy of what the draft and its lists say: it may be lost, and is made again. Figures
    only: a personal text stands nowhere before the launch.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, related_name="estimate", primary_key=True
    )
    # SHA-256 of all that it depends on (`plan_making.key_of`): another one, and it is out of date.
    key = models.CharField(max_length=64)
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    wanted_at = models.DateTimeField()
    # Of `plan_report.STEPS`.
    steps_done = models.PositiveSmallIntegerField(default=0)
    # `figures.Figures` as JSON; null until the texts are rendered.
    figures = models.JSONField(null=True, blank=True)
    # `plan_report.PlanReport` as JSON; null while it is being made, and of a draft with problems.
    report = models.JSONField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.campaign}"
