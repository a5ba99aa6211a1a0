"""Who took a campaign's people, or the history, out of the dashboard; and files being made."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaigns import Campaign
from recipients.files.made_files import MadeFile
from teams.models import Team, User


class Report(MadeFile):
    """A file somebody asked for: the people of a campaign, or the history as it was filtered."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="reports")
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Null: the history, narrowed down by `filters` (`history_filters.Filters`).
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, related_name="reports"
    )
    filters = models.JSONField(default=dict, blank=True)
    # About how many there will be; 0 where nobody has counted.
    rows_total = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.public_id)
