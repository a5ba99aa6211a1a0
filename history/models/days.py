"""What became of each day's messages: the figures behind the overview's charts."""

from __future__ import annotations

from django.db import models

from sociocs_accounts.models import Channel
from teams.models import Team


class DayCount(models.Model):
    """One channel's day on the calendar of its team, or the team's own figures (no channel).

    Counted by `history.days` from the jobs themselves, over and over: it may be lost.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    # People whose job was handed over and went out on that day.
    sent = models.PositiveIntegerField(default=0)
    # People of jobs that the vendor refused, and messages that no phone took.
    failed = models.PositiveIntegerField(default=0)
    opt_outs = models.PositiveIntegerField(default=0)
    # By the team's prices of the day of counting; null where it has none.
    cost = models.DecimalField(max_digits=14, decimal_places=4, null=True)

    class Meta:
        # The overview reads a month of a team.
        indexes = (models.Index(fields=["team", "day"], name="days_of_a_team"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.sent}"
