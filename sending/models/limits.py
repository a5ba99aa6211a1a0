"""How much was used of what is limited.

`sending.day_limits` and `sociocs_accounts.call_rates` write it.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sociocs_accounts.models import Channel
from teams.models import Team


class DayTotal(models.Model):
    """People whose messages a channel sends on one day of its team's calendar.

    Counted in the transaction that commits the intent, and taken off again in the one that proves
    that nothing was sent. A team's total is the sum of its channels: a row of its own would let all
    of them wait for each other.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    people = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("people sent to in a day")
        verbose_name_plural = _("people sent to by day")
        constraints = (
            models.UniqueConstraint(
                fields=["team", "day", "channel"], name="one_total_per_channel_and_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.channel}: {self.people}"
