"""What a worker found when it rendered a draft's text for everybody."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaigns import Campaign
from teams.models import User


class TextSurvey(models.Model):
    """A draft's text looked at for its whole audience (`composer.text_surveys`).

    Figures only: a personal text stands nowhere before the launch.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, related_name="text_survey", primary_key=True
    )
    # SHA-256 of all that the figures depend on: another one, and they are out of date.
    key = models.CharField(max_length=64)
    wanted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    wanted_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # `figures.Figures` as JSON, of the survey that finished.
    figures = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return str(self.campaign)
