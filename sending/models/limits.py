"""How much was used of what is limited.

`sending.day_limits` and `sociocs_accounts.call_rates` write it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sociocs_accounts.models import Channel
from teams.models import Team


class DayTotal(models.Model):
    """People whose messages go out on one day of a team's calendar.

    One row for the team (no channel) and one for each of its channels. Counted in the transaction
    that commits the intent, and taken off again in the one that proves that nothing was sent.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="+")
    day = models.DateField()
    people = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["team", "day"], condition=Q(channel=None), name="one_total_per_team_and_day"
            ),
            models.UniqueConstraint(
                fields=["team", "day", "channel"], name="one_total_per_channel_and_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.channel or self.team}: {self.people}"
